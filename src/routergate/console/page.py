"""The page and what it loads, kept in memory: no path of a request ever names a file."""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Final

from aiohttp import web

ROOT: Final = "/console"
KINDS: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Content types of what the page loads, by the names' ends."""
GUARDED: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""With every answer: nothing from another host, nothing written into the page, no frame around it."""
FRESH: Final = "no-store"
FOREVER: Final = "public, max-age=31536000, immutable"
"""For files whose names change with what is in them."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent, packed for those who take it so."""

    body: bytes
    packed: bytes
    headers: Mapping[str, str]

    async def sent(self, request: web.Request) -> web.Response:
        """As whoever asks can read it."""
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=self.body, headers=self.headers)
        return web.Response(body=self.packed, headers={**self.headers, "Content-Encoding": "gzip"})


def asset(body: bytes, kind: str, cached: str) -> Asset:
    """A file of a content type, for as long as `Cache-Control` says."""
    headers = {**GUARDED, "Content-Type": kind, "Cache-Control": cached, "Vary": "Accept-Encoding"}
    return Asset(body, gzip.compress(body, mtime=0), headers)


def routes() -> list[web.RouteDef]:
    """`/console` and everything that it loads, for the web application that has the admin API."""
    page = asset(_file("index.html"), "text/html; charset=utf-8", FRESH)
    return [
        web.get(ROOT, page.sent),
        web.get(f"{ROOT}/", page.sent),
        *(
            web.get(f"{ROOT}/static/{name}", asset(body, kind, FOREVER).sent)
            for name, kind, body in _loaded()
        ),
    ]


def _loaded() -> Iterator[tuple[str, str, bytes]]:
    for file in (files(__package__) / "assets" / "static").iterdir():
        yield file.name, KINDS[PurePosixPath(file.name).suffix], file.read_bytes()


def _file(name: str) -> bytes:
    return (files(__package__) / "assets" / name).read_bytes()
