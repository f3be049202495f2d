import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from routergate.cli import main
from routergate.domain.model import ModelId
from support.configs import loaded

DECLARED = """\
providers:
  openai: {kind: openai, api_key: "${OPENAI_API_KEY}"}
  google: {kind: litellm}
  gpus:   {kind: vllm, base_url: "http://gpu:8000/v1"}
models:
  gpt-4o-mini:
    provider: openai
    class: economy
    prices:
      - {from: 2024-07-18, input: 0.30, output: 0.60, discount: 0.15, minimum: 0.00001, markup: 0.2}
  gemini/gemini-2.5-pro: {provider: google, class: frontier}
  gpt-4o: {provider: gpus, class: self_hosted, prices: [{from: 2024-01-01, input: 1, output: 1}]}
  mystery:
    provider: openai
    class: economy
    context_tokens: 1000
    prices: [{from: 2024-01-01, input: 1, output: 1}]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "routergate.yaml"
    path.write_text(DECLARED, encoding="utf-8")
    return path


def prices(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["prices", *map(str, arguments)], env={"OPENAI_API_KEY": "sk-0123456789"})


def test_declared_rates_stand_beside_the_listed_ones(path: Path) -> None:
    mini, mystery = json.loads(prices("diff", "--config", path, "--json").stdout)
    assert (mini["model"], mini["from"]) == ("gpt-4o-mini", "2024-07-18")
    assert mini["source"].startswith("litellm ")
    rates = {each.pop("rate"): each for each in mini["rates"]}
    assert rates["input"] == {"declared": "0.30", "listed": "0.15", "change_percent": "-50.0"}
    assert rates["output"]["change_percent"] == "0.0"
    assert rates["cache_read"] == {"declared": None, "listed": "0.075", "change_percent": None}
    assert rates["service_tiers.batch.input"]["listed"] == "0.075"
    assert (mystery["model"], mystery["source"]) == ("mystery", None)


def test_the_difference_is_a_table_for_people(path: Path) -> None:
    table = prices("diff", "--config", path).stdout
    assert "-50.0 %" in table
    assert "unknown" in table


def test_where_nothing_is_declared_there_is_nothing_to_compare(path: Path) -> None:
    path.write_text("version: 1")
    shown = prices("diff", "--config", path)
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert "No model has declared prices" in shown.stderr


def test_the_lines_to_add_are_a_rate_card_that_loads(path: Path, tmp_path: Path) -> None:
    shown = prices("apply", "gpt-4o-mini", "--from", "2026-02-01", "--config", path)
    assert "models.gpt-4o-mini.prices" in shown.stderr
    assert path.read_text(encoding="utf-8") == DECLARED

    head, last, tail = DECLARED.partition("markup: 0.2}\n")
    older, newer = (
        loaded(tmp_path, head + last + shown.stdout + tail).catalogue.models[ModelId("gpt-4o-mini")].prices
    )
    assert f"{newer.start} {newer.input} {newer.output} {newer.cache_read}" == "2026-02-01 0.15 0.6 0.075"
    agreed = (older.discount, older.minimum, older.markup)
    assert (newer.discount, newer.minimum, newer.markup) == agreed
    assert newer.service_tiers.keys() == {"priority", "batch"}


def test_the_lines_have_the_tiers_of_long_inputs(path: Path, tmp_path: Path) -> None:
    lines = prices("apply", "gemini/gemini-2.5-pro", "--from", "2026-02-01", "--config", path).stdout
    model = f"    provider: google\n    class: frontier\n    prices:\n{lines}"
    text = DECLARED.replace(" {provider: google, class: frontier}\n", f"\n{model}")
    before = loaded(tmp_path, DECLARED).catalogue.models[ModelId("gemini/gemini-2.5-pro")].prices
    after = loaded(tmp_path, text).catalogue.models[ModelId("gemini/gemini-2.5-pro")].prices
    assert after[0].context_tiers == before[0].context_tiers != ()
    assert after[0].service_tiers == before[0].service_tiers


@pytest.mark.parametrize(
    ("model", "day", "said"),
    [
        ("gpt-4o-minni", "2026-02-01", "No model is called 'gpt-4o-minni'"),
        ("gpt-4o-mini", "2024-07-18", "has rates from 2024-07-18 already"),
        ("mystery", "2026-02-01", "The price map has no price for mystery"),
        ("gpt-4o", "2026-02-01", "The price map has no price for gpt-4o"),
        ("gpt-4o-mini", "soon", "does not match the format"),
    ],
)
def test_a_mistake_is_a_sentence_and_exit_code_2(path: Path, model: str, day: str, said: str) -> None:
    refused = prices("apply", model, "--from", day, "--config", path)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert said in refused.stderr
