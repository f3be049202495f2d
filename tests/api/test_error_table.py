from collections.abc import Iterator

import pytest

from routergate.api.errors import STATUS, status_of
from routergate.domain.errors import RouterGateError


def leaves(cls: type[RouterGateError]) -> Iterator[type[RouterGateError]]:
    below = cls.__subclasses__()
    yield from (leaf for child in below for leaf in leaves(child)) if below else (cls,)


@pytest.mark.parametrize("leaf", list(leaves(RouterGateError)))
def test_every_error_has_a_status_that_says_whose_it_is(leaf: type[RouterGateError]) -> None:
    error = leaf.__new__(leaf)
    assert 400 <= status_of(error) < 600


def test_the_table_has_no_row_for_a_class_that_is_gone() -> None:
    assert all(issubclass(cls, RouterGateError) for cls in STATUS)
