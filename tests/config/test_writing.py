from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.config.findings import Findings
from routergate.config.migration.foreign import Verbatim
from routergate.config.source import parse
from routergate.config.writing import block

TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1).filter(lambda text: "${" not in text)
"""Anything but references, which are written as they are."""
VALUES: Any = st.recursive(
    TEXT | st.integers() | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)
)


def as_text(value: Any) -> Any:
    """Scalars as the configuration takes them: texts."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


@given(st.dictionaries(TEXT, VALUES, min_size=1))
def test_what_is_written_is_read_again(tree: dict[str, Any]) -> None:
    findings = Findings()
    assert parse(block(tree), Verbatim({}, Path()), findings).tree == as_text(tree)
    assert findings.problems == []


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"key": "${NAME}"}, "key: ${NAME}\n"),
        ({"a": {"key": "${NAME}"}}, 'a: {key: "${NAME}"}\n'),
        ({"a": "2024-10-21", "b": "no", "c": 8, "d": "0.9"}, 'a: "2024-10-21"\nb: "no"\nc: 8\nd: 0.9\n'),
        ({"a": {"b": {"c": "d"}}}, "a:\n  b: {c: d}\n"),
        ({"a": [{"b": 1}]}, "a:\n  - {b: 1}\n"),
    ],
)
def test_it_reads_as_people_write(tree: dict[str, Any], expected: str) -> None:
    assert block(tree) == expected
