"""Answers that are looked at before they are given."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from routergate.dispatch.guarded import guarded
from routergate.domain.errors import BudgetEnded
from routergate.domain.format import Format
from routergate.ports import Chunk, Guards


class Eyes:
    """Looks at the answers of one route, and writes them in capitals."""

    async def before(self, route: str, body: bytes) -> bytes | None:
        return None

    def looks_after(self, route: str) -> bool:
        return route == "watched"

    async def after(self, route: str, spoken: Format, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        return [Chunk(data=chunk.data.upper()) for chunk in chunks]


_: type[Guards] = Eyes


async def said(*words: bytes, cut: bool = False) -> AsyncGenerator[Chunk, None]:
    for word in words:
        yield Chunk(data=word)
    if cut:
        raise BudgetEnded("spent")


async def given(route: str, chunks: AsyncGenerator[Chunk, None]) -> list[bytes]:
    return [chunk.data async for chunk in await guarded(Eyes(), route, Format.CHAT, chunks)]


async def test_only_the_answers_of_a_watched_route_are_looked_at() -> None:
    assert await given("watched", said(b"one", b"two")) == [b"ONE", b"TWO"]
    assert await given("other", said(b"one", b"two")) == [b"one", b"two"]


async def test_what_a_budget_cuts_is_looked_at_and_then_cut() -> None:
    chunks = await guarded(Eyes(), "watched", Format.CHAT, said(b"one", cut=True))
    assert (await anext(chunks)).data == b"ONE"
    with pytest.raises(BudgetEnded):
        await anext(chunks)
