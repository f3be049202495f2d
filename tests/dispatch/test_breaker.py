import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.dispatch.breaker import Cause, Circuit, Circuits, Entry, State, Target, Tolerance
from routergate.domain.model import ModelId, ProviderId

TOLERANCE = Tolerance()


def failing(times: int, now: float = 0.0) -> Circuit:
    circuit = Circuit(TOLERANCE)
    for _ in range(times):
        fails(circuit, now)
    return circuit


def fails(circuit: Circuit, now: float, retry_after: float | None = None) -> None:
    entry = circuit.enter(now)
    circuit.failed(entry, now, retry_after)
    circuit.leave(entry)


def answers(circuit: Circuit, now: float) -> None:
    entry = circuit.enter(now)
    circuit.answered(entry, now)
    circuit.completed(now)
    circuit.leave(entry)


def opened(now: float = 0.0) -> Circuit:
    return failing(TOLERANCE.row, now)


def rest(circuit: Circuit, now: float) -> float:
    assert circuit.until is not None
    return circuit.until - now


def test_failures_in_a_row_open_it() -> None:
    assert failing(TOLERANCE.row - 1).state(0.0) is State.CLOSED
    assert opened().state(0.0) is State.OPEN


def test_an_answer_in_between_begins_the_row_anew() -> None:
    circuit = failing(TOLERANCE.row - 1)
    answers(circuit, 0.0)
    fails(circuit, 0.0)
    assert circuit.state(0.0) is State.CLOSED


def test_a_share_of_failures_opens_it_though_others_are_answered() -> None:
    circuit = Circuit(TOLERANCE)
    for _ in range(TOLERANCE.calls // 2 - 1):
        answers(circuit, 0.0)
        fails(circuit, 0.0)
    assert circuit.state(0.0) is State.CLOSED
    answers(circuit, 0.0)
    fails(circuit, 0.0)
    assert circuit.state(0.0) is State.OPEN


def test_failures_of_long_ago_do_not_count_for_the_share() -> None:
    circuit = Circuit(TOLERANCE)
    for _ in range(TOLERANCE.calls // 2):
        answers(circuit, 0.0)
    later = TOLERANCE.window + 1.0
    for _ in range(TOLERANCE.row - 1):
        fails(circuit, later)
    answers(circuit, later)
    fails(circuit, later)
    assert circuit.state(later) is State.CLOSED


def test_after_the_rest_one_call_at_a_time_finds_out() -> None:
    circuit = opened()
    now = TOLERANCE.rest
    assert (circuit.state(now), circuit.admits(now)) == (State.HALF_OPEN, True)
    probe = circuit.enter(now)
    assert (probe, circuit.admits(now), circuit.enter(now)) == (Entry.PROBE, False, Entry.FORCED)
    circuit.leave(probe)
    assert circuit.admits(now)


def test_the_first_piece_of_an_answer_closes_it() -> None:
    circuit = opened()
    circuit.answered(circuit.enter(TOLERANCE.rest), TOLERANCE.rest)
    assert circuit.state(TOLERANCE.rest) is State.CLOSED


def test_a_long_answer_that_closed_it_does_not_stand_in_the_way_of_the_next_probe() -> None:
    circuit = opened()
    circuit.answered(circuit.enter(1.0), 1.0)
    for _ in range(TOLERANCE.row):
        fails(circuit, 2.0)
    assert circuit.admits(circuit.until or 0.0)


def test_a_call_that_began_before_it_opened_neither_closes_it_nor_prolongs_the_rest() -> None:
    circuit = failing(TOLERANCE.row - 1)
    early, late = circuit.enter(0.0), circuit.enter(0.0)
    fails(circuit, 0.0)
    until = circuit.until
    circuit.answered(early, 0.5)
    circuit.failed(late, 0.5)
    assert (circuit.state(0.5), circuit.until) == (State.OPEN, until)


def test_a_call_that_was_made_all_the_same_closes_it_but_never_prolongs_the_rest() -> None:
    circuit = opened()
    until = circuit.until
    fails(circuit, 0.5)
    assert circuit.until == until
    answers(circuit, 0.5)
    assert circuit.state(0.5) is State.CLOSED


def test_each_probe_that_fails_doubles_the_rest_up_to_the_longest() -> None:
    circuit, rests = opened(), []
    for _ in range(12):
        now = circuit.until or 0.0
        fails(circuit, now)
        rests.append(rest(circuit, now))
    assert rests[:4] == [2.0, 4.0, 8.0, 15.0]
    assert set(rests[4:]) == {TOLERANCE.longest}


def test_who_fails_again_soon_after_its_recovery_rests_longer() -> None:
    circuit = opened()
    answers(circuit, 1.0)
    for _ in range(TOLERANCE.row):
        fails(circuit, 2.0)
    assert rest(circuit, 2.0) == 2.0


def test_who_was_well_for_a_while_rests_as_if_for_the_first_time() -> None:
    circuit = opened()
    answers(circuit, 1.0)
    later = 1.0 + TOLERANCE.longest
    for _ in range(TOLERANCE.row):
        fails(circuit, later)
    assert rest(circuit, later) == TOLERANCE.rest


@pytest.mark.parametrize(("wish", "granted"), [(7.0, 7.0), (3600.0, TOLERANCE.throttled)])
def test_who_asks_to_be_left_alone_is(wish: float, granted: float) -> None:
    circuit = Circuit(TOLERANCE)
    fails(circuit, 1.0, retry_after=wish)
    assert rest(circuit, 1.0) == granted


def test_what_others_saw_later_counts_and_what_they_saw_earlier_does_not() -> None:
    circuit = Circuit(TOLERANCE)
    circuit.hear(10.0, 5.0)
    assert (circuit.state(6.0), circuit.news) == (State.OPEN, False)
    circuit.hear(None, 4.0)
    assert circuit.state(6.0) is State.OPEN
    circuit.hear(None, 7.0)
    assert circuit.state(7.0) is State.CLOSED


@given(st.lists(st.tuples(st.sampled_from(["fails", "answers", "hangs up"]), st.floats(0, 5))))
def test_whatever_happens_it_admits_calls_again_within_the_longest_rest(
    happened: list[tuple[str, float]],
) -> None:
    circuit, now = Circuit(TOLERANCE), 0.0
    for what, passed in happened:
        now += passed
        if what == "fails":
            fails(circuit, now)
        elif what == "answers":
            answers(circuit, now)
        else:
            circuit.leave(circuit.enter(now))
    assert circuit.admits(now + TOLERANCE.longest)


def test_targets_are_judged_each_by_its_own() -> None:
    circuits = Circuits()
    one, other = (Target(ProviderId("p"), "r", ModelId(model)) for model in ("a", "b"))
    for _ in range(TOLERANCE.row):
        fails(circuits[one], 0.0)
    assert circuits.awry() == [(one, circuits[one])]
    assert circuits[other].admits(0.0)


def test_who_has_nothing_more_to_give_rests_until_it_has() -> None:
    circuit = Circuit(TOLERANCE)
    answers(circuit, 0.0)
    circuit.spent(12.0, 0.0)
    assert (circuit.admits(11.9), circuit.admits(12.0)) == (False, True)
    # It answered after all when there was nobody else: it has nothing to forgive, and may be asked again.
    assert circuit.wish_left(0.0) == 0.0


def test_who_has_nothing_more_to_give_rests_no_longer_than_who_wishes_it() -> None:
    circuit = Circuit(TOLERANCE)
    circuit.spent(86_400.0, 0.0)
    circuit.spent(1.0, 0.0)
    assert rest(circuit, 0.0) == TOLERANCE.throttled


def test_until_an_answer_has_come_to_its_end_one_failure_opens_a_circuit_that_was_closed_again() -> None:
    circuit = opened()
    entry = circuit.enter(2.0)
    circuit.answered(entry, 2.0)
    circuit.leave(entry)
    assert circuit.state(2.0) is State.CLOSED
    fails(circuit, 2.5)
    assert (circuit.state(2.5), rest(circuit, 2.5)) == (State.OPEN, 2 * TOLERANCE.rest)


def test_a_look_that_shows_nothing_wrong_changes_nothing() -> None:
    circuit = Circuit(TOLERANCE)
    circuit.looked(well=True, now=0.0)
    assert circuit.state(0.0) is State.CLOSED


def begins(circuit: Circuit, now: float, *, late: bool) -> None:
    entry = circuit.enter(now)
    circuit.answered(entry, now, late=late)
    circuit.leave(entry)


def test_a_server_that_is_late_rests_until_a_probe_is_answered_in_time() -> None:
    circuit = Circuit(TOLERANCE)
    begins(circuit, 0.0, late=True)
    assert rest(circuit, 0.0) == TOLERANCE.rest
    begins(circuit, 1.0, late=True)
    assert rest(circuit, 1.0) == 2 * TOLERANCE.rest
    begins(circuit, 3.0, late=False)
    assert circuit.state(3.0) is State.CLOSED


def test_who_is_asked_in_spite_of_its_rest_and_late_rests_no_longer_for_it() -> None:
    circuit = Circuit(TOLERANCE)
    begins(circuit, 0.0, late=True)
    before = circuit.until
    begins(circuit, 0.5, late=True)
    assert circuit.until == before
    begins(circuit, 0.5, late=False)
    assert circuit.state(0.5) is State.CLOSED


def test_it_is_counted_why_a_closed_circuit_was_opened_here() -> None:
    circuits = Circuits(TOLERANCE)
    one, other = (circuits[Target(ProviderId("acme"), name, ModelId("mini"))] for name in ("one", "other"))
    for _ in range(TOLERANCE.row + 1):  # the last one finds it open already
        fails(one, 0.0)
    one.looked(well=False, now=0.0)
    other.hear(30.0, 1.0)
    assert circuits.opened() == {(ProviderId("acme"), Cause.FAILURES): 1}
    answers(other, 40.0)
    other.answered(Entry.PLAIN, 60.0, late=True)
    answers(other, 120.0)
    other.looked(well=False, now=180.0)
    answers(other, 240.0)
    other.spent(5.0, 300.0)
    answers(other, 360.0)
    fails(other, 420.0, retry_after=3.0)
    causes = {cause for _, cause in circuits.opened()}
    assert causes == set(Cause)
    assert set(circuits.opened().values()) == {1}
