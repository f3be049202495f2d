"""The file of the configuration, as somebody elsewhere looks at it and replaces it."""

import asyncio
import difflib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from routergate.config.effects import effects
from routergate.config.findings import Problem, dotted
from routergate.config.load import LARGEST, Examined, examined, text_of
from routergate.config.spec import Config
from routergate.domain.errors import ConfigError
from routergate.domain.operator import ConfigChanged, ConfigInvalid, ConfigReadOnly

HIDDEN = "(hidden)"
LONGEST_DIFF = 20_000
"""Lines of a text that is compared; with more, it would take long."""
Reload = Callable[[], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One file, and what might stand in its place."""

    path: Path
    env: Mapping[str, str] = field(repr=False)
    in_force: Callable[[], Config]
    reload: Reload
    """Take the file up; what is wrong with it, if anything is."""

    async def show(self, *, hidden: bool) -> Mapping[str, Any]:
        """The file as it is; `hidden`: without secrets that stand in it."""
        return await asyncio.to_thread(self._show, hidden)

    async def check(self, text: str) -> Mapping[str, Any]:
        """What is wrong with a text in its place, and what it would change."""
        return await asyncio.to_thread(self._check, text)

    async def put(self, text: str, digest: str, noted: Callable[[str], Awaitable[None]]) -> Mapping[str, Any]:
        """Replace the file, and take it up; `noted` is called with the new digest just before."""
        read = await asyncio.to_thread(self._examined, text)
        if read.config is None:
            raise ConfigInvalid([*_findings(read)])
        await asyncio.to_thread(self._check_replaceable, digest)
        await noted(_digest(text))
        await asyncio.to_thread(self._replace, text, digest)
        problems = await self.reload()
        return {"digest": _digest(text), "in_force": not problems, "problems": list(problems)}

    def _show(self, hidden: bool) -> Mapping[str, Any]:
        text, why_not = text_of(self.path), _why_not(self.path)
        shown = self._without_secrets(text) if hidden else text
        refusal = {"why_not": why_not} if why_not else {}
        known = {"path": str(self.path), "yaml": shown, "digest": _digest(text)}
        return {**known, "writable": why_not is None, **refusal}

    def _without_secrets(self, text: str) -> str | None:
        """`None`: the text cannot be read, so nobody knows where they are."""
        read = examined(text, self.path, self.env)
        if read.config is None:
            return None
        headers = (value for one in read.file.providers.values() for value in one.headers.values())
        for secret in sorted({*(it for _, it in read.secrets), *headers}, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def _check(self, text: str) -> Mapping[str, Any]:
        read = self._examined(text)
        changed = [] if read.config is None else effects(self.in_force(), read.config)
        return {
            "ok": read.config is not None,
            "findings": [*_findings(read)],
            "diff": _difference(_text_or_nothing(self.path), text, self.path.name),
            "effects": changed,
        }

    def _examined(self, text: str) -> Examined:
        if len(text) > LARGEST:
            what = f"The text has more than {LARGEST // 1024 // 1024} MiB."
            raise ConfigInvalid([_finding(None, None, "", what, "error")])
        return examined(text, self.path, self.env)

    def _check_replaceable(self, digest: str) -> None:
        if why_not := _why_not(self.path):
            raise ConfigReadOnly(f"The configuration cannot be replaced from here: {why_not}.")
        if _digest(text_of(self.path)) != digest:
            raise ConfigChanged(
                "The file is another one than you have seen: somebody has changed it meanwhile. Look at it "
                "again, and make your change there.",
                param="digest",
            )

    def _replace(self, text: str, digest: str) -> None:
        with _one_at_a_time(self.path):
            self._check_replaceable(digest)
            try:
                _written(self.path.resolve(), text)
            except OSError as error:
                raise ConfigReadOnly(f"The configuration could not be written: {error.strerror}.") from error


def _findings(read: Examined) -> Iterator[Mapping[str, Any]]:
    """In the order of the file, the mistakes of a line first."""
    told = [("error", one) for one in read.findings.problems]
    told += [("warning", one) for one in read.findings.cautions]
    found = [_located(read, problem, severity) for severity, problem in told]
    return iter(sorted(found, key=lambda one: (one["line"] or 0, one["severity"])))


def _located(read: Examined, problem: Problem, severity: str) -> Mapping[str, Any]:
    source, place = read.source, read.source.nearest(problem.place)
    line = problem.line or (source.lines[place] if place else None)
    column = source.columns[place] if place and line == source.lines[place] else None
    return _finding(line, column, dotted(problem.place), source.redact(problem.text), severity)


def _finding(
    line: int | None, column: int | None, path: str, message: str, severity: str
) -> Mapping[str, Any]:
    return {"line": line, "column": column, "path": path, "message": message, "severity": severity}


def _difference(before: str, after: str, name: str) -> str | None:
    """As `diff -u` has it; `None`: the texts are too long."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if len(old) + len(new) > LONGEST_DIFF:
        return None
    return "".join(_ended(line) for line in difflib.unified_diff(old, new, name, f"{name} (new)"))


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _text_or_nothing(path: Path) -> str:
    """A text can be tried where the file is gone, too."""
    try:
        return text_of(path)
    except ConfigError:
        return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _why_not(path: Path) -> str | None:
    """What keeps the file from being replaced."""
    real = path.resolve()
    if real.is_mount():
        return f"{path} is mounted by itself; mount its folder instead"
    if not os.access(real.parent, os.W_OK):
        return f"the folder {real.parent} cannot be written to"
    return None


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Whoever waited finds another file in its place, and sees that by its digest."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _written(real: Path, text: str) -> None:
    """The whole file or the one before, with the same permissions, whatever happens meanwhile."""
    beside = real.with_name(f".{real.name}.{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("x", encoding="utf-8", newline="") as file:
            os.fchmod(file.fileno(), real.stat().st_mode & 0o7777)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(real)
    finally:
        beside.unlink(missing_ok=True)
