"""The calibration that a route names: it must be of this very route, or it promises nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from routergate.classify.artifact import Artifact, builtin
from routergate.config.findings import Findings
from routergate.domain.calibration import Calibration, calibration
from routergate.domain.decision import RoutePolicy

LARGEST = 4 * 1024 * 1024


def calibrated(
    routes: Mapping[str, RoutePolicy],
    named: Mapping[str, Path],
    artifact: Artifact | None,
    findings: Findings,
) -> Mapping[str, RoutePolicy]:
    """The routes, with the calibrations that they name in force; one of another route is a problem."""
    if not named:
        return routes
    estimator = (artifact or builtin()).checksum
    return {
        **routes,
        **{name: _promised(routes[name], path, estimator, findings) for name, path in named.items()},
    }


def _promised(policy: RoutePolicy, path: Path, estimator: str, findings: Findings) -> RoutePolicy:
    try:
        found = calibration(_text(path))
    except ValueError as problem:
        findings.problem(("routes", policy.id, "calibration"), f"{path} {problem}")
        return policy
    if differences := " and ".join(_differences(policy, found, estimator)):
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


def _differences(policy: RoutePolicy, found: Calibration, estimator: str) -> Iterator[str]:
    """What the thresholds were found with, and is not so any more."""
    if found.route != policy.id:
        yield f"it was made for '{found.route}'"
    if set(found.candidates) != set(policy.candidates):
        yield f"its candidates are {', '.join(found.candidates)}"
    if found.baseline != policy.baseline:
        yield f"its baseline is {found.baseline or 'none'}"
    if found.bound != policy.bound:
        yield f"its bound is {'none' if found.bound is None else found.bound}"
    if found.estimator != estimator:
        yield f"its estimates are by another router ({found.estimator[:12]}, not {estimator[:12]})"
