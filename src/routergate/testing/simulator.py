"""A provider on a real socket that speaks OpenAI's wire format and asks no model."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Self

from aiohttp import web

from routergate.testing import wire
from routergate.testing.answers import answer
from routergate.testing.asked import Asked, check_key, parse_body, read
from routergate.testing.calls import Call, Ended
from routergate.testing.completions import read_completions
from routergate.testing.delivery import HEADERS, deliver
from routergate.testing.embeddings import embed
from routergate.testing.faults import Faults
from routergate.testing.keeping import Keeping
from routergate.testing.messages import read_counted, read_messages
from routergate.testing.metrics import Load
from routergate.testing.paths import check_version, deployment, paths
from routergate.testing.profile import Profile
from routergate.testing.refusals import Refused
from routergate.testing.replies import error, json
from routergate.testing.responses import read_responses
from routergate.testing.visit import Visit, close, hang

_Reader = Callable[[Mapping[str, Any], Profile, Faults], Asked]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_MAX_BODY_BYTES = 256 * 1024 * 1024


class Simulator:
    """A simulated provider; it serves from `async with` to the end of the block.

    The same request gets the same bytes, whenever it comes. Port 0 lets the system choose one.
    """

    def __init__(self, profile: Profile | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.profile = profile or Profile()
        self._host, self._wished_port = host, port
        self._runner: web.AppRunner | None = None
        self._slots = asyncio.Semaphore(self.profile.slots) if self.profile.slots else None
        self._open: dict[asyncio.Task[None], web.Request] = {}
        self._stopping = False
        self._keeping = Keeping()
        self._changed = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        """Forget all calls, counts and the fault; connections stay as they are."""
        self._calls: dict[object, Call] = {}
        self._failed_once: set[str] = set()
        self._load = Load(self.profile)
        self.fault = None
        self._announce()

    @property
    def fault(self) -> str | None:
        """Faults that every request meets until it is `None` again, such as `503` or `slow:2`."""
        return self._fault

    @fault.setter
    def fault(self, fault: str | None) -> None:
        self._imposed = Faults.parse(fault or "")
        self._fault = fault

    @property
    def port(self) -> int:
        """Where it listens; raises `RuntimeError` outside of its `async with` block."""
        if self._runner is None:
            raise RuntimeError("the simulator is not running: use it inside `async with`")
        return int(self._runner.addresses[0][1])

    @property
    def root_url(self) -> str:
        """Where `/health` and `/metrics` are."""
        return f"http://{self._host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes as its base URL."""
        return f"{self.root_url}{'/openai/v1' if self.profile.azure else '/v1'}"

    @property
    def calls(self) -> list[Call]:
        """What it saw, in the order of arrival; running calls included."""
        return list(self._calls.values())

    async def until(self, true: Callable[[Sequence[Call]], bool]) -> list[Call]:
        """Wait until something is true of the calls, and give them back."""
        while not true(self.calls):
            await self._changed.wait()
        return self.calls

    async def __aenter__(self) -> Self:
        self._stopping = False
        self._runner = web.AppRunner(
            self._app(), access_log=None, handler_cancellation=True, shutdown_timeout=1.0
        )
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, self._host, self._wished_port).start()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        # Silent and stalled answers would hold up a polite shutdown: their connections are dropped.
        tasks = list(self._open)
        for request in self._open.values():
            if request.transport is not None:
                request.transport.abort()
        if tasks:
            await asyncio.wait(tasks)
        await self._close()

    async def _close(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=_MAX_BODY_BYTES)
        handlers = self._handlers()
        for method, path, name in paths(azure=self.profile.azure):
            app.router.add_route(method, path, handlers[name])
        app.router.add_get("/health", self._health)
        if self.profile.vllm:
            app.router.add_get("/metrics", self._metrics)
        return app

    def _handlers(self) -> Mapping[str, _Handler]:
        return {
            "chat": partial(self._answer, read),
            "completions": partial(self._answer, read_completions),
            "responses": partial(self._answer, read_responses),
            "response": partial(self._held, self._keeping.get),
            "forget": partial(self._held, self._keeping.delete),
            "items": partial(self._held, self._keeping.items),
            "messages": partial(self._answer, read_messages),
            "count": self._count,
            "embeddings": self._embed,
            "models": self._models,
        }

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Keep track of what is open, and put every error into the API's shape."""
        task = request.task
        self._open[task] = request
        try:
            if self._stopping:
                await close(request)
            check_version(request)
            return await handler(request)
        except Refused as refused:
            return error(refused, request.path)
        except web.HTTPException as unknown:
            said = f"{unknown.reason}: {request.method} {request.path}"
            return error(Refused(unknown.status, said, code="unknown_url"), request.path)
        except ConnectionError:
            # Written to after it was lost: the cancellation is on its way.
            await hang()
        finally:
            del self._open[task]

    async def _health(self, request: web.Request) -> web.StreamResponse:
        await self._suffer(request)
        return web.Response(headers=HEADERS)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        await self._suffer(request)
        check_key(request.headers, self.profile)
        return json(wire.models_body(self.profile))

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        await self._suffer(request)
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return web.Response(text=self._load.page(), headers={"content-type": kind})

    async def _suffer(self, request: web.Request) -> None:
        """A provider that is down is down at all its addresses."""
        if refusal := self._imposed.refusal():
            raise refusal
        if "reset" in self._imposed:
            await close(request)
        if "silent" in self._imposed:
            await hang()

    async def _held(self, handler: _Handler, request: web.Request) -> web.StreamResponse:
        await self._suffer(request)
        check_key(request.headers, self.profile)
        return await handler(request)

    async def _count(self, request: web.Request) -> web.StreamResponse:
        await self._suffer(request)
        check_key(request.headers, self.profile)
        asked = read_counted(parse_body(await request.read()), self.profile, self._imposed)
        return web.json_response({"input_tokens": asked.prompt_tokens}, headers=HEADERS)

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        visit = self._arrived(request)
        try:
            body = parse_body(await request.read()) | deployment(request)
            visit.note(body=body, model=str(body.get("model", "")))
            check_key(visit.call.headers, self.profile)
            vectors = embed(body, self.profile, self._imposed)
            if refusal := vectors.faults.refusal():
                raise refusal
        except Refused as refused:
            visit.note(status=refused.status)
            visit.end(Ended.REFUSED)
            raise
        visit.note(status=200, prompt_tokens=vectors.prompt_tokens)
        visit.end(Ended.ANSWERED)
        return json(vectors.body)

    async def _answer(self, reader: _Reader, request: web.Request) -> web.StreamResponse:
        visit = self._arrived(request)
        try:
            asked = await self._asked(reader, visit)
            async with self._load.slot(self._slots, asked.model):
                return await self._answered(asked, visit)
        except Refused as refused:
            visit.note(status=refused.status)
            visit.end(Ended.REFUSED)
            raise
        except (asyncio.CancelledError, ConnectionError):
            visit.left(stopping=self._stopping)
            raise

    def _arrived(self, request: web.Request) -> Visit:
        place, calls, load = object(), self._calls, self._load

        def publish(call: Call) -> None:
            # What began before a reset stays out of what comes after it.
            before, calls[place] = calls.get(place), call
            if call.ended is not None and (before is None or before.ended is None):
                load.count(call)
            self._announce()

        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(
            model="", path=request.path_qs, headers=headers, authorization=headers.get("authorization")
        )
        visit = Visit(request, call, publish)
        visit.report = partial(load.report, headers.get("endpoint-load-metrics-format"))
        return visit

    def _announce(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _asked(self, reader: _Reader, visit: Visit) -> Asked:
        body = parse_body(await visit.request.read()) | deployment(visit.request)
        visit.note(body=body, model=str(body.get("model", "")), streamed=bool(body.get("stream")))
        check_key(visit.call.headers, self.profile)
        self._keeping.check(body)
        return reader(body, self.profile, self._imposed)

    async def _answered(self, asked: Asked, visit: Visit) -> web.StreamResponse:
        if "reset" in asked.faults:
            await visit.close()
        if "silent" in asked.faults:
            await visit.hang()
        if refusal := self._refusal(asked):
            visit.end(Ended.FAULTED)
            raise refusal
        said = answer(asked, self.profile)
        self._keeping.keep(said, visit.call.body)
        return await deliver(said, visit)

    def _refusal(self, asked: Asked) -> Refused | None:
        once = asked.faults.once()
        if once is not None and asked.messages_digest not in self._failed_once:
            self._failed_once.add(asked.messages_digest)
            return once
        return asked.faults.refusal()
