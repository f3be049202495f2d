import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.dispatch.holdback import HeldBack
from routergate.domain.errors import StreamBroken
from routergate.ports import Chunk


async def source(steps: Sequence[str | Exception]) -> AsyncGenerator[Chunk, None]:
    for step in steps:
        await asyncio.sleep(0)
        if isinstance(step, Exception):
            raise step
        yield Chunk(data=step.encode(), text=step)


async def relayed(held: HeldBack) -> str:
    return "".join([chunk.text async for chunk in held.relay()])


@given(st.lists(st.text("ab", min_size=1), max_size=6), st.integers(0, 8), st.sampled_from([0.0, None]))
def test_however_much_is_held_back_nothing_is_lost(
    texts: list[str], characters: int, seconds: float | None
) -> None:
    async def scenario() -> None:
        held = HeldBack([], source(texts))
        await held.fill(seconds, characters)
        await asyncio.sleep(0)
        assert await relayed(held) == "".join(texts)

    asyncio.run(scenario())


@pytest.mark.parametrize("step", ["b", StreamBroken("x")])
async def test_what_came_after_the_time_ran_out_is_let_go_without_complaint(step: str | Exception) -> None:
    chunks = source(["a", step])
    held = HeldBack([await anext(chunks)], chunks)
    await held.fill(0.0)
    for _ in range(3):
        await asyncio.sleep(0)
    await held.close()
    assert await anext(chunks, None) is None


async def test_a_break_reaches_whoever_waits_for_the_rest() -> None:
    held = HeldBack([], source(["a", StreamBroken("x")]))
    await held.fill(characters=1)
    with pytest.raises(StreamBroken):
        await relayed(held)
    with pytest.raises(StreamBroken):
        await HeldBack([], source([StreamBroken("x")])).fill()
