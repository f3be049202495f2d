"""How far a model is trusted with a task: one comparison after another, and what follows.

    trusted ⇄ watched → demoted → quarantined → probing → trusted

| from | to | when |
|---|---|---|
| trusted | watched | bets on a loss have grown as by chance they do once in `watch_every` comparisons |
| watched | trusted | they are back where they began |
| trusted, watched | demoted | the evidence that quality is below the threshold passes 1 / `alpha` |
| demoted | probing | in the shadow of others the evidence that it is not passes 1 / `beta` |
| demoted | quarantined | the evidence that it is passes 1 / `alpha` once more, or `patience` is over |
| quarantined | probing | its rest is over |
| probing | trusted | the evidence that quality is not below the threshold passes 1 / `beta` |
| probing | quarantined | the evidence that it is passes 1 / `alpha` |

Both ways it takes evidence and a minimum of comparisons: between the two nothing moves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from routergate.domain.quality import Cause, Comparison, Interval, Stand, Subject, Transition, Trust
from routergate.quality.evidence import Evidence, share
from routergate.quality.judge import scored
from routergate.quality.loss import broken, lost
from routergate.quality.rules import SECOND, Rules
from routergate.quality.sequence import Scored, Sequence

CALM: Final = 1.0
"""Where bets begin."""
_LEADING_BACK: Final = frozenset({Trust.DEMOTED, Trust.PROBING})
SURE: Final = 0.05
"""The error of intervals that are told."""


@dataclass(frozen=True, slots=True)
class Run:
    """Comparisons from one moment on."""

    since: int
    """Nanoseconds since the epoch."""
    after: int = 0
    """How many there were before it, since the last transition."""
    sequence: Sequence = field(default_factory=Sequence)

    def interval(self, alpha: float = SURE) -> Interval:
        """Valid although the moment may be chosen in hindsight: the error is shared out among all moments."""
        return self.sequence.interval(alpha * share(self.after + 1))


@dataclass(frozen=True, slots=True)
class Watch:
    """All that is remembered of one subject: some eighty numbers, however much is compared."""

    trust: Trust = Trust.TRUSTED
    since: int = 0
    """Of this state, nanoseconds since the epoch."""
    why: str = ""
    """It is in this state, in numbers."""
    lost: Evidence = field(default_factory=Evidence)
    """That quality is below the threshold."""
    kept: Evidence = field(default_factory=Evidence)
    """That it is not; gathered where it could lead back."""
    hints: Evidence = field(default_factory=Evidence)
    """That it is below, from what was volunteered: enough to look closer, never to demote."""
    whole: Sequence = field(default_factory=Sequence)
    """Since the last transition that began anew: all but those between trusted and watched."""
    entered: int = 0
    """Comparisons in `lost` when this state began."""
    recent: Run = field(default_factory=lambda: Run(0))
    """Since bets on a loss were last where they began: since a change, if there was one."""
    rests: int = 0
    """Quarantines in a row."""
    pinned: bool = False
    """Whether somebody has put it where it is, so that nothing else moves it."""

    @property
    def seen(self) -> int:
        """Comparisons since this state began."""
        return self.lost.count - self.entered

    def interval(self, alpha: float = SURE) -> Interval:
        """Of its quality as a share of the baseline's, while that stays the same."""
        return self.whole.interval(alpha)


class Move(NamedTuple):
    """Where to, on which evidence, and how much of that is needed."""

    after: Trust
    evidence: float
    needed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Somebody who puts a model into a state, and what for."""

    said: str
    at: int
    """Nanoseconds since the epoch."""


Step = tuple[Watch, Transition | None]


def begun(at: int) -> Watch:
    """Trusted, and nothing seen."""
    return Watch(since=at, recent=Run(at))


def observed(watch: Watch, comparison: Comparison, rules: Rules) -> Step:
    """After one more comparison. Raises `ValueError` if it is a judge's whose errors are not known."""
    if watch.trust not in _MOVES and not watch.pinned:
        return watch, None
    seen = _seen(watch, comparison, rules)
    move = None if seen.pinned else _MOVES[watch.trust](seen, rules)
    if move is None:
        return seen, None
    told = replace(
        _told(seen, comparison.subject, rules, move.after, comparison.at),
        cause=Cause.EVIDENCE,
        evidence=move.evidence,
        needed=move.needed,
    )
    return _moved(seen, told), told


def waited(watch: Watch, subject: Subject, at: int, rules: Rules) -> Step:
    """What time alone does; to be asked now and then."""
    if watch.trust is Trust.DEMOTED:
        after, until = Trust.QUARANTINED, watch.since + round(rules.patience * SECOND)
    elif watch.trust is Trust.QUARANTINED:
        after, until = Trust.PROBING, watch.since + rules.resting(watch.rests)
    else:
        return watch, None
    if watch.pinned or at < until:
        return watch, None
    told = _told(watch, subject, rules, after, at)
    return _moved(watch, told), told


def put(watch: Watch, subject: Subject, trust: Trust, rules: Rules, by: Hand) -> Step:
    """A model in the state that somebody wants, where it stays until it is `released`."""
    told = replace(_told(watch, subject, rules, trust, by.at), cause=Cause.HAND, said=by.said)
    return replace(_moved(watch, told), pinned=True), told


def released(watch: Watch) -> Watch:
    """From now on evidence and time move it again."""
    return replace(watch, pinned=False)


def stand(watch: Watch, rules: Rules) -> Stand | None:
    """What decisions need to know; `None`: nothing, as it is trusted or this is a dry run."""
    if rules.dry_run or watch.trust in {Trust.TRUSTED, Trust.WATCHED}:
        return None
    return Stand(trust=watch.trust, why=watch.why, share=rules.probes)


def _seen(watch: Watch, comparison: Comparison, rules: Rules) -> Watch:
    found = scored(comparison, rules.judge)
    if comparison.inclusion is None:
        return replace(watch, hints=watch.hints.after(lost(found, rules.threshold)))
    against, whole = watch.lost.after(lost(found, rules.threshold)), watch.whole.after(found)
    recent = _run(watch.recent, against, found, comparison.at)
    if watch.trust not in _LEADING_BACK:
        return replace(watch, lost=against, whole=whole, recent=recent)
    kept = watch.kept.after(broken(found, rules.threshold - rules.slack))
    return replace(watch, lost=against, whole=whole, recent=recent, kept=kept)


def _run(recent: Run, lost: Evidence, found: Scored, at: int) -> Run:
    if lost.lately <= CALM:
        return Run(at, lost.count)
    return Run(recent.since, recent.after, recent.sequence.after(found))


def _told(watch: Watch, subject: Subject, rules: Rules, after: Trust, at: int) -> Transition:
    """A transition that time brings; whoever knows of another cause says so."""
    return Transition(
        subject=subject,
        before=watch.trust,
        after=after,
        cause=Cause.TIME,
        at=at,
        since=watch.recent.since,
        quality=watch.recent.interval(),
        threshold=rules.threshold,
        evidence=watch.lost.ever,
        needed=0.0,
        dry_run=rules.dry_run,
    )


def _moved(watch: Watch, told: Transition) -> Watch:
    """In its new state; it takes its evidence along where that goes on."""
    if {told.before, told.after} == {Trust.TRUSTED, Trust.WATCHED}:
        entered = watch.lost.count
        return replace(
            watch, trust=told.after, since=told.at, why=told.why, hints=Evidence(), entered=entered
        )
    rests = {Trust.TRUSTED: 0, Trust.QUARANTINED: watch.rests + 1}.get(told.after, watch.rests)
    return replace(begun(told.at), trust=told.after, why=told.why, rests=rests)


def _lost(watch: Watch, rules: Rules, after: Trust) -> Move | None:
    evidence, needed = watch.lost.ever, 1 / rules.alpha
    enough = evidence >= needed and watch.lost.count >= rules.least
    return Move(after, evidence, needed) if enough else None


def _kept(watch: Watch, rules: Rules, after: Trust) -> Move | None:
    evidence, needed = watch.kept.ever, 1 / rules.beta
    enough = evidence >= needed and watch.kept.count >= rules.least
    return Move(after, evidence, needed) if enough else None


def _trusted(watch: Watch, rules: Rules) -> Move | None:
    evidence = max(watch.lost.lately, watch.hints.lately)
    watched = Move(Trust.WATCHED, evidence, rules.watch_every) if evidence >= rules.watch_every else None
    return _lost(watch, rules, Trust.DEMOTED) or watched


def _watched(watch: Watch, rules: Rules) -> Move | None:
    calm = watch.lost.lately <= CALM and watch.seen >= rules.least
    trusted = Move(Trust.TRUSTED, watch.lost.lately, CALM) if calm else None
    return _lost(watch, rules, Trust.DEMOTED) or trusted


def _demoted(watch: Watch, rules: Rules) -> Move | None:
    return _kept(watch, rules, Trust.PROBING) or _lost(watch, rules, Trust.QUARANTINED)


def _probing(watch: Watch, rules: Rules) -> Move | None:
    return _kept(watch, rules, Trust.TRUSTED) or _lost(watch, rules, Trust.QUARANTINED)


_MOVES: Final[Mapping[Trust, Callable[[Watch, Rules], Move | None]]] = {
    Trust.TRUSTED: _trusted,
    Trust.WATCHED: _watched,
    Trust.DEMOTED: _demoted,
    Trust.PROBING: _probing,
}
"""By the state that a comparison finds; in quarantine none does."""
