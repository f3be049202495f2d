"""The calibration that a route names: it must be of this very route, or it promises nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from routergate.config.findings import Findings
from routergate.domain.calibration import Calibration, calibration
from routergate.domain.decision import RoutePolicy

LARGEST = 4 * 1024 * 1024


def promised(policy: RoutePolicy, path: Path, findings: Findings) -> RoutePolicy:
    """The route with its calibration in force; a file that is not made for it is a problem."""
    try:
        found = calibration(_text(path))
    except ValueError as problem:
        findings.problem(("routes", policy.id, "calibration"), f"{path} {problem}")
        return policy
    if differences := " and ".join(_differences(policy, found)):
        remedy = f"run: routergate router calibrate --route {policy.id}"
        text = f"{path} is of another route: {differences}; {remedy}"
        findings.problem(("routes", policy.id, "calibration"), text)
    return replace(policy, calibration=found)


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LARGEST)
    except UnicodeDecodeError:
        raise ValueError("is not a calibration: not UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None


def _differences(policy: RoutePolicy, found: Calibration) -> Iterator[str]:
    """What the thresholds were found with, and is not so any more."""
    if found.route != policy.id:
        yield f"it was made for '{found.route}'"
    if set(found.candidates) != set(policy.candidates):
        yield f"its candidates are {', '.join(found.candidates)}"
    if found.baseline != policy.baseline:
        yield f"its baseline is {found.baseline or 'none'}"
    if found.bound != policy.bound:
        yield f"its bound is {'none' if found.bound is None else found.bound}"
