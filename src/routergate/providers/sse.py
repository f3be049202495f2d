"""Server-sent events: where one ends, wherever the bytes were split. Nothing is decoded here."""

import re

_END = re.compile(rb"\r\n\r\n|\n\r?\n|\r\r")
LONGEST = 8 * 1024 * 1024
"""Bytes that one event may have; more is not an event."""


class EventTooLong(ValueError):
    """An event without an end in sight."""


class Splitter:
    """Takes bytes as they come and gives whole events, each with the empty line that ends it."""

    __slots__ = ("_rest", "_scanned")

    def __init__(self) -> None:
        self._rest = b""
        self._scanned = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The events that `data` completes."""
        buffer = self._rest + data if self._rest else data
        events: list[bytes] = []
        start = 0
        # An end that was split between two reads has begun at most three bytes before this one.
        for end in _END.finditer(buffer, max(self._scanned - 3, 0)):
            events.append(buffer[start : end.end()])
            start = end.end()
        self._rest = buffer[start:]
        self._scanned = len(self._rest)
        if self._scanned > LONGEST:
            raise EventTooLong(f"an event of more than {LONGEST} bytes")
        return events

    @property
    def rest(self) -> bytes:
        """What has come of an event that has not ended."""
        return self._rest


def payload(event: bytes) -> bytes:
    """The data of an event, without the field's name; empty for comments and keep-alives."""
    if event.startswith(b"data: ") and event.find(b"\n", 6) >= len(event) - 2:
        return event[6:].rstrip(b"\r\n")
    lines = event.splitlines()
    data = [line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:")]
    return b"\n".join(data)
