"""A watch as text, for whoever keeps it."""

import json
from dataclasses import asdict
from typing import Any

from routergate.domain.quality import Trust
from routergate.quality.evidence import STAKES, Evidence
from routergate.quality.sequence import Sequence, Side
from routergate.quality.watch import Run, Watch

VERSION = 1


def as_json(watch: Watch) -> str:
    """All of it: some 1,500 characters, however much has been compared."""
    return json.dumps({"version": VERSION, **asdict(watch)}, separators=(",", ":"))


def watch_of(text: str) -> Watch:
    """The watch that was written down; raises `ValueError` with a sentence if it was not one."""
    try:
        found = json.loads(text)
        version = found.pop("version", None)
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise ValueError("is not a watch: not a JSON object") from None
    if version != VERSION:
        raise ValueError(f"is a watch of version {version!r}; this program reads version {VERSION}")
    try:
        return _watch(found)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError("is not a whole watch; delete it, and the model begins anew as trusted") from None


def _watch(found: dict[str, Any]) -> Watch:
    changed = {
        "trust": Trust(found["trust"]),
        "lost": _evidence(found["lost"]),
        "kept": _evidence(found["kept"]),
        "hints": _evidence(found["hints"]),
        "whole": _sequence(found["whole"]),
        "recent": _run(found["recent"]),
    }
    return Watch(**{**found, **changed})


def _evidence(found: dict[str, Any]) -> Evidence:
    sudden, lasting = (tuple(map(float, found[name])) for name in ("sudden", "lasting"))
    if len(sudden) != len(STAKES) or len(lasting) != len(STAKES):
        raise ValueError
    return Evidence(sudden, lasting, found["count"])


def _run(found: dict[str, Any]) -> Run:
    return Run(**{**found, "sequence": _sequence(found["sequence"])})


def _sequence(found: dict[str, Any]) -> Sequence:
    return Sequence(**{**found, "low": Side(**found["low"]), "high": Side(**found["high"])})
