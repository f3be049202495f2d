from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from routergate.domain.quality import Cause, Comparison, Source, Transition, Trust
from routergate.quality.judge import Judge, Rate
from routergate.quality.rules import SECOND, Rules
from routergate.quality.watch import Hand, Watch, begun, observed, put, released, stand, waited
from support.comparisons import SUBJECT, a_comparison, comparisons

RULES = Rules(threshold=0.9)
ANN = Hand(said="bad release, by ann", at=7)


def through(watch: Watch, seen: Iterable[Comparison], rules: Rules = RULES) -> tuple[Watch, list[Transition]]:
    """After all of them, and what was told on the way."""
    told = []
    for one in seen:
        watch, moved = observed(watch, one, rules)
        told += [moved] if moved else []
    return watch, told


def until(watch: Watch, trust: Trust, quality: float, rules: Rules = RULES) -> tuple[Watch, Transition]:
    """At the moment at which a model of this quality comes to a state."""
    for one in comparisons(1, quality, 20_000):
        watch, moved = observed(watch, one, rules)
        if moved is not None and moved.after is trust:
            return watch, moved
    raise AssertionError(f"it never came to {trust}")


def states(told: Iterable[Transition]) -> list[Trust]:
    return [one.after for one in told]


def test_a_model_that_keeps_the_promise_stays_trusted() -> None:
    watch, told = through(begun(0), comparisons(3, 0.97, 1_500))

    assert watch.trust is Trust.TRUSTED
    assert set(states(told)) <= {Trust.WATCHED, Trust.TRUSTED}
    known = watch.interval()
    assert known.low < 0.97 < known.high
    assert known.count == 1_500


def test_a_model_that_gets_worse_is_watched_and_then_demoted_in_numbers() -> None:
    watch, _ = through(begun(0), comparisons(1, 0.97, 1_000))
    watch, told = through(watch, comparisons(2, 0.75, 500, start=1_000))
    demotion = next(one for one in told if one.after is Trust.DEMOTED)

    assert states(told)[:2] == [Trust.WATCHED, Trust.DEMOTED]
    assert (demotion.before, demotion.cause) == (Trust.WATCHED, Cause.EVIDENCE)
    assert demotion.evidence >= demotion.needed == pytest.approx(100)
    assert demotion.at < 1_300 * SECOND
    # It is what came after the change that is told, though nobody said when that was.
    assert 900 * SECOND < demotion.since < 1_050 * SECOND
    assert demotion.quality.estimate == pytest.approx(0.75, abs=0.08)
    assert demotion.quality.low < 0.75 < demotion.quality.high


def test_a_false_watch_ends_where_bets_began() -> None:
    rules = replace(RULES, watch_every=3.0)
    watch, told = through(begun(0), [a_comparison(0.0)] * 3 + [a_comparison(1.0)] * 200, rules)

    assert states(told) == [Trust.WATCHED, Trust.TRUSTED]
    assert watch.lost.count == 203  # evidence goes on between these two


def test_a_few_comparisons_move_nothing() -> None:
    watch, told = through(begun(0), [a_comparison(0.0)] * 29)

    assert states(told) == [Trust.WATCHED]
    assert watch.lost.ever > 1 / RULES.alpha


def test_in_the_shadow_of_others_a_demoted_model_is_found_good_or_bad_again() -> None:
    demoted, _ = until(begun(0), Trust.DEMOTED, 0.6)
    better, moved = until(demoted, Trust.PROBING, 0.98)
    worse, left = until(demoted, Trust.QUARANTINED, 0.6)

    assert moved.evidence >= moved.needed == pytest.approx(20)
    assert (better.trust, worse.trust) == (Trust.PROBING, Trust.QUARANTINED)
    assert left.evidence >= left.needed == pytest.approx(100)


def test_in_quarantine_nothing_is_heard_and_time_ends_it() -> None:
    resting, _ = until(begun(0), Trust.QUARANTINED, 0.6)
    same, told = observed(resting, a_comparison(1.0), RULES)
    soon = waited(resting, SUBJECT, resting.since + 3_599 * SECOND, RULES)
    watch, ended = waited(resting, SUBJECT, resting.since + 3_600 * SECOND, RULES)

    assert (same, told) == (resting, None)
    assert soon == (resting, None)
    assert watch.trust is Trust.PROBING
    assert ended is not None
    assert (ended.cause, ended.needed) == (Cause.TIME, 0)


def test_probes_bring_a_model_back_or_end_it_for_twice_as_long() -> None:
    probing = replace(begun(0), trust=Trust.PROBING, rests=1)
    back, _ = until(probing, Trust.TRUSTED, 0.98)
    again, _ = until(probing, Trust.QUARANTINED, 0.6)
    rest = 7_200 * SECOND

    assert (back.rests, again.rests) == (0, 2)
    assert waited(again, SUBJECT, again.since + rest - 1, RULES)[1] is None
    assert waited(again, SUBJECT, again.since + rest, RULES)[0].trust is Trust.PROBING


def test_no_rest_is_longer_than_the_longest() -> None:
    assert [RULES.resting(nth) for nth in (1, 2, 5, 6, 5_000)] == [
        hours * 3_600 * SECOND for hours in (1, 2, 16, 24, 24)
    ]
    assert replace(RULES, rest=99_999.0).resting(1) == 99_999 * SECOND


def test_a_demoted_model_has_only_so_long_to_show_that_it_is_good() -> None:
    demoted, _ = until(begun(0), Trust.DEMOTED, 0.6)
    over = demoted.since + 86_400 * SECOND

    assert waited(demoted, SUBJECT, over - 1, RULES) == (demoted, None)
    assert waited(demoted, SUBJECT, over, RULES)[0].trust is Trust.QUARANTINED


def test_whoever_is_trusted_or_pinned_has_all_the_time() -> None:
    pinned, _ = put(begun(0), SUBJECT, Trust.QUARANTINED, RULES, ANN)

    assert waited(begun(0), SUBJECT, 10**20, RULES) == (begun(0), None)
    assert waited(pinned, SUBJECT, 10**20, RULES) == (pinned, None)
    assert waited(released(pinned), SUBJECT, 10**20, RULES)[0].trust is Trust.PROBING


def test_by_hand_a_model_is_put_anywhere_and_stays_there() -> None:
    pinned, told = put(begun(0), SUBJECT, Trust.DEMOTED, RULES, ANN)
    later, moved = through(pinned, comparisons(1, 0.2, 400))
    resting, _ = put(begun(0), SUBJECT, Trust.QUARANTINED, RULES, ANN)

    assert told is not None
    assert (told.cause, told.said) == (Cause.HAND, "bad release, by ann")
    assert (later.trust, moved) == (Trust.DEMOTED, [])
    assert later.interval().count == 400
    assert through(released(later), comparisons(2, 0.2, 1))[0].trust is Trust.QUARANTINED
    assert observed(resting, a_comparison(), RULES)[0].lost.count == 1


def test_what_is_volunteered_can_put_a_model_under_watch_and_no_more() -> None:
    angry = [a_comparison(0.0, source=Source.USER, inclusion=None)] * 500
    watch, told = through(begun(0), angry)
    calm, after = through(watch, comparisons(1, 1.0, 60))

    assert states(told) == [Trust.WATCHED]
    assert watch.interval().count == 0
    assert states(after) == [Trust.TRUSTED]
    assert calm.hints.count == 0


def test_decisions_hear_of_those_who_are_not_trusted_unless_this_is_a_dry_run() -> None:
    demoted, told = until(begun(0), Trust.DEMOTED, 0.6)
    found = stand(demoted, RULES)

    assert found is not None
    assert (found.trust, found.why, found.share) == (Trust.DEMOTED, told.why, 0.05)
    assert stand(begun(0), RULES) is None
    assert stand(demoted, replace(RULES, dry_run=True)) is None
    assert until(begun(0), Trust.DEMOTED, 0.6, replace(RULES, dry_run=True))[1].dry_run


def test_a_promise_of_all_of_the_quality_can_be_broken_too() -> None:
    until(begun(0), Trust.DEMOTED, 0.9, Rules(threshold=1.0))


@pytest.mark.parametrize("seed", range(4))
def test_a_judge_that_may_err_more_than_it_seems_demotes_nobody_wrongly(seed: int) -> None:
    """It errs in one case of five, and all that is known is that it is somewhere around that."""
    vague = Rate(low=0.75, high=0.85)
    rules = replace(RULES, judge=Judge(sensitivity=vague, specificity=vague))
    # A model that just keeps the promise is called good in 0.9 × 0.8 + 0.1 × 0.2 of all cases.
    watch, told = through(begun(0), comparisons(seed, 0.74, 1_500, source=Source.JUDGE), rules)

    assert Trust.DEMOTED not in states(told)
    known = watch.interval()
    assert known.low < 0.9 < known.high


def test_a_slack_lets_a_model_back_that_is_a_little_worse() -> None:
    probing = replace(begun(0), trust=Trust.PROBING)
    _, strict = through(probing, comparisons(1, 0.89, 1_000))
    _, lenient = through(probing, comparisons(1, 0.89, 1_000), replace(RULES, slack=0.05))

    assert Trust.TRUSTED not in states(strict)
    assert states(lenient)[0] is Trust.TRUSTED


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": 0.0},
        {"threshold": 1.1},
        {"slack": 0.9},
        {"alpha": 0.0},
        {"beta": 1.0},
        {"probes": 0.6},
        {"watch_every": 1.0},
        {"least": 0},
        {"rest": 0.0},
    ],
    ids=str,
)
def test_rules_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is more than|are more than"):
        replace(RULES, **changes)
