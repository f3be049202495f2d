from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.answer import Cascade, Flaw
from routergate.domain.decision import Candidate, Estimate
from routergate.domain.money import Nanos
from routergate.route.cascade import as_expected, escalating
from support.builders import a_candidate, a_card

CHECKED = Cascade(escalate_when=frozenset({Flaw.REFUSAL}))


def one(name: str, quality: float, cost: int | None) -> Candidate:
    price = None if cost is None else Nanos(cost)
    return a_candidate(a_card(name), quality=Estimate(mean=quality, stderr=0.0), cost=price)


def test_a_request_is_expected_to_cost_its_share_of_the_second_answer_too() -> None:
    cheap, best = escalating([one("cheap", 0.75, 100), one("best", 0.9, 1_000)], CHECKED, as_expected)
    assert cheap.escalation is not None
    assert (cheap.escalation.model, cheap.escalation.probability) == ("best", 0.25)
    assert (cheap.escalation.cost, cheap.expected_cost) == (250, 350)
    assert (best.escalation, best.expected_cost) == (None, 1_000)


def test_without_a_cascade_nothing_follows() -> None:
    [cheap, _] = escalating([one("cheap", 0.75, 100), one("best", 0.9, 1_000)], None, as_expected)
    assert (cheap.escalation, cheap.expected_cost) == (None, 100)


def test_what_follows_at_an_unknown_price_makes_the_whole_unknown() -> None:
    [cheap, _] = escalating([one("cheap", 0.75, 100), one("best", 0.9, None)], CHECKED, as_expected)
    assert cheap.expected_cost is None


def test_a_model_with_a_price_is_asked_before_a_better_one_without() -> None:
    [cheap, *_] = escalating(
        [one("cheap", 0.5, 100), one("priced", 0.8, 200), one("unpriced", 0.9, None)], CHECKED, as_expected
    )
    assert cheap.escalation is not None
    assert cheap.escalation.model == "priced"


candidates = st.lists(
    st.builds(one, st.text("abc"), st.floats(-0.1, 1), st.none() | st.integers(0, 10**9)), max_size=5
)


@given(candidates)
def test_checking_never_makes_a_request_cheaper_and_the_best_is_given_unchecked(
    found: list[Candidate],
) -> None:
    for before, after in zip(found, escalating(found, CHECKED, as_expected), strict=True):
        if before.cost is not None and after.expected_cost is not None:
            assert before.cost <= after.expected_cost
        above = any(other.quality.mean > before.quality.mean for other in found)
        assert (after.escalation is not None) is above


def test_what_was_seen_to_be_rejected_counts_for_more_than_what_is_expected() -> None:
    [cheap, _] = escalating(
        [one("cheap", 0.75, 100), one("best", 0.9, 1_000)], CHECKED, lambda _, expected: expected * 2
    )
    assert cheap.expected_cost == 600
