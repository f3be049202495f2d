"""Commands and links that the documents show lead somewhere."""

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from routergate.cli import main
from support.documents import PAGES, blocks


def commands() -> list[str]:
    """Every `routergate ...` line of the blocks in the README and the documents."""
    lines = {line for page in PAGES for block in blocks(page) for line in block.text.splitlines()}
    return sorted(line for line in lines if line.startswith("routergate "))


@pytest.mark.parametrize("line", commands())
def test_a_command_that_is_shown_exists_with_its_options(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(re.split(r"[|>&]", line)[0], comments=True)[1:]
    monkeypatch.chdir(tmp_path)
    for name in filter(re.compile(r"[\w-]+\.\w+").fullmatch, words):  # the files that it is about
        (tmp_path / name).touch()
    command: Any = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    # A command keeps the help option that it was first asked for.
    command.make_context("routergate", words, help_option_names=["-h", "--help"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_leads_nowhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]
