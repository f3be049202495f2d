"""A gateway that kills itself: `python -m support.mortal`, one life for each line on standard input.

A line says after how many chat requests to begin to count, and after how many passages the life ends: a
passage is a task that stops to wait, or goes on. 0 passages: it ends when somebody else ends it. What a life
says, and that it has ended, is told on standard output. Lives are forked, as workers are, so that a new one
listens at once.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
import tempfile
import types
from collections.abc import Coroutine, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from routergate.api.connection import Runner
from routergate.api.server import application
from routergate.app import Parts, compose
from routergate.chores import ended, kept_running
from routergate.config.load import load
from routergate.config.settings import Settings, environment
from routergate.ledger.delivery import SETTLE
from routergate.ledger.ledger import RedisLedger
from routergate.ledger.reservations import RESERVE
from routergate.ledger.sweeper import Sweeper
from routergate.plan import Plan
from routergate.supervisor import LOOP
from routergate.telemetry.files import prepare
from routergate.telemetry.logs import configure
from routergate.tokens import TiktokenCounter
from routergate.tokens import load as load_tokens
from routergate.worker import HEEDED, Worker, heed, opened

LEASE = 2.0
"""Seconds: short, so that what a life leaves is swept soon."""
SCRIPTS = {RESERVE.sha: "reserve", SETTLE.sha: "settle"}


@dataclass
class Passages:
    """Counts them, in all tasks, and ends the process at the last one."""

    requests: int
    """Those that do not count."""
    left: int
    """0: it never ends."""

    def task(self, loop: asyncio.AbstractEventLoop, coro: Any, **more: Any) -> "asyncio.Task[Any]":
        """A task whose passages count; those of requests are counted within aiohttp's tasks."""
        if "aiohttp" not in _code(coro).co_filename:
            coro = _whole(self.watched(coro))
        return asyncio.Task(coro, loop=loop, **more)

    @types.coroutine
    def watched(self, coro: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """What `coro` comes to."""
        step, given = coro.send, None
        while True:
            try:
                waited_for = step(given)
            except StopIteration as end:
                return end.value
            self.passed(coro, "stops")
            try:
                step, given = coro.send, (yield waited_for)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is for the coroutine
                step, given = coro.throw, error
            self.passed(coro, "goes on")

    def passed(self, coro: Coroutine[Any, Any, Any], how: str) -> None:
        """One passage; it may be the last."""
        if self.requests >= 0 or self.left == 0:
            return
        self.left -= 1
        if self.left == 0:
            os.write(1, f"died {_place(coro)} {how}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Begin to count with the request after those that do not."""
        self.requests -= 1
        response: web.StreamResponse = await self.watched(handler(request))
        return response


async def _whole(steps: Any) -> Any:
    """A task wants a coroutine."""
    return await steps


def _place(coro: Any) -> str:
    """The innermost function of ours in which a coroutine waits, and what it asks of the store."""
    inner: Any = coro
    place = _name(coro)
    while (inner := _next(inner)) is not None:
        if "routergate" in _code(inner).co_filename:
            place = _name(inner)
    return place


def _next(waiting: Any) -> Any:
    """The coroutine or generator that another one waits for, if it waits for one."""
    inner = getattr(waiting, "cr_await", None) or getattr(waiting, "ag_await", None)
    # `anext` and the like stand between a coroutine and a generator, and tell it to nobody else.
    known = [inner, *gc.get_referents(inner)]
    return next((one for one in known if _code(one) is not None), None)


def _code(waiting: Any) -> Any:
    return getattr(waiting, "cr_code", None) or getattr(waiting, "ag_code", None)


def _name(waiting: Any) -> str:
    frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "ag_frame", None)
    commands = (frame.f_locals if frame else {}).get("commands", ())
    words = [bytes(one).split(b"\r\n", 5) for one in commands]  # as they go over the wire
    asked = [SCRIPTS.get(one[4].decode(), one[2].decode()) for one in words]
    return " ".join([_code(waiting).co_qualname, *sorted(set(asked))])


async def live(plan: Plan, passages: Passages) -> None:
    """Serve, as a worker does."""
    stop = asyncio.Event()
    heed(plan.lifeline, stop, asyncio.Event())
    asyncio.get_running_loop().set_task_factory(passages.task)
    async with opened(plan, 0) as lasting:
        parts = _with_short_leases(plan, lasting)
        gateway = await compose(plan.config, parts)
        worker = Worker(plan=plan, parts=parts, config=plan.config, gateway=gateway, loaded_at=0)
        sweeper = Sweeper(parts.store, parts.clock, str(os.getpid()), lease=LEASE)
        jobs = (parts.ledger.run, parts.ledger.recover, parts.ledger.renew, sweeper.run)
        tasks = [asyncio.create_task(kept_running(job)) for job in jobs]
        async with _listening(worker, passages):
            os.write(1, f"listening {os.getpid()}\n".encode())
            await stop.wait()
        await parts.ledger.flush(5)
        await ended(tasks)
        await parts.ledger.close()


def _with_short_leases(plan: Plan, parts: Parts) -> Parts:
    place = f"{plan.port}:{os.getpid()}"
    spool = plan.data_dir / "spool"
    return replace(parts, ledger=RedisLedger(parts.store, parts.clock, place, spool, lease=LEASE))


@asynccontextmanager
async def _listening(worker: Worker, passages: Passages) -> Any:
    app = application(worker.services(), 1_000_000)
    app.middlewares.append(passages.middleware)
    runner = Runner(app, access_log=None, handler_cancellation=True, shutdown_timeout=5)
    await runner.setup()
    try:
        await web.TCPSite(runner, worker.plan.host, worker.plan.port, reuse_port=True).start()
        yield
    finally:
        await runner.cleanup()


@contextmanager
def _planned() -> Iterator[Plan]:
    """What all lives are told, on a port that stays the same."""
    settings, environ = Settings(), environment()
    configure("INFO", "json")
    with (
        tempfile.TemporaryDirectory() as metrics,
        socket.socket() as reserved,
    ):
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        prepare(Path(metrics))
        yield Plan(
            config=load(settings.config, environ),
            environment=environ,
            host="127.0.0.1",
            port=reserved.getsockname()[1],
            redis_url=settings.redis_url or "",
            redis_timeout=settings.redis_timeout_ms / 1000,
            redis_replicas=settings.redis_replicas,
            metrics=Path(metrics),
            counter=TiktokenCounter(load_tokens()),
            data_dir=settings.data_dir,
            ledger=settings.ledger,
            operators={},
            lifeline=os.pipe()[0],
        )


def main() -> None:
    """One life after the other, until standard input ends."""
    with _planned() as plan:
        os.write(1, f"port {plan.port}\n".encode())
        for line in sys.stdin:
            signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
            if (pid := os.fork()) == 0:
                with asyncio.Runner(loop_factory=LOOP) as runner:
                    runner.run(live(plan, Passages(*map(int, line.split()))))
                os._exit(0)
            os.waitpid(pid, 0)
            os.write(1, b"ended\n")


if __name__ == "__main__":
    main()
