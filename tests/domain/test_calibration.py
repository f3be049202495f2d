import json
from datetime import date
from typing import Any

import pytest

from routergate.domain.calibration import Calibration, Setting, calibration
from routergate.domain.model import ModelId, TaskId

FOUND = Calibration(
    route="auto",
    candidates=(ModelId("a"), ModelId("b")),
    baseline=ModelId("b"),
    target=0.95,
    confidence=0.9,
    bound=0.8,
    otherwise=Setting(threshold=0.7, labels=500, kept=0.955),
    tasks={TaskId("law"): Setting(threshold=None, labels=90, kept=None)},
    estimator="built-in",
    digest="00ff",
    made=date(2026, 2, 3),
)


def changed(**values: Any) -> str:
    found = {**json.loads(FOUND.as_json()), **values}
    return json.dumps({name: value for name, value in found.items() if value is not ...})


def test_a_calibration_comes_back_from_its_file_as_it_was() -> None:
    assert calibration(FOUND.as_json()) == FOUND


def test_a_task_without_a_setting_of_its_own_has_that_of_the_others() -> None:
    assert FOUND.setting(TaskId("law")).threshold is None
    assert FOUND.setting(TaskId("chat")) == FOUND.otherwise


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000])
def test_what_is_no_calibration_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="not a JSON object"):
        calibration(text)


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="of version 2; this program reads version 1"):
        calibration(changed(version=2))


@pytest.mark.parametrize(
    "wrong",
    [
        {"tasks": ...},
        {"made": "soon"},
        {"tasks": []},
        {"more": 1},
        {"otherwise": {"threshold": 0.5}},
        {"otherwise": {"threshold": 1.5, "labels": 1, "kept": 1}},
    ],
)
def test_half_a_calibration_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a whole calibration; make it again"):
        calibration(changed(**wrong))
