"""The generated schema and reference."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from routergate import docs
from routergate.config import reference
from support.configs import OUTLINE

CHECKOUT = Path(__file__).parents[2]
SCHEMA = json.loads(reference.json_schema())


def as_json(text: str) -> Any:
    """YAML as an editor sees it."""
    return json.loads(json.dumps(yaml.safe_load(text), default=date.isoformat))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", [OUTLINE.replace("${", "$(").replace("KEY}", "KEY)"), "version: 1"])
def test_a_good_file_fits_the_schema(text: str) -> None:
    jsonschema.validate(as_json(text), SCHEMA)


def test_the_example_fits_the_schema() -> None:
    jsonschema.validate(as_json((CHECKOUT / "config/routergate.yaml").read_text("utf-8")), SCHEMA)


@pytest.mark.parametrize("text", ["modles: {}", "version: 2", "routes: {a: {quality: 0.5}}"])
def test_a_bad_file_does_not_fit_the_schema(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(as_json(text), SCHEMA)


def test_every_key_has_a_meaning() -> None:
    for line in reference.markdown().splitlines():
        if line.startswith("| `"):
            assert line.split(" | ")[-1].strip(" |"), line


def test_every_key_of_the_schema_is_in_the_reference() -> None:
    text = reference.markdown()
    keys = {key for part in SCHEMA["$defs"].values() for key in part.get("properties", {})}
    assert [key for key in sorted(keys | set(SCHEMA["properties"])) if f"| `{key}` |" not in text] == []


def test_the_generated_files_are_up_to_date() -> None:
    assert docs.stale(CHECKOUT) == []


def test_stale_files_are_named_and_writing_mends_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    checked = runner.invoke(docs.main, ["--check"])
    assert checked.exit_code == 1
    assert f"stale: {', '.join(docs.GENERATED)}" in checked.output
    assert runner.invoke(docs.main, []).exit_code == 0
    assert runner.invoke(docs.main, ["--check"]).exit_code == 0
