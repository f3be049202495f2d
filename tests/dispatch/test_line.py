"""Who is served and who waits, by the hand-driven clock."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.dispatch.line import Line, Places, Ticket
from routergate.domain.turn import Priority, Turn

LOW, NORMAL, HIGH = Priority.LOW, Priority.NORMAL, Priority.HIGH
WAIT = 8.0
RISEN = WAIT / 2
"""Seconds after which the lowest priority has become the highest."""


def turn(organisation: str = "acme", priority: Priority = NORMAL) -> Turn:
    return Turn(organisation=organisation, priority=priority)


def a_line(concurrent: int = 1, queue: int = 1000) -> Line:
    """One whose places are all taken."""
    line = Line(Places(concurrent=concurrent, queue=queue, wait=WAIT))
    for _ in range(concurrent):
        assert line.take()
    return line


def joined(line: Line, *turns: Turn, now: float = 0.0) -> list[Ticket]:
    tickets = [line.join(each, now) for each in turns]
    return [ticket for ticket in tickets if ticket is not None]


def called(line: Line, now: float = 0.0) -> list[Turn]:
    """Everybody who waits, in the order of their turns."""
    order = []
    while len(line):
        line.leave()
        ticket = line.call(now)
        assert ticket is not None
        order.append(ticket.turn)
    return order


def test_without_a_limit_there_is_always_a_place() -> None:
    line = Line()
    assert all(line.take() for _ in range(1000))
    assert (line.running, line.expected()) == (1000, None)


def test_so_many_have_a_place_and_so_many_wait() -> None:
    line = a_line(concurrent=2, queue=1)
    assert not line.take()
    assert line.join(turn(), 0.0) is not None
    assert line.join(turn(), 0.0) is None


def test_a_free_place_is_not_taken_past_those_who_wait() -> None:
    line = a_line()
    joined(line, turn())
    line.leave()
    assert not line.take()


def test_nobody_is_called_without_a_place_and_without_anybody_waiting() -> None:
    line = a_line()
    assert line.call(0.0) is None
    joined(line, turn())
    assert line.call(0.0) is None


def test_higher_priorities_go_first() -> None:
    line = a_line()
    joined(line, turn(priority=LOW), turn(priority=NORMAL), turn(priority=HIGH))
    assert [it.priority for it in called(line)] == [HIGH, NORMAL, LOW]


def test_who_came_first_goes_first_within_a_priority() -> None:
    line = a_line()
    first, second = joined(line, turn(), turn())
    line.leave()
    assert line.call(0.0) is first
    line.leave()
    assert line.call(0.0) is second


def test_organisations_take_turns_within_a_priority_whatever_the_number_of_their_requests() -> None:
    line = a_line()
    joined(line, *[turn("flood")] * 4, turn("few"), turn("few"))
    assert [it.organisation for it in called(line)] == ["flood", "few", "flood", "few", "flood", "flood"]


def test_who_waits_rises_until_newcomers_of_the_highest_priority_come_after() -> None:
    line = a_line()
    [old] = joined(line, turn("old", LOW))
    assert [line.rank(old, now) for now in (0.0, 1.9, 2.0, 4.0, 8.0)] == [0, 0, 1, 2, 2]
    joined(line, turn("new", HIGH), now=RISEN)
    assert [it.organisation for it in called(line, RISEN)] == ["old", "new"]


def test_who_leaves_the_line_is_not_called() -> None:
    line = a_line()
    first, second, _ = joined(line, turn(), turn(), turn("other"))
    line.quit(first)
    line.quit(second)
    assert called(line) == [turn("other")]


def test_the_expected_wait_is_that_of_all_who_wait_and_one_more() -> None:
    line = a_line(concurrent=2)
    assert line.expected() == WAIT  # nobody knows yet how long calls take
    line.leave(4.0)
    assert line.expected() is None
    assert line.take()
    joined(line, turn(), turn(), turn())
    assert line.expected() == 8.0
    line.leave(9.0)
    assert line.usual == pytest.approx(5.0)


@pytest.mark.parametrize("changes", [{"concurrent": 0}, {"queue": -1}, {"wait": 0.0}])
def test_places_that_make_no_sense_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="takes at least one call"):
        Places(**{"concurrent": 1, "queue": 1, "wait": 1.0, **changes})  # type: ignore[arg-type] # on purpose


def test_processes_share_the_places() -> None:
    places = Places(concurrent=8, queue=10, wait=1.0)
    assert places.shared(3) == Places(concurrent=2, queue=4, wait=1.0)
    assert places.shared(20).concurrent == 1


TURNS = st.builds(turn, st.sampled_from("abcd"), st.sampled_from(Priority))


@given(before=st.lists(TURNS, max_size=8), every_second=st.lists(TURNS, min_size=1, max_size=4))
def test_nobody_starves(before: list[Turn], every_second: list[Turn]) -> None:
    """However many come after: once risen, a request of the lowest priority is called after those of its own
    organisation that came before it, and one of each other organisation between two of them."""
    line = a_line()
    ahead = joined(line, *before)
    [ours] = joined(line, turn("a", LOW))
    waiting = {ticket for ticket in ahead if ticket.turn.organisation == "a"} | {ours}
    calls_left: int | None = None
    for second in itertools.count(1):
        joined(line, *every_second, now=second)
        if second >= RISEN:
            calls_left = len(waiting) * 4 if calls_left is None else calls_left
            assert calls_left > 0
            calls_left -= 1
        line.leave()
        ticket = line.call(second)
        if ticket is ours:
            return
        waiting -= {ticket}


@given(
    st.integers(1, 4), st.integers(0, 5), st.lists(st.sampled_from(["come", "end", "give up"]), max_size=30)
)
def test_no_more_run_than_may_and_no_place_is_free_while_anybody_waits(
    concurrent: int, queue: int, happenings: list[str]
) -> None:
    line, waiting = Line(Places(concurrent=concurrent, queue=queue, wait=WAIT)), set[Ticket]()
    for happening in happenings:
        if happening == "come" and not line.take() and (ticket := line.join(turn(), 0.0)):
            waiting.add(ticket)
        if happening == "end" and line.running:
            line.leave(1.0)
        if happening == "give up" and waiting:
            line.quit(waiting.pop())
        while called := line.call(0.0):
            waiting.remove(called)
        assert len(line) == len(waiting) <= queue
        assert line.running <= concurrent
        assert not waiting or line.running == concurrent
