"""The YAML of the documents is what `routergate check` takes, in a file that has the rest."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from routergate.config.load import load
from support.documents import ROOT, Block, to_be_tried
from support.gateway import a_model

ASSET = {"hosting": {"gpus": 2, "gpu_hour": 2.50}, "maintenance": {"monthly": 12000}}
REST: dict[str, Any] = {
    "version": 1,
    "server": {"cache_secret": "${CACHE_SECRET}"},
    "providers": {
        name: {"kind": "openai", "base_url": f"http://{name}:8000/v1"}
        for name in ("sim", "openai", "anthropic", "google", "gpus", "legal-gpus")
    },
    "models": {
        "gpt-4o-mini": a_model("gpt-4o-mini", "economy", 0.15, 0.60),
        "gpt-4o": a_model("gpt-4o", "frontier", 2.50, 10.00),
        "referee": a_model("referee", "frontier", 5.00, 20.00),
        "contracts-7b": {**a_model("contracts-7b", "self_hosted", 0, 0), "asset": ASSET},
    },
    "routes": {
        name: {"candidates": ["gpt-4o-mini", "gpt-4o"], "baseline": "gpt-4o", "quality": 0.9}
        for name in ("auto", "support")
    },
}
"""What examples speak of without showing it."""


def nested(place: str | None, part: Any) -> Any:
    """The part at its place."""
    for name in reversed(place.split(".") if place else []):
        part = {name: part}
    return part


def completed(rest: Any, part: Any, depth: int) -> Any:
    """The part over the rest: whatever it names at this depth is its own."""
    if not depth or not isinstance(rest, dict) or not isinstance(part, dict):
        return part
    return rest | {name: completed(rest.get(name), own, depth - 1) for name, own in part.items()}


def with_the_guardrails_that_are_shown(folder: Path) -> None:
    """The module `acme.guards`, from its page."""
    (folder / "acme").mkdir()
    [code] = to_be_tried("python", ROOT / "docs/guardrails.md")
    (folder / "acme/guards.py").write_text(code.text)


@pytest.mark.parametrize("block", to_be_tried("yaml"), ids=lambda block: block.name)
def test_a_configuration_that_is_shown_is_a_good_one(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_the_guardrails_that_are_shown(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    part = nested(block.place, yaml.safe_load(block.text))
    depth = 2 + len(block.place.split(".")) if block.place else 2
    path = tmp_path / "routergate.yaml"
    path.write_text(yaml.safe_dump(completed(REST, part, depth)))
    secrets = re.findall(r"\$\{(\w+)\}", path.read_text())
    config = load(path, {name: f"https://example.org/{name}" for name in secrets})
    assert not config.warnings
