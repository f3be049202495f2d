from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from routergate.classify.artifact import builtin
from routergate.config.load import load
from routergate.domain.calibration import Calibration, Setting
from routergate.domain.model import ModelId
from support.configs import ENV, loaded, problems

TEXT = """\
providers:
  openai: {kind: openai}
models:
  gpt-4o-mini: {provider: openai, class: economy}
  gpt-4o: {provider: openai, class: frontier}
routes:
  auto:
    candidates: [gpt-4o-mini, gpt-4o]
    baseline: gpt-4o
    bound: 0.9
    calibration: auto.json
"""
FOUND = Calibration(
    route="auto",
    candidates=(ModelId("gpt-4o"), ModelId("gpt-4o-mini")),
    baseline=ModelId("gpt-4o"),
    target=0.95,
    confidence=0.95,
    bound=0.9,
    otherwise=Setting(threshold=0.7, labels=500, kept=0.955),
    estimator=builtin().checksum,
    digest="00ff",
    made=date(2026, 2, 3),
)


def test_a_route_has_the_calibration_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "auto.json").write_text(FOUND.as_json())
    assert loaded(tmp_path, TEXT).catalogue.routes["auto"].calibration == FOUND


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"route": "other"}, "it was made for 'other'"),
        ({"candidates": (ModelId("gpt-4o"),)}, "its candidates are gpt-4o"),
        ({"baseline": None}, "its baseline is none"),
        ({"baseline": ModelId("mini")}, "its baseline is mini"),
        ({"bound": None}, "its bound is none"),
        ({"bound": 0.8}, "its bound is 0.8"),
        ({"estimator": "0" * 64}, "its estimates are by another router (000000000000, not "),
        ({"route": "b", "bound": None}, "it was made for 'b' and its bound is none"),
    ],
)
def test_a_calibration_of_another_route_is_refused(tmp_path: Path, change: Any, said: str) -> None:
    path = tmp_path / "auto.json"
    path.write_text(replace(FOUND, **change).as_json())
    [problem] = problems(tmp_path, TEXT)
    assert problem.startswith(f"11: routes.auto.calibration: {path} is of another route: {said}")
    assert problem.endswith("; run: routergate router calibrate --route auto")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff", "is not a calibration: not UTF-8 text"),
        (b"[]", "is not a calibration: not a JSON object"),
        (b'{"version": 1}', "is not a whole calibration; make it again"),
    ],
)
def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "auto.json"
    if content is not None:
        path.write_bytes(content)
    assert problems(tmp_path, TEXT) == [f"11: routes.auto.calibration: {path} {said}"]


def test_who_is_about_to_calibrate_does_without_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "routergate.yaml"
    path.write_text(TEXT)
    assert load(path, ENV, calibrated=False).catalogue.routes["auto"].calibration is None


def test_a_bound_is_a_confidence(tmp_path: Path) -> None:
    text = TEXT.replace("0.9", "0.3").replace("    calibration: auto.json\n", "")
    [problem] = problems(tmp_path, text)
    assert problem.startswith("10: routes.auto.bound: ")
