"""What stands beside an exported set: what it is made of, and what it is not good for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import mean
from typing import Final

from routergate.capture.dataset import Dataset, Example

CAUTIONS: Final = """\
Near-duplicates (four fifths of their three-word shingles in common) are there once, except in pairs and
traces. Questions that have half of them in common, and all questions of one customer or session, are on one
side of the split.

It is a sample of what callers asked on these routes, after redaction: what the redaction does not know is
still there. Keep and delete it as the texts that it is made of; forgetting a customer does not reach it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a set was made."""

    kind: str
    command: str
    on: date
    rows: Mapping[str, int]
    """By file."""


def card(found: Dataset, made: Made) -> str:
    """In Markdown. It has no text of a request."""
    whole = [*found.train, *found.test]
    return "\n".join(
        [
            f"# Data card: {made.kind}",
            "",
            f"Made on {made.on} from captured traffic by `{made.command}`.",
            "",
            _table("file", "rows", made.rows),
            _span(whole),
            "",
            _table("task", "examples", Counter(one.record.task for one in whole)),
            _table("model that answered", "examples", Counter(one.record.model for one in whole)),
            _table("left out", "requests", found.left_out),
            f"Ratings: {_ratings(whole)}.",
            "",
            CAUTIONS,
            "",
        ]
    )


def _table(name: str, count: str, rows: Mapping[str, int]) -> str:
    shown = {key: value for key, value in rows.items() if value or name == "file"}
    lines = [f"| {key} | {value:,} |" for key, value in sorted(shown.items())]
    return "\n".join([f"| {name} | {count} |", "|---|--:|", *lines, ""])


def _span(examples: Sequence[Example]) -> str:
    if not examples:
        return "Nothing fits."
    first, last = min(one.record.at for one in examples), max(one.record.at for one in examples)
    return f"From {_day(first)} to {_day(last)}, of {_customers(examples)} customers."


def _day(at: int) -> date:
    return datetime.fromtimestamp(at / 1e9, UTC).date()


def _customers(examples: Sequence[Example]) -> str:
    known = {(one.record.organisation, one.record.customer) for one in examples if one.record.customer}
    return f"{len(known):,} known"


def _ratings(examples: Sequence[Example]) -> str:
    known = [one.rating for one in examples if one.rating is not None]
    return (
        f"{len(known):,} examples are rated, {mean(known):.2f} on average" if known else "no example is rated"
    )
