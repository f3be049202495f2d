"""What if a route promised more quality, or less?"""

from collections.abc import Mapping

import ibis
from ibis import Table

from routergate.domain.decision import RoutePolicy
from routergate.domain.model import ModelCard
from routergate.reporting.question import Question
from routergate.reporting.report import Report
from routergate.reporting.whatif.change import Supposed, compared
from routergate.reporting.whatif.choice import as_written, chosen, eligible
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
    return compared(supposed, question)
