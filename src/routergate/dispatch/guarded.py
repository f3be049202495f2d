"""Answers that guardrails look at before they are given."""

from collections.abc import AsyncGenerator, Sequence

from routergate.domain.errors import BudgetEnded
from routergate.domain.format import Format
from routergate.ports import Chunk, Guards


async def guarded(
    guards: Guards, route: str, spoken: Format, chunks: AsyncGenerator[Chunk, None]
) -> AsyncGenerator[Chunk, None]:
    """The chunks; where a guardrail looks at them, all are there before the first is given.

    Raises `GuardrailRefused`. What a budget cuts is looked at, and then cut.
    """
    if not guards.looks_after(route):
        return chunks
    held, cut = list[Chunk](), None
    try:
        async for chunk in chunks:
            held.append(chunk)
    except BudgetEnded as error:
        cut = error
    return _given(await guards.after(route, spoken, held), cut)


async def _given(chunks: Sequence[Chunk], cut: BudgetEnded | None) -> AsyncGenerator[Chunk, None]:
    for chunk in chunks:
        yield chunk
    if cut is not None:
        raise cut
