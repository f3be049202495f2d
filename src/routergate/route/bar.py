"""What an estimate must reach before a model counts as good enough."""

from dataclasses import dataclass
from statistics import NormalDist

from routergate.domain.calibration import Calibration
from routergate.domain.decision import Estimate, RoutePolicy
from routergate.domain.identity import Wishes
from routergate.domain.model import ModelCard, ModelId, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A threshold, how sure a model must be to reach it, and where it comes from."""

    threshold: float
    errors: float = 0.0
    """How many standard errors below its mean an estimate is taken for."""
    only: ModelId | None = None
    """The one model that is good enough, whatever the estimates say."""
    reached: str
    """What a model does that reaches it, in plain words."""

    def lower(self, quality: Estimate) -> float:
        """What an estimate is taken for."""
        return quality.mean - self.errors * quality.stderr

    def admits(self, card: ModelCard, quality: Estimate) -> bool:
        """Whether a model is good enough."""
        return card.id == self.only if self.only else self.lower(quality) >= self.threshold


def bar(policy: RoutePolicy, wishes: Wishes, task: TaskId) -> Bar:
    """What the caller asks for, or else what the route's calibration found, or else what the route says."""
    if wishes.quality is not None:
        return _plain(policy, wishes.quality)
    if policy.calibration is not None:
        return _calibrated(policy, policy.calibration, task)
    return _plain(policy, policy.quality)


def _plain(policy: RoutePolicy, threshold: float) -> Bar:
    sure = f"reaches {threshold:g} with confidence {policy.bound:g}" if policy.bound is not None else None
    return Bar(
        threshold=threshold,
        errors=_errors(policy),
        reached=sure or f"is expected to reach {threshold:g}",
    )


def _calibrated(policy: RoutePolicy, found: Calibration, task: TaskId) -> Bar:
    threshold = found.setting(task).threshold
    of = f" of {found.baseline}'s quality" if found.baseline else " quality"
    kept = f"keeps {found.target:g}{of} with confidence {found.confidence:g} (calibrated {found.made})"
    if threshold is None:
        return Bar(threshold=1.0, only=found.baseline, reached=f"surely {kept}")
    return Bar(
        threshold=threshold,
        errors=_errors(policy),
        reached=f"reaches {threshold:g}, which {kept}",
    )


def _errors(policy: RoutePolicy) -> float:
    return 0.0 if policy.bound is None else NormalDist().inv_cdf(policy.bound)
