"""What if traffic of one model went to another one?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import ibis
from ibis import Table

from routergate.domain.model import ModelCard
from routergate.economics.migration import stages
from routergate.reporting.costs import metered, of_card, scaled
from routergate.reporting.question import Question
from routergate.reporting.report import Report
from routergate.reporting.whatif.change import Supposed, compared
from routergate.reporting.whatif.choice import NO
from routergate.reporting.whatif.tokenizer import Ratio, measured

Expression = Any
"""Of ibis, which has no types."""
DROP = 0.02
"""Of quality, that a staged migration must be able to see."""
USUAL = 0.9
"""Quality where nobody has estimated it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From one model to another."""

    source: str
    target: ModelCard
    ratio: float | None = None
    """Tokens of the target for each of the source; `None`: measured."""


def migrated(rows: Table, question: Question, it: Move) -> Report:
    """What the source has answered, at the target's rates and by its tokenizer."""
    ratio = measured(rows, it.source, str(it.target.id)) if it.ratio is None else _told(it.ratio)
    rows = rows.filter((rows.model == it.source).fill_null(NO))
    then = of_card(scaled(metered(rows), ratio.value), it.target) * rows.requests
    now, later = _quality(rows, it.source), _quality(rows, str(it.target.id))
    rows = rows.mutate(
        now=rows.cost_nanos,
        then=then,
        moved=ibis.literal(value=True),
        quality_now=now.quality,
        quality_then=later.quality,
        quality_error=later.stderr,
    )
    title = f"If what {it.source} answers went to {it.target.id}"
    assumptions = (ratio.basis, "Both write the same text, and find as much of it in their caches.")
    report = compared(Supposed(title=title, rows=rows, assumptions=assumptions, quality=True), question)
    return replace(
        report, notes=(*report.notes, *_range(report, ratio), *_estimated(report), *_plan(report, question))
    )


def _told(ratio: float) -> Ratio:
    return Ratio(value=ratio, error=0.0, basis=f"A text has {ratio:g} times the tokens, as you said.")


def _quality(rows: Table, model: str) -> Expression:
    return rows.candidates.filter(lambda one: (one.model == model) & one.reason.isnull())[0]


def _range(report: Report, ratio: Ratio) -> Iterator[str]:
    then = report.named_total()["then_usd"]
    if ratio.error and isinstance(then, int):
        share = 1.96 * ratio.error / ratio.value
        low, high = (then * (1 + side * share) / 1e9 for side in (-1, 1))
        yield f"By what is known of the tokenizers, then is {low:,.2f} to {high:,.2f} USD (95 %)."


def _estimated(report: Report) -> Iterator[str]:
    if report.named_total()["quality_then"] is None:
        yield (
            "Nothing is known of the change in quality: no row has an estimate for both models. Make both "
            "candidates of one route, or compare them on outcomes with `routergate router evaluate`."
        )


def _plan(report: Report, question: Question) -> Iterator[str]:
    """Step by step, each as long as it takes to see a loss."""
    whole = report.named_total()
    requests, quality = whole["requests"], whole["quality_now"]
    if not isinstance(requests, int) or requests < question.days:
        return
    known = quality if isinstance(quality, float) else USUAL
    for stage in stages(requests / question.days, min(known, 0.99), DROP):
        yield (
            f"{stage.share:.0%} of the traffic for {stage.days:,} days: {stage.requests:,} answers of each "
            f"show whether quality falls by {DROP:.0%} or more (95 % sure, seen 4 times of 5)."
        )
