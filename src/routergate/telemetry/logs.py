"""Log lines on standard error: JSON for machines, or text for people."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from routergate.domain.errors import ConfigError
from routergate.telemetry.current import facts

LogFormat = Literal["json", "console"]

LEVELS = ("debug", "info", "warning", "error", "critical")
ATTENTION = (("critical", logging.CRITICAL), ("error", logging.ERROR), ("warning", logging.WARNING))
"""Levels that ask for it, the highest first, and where they begin."""
_HANDLER = "routergate"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure(level: str, form: LogFormat) -> None:
    """Send everything from `level` on to standard error. Called again, it takes its own place."""
    if level.lower() not in LEVELS:
        raise ConfigError([f"log level {level!r} is unknown: use one of {', '.join(LEVELS)}"])
    handler = logging.StreamHandler()
    handler.name = _HANDLER
    handler.setFormatter(_FORMATTERS[form]())
    root = logging.getLogger()
    for former in [former for former in root.handlers if former.name == _HANDLER]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level.upper())


@contextmanager
def counted(told: Callable[[str], None]) -> Iterator[None]:
    """Tell of every line that asks for attention, by its level."""
    root, handler = logging.getLogger(), Counting(told)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


class Counting(logging.Handler):
    """Counts lines and writes nothing. It is never called by two threads at the same time."""

    def __init__(self, told: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        self._told(next(name for name, least in ATTENTION if record.levelno >= least))


class JsonFormatter(logging.Formatter):
    """One object per record and line; what was passed as `extra` stands beside the rest."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps({**line, **_extra(record), **line}, default=str)


class ConsoleFormatter(logging.Formatter):
    """`12:34:56.789 INFO  logger: message key=value`, and tracebacks as Python shows them."""

    def format(self, record: logging.LogRecord) -> str:
        extra = "".join(f" {name}={value!r}" for name, value in _extra(record).items())
        line = f"{_time(record)[11:23]} {record.levelname:<7} {record.name}: {record.getMessage()}{extra}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        if record.stack_info:
            line += "\n" + self.formatStack(record.stack_info)
        return line


_FORMATTERS: Mapping[LogFormat, type[logging.Formatter]] = {
    "json": JsonFormatter,
    "console": ConsoleFormatter,
}


def _time(record: logging.LogRecord) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    instant = datetime.fromtimestamp(record.created, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _extra(record: logging.LogRecord) -> Mapping[str, Any]:
    """What is known of the request that runs, and what the line itself says."""
    return {**facts(), **{name: value for name, value in vars(record).items() if name not in _STANDARD}}
