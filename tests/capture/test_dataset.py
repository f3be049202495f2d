from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from routergate.capture.alike import alike
from routergate.capture.card import Made, card
from routergate.capture.dataset import Ratings, Wanted, dataset, together
from routergate.capture.formats import PAIRED, SINGLE, pairs
from routergate.capture.record import Record
from support.captures import a_record

NAMES = ("oak", "elm", "ash", "fir", "yew", "box", "bay", "fig", "pear", "plum")


def some(count: int, **changes: object) -> list[Record]:
    """Questions that have little in common."""
    return [
        a_record(
            " ".join(f"{NAMES[(n * k) % 10]}{n * k}" for k in range(1, 12)),
            f"answer {n}",
            id=f"r{n}",
            at=n,
            **changes,
        )
        for n in range(1, count + 1)
    ]


def of_acme(ratings: Mapping[str, float]) -> Ratings:
    return {("acme", request): rating for request, rating in ratings.items()}


def test_what_another_organisation_says_of_a_request_is_not_about_it() -> None:
    found = dataset([a_record()], {("other", "req_1"): 0.0}, Wanted(test=0))
    assert found.train[0].rating is None


def test_near_duplicates_are_found_in_any_language() -> None:
    long = (
        "the quick brown fox jumps over the lazy dog while the farmer looks for his lost red hat in the field"
    )
    texts = [
        long,
        long + " today",
        "なぜ空は青いのですか教えてください",
        "なぜ空は青いのですか教えてください。",
        "",
        "?",
    ]
    groups = alike(texts, 0.8)
    assert [groups.of(n) for n in range(6)] == [0, 0, 2, 2, 4, 5]


def test_of_near_duplicates_the_best_rated_is_there() -> None:
    twice = [a_record(id="1", at=1), a_record(id="2", at=2), a_record(id="3", at=3)]
    found = dataset(twice, of_acme({"2": 1.0, "3": 0.2, "1": 0.0}), Wanted(test=0))
    assert [one.record.id for one in found.train] == ["2"]
    assert found.left_out == {"near-duplicates": 2}


def test_the_split_shares_neither_texts_nor_customers_nor_sessions() -> None:
    records = [
        replace(one, customer=f"c{n % 40}" if n % 3 else None, session=f"s{n % 50}" if n % 2 else None)
        for n, one in enumerate(some(300))
    ]
    found = dataset(records, {}, Wanted(test=0.2))
    for what in ("customer", "session"):
        train, test = ({getattr(one.record, what) for one in side} for side in (found.train, found.test))
        assert train & test <= {None}
    assert 30 <= len(found.test) <= 60
    whole = [*found.train, *found.test]
    groups = alike([one.asked for one in whole], 0.5)
    cut = len(found.train)
    assert not {groups.of(n) for n in range(cut)} & {groups.of(n) for n in range(cut, len(whole))}


def test_the_order_of_the_records_does_not_matter() -> None:
    records = some(50)
    wanted = Wanted(test=0.2, most_per_task=30)
    assert dataset(records, {}, wanted) == dataset(records[::-1], {}, wanted)


def test_what_is_left_out_is_counted_by_its_reason() -> None:
    records = [
        *some(4),
        a_record("a question about b", id="x1", tools=True),
        a_record("another about c d e", id="x2", answers=[]),
        a_record("one more about f g h", id="x3", route="other"),
        a_record("the last about i j k", id="x4", model="large"),
    ]
    wanted = Wanted(least=0.5, model="small", route="auto", most_per_task=1, test=0)
    found = dataset(records, of_acme({"r1": 0.9, "r2": 0.9, "r3": 0.1}), wanted)
    assert len(found.train) == 1
    assert found.left_out == {
        "with tools: the texts are not all that was said": 1,
        "without a text": 1,
        "of another route": 1,
        "by another model": 1,
        "rated too low": 1,
        "not rated": 1,
        "near-duplicates": 0,
        "more than --most-per-task": 1,
    }


def test_pairs_are_of_one_question_and_far_enough_apart() -> None:
    answers = {"1": ("good", 0.9), "2": ("bad", 0.1), "3": ("nearly good", 0.8), "4": ("unrated", None)}
    records = [a_record("Why?", text, id=name) for name, (text, _) in answers.items()]
    ratings = {name: rating for name, (_, rating) in answers.items() if rating is not None}
    found = together(
        [*records, a_record("Where?", "here", id="5")], of_acme({**ratings, "5": 0.0}), Wanted(test=0)
    )
    (first, second) = pairs(found.train, 0.3)
    assert [(one.answer, other.answer) for one, other in (first, second)] == [
        ("good", "bad"),
        ("nearly good", "bad"),
    ]
    assert PAIRED["openai"](*first) == {
        "input": {"messages": [{"role": "user", "content": "Why?"}]},
        "preferred_output": [{"role": "assistant", "content": "good"}],
        "non_preferred_output": [{"role": "assistant", "content": "bad"}],
    }
    assert PAIRED["huggingface"](*first)["chosen"] == [{"role": "assistant", "content": "good"}]


def test_a_step_builds_on_the_answers_that_its_question_has() -> None:
    plan = "First we look up the order, then we refund it."
    steps = [
        a_record("Make a plan", plan, id="1", at=1, session="s"),
        a_record("Unrelated thing", "Fine.", id="2", at=2, session="s"),
        a_record(f"Carry this out: {plan}", "Done.", id="3", at=3, session="s"),
        a_record("Alone", "Yes.", id="4", at=4, session="other"),
    ]
    (trace,) = SINGLE["traces"](together(steps, {}, Wanted(test=0)).train)
    assert [step["builds_on"] for step in trace["steps"]] == [[], [], ["1"]]


def test_decisions_come_with_their_outcome() -> None:
    (row,) = SINGLE["decisions"](dataset([a_record()], of_acme({"req_1": 0.7}), Wanted(test=0)).train)
    assert (row["model"], row["rating"], row["candidates"][0]["quality"]) == ("small", 0.7, 0.9)


@pytest.mark.parametrize("count", [0, 3])
def test_the_card_has_numbers_and_no_text(count: int) -> None:
    found = dataset(some(count, customer="c-17"), of_acme({"r1": 0.5}), Wanted(test=0))
    told = card(
        found, Made(kind="sft", command="routergate export sft", on=date(2026, 3, 1), rows={"a": count})
    )
    assert f"| a | {count} |" in told
    assert "oak" not in told
    assert "c-17" not in told
    assert ("1 examples are rated, 0.50 on average" in told) == bool(count)
