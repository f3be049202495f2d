import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from routergate.cli import main
from routergate.testing import Profile, Simulator
from support.gateway import a_model, configuration
from support.stage import simulator_in_a_thread


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with simulator_in_a_thread(Profile(models=("sim-large", "sim-new"))) as (running, _):
        yield running


@pytest.fixture
def config(sim: Simulator, tmp_path: Path) -> Path:
    """The simulator answers with its model's name: that is how answers can be told apart."""
    models = {
        "large": a_model("sim-large", "frontier", 2.50, 10.00),
        "new": a_model("sim-new", "economy", 0.15, 0.60),
        "unpriced": {**a_model("sim-new", "economy", 1, 1), "prices": []},
        "down": a_model("sim-large!503", "economy", 1, 1),
        "narrow": {**a_model("sim-new", "economy", 1, 1), "context_tokens": 8},
    }
    path = tmp_path / "routergate.yaml"
    routes = {"auto": {"candidates": ["large"], "baseline": "large", "quality": 0.8}}
    path.write_text(json.dumps(configuration(sim.base_url, models=models, routes=routes)))
    return path


def questions(path: Path, count: int, **more: Any) -> Path:
    """Half of them easy: both models are right; the others only the large one gets right."""
    rows = [
        {
            "id": f"q{n}",
            "prompt": f"Question number {n}?",
            "task": "easy" if n % 2 else "hard",
            "check": {"matches": "simulated" if n % 2 else "sim-large"},
            **more,
        }
        for n in range(count)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def evaluate(config: Path, *arguments: str | Path, new: str = "new", answer: str | None = None) -> Result:
    words = ["models", "evaluate", new, "--against", "large", "--config", config, *arguments]
    return CliRunner().invoke(main, [*map(str, words)], input=answer)


def asked(sim: Simulator) -> Sequence[str]:
    return [call.model for call in sim.calls]


def test_a_model_is_proposed_for_the_tasks_on_which_it_will_do(config: Path, tmp_path: Path) -> None:
    data, out = questions(tmp_path / "quiz.jsonl", 160), tmp_path / "changes.yaml"
    result = evaluate(config, "--data", data, "--yes", "--json", "--out", out)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    tasks = {one["task"]: one for one in found["tasks"]}
    assert tasks["easy"]["share"]["estimate"] == 1
    assert tasks["easy"]["share"]["count"] == 80
    assert tasks["hard"]["share"]["high"] < 0.2
    assert tasks["hard"]["reference"]["estimate"] == 1
    assert tasks["all"]["new"]["mean"] < tasks["all"]["base"]["mean"]
    assert found["proposal"]["proven"] == ["easy"]
    assert found["proposal"]["open"] == ["hard"]
    assert 0.8 <= found["proposal"]["recommended"] <= 1
    changes = yaml.safe_load(out.read_text())
    assert changes["routes"] == {"auto": {"candidates": ["new", "large"]}}
    assert changes["models"]["new"]["serves"] == ["easy"]
    assert 0 < changes["models"]["new"]["quality"]["easy"] <= 1


def test_people_get_a_table_and_the_yaml(config: Path, tmp_path: Path) -> None:
    result = evaluate(config, "--data", questions(tmp_path / "quiz.jsonl", 160), "--yes")
    assert "new surely keeps the 0.8 that auto promises on: easy." in result.stdout
    assert "It does not, or it is not certain yet, on: hard." in result.stdout
    assert "candidates: [new, large]" in result.stdout


def test_the_cost_is_told_before_anybody_is_asked(config: Path, tmp_path: Path, sim: Simulator) -> None:
    sim.reset()
    result = evaluate(config, "--data", questions(tmp_path / "quiz.jsonl", 4), answer="n\n")
    assert "4 questions to ask. The cost is about 0." in result.stderr
    assert result.exit_code == 1
    assert asked(sim) == []


def test_a_comparison_stops_at_its_cap_and_goes_on_later(
    config: Path, tmp_path: Path, sim: Simulator
) -> None:
    data = questions(tmp_path / "quiz.jsonl", 20)
    few = ("--data", data, "--yes", "--json", "--concurrency", "1", "--max-output-tokens", "100")
    first = evaluate(config, *few, "--max-usd", "0.005")
    note = json.loads(first.stdout)["notes"][0]
    assert "questions are not answered yet (--max-usd is spent, or nobody answered)" in note
    before = sum(
        task["share"]["count"] for task in json.loads(first.stdout)["tasks"] if task["task"] != "all"
    )
    assert 0 < before < 20
    sim.reset()
    second = evaluate(config, *few)
    assert f"{20 - before} questions to ask. " in second.stderr.replace(f"; {before} were asked before", "")
    assert len(asked(sim)) == 2 * (20 - before)
    assert json.loads(second.stdout)["notes"] == []


def test_what_is_kept_of_a_comparison_has_no_prompt_and_no_answer(config: Path, tmp_path: Path) -> None:
    evaluate(config, "--data", questions(tmp_path / "quiz.jsonl", 2), "--yes")
    kept = (tmp_path / "quiz.new-vs-large.done.jsonl").read_text()
    assert len(kept.splitlines()) == 2
    assert "Question number" not in kept
    assert "simulated" not in kept


def test_half_a_line_of_a_process_that_was_killed_is_asked_again(
    config: Path, tmp_path: Path, sim: Simulator
) -> None:
    data = questions(tmp_path / "quiz.jsonl", 3)
    evaluate(config, "--data", data, "--yes")
    kept = tmp_path / "quiz.new-vs-large.done.jsonl"
    kept.write_text(kept.read_text()[:-40])
    sim.reset()
    result = evaluate(config, "--data", data, "--yes", "--json")
    assert result.exit_code == 0, result.output
    assert len(asked(sim)) == 2


def test_a_question_that_was_changed_is_asked_again(config: Path, tmp_path: Path, sim: Simulator) -> None:
    data = tmp_path / "quiz.jsonl"
    evaluate(config, "--data", questions(data, 2), "--yes")
    sim.reset()
    evaluate(config, "--data", questions(data, 2, parameters={"temperature": 0}), "--yes")
    assert len(asked(sim)) == 4
    assert sim.calls[0].body["temperature"] == 0


def test_a_judge_is_asked_in_both_orders(config: Path, tmp_path: Path, sim: Simulator) -> None:
    data = tmp_path / "open.jsonl"
    data.write_text(json.dumps({"prompt": "Which is nicer?"}))
    sim.reset()
    result = evaluate(config, "--data", data, "--judge", "large", "--yes")
    first, second = (call.body["messages"][0]["content"] for call in sim.calls[2:])
    assert "<request>\n[user]\nWhich is nicer?\n</request>" in first
    assert first.index("sim-new") < first.index("sim-large")
    assert second.index("sim-large") < second.index("sim-new")
    assert "the judge's reply could not be read" in result.stderr
    assert result.exit_code == 1


def test_questions_without_a_check_need_a_judge(config: Path, tmp_path: Path) -> None:
    data = tmp_path / "open.jsonl"
    data.write_text(json.dumps({"prompt": "Which is nicer?"}))
    assert "1 questions have no 'check': name a model with --judge" in evaluate(config, "--data", data).stderr


def test_a_model_that_cannot_take_a_question_has_not_answered_it(config: Path, tmp_path: Path) -> None:
    data = questions(tmp_path / "quiz.jsonl", 4)
    found = json.loads(evaluate(config, "--data", data, "--yes", "--json", new="narrow").stdout)
    whole = found["tasks"][-1]
    assert whole["new"]["refused"] == 4
    assert whole["quality"]["estimate"] == 0
    assert whole["new"]["half"] is None


def test_a_model_that_is_down_leaves_its_questions_for_later(config: Path, tmp_path: Path) -> None:
    data = questions(tmp_path / "quiz.jsonl", 2)
    result = evaluate(config, "--data", data, "--yes", "--concurrency", "1", new="down")
    assert "2 questions are not answered yet (nobody answered)" in result.stderr
    assert result.exit_code == 1


def test_a_cap_needs_prices(config: Path, tmp_path: Path) -> None:
    data = questions(tmp_path / "quiz.jsonl", 2)
    result = evaluate(config, "--data", data, "--max-usd", "1", new="unpriced")
    assert "The cost is unknown, for a model has no price." in result.stderr
    assert "--max-usd cannot be kept: a model has no price." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--route", "atuo"), "No route is called 'atuo'; did you mean 'auto'?"),
        (("--judge", "lrge"), "No model is called 'lrge'; did you mean 'large'?"),
    ],
)
def test_unknown_names_are_refused(
    config: Path, tmp_path: Path, arguments: tuple[str, str], told: str
) -> None:
    data = questions(tmp_path / "quiz.jsonl", 2)
    assert told in evaluate(config, "--data", data, *arguments).stderr


def test_a_route_must_be_named_where_none_has_the_baseline(config: Path, tmp_path: Path) -> None:
    words = ["models", "evaluate", "large", "--against", "new", "--config", str(config), "--data"]
    result = CliRunner().invoke(main, [*words, str(questions(tmp_path / "quiz.jsonl", 2))])
    assert "0 routes have the baseline 'new': name one with --route." in result.stderr


def test_a_bad_line_is_told_with_its_place(config: Path, tmp_path: Path) -> None:
    data = tmp_path / "bad.jsonl"
    data.write_text('{"prompt": "a", "check": {"equal": "b"}}\n{"promt": "a"}\n')
    told = evaluate(config, "--data", data).stderr
    assert f"{data}:1: 'check' takes any of equals, matches, number, schema, not equal" in told
    assert f"{data}:2: takes check, id, messages, parameters, prompt, task, not promt" in told
