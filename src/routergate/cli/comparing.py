"""Asking two models the same questions, with a word about the cost before and a bar meanwhile."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routergate.config.spec import Config
    from routergate.domain.money import Nanos
    from routergate.evaluation.questions import Question
    from routergate.evaluation.rivals import Compared, Rivals
    from routergate.evaluation.worksheet import Worksheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a comparison is made."""

    limit: "Nanos | None"
    agreed: bool
    """Whether nobody needs to be asked before money is spent."""
    at_once: int
    most_output: int


async def compare(
    config: "Config",
    named: tuple[str, str, str | None, str],
    asked: "Sequence[Question]",
    sheet: "Worksheet",
    terms: Terms,
) -> "tuple[Sequence[Compared], tuple[str, ...]]":
    """All that is done, now or before, and what is to be told of the rest."""
    from routergate.evaluation.purse import Purse
    from routergate.evaluation.rivals import Rivals
    from routergate.interview import interviewing

    sheet.mend()
    done = dict(sheet.done(asked))
    left = [question for question in asked if question.id not in done]
    new, base, judge, rubric = named
    async with interviewing(config, terms.most_output) as asking:
        rivals = Rivals(
            new=new, base=base, judge=judge, asking=asking, purse=Purse(terms.limit), rubric=rubric
        )
        if left:
            await _agree(rivals, left, len(done), terms)
            done.update(await _ask(rivals, left, sheet, terms))
    compared = [done[question.id] for question in asked if question.id in done]
    return compared, _notes(compared, len(asked), terms)


async def _agree(rivals: "Rivals", left: "Sequence[Question]", done: int, terms: Terms) -> None:
    """Tell what it will cost; raises if nobody agrees."""
    from routergate.domain.money import usd_text

    expected, most = await rivals.outlay(left)
    known = "unknown, for a model has no price" if expected is None else f"about {usd_text(expected)} USD"
    at_most = "" if most is None else f", {usd_text(most)} at most"
    before = f"; {done:,} were asked before" if done else ""
    click.echo(f"{len(left):,} questions to ask{before}. The cost is {known}{at_most}.", err=True)
    if most is None and terms.limit is not None:
        raise click.UsageError("--max-usd cannot be kept: a model has no price. Declare its `prices`.")
    if not terms.agreed:
        click.confirm("Ask them?", abort=True, err=True)


async def _ask(
    rivals: "Rivals", left: "Sequence[Question]", sheet: "Worksheet", terms: Terms
) -> "Mapping[str, Compared]":
    from rich.console import Console
    from rich.progress import Progress

    found: dict[str, Compared] = {}
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking", total=len(left))
        async for one in rivals.compared(left, terms.at_once):
            bar.advance(task)
            if one is not None:
                sheet.note(one)
                found[one.id] = one
    return found


def _notes(compared: "Sequence[Compared]", count: int, terms: Terms) -> tuple[str, ...]:
    missing, unusable = count - len(compared), sum(not one.usable for one in compared)
    why = " (--max-usd is spent, or nobody answered)" if terms.limit is not None else " (nobody answered)"
    notes = []
    if missing:
        notes.append(f"{missing:,} questions are not answered yet{why}; the same command goes on with them.")
    if unusable:
        notes.append(f"{unusable:,} answers are left out: the judge's reply could not be read.")
    if any(one.judged for one in compared):
        notes.append("What a judge says is taken as it is: its own errors are not in the intervals.")
    return tuple(notes)
