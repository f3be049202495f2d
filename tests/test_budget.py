"""The size that code may have before it has to be cut."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

import routergate

MODULES = sorted(Path(routergate.__file__).parent.rglob("*.py"))


def bodies(module: Path) -> Iterator[tuple[str, int]]:
    """Every function with the lines of its body, without its docstring."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            yield f"{module.name}:{node.name}", lines


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.name))
def test_no_module_is_longer_than_three_hundred_lines(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 300


def test_no_function_is_longer_than_forty_lines() -> None:
    assert [found for module in MODULES for found in bodies(module) if found[1] > 40] == []


def test_most_functions_are_short() -> None:
    assert median(lines for module in MODULES for _, lines in bodies(module)) <= 6
