import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from routergate.cli import main
from routergate.config.load import load
from routergate.domain.errors import ConfigError
from routergate.evaluation.outcomes import Outcome
from support.quizzes import an_outcome, written

CONFIG = """\
providers:
  openai: {kind: openai}
models:
  mini:
    provider: openai
    class: economy
    context_tokens: 9000
    prices: [{from: 2024-01-01, input: 1, output: 2}]
  large:
    provider: openai
    class: frontier
    context_tokens: 9000
    prices: [{from: 2024-01-01, input: 9, output: 9}]
routes:
  auto: {candidates: [mini, large], baseline: large, calibration: auto.json}
"""


def router(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["router", *map(str, arguments)])


def questions(count: int) -> Sequence[Outcome]:
    """Hard ones, on which `mini` fails, and easy ones on which it does not."""
    hard = "Prove rigorously that the following theorem holds: derive the integral of f(x)^2 = {} + x^3 - 7"
    return [
        an_outcome(
            (hard if n % 2 else "Hello number {}").format(n),
            {"mini": float(n % 2 == 0), "large": float(n % 10 > 0)},
            line=n,
            task="proof" if n % 2 else "chat",
            out_chars={"mini": 400, "large": 800},
        )
        for n in range(1, count + 1)
    ]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return written(tmp_path / "quiz.jsonl", questions(400))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "routergate.yaml"
    path.write_text(CONFIG)
    return path


def test_scores_are_lines_of_json(tmp_path: Path, data: Path) -> None:
    out = tmp_path / "scores.jsonl"
    assert router("score", "--data", data, "--out", out).exit_code == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == [f"q/{n}" for n in range(1, 401)]
    assert all(row["quality"].keys() == row["stderr"].keys() == {"mini", "large"} for row in rows)


def test_what_was_learned_from_outcomes_can_be_named(tmp_path: Path, data: Path, config: Path) -> None:
    learned, out = tmp_path / "router.npz", tmp_path / "scores.jsonl"
    assert router("train", "--data", data, "--out", learned).exit_code == 0
    assert router("score", "--data", data, "--out", out, "--artifact", learned).exit_code == 0
    hard, easy = (json.loads(line)["quality"] for line in out.read_text().splitlines()[:2])
    assert hard["mini"] < easy["mini"]
    assert hard["mini"] < hard["large"]


def test_a_calibration_holds_for_the_artifact_that_it_was_made_with(
    tmp_path: Path, data: Path, config: Path
) -> None:
    learned, out = tmp_path / "router.npz", tmp_path / "auto.json"
    router("train", "--data", data, "--out", learned)
    found = router(
        "calibrate",
        "--data",
        data,
        "--route",
        "auto",
        "--config",
        config,
        "--artifact",
        learned,
        "--out",
        out,
    )
    assert found.exit_code == 0, found.output
    with pytest.raises(ConfigError, match="its estimates are by another router"):
        load(config, {})
    config.write_text(CONFIG + "router: {artifact: router.npz}\n")
    assert load(config, {}).catalogue.routes["auto"].calibration is not None


def test_a_damaged_artifact_is_refused(tmp_path: Path, data: Path) -> None:
    (tmp_path / "router.npz").write_bytes(b"PK no artifact")
    refused = router("evaluate", "--data", data, "--artifact", tmp_path / "router.npz")
    assert refused.exit_code == 2
    assert "router.npz: damaged" in refused.stderr


def test_an_evaluation_is_tables_for_people(data: Path, config: Path) -> None:
    shown = router("evaluate", "--data", data, "--config", config)
    assert shown.exit_code == 0
    assert "400 prompts, 400 different questions" in shown.stdout
    assert "prompt length" in shown.stdout
    assert "Strong: large. Weak: mini" in shown.stdout


def test_an_evaluation_is_json_for_programs_and_a_page(tmp_path: Path, data: Path) -> None:
    page = tmp_path / "page.html"
    found = json.loads(router("evaluate", "--data", data, "--json", "--html", page).stdout)
    assert (found["prompts"], found["frontier"], found["notes"]) == (400, None, [])
    assert page.read_text().startswith("<!doctype html>")


def test_contaminated_prompts_are_left_out_and_oddities_told(tmp_path: Path) -> None:
    twice = [*questions(100), *questions(1)]
    path = written(tmp_path / "quiz.jsonl", twice)
    lines = path.read_text().splitlines()
    path.write_text(
        "\n".join([*lines[:99], lines[99].replace("{", '{"contaminated": true, ', 1), lines[100]])
    )
    found = json.loads(router("evaluate", "--data", path, "--json").stdout)
    assert found["prompts"] == 100
    assert found["notes"] == [
        "1 prompts are there again, with the same labels",
        "1 contaminated prompts are left out",
    ]


def test_a_calibration_is_a_file_that_the_route_takes(tmp_path: Path, data: Path, config: Path) -> None:
    out = tmp_path / "auto.json"
    shown = router("calibrate", "--data", data, "--route", "auto", "--config", config, "--out", out)
    assert shown.exit_code == 0, shown.output
    assert f"routes.auto.calibration: {out}" in shown.stdout
    calibration = load(config, {}).catalogue.routes["auto"].calibration
    assert calibration is not None
    assert calibration.otherwise.labels == 400
    assert calibration.otherwise.kept is not None
    assert calibration.otherwise.kept >= 0.95
    assert calibration.made == datetime.now(UTC).date()


def test_a_calibration_is_json_for_programs(data: Path, config: Path) -> None:
    shown = router("calibrate", "--data", data, "--route", "auto", "--config", config, "--json")
    assert json.loads(shown.stdout)["target"] == 0.95


def test_a_decision_cites_its_calibration(tmp_path: Path, data: Path, config: Path) -> None:
    router(
        "calibrate", "--data", data, "--route", "auto", "--config", config, "--out", tmp_path / "auto.json"
    )
    told = CliRunner().invoke(main, ["explain", "Hello?", "--config", str(config), "--json"]).stdout
    decision = json.loads(told)
    assert decision["calibration"]["labels"] == 400
    assert "keeps 0.95 of large's quality with confidence 0.95" in decision["rule"]


def test_too_few_outcomes_are_refused_with_the_number_that_is_missing(tmp_path: Path, config: Path) -> None:
    few = written(tmp_path / "few.jsonl", questions(20))
    refused = router("calibrate", "--data", few, "--route", "auto", "--config", config)
    assert refused.exit_code == 2
    assert "39 labels are missing at least" in refused.stderr


def test_an_unknown_route_is_named(data: Path, config: Path) -> None:
    refused = router("calibrate", "--data", data, "--route", "atuo", "--config", config)
    assert "No route is called 'atuo'; did you mean 'auto'?" in refused.stderr


def test_a_bad_file_is_refused_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"id": "a"}\n{"id"'))
    refused = router("evaluate", "--data", path)
    assert refused.exit_code == 2
    assert f"{path}:1: 'quality' is missing" in refused.stderr
    assert f"{path}:2: not JSON in UTF-8" in refused.stderr
