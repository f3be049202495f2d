from decimal import Decimal
from pathlib import Path

import pytest

from routergate.domain.event import UsageEvent
from routergate.domain.money import Nanos
from routergate.reporting.question import Dimension
from routergate.reporting.reasoning import Bar, reasoning
from support.books import a_question, ledgered
from support.events import LARGE, MINI, an_event

TASKS = a_question(Dimension.TASK)


def answered(task: str, quality: float | None, cost: int, *, dear: bool) -> UsageEvent:
    return an_event(
        id=f"{task}-{dear}",
        task=task,
        quality=quality,
        card=LARGE if dear else MINI,
        cost=Nanos(cost * 10**6),
    )


@pytest.mark.parametrize(
    ("task", "points", "cost", "told"),
    [
        ("reasoning", (75, 97), (10, 27), ("10.9", "strong buy")),
        ("simple Q&A", (95, 97), (10, 133), ("0.16", "never")),
        ("creative", (88, 90), (10, 50), ("0.45", "marginal")),
        ("code", (90, 95), (10, 27), ("2.06", "hard cases only")),
        ("legal", (80, 92), (10, 27), ("5.56", "buy")),
        ("agentic", (45, 80), (10, 27), ("28.8", "essential")),
    ],
)
def test_the_published_multipliers_follow_from_quality_and_cost(
    tmp_path: Path, task: str, points: tuple[int, int], cost: tuple[int, int], told: tuple[str, str]
) -> None:
    happened = [
        answered(task, points[0] / 100, cost[0], dear=False),
        answered(task, points[1] / 100, cost[1], dear=True),
        answered("other", 0.5, 1, dear=False),
    ]
    with ledgered(tmp_path, *happened) as rows:
        [found] = reasoning(rows, TASKS, Bar()).named()

    assert (found["task"], found["model"], found["base"], found["verdict"]) == (
        task,
        "large",
        "mini",
        told[1],
    )
    assert isinstance(found["multiplier"], Decimal)
    assert found["multiplier"] == pytest.approx(Decimal(told[0]), rel=Decimal("0.011"))
    assert found["cost_times"] == Decimal(cost[1]) / cost[0]


def test_verdicts_and_the_base_can_be_declared(tmp_path: Path) -> None:
    happened = [answered("code", 0.9, 10, dear=False), answered("code", 0.95, 27, dear=True)]
    with ledgered(tmp_path, *happened) as rows:
        [found] = reasoning(rows, TASKS, Bar(verdicts=((Decimal(3), "no"),))).named()
        nothing = reasoning(rows, TASKS, Bar(base="large")).rows
        unknown = reasoning(rows, TASKS, Bar(base="none such")).rows
    assert found["verdict"] == "no"
    assert (nothing, unknown) == ((), ())


def test_what_has_no_known_quality_is_not_compared(tmp_path: Path) -> None:
    happened = [answered("code", None, 10, dear=False), answered("code", 0.95, 27, dear=True)]
    with ledgered(tmp_path, *happened) as rows:
        assert reasoning(rows, TASKS, Bar()).rows == ()


def test_a_base_that_is_never_right_has_no_multiple(tmp_path: Path) -> None:
    happened = [answered("code", 0.0, 10, dear=False), answered("code", 0.95, 27, dear=True)]
    with ledgered(tmp_path, *happened) as rows:
        assert reasoning(rows, TASKS, Bar()).rows == ()
