import asyncio
import logging
from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from routergate.accounts.seal import box
from routergate.capture.taking import MOST, Taking, Terms
from routergate.capture.vault import Vault
from routergate.dispatch.captured import LARGEST, captured
from routergate.domain.exchange import Exchange
from routergate.domain.identity import Attribution, Identity
from routergate.domain.model import ModelId
from routergate.guardrails.pii import Redaction
from routergate.guardrails.rail import Rail
from routergate.guardrails.redaction import Redactions
from routergate.ports import Chunk
from support.builders import a_decision
from support.hooks import Broken
from support.providers import wired

DAY = date(2026, 3, 1)
NOON = 1_772_366_400 * 1_000_000_000
CALLER = Attribution(identity=Identity(key="k", organisation="acme"), customer="c-17", session="s-1")


def a_taking(folder: Path, *hooks: Any, **changes: Any) -> Taking:
    rails = [Rail(name="hook", hook=hook) for hook in hooks]
    values: dict[str, Any] = {
        "vault": Vault(folder, box("a secret of the operator")),
        "terms": {"auto": Terms(share=1.0, days=30)},
        "redactions": Redactions({"auto": rails}),
        "most_bytes": 10**6,
        "clock": lambda: NOON,
    }
    return Taking(**{**values, **changes})


def an_exchange(text: str = "Hello?", **changes: Any) -> Exchange:
    values = {
        "request": wired(messages=[{"role": "user", "content": text}]),
        "attribution": CALLER,
        "decision": a_decision(id=changes.pop("id", "req_1")),
        "model": ModelId("mini"),
        "at": NOON,
    }
    return Exchange(**{**values, **changes})


def said(text: str) -> Chunk:
    return Chunk(data=msgspec.json.encode({"choices": [{"index": 0, "message": {"content": text}}]}))


async def kept(taking: Taking, *exchanges: Exchange, answer: str = "Hi.") -> list[Any]:
    for exchange in exchanges:
        taking.take(exchange, [said(answer)])
    await asyncio.gather(*taking.running)
    return list(taking.vault.records(DAY))


async def test_an_exchange_is_kept_with_its_decision(tmp_path: Path) -> None:
    (found,) = await kept(a_taking(tmp_path), an_exchange())
    assert (found.turns, found.answers) == ((("user", "Hello?"),), ["Hi."])
    assert (found.customer, found.session, found.model, found.route) == ("c-17", "s-1", "mini", "auto")
    assert found.candidates[0]["quality"] == 0.9


async def test_what_nobody_may_keep_is_taken_out_before(tmp_path: Path) -> None:
    taking = a_taking(tmp_path, Redaction())
    (found,) = await kept(taking, an_exchange("I am ada@example.com"), answer="Dear ada@example.com")
    assert found.turns == (("user", "I am [email]"),)
    assert found.answers == ["Dear [email]"]


async def test_nothing_is_kept_where_a_redaction_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await kept(a_taking(tmp_path, Broken()), an_exchange("my secret")) == []
    assert "a request of auto is not captured: a redaction failed" in caplog.text
    assert "my secret" not in caplog.text


async def test_the_share_is_kept_and_it_is_the_same_everywhere(tmp_path: Path) -> None:
    taking = a_taking(tmp_path, terms={"auto": Terms(share=0.1, days=30)})
    wanted = [n for n in range(2000) if taking.wants(an_exchange(id=f"req_{n}"))]
    assert 150 < len(wanted) < 250
    assert wanted == [n for n in range(2000) if taking.wants(an_exchange(id=f"req_{n}"))]


def test_other_routes_and_callers_who_do_not_want_it_are_left_alone(tmp_path: Path) -> None:
    taking = a_taking(tmp_path)
    assert taking.wants(an_exchange())
    assert not taking.wants(an_exchange(unkept=True))
    assert not taking.wants(an_exchange(decision=a_decision(route="other")))


async def test_nothing_is_kept_once_there_is_no_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    taking = a_taking(tmp_path, most_bytes=0)
    assert await kept(taking, an_exchange()) == []
    assert "capture.max_mb is reached" in caplog.text


async def test_more_than_can_be_written_is_let_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    exchanges = [an_exchange(id=f"req_{n}") for n in range(MOST + 5)]
    assert len(await kept(a_taking(tmp_path), *exchanges)) == MOST
    assert "too many are on their way to the disk" in caplog.text


async def test_a_disk_that_fails_fails_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    taking = a_taking(tmp_path / "file" / "below")
    taking.take(an_exchange(), [said("Hi.")])
    await asyncio.gather(*taking.running)
    assert "a request of auto is not captured: Not a directory" in caplog.text


async def chunks_of(*pieces: bytes) -> AsyncGenerator[Chunk, None]:
    for piece in pieces:
        yield Chunk(data=piece)


async def test_an_answer_passes_unchanged_and_is_taken_when_it_is_whole(tmp_path: Path) -> None:
    taking = a_taking(tmp_path)
    given = captured(
        taking, an_exchange(), chunks_of(b'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\n')
    )
    first = await anext(given)
    assert not taking.running
    assert [chunk async for chunk in given] == []
    await asyncio.gather(*taking.running)
    assert first.data.startswith(b"data: ")
    assert next(iter(taking.vault.records(DAY))).answers == ["Hi"]


async def test_an_answer_that_is_not_heard_to_its_end_is_not_taken(tmp_path: Path) -> None:
    taking = a_taking(tmp_path)
    given = captured(taking, an_exchange(), chunks_of(b"{}", b"{}"))
    await anext(given)
    await given.aclose()
    assert not taking.running


async def test_an_answer_that_is_too_large_is_given_and_not_taken(tmp_path: Path) -> None:
    taking = a_taking(tmp_path)
    given = captured(taking, an_exchange(), chunks_of(b"x" * LARGEST, b"x"))
    assert len([chunk async for chunk in given]) == 2
    assert not taking.running


async def test_what_is_not_wanted_passes_untouched(tmp_path: Path) -> None:
    chunks = chunks_of(b"{}")
    assert captured(a_taking(tmp_path), an_exchange(unkept=True), chunks) is chunks
    await chunks.aclose()
