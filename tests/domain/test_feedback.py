from routergate.domain.feedback import Feedback


def test_a_word_counts_once_and_needs_no_outcome() -> None:
    said = Feedback(decision="d1", rating=0.5, source="user")
    assert (said.weight, said.outcome) == (1.0, None)
