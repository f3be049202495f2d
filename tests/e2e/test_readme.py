"""What the README shows works as it stands there."""

import asyncio
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from routergate.cli import main
from routergate.config.load import load
from routergate.testing import Simulator
from support.gateway import KEY, configuration, running_gateway

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Every `routergate …` line of the blocks in the README and the documents."""
    found = [block for page in PAGES for block in blocks(page.read_text(encoding="utf-8"), r"\w*")]
    return sorted({line for text in found for line in text.splitlines() if line.startswith("routergate ")})


def test_the_configuration_loads_without_a_remark(tmp_path: Path) -> None:
    path = tmp_path / "routergate.yaml"
    [written] = blocks(README, "yaml")
    path.write_text(written)
    config = load(path, {"OPENAI_API_KEY": "sk-anything"})
    assert not config.warnings
    assert set(config.catalogue.routes) == {"auto"}


async def test_the_application_gets_its_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with Simulator() as sim:
        with running_gateway(tmp_path, configuration(sim.base_url)) as gateway:
            [code] = blocks(README, "python")
            code = code.replace("http://127.0.0.1:8080", gateway.url).replace("rg-...", KEY)
            await asyncio.to_thread(exec, compile(code, "README.md", "exec"), {})
    assert "simulated" in capsys.readouterr().out


@pytest.mark.parametrize("line", commands())
def test_a_command_that_is_shown_exists_with_its_options(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command: Any = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_context("routergate", words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_leads_nowhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]
