from dataclasses import replace
from typing import Any

from routergate.domain.money import Nanos
from routergate.evaluation.proposal import proposal
from routergate.evaluation.rivals import Compared, Side
from routergate.evaluation.standin import stand_ins
from support.builders import a_policy


def a_side(quality: float, **changes: Any) -> Side:
    return Side(**{"quality": quality, "cost": Nanos(5), "seconds": 1.0, "expected": 0.9, **changes})


def some(count: int, task: str, new: float, base: float = 1.0, **changes: Any) -> list[Compared]:
    """So many comparisons; `new` and `base` are how often each was right."""
    return [
        Compared(
            **{
                "id": f"{task}{n}",
                "digest": "",
                "task": task,
                "judged": False,
                "usable": True,
                "judging": Nanos(0),
                "new": a_side(float(n % 100 < 100 * new)),
                "base": a_side(float(n % 100 < 100 * base)),
                **changes,
            }
        )
        for n in range(count)
    ]


def test_a_model_better_than_a_baseline_that_errs_keeps_more_than_all_of_it() -> None:
    (found,) = stand_ins(some(400, "law", 0.99, base=0.8), 0.95).values()
    assert found.share.low > 1
    assert found.quality is not None
    assert found.quality.low < 0.99 < found.quality.high
    assert proposal(a_policy("base", quality=0.95), "new", {"law": found}).recommended == 1.0


def test_judged_answers_have_no_quality_of_their_own() -> None:
    (found,) = stand_ins(some(10, "law", 1, judged=True), 0.95).values()
    assert (found.quality, found.reference) == (None, None)


def test_an_unknown_cost_is_not_averaged_away() -> None:
    rows = [*some(3, "law", 1), replace(some(1, "law", 1)[0], new=a_side(1, cost=None))]
    (found,) = stand_ins(rows, 0.95).values()
    assert found.new.mean is None
    assert found.base.mean == 5


def test_intervals_are_wider_where_there_are_more_tasks_to_be_wrong_about() -> None:
    alone = stand_ins(some(200, "law", 1), 0.95)["law"]
    among = stand_ins([*some(200, "law", 1), *some(200, "chat", 1), *some(200, "code", 1)], 0.95)
    assert among["law"].share.low < alone.share.low
    assert among["all"].share.count == 600


def test_a_model_that_is_good_at_everything_is_not_held_to_tasks() -> None:
    found = stand_ins([*some(400, "law", 1), *some(400, "chat", 1)], 0.95)
    meant = proposal(a_policy("base", quality=0.9), "new", found)
    assert meant.changes["routes"] == {"auto": {"candidates": ["new", "base"]}}
    assert meant.changes["models"] == {"new": {"quality": {"chat": 0.9, "law": 0.9}}}


def test_a_specialist_stays_one() -> None:
    found = stand_ins(some(400, "law", 1), 0.95)
    meant = proposal(a_policy("base", "new", quality=0.9), "new", found, ["law"])
    assert meant.changes["models"]["new"]["serves"] == ["law"]
    assert meant.changes["routes"]["auto"]["candidates"] == ["new", "base"]


def test_nothing_is_proposed_that_is_not_proven() -> None:
    meant = proposal(a_policy("base", quality=0.95), "new", stand_ins(some(400, "law", 0.8), 0.95))
    assert (meant.proven, meant.open, meant.changes) == ((), ("law",), {})
    assert meant.recommended is not None
    assert 0.7 < meant.recommended < 0.8
