from routergate.store.breaker import Breaker, Breakers


def an_open_one() -> Breaker:
    breaker = Breaker(patience=3, rest=1.0)
    for _ in range(3):
        breaker.failed(10.0)
    return breaker


def test_a_few_failures_are_borne() -> None:
    breaker = Breaker(patience=3)
    breaker.failed(10.0)
    breaker.failed(10.0)

    assert breaker.admits(10.0)


def test_an_answer_makes_the_failures_before_it_forgotten() -> None:
    breaker = Breaker(patience=3)
    for _ in range(5):
        breaker.failed(10.0)
        breaker.failed(10.0)
        breaker.answered()

    assert breaker.admits(10.0)


def test_after_failures_in_a_row_nobody_is_let_through_for_the_rest() -> None:
    breaker = an_open_one()

    assert [breaker.admits(now) for now in (10.0, 10.5, 10.99)] == [False] * 3


def test_after_the_rest_one_call_is_let_through() -> None:
    breaker = an_open_one()

    assert [breaker.admits(11.0) for _ in range(3)] == [True, False, False]


def test_a_probe_that_fails_begins_another_rest() -> None:
    breaker = an_open_one()
    assert breaker.admits(11.0)
    breaker.failed(11.2)

    assert (breaker.admits(12.1), breaker.admits(12.2)) == (False, True)


def test_a_probe_that_is_answered_lets_everybody_through() -> None:
    breaker = an_open_one()
    assert breaker.admits(11.0)
    breaker.answered()

    assert [breaker.admits(11.0) for _ in range(3)] == [True] * 3


def test_a_probe_of_which_nothing_is_heard_is_followed_by_another() -> None:
    breaker = an_open_one()
    assert breaker.admits(11.0)

    assert (breaker.admits(11.9), breaker.admits(12.0)) == (False, True)


def test_nodes_are_told_apart() -> None:
    breakers = Breakers()
    for _ in range(Breaker().patience):
        breakers.failed("one", 10.0)

    assert not breakers.of("one").admits(10.0)
    assert breakers.of("other").admits(10.0)
    assert (breakers.all_answer(["other"]), breakers.all_answer(["one", "other"])) == (True, False)
    assert breakers.failures == Breaker().patience
