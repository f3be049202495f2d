import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.overlap import AnswerDiverged, Overlap


def retold(had: str, pieces: list[str]) -> str:
    """What is new in an answer that is told again in pieces."""
    overlap = Overlap(had)
    new = "".join([overlap.new(piece) for piece in pieces])
    overlap.end()
    return new


@given(st.text(), st.lists(st.text()))
def test_either_the_two_tellings_are_one_answer_or_nothing_is_told(had: str, pieces: list[str]) -> None:
    again = "".join(pieces)
    if again.startswith(had):
        assert had + retold(had, pieces) == again
        return
    with pytest.raises(AnswerDiverged):
        retold(had, pieces)


@given(st.text(), st.lists(st.text()))
def test_an_answer_that_is_the_same_goes_on_however_it_is_cut(had: str, pieces: list[str]) -> None:
    assert retold(had, [had, *pieces]) == retold("".join(had), [*had, *pieces]) == "".join(pieces)


@given(st.text(min_size=1), st.data())
def test_nothing_is_new_until_all_of_it_has_come_again(had: str, data: st.DataObject) -> None:
    overlap, cut = Overlap(had), data.draw(st.integers(0, len(had) - 1))
    assert (overlap.new(had[:cut]), overlap.left) == ("", True)
    with pytest.raises(AnswerDiverged, match="ends before"):
        overlap.end()
