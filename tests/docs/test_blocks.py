"""Every block of code in the documents is run, checked, or excused with a reason."""

import json
import re
from pathlib import Path

import pytest

from support.documents import PAGES, Block, blocks, to_be_tried

TRIED = {
    "bash": "run, by test_commands.py and test_quickstart.py",
    "python": "run, by test_python.py",
    "yaml": "given to `routergate check`, by test_yaml.py",
    "json": "parsed, here",
    "console": "commands that exist with their options, by test_shown.py",
    "promql": "parsed by promtool, by tests/deploy",
    "sql": "run, by tests/ledger/test_parquet.py",
    "text": "a picture, a layout or headers: nothing to be tried",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_block_is_unaccounted_for(page: Path) -> None:
    unknown = [f"{block.name}: {block.language!r}" for block in blocks(page) if block.language not in TRIED]
    assert not unknown, "label the block with one of: " + ", ".join(TRIED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_fence_and_every_excuse_belongs_to_a_block(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = blocks(page)
    assert len(re.findall(r"^ *```", text, re.MULTILINE)) == 2 * len(found)
    assert text.count("<!-- not run:") == sum(block.why_not is not None for block in found)
    assert text.count("<!-- in ") == sum(block.place is not None for block in found)


def test_an_excuse_is_a_reason() -> None:
    excuses = {block.name: block.why_not for page in PAGES for block in blocks(page) if block.why_not}
    assert all(len(why.split()) > 3 for why in excuses.values()), excuses
    assert len(excuses) <= 11, "more is excused than it was: run it, or raise this number on purpose"


@pytest.mark.parametrize("block", to_be_tried("json"), ids=lambda block: block.name)
def test_json_can_be_read(block: Block) -> None:
    json.loads(block.text)
