from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.reservation import Charge, Counter, Denied, Granted, Kind, Line, Reply, Standing
from routergate.spend.book import Book
from support.restraints import a_counter, a_line

DAY, MINUTE, NOW = a_counter(), a_counter(Kind.SLIDING), a_counter(Kind.RUNNING)
T = 1_700_000_000.0


def stand(reply: Reply) -> list[tuple[int, int]]:
    assert isinstance(reply, Granted)
    return [(one.spent, one.held) for one in reply.standings]


def a_charge(amount: int, counter: Counter = DAY) -> Charge:
    return Charge(counter=counter, amount=amount)


def test_all_lines_are_held_or_none() -> None:
    book = Book()
    assert stand(book.reserve("a", [a_line(60), a_line(1, 1, NOW)], T)) == [(0, 60), (0, 1)]

    denied = book.reserve("b", [a_line(10), a_line(1, 1, NOW)], T)

    assert denied == Denied(line=a_line(1, 1, NOW), standing=Standing(spent=0, held=1), wait=0.0)
    assert stand(book.reserve("c", [a_line(40)], T)) == [(0, 100)]


def test_a_line_that_holds_nothing_back_is_counted_all_the_same() -> None:
    book = Book()
    assert stand(book.reserve("a", [a_line(150, None)], T)) == [(0, 150)]
    assert isinstance(book.reserve("b", [a_line(1)], T), Denied)


def test_what_is_settled_is_spent_and_let_go() -> None:
    book = Book()
    book.reserve("a", [a_line(60), a_line(1, 1, NOW)], T)
    book.settle("a", [a_charge(25)], T)
    assert stand(book.reserve("b", [a_line(75), a_line(1, 1, NOW)], T)) == [(25, 75), (0, 1)]


def test_what_holds_nothing_here_is_not_charged_here() -> None:
    book = Book()
    book.settle("elsewhere", [a_charge(25)], T)
    book.reserve("denied", [a_line(101)], T)
    book.settle("denied", [a_charge(25)], T)
    book.reserve("a", [a_line(10)], T)
    book.settle("a", [a_charge(10)], T)
    book.settle("a", [a_charge(10)], T)
    assert stand(book.reserve("b", [a_line(0)], T)) == [(10, 0)]


def test_a_second_reservation_takes_the_place_of_the_first() -> None:
    book = Book()
    book.reserve("a", [a_line(90)], T)
    assert stand(book.reserve("a", [a_line(100)], T)) == [(0, 100)]
    assert isinstance(book.reserve("a", [a_line(101)], T), Denied)
    assert isinstance(book.reserve("b", [a_line(1)], T), Denied)
    book.settle("a", [], T)
    assert stand(book.reserve("b", [a_line(100)], T)) == [(0, 100)]


def test_a_sliding_window_tells_when_there_is_room() -> None:
    book = Book()
    for second in (0, 20, 40):
        book.reserve(str(second), [a_line(30, 100, MINUTE)], T + second)
    denied = book.reserve("d", [a_line(40, 100, MINUTE)], T + 50)
    assert isinstance(denied, Denied)
    assert (denied.standing, denied.wait) == (Standing(spent=90, held=0), 11.0)
    assert isinstance(book.reserve("d", [a_line(40, 100, MINUTE)], T + 60.9), Denied)
    assert stand(book.reserve("d", [a_line(40, 100, MINUTE)], T + 61)) == [(100, 0)]


def test_what_is_larger_than_a_sliding_window_waits_for_all_of_it() -> None:
    denied = Book().reserve("a", [a_line(101, 100, MINUTE)], T)
    assert isinstance(denied, Denied)
    assert denied.wait == 61.0


def test_a_request_is_charged_when_it_came() -> None:
    book = Book()
    book.reserve("a", [a_line(30, 100, MINUTE)], T)
    book.settle("a", [a_charge(50, MINUTE)], T + 40)
    assert stand(book.reserve("b", [a_line(0, 100, MINUTE)], T + 60.9)) == [(50, 0)]
    assert stand(book.reserve("b", [a_line(0, 100, MINUTE)], T + 61)) == [(0, 0)]


def test_a_request_that_grows_counts_from_then_on() -> None:
    book = Book()
    book.reserve("a", [a_line(30, 100, MINUTE)], T)
    assert stand(book.reserve("a", [a_line(40, 100, MINUTE)], T + 50)) == [(40, 0)]
    book.settle("a", [a_charge(50, MINUTE)], T + 70)
    assert stand(book.reserve("b", [a_line(10, 100, MINUTE)], T + 70)) == [(60, 0)]


def test_a_request_that_outlasts_the_window_is_out_of_it() -> None:
    book = Book()
    book.reserve("a", [a_line(30, 100, MINUTE)], T)
    book.settle("a", [a_charge(50, MINUTE)], T + 70)
    assert stand(book.reserve("b", [a_line(10, 100, MINUTE)], T + 70)) == [(10, 0)]


def test_counters_that_nobody_uses_are_forgotten_but_not_what_runs() -> None:
    book = Book(room=10)
    book.reserve("runs", [a_line(60)], T)
    for n in range(30):
        one = [a_line(7, 100, a_counter(value=str(n)))]
        book.reserve(str(n), one, T)
        book.settle(str(n), [a_charge(7, one[0].counter)], T)
    assert isinstance(book.reserve("b", [a_line(41)], T), Denied)
    assert stand(book.reserve("c", [a_line(1, 100, a_counter(value="0"))], T)) == [(0, 1)]


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 30)), max_size=40))
def test_no_stretch_as_long_as_the_window_has_more_than_the_limit(asked: list[tuple[int, float]]) -> None:
    book, now, taken = Book(), T, list[tuple[float, int]]()
    for n, (amount, pause) in enumerate(asked):
        now += pause
        line: Line = a_line(amount, 100, MINUTE)
        if isinstance(book.reserve(str(n), [line], now), Granted):
            taken.append((now, amount))
    for begin, _ in taken:
        assert sum(amount for at, amount in taken if begin <= at < begin + 60) <= 100
