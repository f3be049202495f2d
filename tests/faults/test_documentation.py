"""The document of failures names tests that exist."""

import re
from pathlib import Path

import pytest

from faults import test_wall

DOCUMENT = Path(__file__).parents[2] / "docs" / "failures.md"
NAMED = sorted(set(re.findall(r"`(test_\w+)(?:\[([^\]]+)\])?`", DOCUMENT.read_text(encoding="utf-8"))))
TABLES = {
    "test_with_a_second_candidate": test_wall.WITH_A_SPARE,
    "test_with_nobody_else": test_wall.ALONE,
}


@pytest.mark.parametrize(("name", "fault"), NAMED)
def test_a_test_that_is_named_exists(name: str, fault: str) -> None:
    assert callable(getattr(test_wall, name))
    assert not fault or fault in [case[0] for case in TABLES[name]]


def test_each_of_the_sixteen_scenarios_names_its_test() -> None:
    shown = DOCUMENT.read_text(encoding="utf-8").partition("## Shown by")[2]
    rows = [line for line in shown.splitlines() if line.startswith("| ") and not line.startswith("| | ")]
    assert len(rows) == 16
    assert all("`test_" in line or "each of the above" in line for line in rows)
