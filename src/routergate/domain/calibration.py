"""A route's promise with a number: thresholds that were found on real outcomes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from routergate.domain.model import ModelId, TaskId

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A threshold, and what is known of it."""

    threshold: float | None
    """What a model's estimate must reach; `None`: only the baseline is known to be good enough."""
    labels: int
    """Outcomes behind it."""
    kept: float | None
    """With the stated confidence, quality is at least this (of the baseline's); `None`: by definition."""

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ValueError(f"a threshold is a probability: {self.threshold}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Settings of one route, and everything that they hold for."""

    route: str
    candidates: tuple[ModelId, ...]
    baseline: ModelId | None
    target: float
    """The quality that is kept: a share of the baseline's where there is one."""
    confidence: float
    """With which all settings together keep it."""
    bound: float | None
    """The route's `bound`."""
    otherwise: Setting
    """For every task that has no setting of its own."""
    tasks: Mapping[TaskId, Setting] = field(default_factory=dict)
    estimator: str
    """What made the estimates."""
    digest: str
    """SHA-256 of the outcomes."""
    made: date

    def setting(self, task: TaskId) -> Setting:
        """The setting for a request of this task."""
        return self.tasks.get(task, self.otherwise)

    def as_json(self) -> str:
        """The file that a route names."""
        return json.dumps({"version": VERSION, **asdict(self)}, indent=2, default=str) + "\n"


def calibration(text: str) -> Calibration:
    """The calibration in a file; raises `ValueError` with a sentence if it is not one."""
    try:
        found = json.loads(text)
        version = found.pop("version", None)
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise ValueError("is not a calibration: not a JSON object") from None
    if version != VERSION:
        raise ValueError(f"is a calibration of version {version!r}; this program reads version {VERSION}")
    try:
        return _calibration(found)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError("is not a whole calibration; make it again") from None


def _calibration(found: dict[str, Any]) -> Calibration:
    changed = {
        "candidates": tuple(found["candidates"]),
        "otherwise": Setting(**found["otherwise"]),
        "tasks": {task: Setting(**setting) for task, setting in found["tasks"].items()},
        "made": date.fromisoformat(found["made"]),
    }
    return Calibration(**{**found, **changed})
