"""Connections that answer in our own words what is not HTTP."""

import logging
from typing import Any

from aiohttp import web

from routergate.api.errors import sign, told
from routergate.api.services import REQUEST_ID, SERVICES, Services
from routergate.domain.errors import InvalidRequest

log = logging.getLogger(__name__)

NOT_HTTP = (
    "The request is not well-formed HTTP: its first line, a header, its length or a chunk "
    "is malformed, or a line is longer than 8190 bytes."
)


class Runner(web.AppRunner):
    """Runs the application on such connections."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        return _Listener(await super()._make_server(), self.app[SERVICES])


class _Listener(web.Server):
    """The same server, but for its connections."""

    def __init__(self, made: web.Server, services: Services) -> None:
        vars(self).update(vars(made))
        self._services = services

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, self._services, loop=self._loop, **self._kwargs)


class _Connection(web.RequestHandler):
    """aiohttp's words on what it cannot parse quote it, and it may be a prompt or a key; these do not."""

    __slots__ = ("_services",)

    def __init__(self, listener: _Listener, services: Services, **options: Any) -> None:
        super().__init__(listener, **options)
        self._services = services

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it quotes what came
    ) -> web.StreamResponse:
        """An error object, if the status line has not gone yet."""
        if status >= 500 or request.writer.output_size > 0:
            return super().handle_error(request, status, exc)
        request[REQUEST_ID] = self._services.new_id()
        self._services.concerns(request[REQUEST_ID])
        response = told(self._services, request, InvalidRequest(NOT_HTTP))
        sign(request, response)
        response.force_close()
        return response

    def log_exception(self, *_: Any, exc_info: BaseException | None = None, **__: Any) -> None:
        """Only what kind of failure it was; that a caller has left is none."""
        level = logging.DEBUG if isinstance(exc_info, ConnectionError) else logging.ERROR
        log.log(level, "a connection failed: %s", type(exc_info).__name__)
