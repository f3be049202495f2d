"""Prometheus' rules as they are shipped, and the runbooks that go with them."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks.md"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))


def rules() -> list[dict[str, Any]]:
    """All of them, in the order of their files."""
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def recorded() -> list[str]:
    """The names of what is recorded."""
    return [rule["record"] for rule in rules() if "record" in rule]


def sections() -> dict[str, str]:
    """What the runbooks say of each alert."""
    parts = re.split(r"^### (\w+)$", RUNBOOKS.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks(language: str) -> list[str]:
    """The lines of the runbooks' blocks in a language; an expression may go on in further ones, set in."""
    found = re.findall(rf"^```{language}\n(.*?)^```", RUNBOOKS.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [line for block in found for line in re.split(r"\n(?! )", block.strip())]


def names(expression: str) -> set[str]:
    """The gateway's metrics in an expression, as samples are called; what is recorded is left out."""
    return set(re.findall(r"(?<![:\w])routergate_\w+", expression))
