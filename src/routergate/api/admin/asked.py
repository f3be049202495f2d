"""What is asked of a list: which part of it, and of whom."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from routergate.domain.errors import InvalidRequest

ROWS, MOST_ROWS = 50, 500
LONGEST_CURSOR: Final = 1024


def part(request: web.Request) -> tuple[str | None, int]:
    """Behind which place, and how many rows at most."""
    cursor = request.query.get("cursor") or None
    if cursor is not None and len(cursor) > LONGEST_CURSOR:
        raise InvalidRequest("'cursor' is the 'next' of the answer before, as it is.", param="cursor")
    text = request.query.get("limit", str(ROWS))
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= MOST_ROWS):
        raise InvalidRequest(f"'limit' is a number from 1 to {MOST_ROWS}.", param="limit")
    return cursor, int(text)


def counted(cursor: str | None) -> int:
    """A place that is a number of rows."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 10):
        raise InvalidRequest("'cursor' is the 'next' of the answer before, as it is.", param="cursor")
    return int(cursor)


def listed(rows: Sequence[Mapping[str, Any]], following: str | int | None = None) -> web.Response:
    """A part of a list, and where the next one begins."""
    cursor = None if following is None else str(following)
    return web.json_response({"object": "list", "data": rows, "next": cursor})


def cut(rows: Sequence[Mapping[str, Any]], request: web.Request) -> web.Response:
    """The part that is asked for, of a list that is all there."""
    cursor, most = part(request)
    after = counted(cursor)
    return listed(rows[after : after + most], after + most if after + most < len(rows) else None)


def chosen(request: web.Request, names: Collection[str]) -> dict[str, str]:
    """The conditions among these that are asked; an empty one means: without any."""
    return {name: request.query[name] for name in names if name in request.query}
