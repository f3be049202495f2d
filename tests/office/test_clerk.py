"""The process that reads the ledger's files."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

from routergate.domain.errors import LedgerUnusable
from routergate.domain.operator import ReportTooLarge
from routergate.office.archive import serve
from routergate.office.clerk import Clerk
from routergate.office.papers import HEAD, SingleAsked, length, reply, sent
from support.books import shelved
from support.events import an_event


@pytest.fixture
async def clerk() -> AsyncIterator[Clerk]:
    made = Clerk(patience=120)  # machines are busy at times
    yield made
    await made.close()


def asked(ledger: Path) -> SingleAsked:
    return SingleAsked(
        ledger=str(ledger), days=(date(2023, 11, 1), date(2023, 11, 30)), id="e", organisation=None
    )


def number(clerk: Clerk) -> int:
    """The process's."""
    assert clerk._process is not None
    return clerk._process.pid


async def test_the_same_process_answers_until_it_is_gone(clerk: Clerk, tmp_path: Path) -> None:
    shelved(tmp_path, [an_event(id="e")])
    first = await clerk.ask(asked(tmp_path))
    assert [row.id for row in first.rows] == ["e"]
    before = number(clerk)
    several = await asyncio.gather(*(clerk.ask(asked(tmp_path)) for _ in range(3)))
    assert (several, number(clerk)) == ([first] * 3, before)
    os.kill(before, signal.SIGKILL)
    with pytest.raises(LedgerUnusable, match="ask again"):
        await clerk.ask(asked(tmp_path))
    assert (await clerk.ask(asked(tmp_path)), number(clerk) != before) == (first, True)


def test_a_damaged_file_is_told_in_words(tmp_path: Path) -> None:
    for path in shelved(tmp_path, [an_event(id="e")]).paths:
        (tmp_path / path).write_bytes(b"not a table")
    said, told = BytesIO(sent(asked(tmp_path)) * 2), BytesIO()
    serve(said, told)
    told.seek(0)
    for _ in range(2):
        answer = reply(told.read(length(told.read(HEAD))))
        assert "restore it from a backup" in str(answer.wrong)


async def test_what_is_wrong_with_the_files_is_raised_here(clerk: Clerk, tmp_path: Path) -> None:
    nowhere = tmp_path / "ledger"
    nowhere.write_bytes(b"a file, where a folder belongs")
    with pytest.raises(LedgerUnusable, match="cannot be used"):
        await clerk.ask(asked(nowhere))


async def test_a_question_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    clerk = Clerk(patience=0.001, starting=0.0)
    with pytest.raises(ReportTooLarge, match=r"took longer than 0\.001 s"):
        await clerk.ask(asked(tmp_path))
    await clerk.close()


async def test_whoever_is_not_asked_goes(tmp_path: Path) -> None:
    clerk = Clerk(idle=0.0, patience=120)
    assert (await clerk.ask(asked(tmp_path))).rows == ()
    process = clerk._process
    assert process is not None
    assert await process.wait() == 0
    await clerk.close()
