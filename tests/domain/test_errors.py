import re
from collections.abc import Iterable, Iterator

from routergate.domain import asset, errors, once, overlap, plan, refusals
from routergate.domain.errors import ConfigError, RouterGateError, UpstreamError

ELSEWHERE = (asset, once, overlap, plan, refusals)
"""Modules with errors of their own, which are in the tree once they are imported."""
DRAWN = {module.__name__ for module in (errors, *ELSEWHERE)}
"""Those of other modules are in the tree, too, but not in the drawing: nothing below them asks for them."""


def tree(cls: type[RouterGateError], depth: int = 0) -> Iterator[tuple[int, str]]:
    yield depth, cls.__name__
    for below in cls.__subclasses__():
        if below.__module__ in DRAWN:
            yield from tree(below, depth + 1)


def paths(lines: Iterable[tuple[int, str]]) -> set[tuple[str, ...]]:
    """Every path from the root, in whatever order modules were imported."""
    path: list[str] = []
    found = set()
    for depth, name in lines:
        path[depth:] = [name]
        found.add(tuple(path))
    return found


def drawn() -> Iterator[tuple[int, str]]:
    """The tree in the module's docstring, as depth and name."""
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"(?P<lines>[│├└─ ]*)(?P<name>[A-Z]\w+)(\s\s|$)", line):
            yield len(found["lines"]) // 4, found["name"]


def test_the_docstring_draws_the_whole_tree() -> None:
    assert paths(drawn()) == paths(tree(RouterGateError))


def test_the_refusals_of_budgets_and_limits_are_the_callers_to_put_right() -> None:
    assert issubclass(refusals.NotAdmitted, errors.ClientError)
    assert issubclass(once.IdempotencyConflict, errors.ClientError)


def test_what_cannot_be_invoiced_is_the_operators_to_put_right() -> None:
    assert issubclass(plan.NotInvoiceable, RouterGateError)


def test_every_failure_of_a_provider_has_a_word_of_its_own() -> None:
    kinds = [UpstreamError.kind, *(cls.kind for cls in UpstreamError.__subclasses__())]
    assert len(set(kinds)) == len(kinds)
    assert all(kind.isalpha() for kind in kinds)


def test_a_config_error_lists_every_problem() -> None:
    error = ConfigError(["one", "two"])
    assert (str(error), error.problems) == ("one\ntwo", ("one", "two"))
