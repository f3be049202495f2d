"""What if a route promised more quality, or less?"""

from collections.abc import Mapping
from dataclasses import replace

import ibis
from ibis import Table

from routergate.domain.decision import RoutePolicy
from routergate.domain.model import ModelCard
from routergate.reporting.question import Question
from routergate.reporting.report import Report
from routergate.reporting.rows import asked, requests
from routergate.reporting.whatif.change import Supposed, compared
from routergate.reporting.whatif.choice import NO, as_written, chosen, decidable, eligible
from routergate.reporting.whatif.moved import LENGTHS, moved


def at_threshold(
    rows: Table, question: Question, policy: RoutePolicy, threshold: float, models: Mapping[str, ModelCard]
) -> Report:
    """The traffic of a route at another threshold, for every task the same."""
    rows = rows.filter(rows.route == policy.id)
    picked = chosen(rows, eligible(rows), policy, ibis.literal(threshold), as_written(policy))
    supposed = Supposed(
        title=f"If {policy.id} promised {threshold:g}",
        rows=moved(rows, picked, models),
        assumptions=(LENGTHS, "The threshold is for every task and caller, in place of a calibration's too."),
        quality=True,
    )
    return with_undecided(compared(supposed, question), asked(rows, question))


def with_undecided(report: Report, rows: Table) -> Report:
    """The report, which says how many requests could not be decided again."""
    found = rows.agg(left=requests(rows, ~decidable(rows).fill_null(NO))).to_pyarrow().to_pylist()
    left = found[0]["left"]
    why = "chance decided, or nobody wrote down on what they were decided"
    note = f"{left:,} requests stay as they were: {why}."
    return replace(report, notes=(*report.notes, note)) if left else report
