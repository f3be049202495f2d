from typing import Any

import pytest

from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import (
    EVERY,
    OUTCOMES,
    Cause,
    Interval,
    Stand,
    Standing,
    Transition,
    Trust,
    Verdict,
)
from support.comparisons import SUBJECT, a_comparison

NEAR = Interval(estimate=0.8, low=0.75, high=0.85, count=400)


def test_better_than_the_baseline_counts_as_equal() -> None:
    assert OUTCOMES == {Verdict.BETTER: 1.0, Verdict.SAME: 1.0, Verdict.WORSE: 0.0}


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": 1.1},
        {"outcome": -0.1},
        {"reference": 1.2},
        {"weight": 0.0},
        {"weight": 1.5},
        {"inclusion": 0.0},
        {"inclusion": 1.5},
        {"inclusion": 0.1, "least": 0.2},
        {"inclusion": 0.1, "least": -0.1},
    ],
    ids=str,
)
def test_a_comparison_cannot_be_wrong(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="mini with contracts on auto: "):
        a_comparison(**changes)


def test_what_was_more_probable_to_be_seen_counts_for_less() -> None:
    assert a_comparison(inclusion=0.5, least=0.1, weight=0.5).force == pytest.approx(0.1)
    assert a_comparison(inclusion=0.5).force == 1.0
    assert a_comparison(inclusion=None, weight=0.3).force == 0.3


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"cause": Cause.EVIDENCE}, "evidence 120, 100 needed"),
        ({"cause": Cause.TIME}, "its time there is over"),
        ({"cause": Cause.HAND, "said": "bad release, by ann"}, "by hand: bad release, by ann"),
    ],
)
def test_a_transition_says_why_in_numbers(changes: dict[str, Any], end: str) -> None:
    told = Transition(
        subject=SUBJECT,
        before=Trust.WATCHED,
        after=Trust.DEMOTED,
        at=9,
        since=1,
        quality=NEAR,
        threshold=0.95,
        evidence=120.0,
        needed=100.0,
        **changes,
    )

    assert told.why == (
        "mini with contracts on auto: watched → demoted, quality 0.800 (0.750 to 0.850, 400 compared) "
        f"against 0.95; {end}"
    )


def test_a_dry_run_says_that_it_is_one() -> None:
    told = Transition(
        subject=SUBJECT,
        before=Trust.QUARANTINED,
        after=Trust.PROBING,
        cause=Cause.TIME,
        at=9,
        since=1,
        quality=Interval(estimate=None, low=0, high=1, count=0),
        threshold=0.95,
        evidence=0.0,
        needed=0.0,
        dry_run=True,
    )

    assert "quarantined → probing (dry run), quality unknown (0.000 to 1.000, 0 compared)" in told.why


@pytest.mark.parametrize(
    ("trust", "drawn", "passed"),
    [
        (Trust.TRUSTED, 0.9, False),
        (Trust.WATCHED, 0.9, False),
        (Trust.DEMOTED, 0.5, True),
        (Trust.QUARANTINED, 0.5, True),
        (Trust.PROBING, 0.5, False),
        (Trust.PROBING, 0.549, False),
        (Trust.PROBING, 0.56, True),
        (Trust.PROBING, 0.01, True),
    ],
)
def test_whoever_is_not_trusted_is_passed_over_but_for_probes(
    trust: Trust, drawn: float, passed: bool
) -> None:
    stand = Stand(trust=trust, why="as the numbers say", share=0.05)

    assert (stand.why_not(drawn) is not None) == passed


def test_a_standing_is_of_one_task_and_no_other() -> None:
    mini, task = ModelId("mini"), TaskId("contracts")
    standing = Standing({(mini, task): Stand(trust=Trust.DEMOTED, why="0.8 against 0.95")})

    assert standing.why_not(mini, task, 0.5) == "is demoted: 0.8 against 0.95"
    assert standing.why_not(mini, TaskId("chat"), 0.5) is None
    assert standing.why_not(ModelId("other"), task, 0.5) is None


def test_a_model_that_is_bad_at_everything_is_passed_over_for_every_task() -> None:
    mini, probed = ModelId("mini"), Stand(trust=Trust.PROBING, why="a rest is over", share=0.05)
    standing = Standing(
        {(mini, EVERY): Stand(trust=Trust.DEMOTED, why="bad"), (mini, TaskId("math")): probed}
    )

    assert standing.why_not(mini, TaskId("math"), 0.5) == "is demoted: bad"
    assert standing.why_not(mini, TaskId("chat"), 0.5) == "is demoted: bad"
    assert a_comparison(0.3).at_large.subject.task == EVERY
