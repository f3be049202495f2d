"""What a provider says that was used and what it cost: its own exports, read.

OpenAI's usage and costs, Anthropic's usage and cost reports (pages of JSON as the APIs give them, or a list
of pages), and any CSV whose columns are named.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Any

from routergate.domain.errors import StatementUnusable
from routergate.domain.money import Nanos, nanos

FIELDS = ("day", "model", "requests", "input", "output", "cost")
"""What columns of a CSV can be named for."""
REMEDY = (
    "Give OpenAI's usage or costs, or Anthropic's usage or cost report, as JSON from their API; or a CSV "
    "with --columns."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One day and model. `None`: the file does not say."""

    day: date
    model: str | None = None
    """The provider's name; `None`: of all models."""
    requests: int | None = None
    input_tokens: int | None = None
    """All of them, cached or not."""
    output_tokens: int | None = None
    cost: Nanos | None = None

    def __add__(self, other: "Entry") -> "Entry":
        return Entry(
            day=self.day,
            model=self.model,
            requests=_sum(self.requests, other.requests),
            input_tokens=_sum(self.input_tokens, other.input_tokens),
            output_tokens=_sum(self.output_tokens, other.output_tokens),
            cost=None if (cost := _sum(self.cost, other.cost)) is None else Nanos(cost),
        )


def read(name: str, text: str, columns: Mapping[str, str]) -> list[Entry]:
    """The entries of a file; raises `StatementUnusable` with the place that is wrong and what to do.

    `columns` says under which head a CSV has each of `FIELDS`; a file that begins like JSON needs none.
    """
    if text.lstrip("\ufeff \n\r\t")[:1] not in ("{", "["):
        return list(_csv(name, text, columns))
    try:
        written = json.loads(text.lstrip("\ufeff"), parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise StatementUnusable(
            f"{name}:{error.lineno}: not JSON ({error.msg}). Export the file again."
        ) from error
    pages = written if isinstance(written, list) else [written]
    return [entry for number, page in enumerate(pages) for entry in _page(f"{name}: page {number + 1}", page)]


def by_model(entries: Iterable[Entry], rename: Callable[[str], str]) -> dict[tuple[date, str | None], Entry]:
    """The sums of each day and model, under our names for models."""
    found: dict[tuple[date, str | None], Entry] = {}
    for one in entries:
        key = one.day, None if one.model is None else rename(one.model)
        found[key] = found[key] + one if key in found else one
    return found


def without_date(model: str, known: Iterable[str]) -> str:
    """`gpt-4o-2024-08-06` as `gpt-4o`, if that is what is known, and the name with its date is not."""
    names = frozenset(known)
    short = re.sub(r"-(\d{4}-\d{2}-\d{2}|\d{8})$", "", model)
    return short if model not in names and short in names else model


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def _page(place: str, page: Any) -> Iterator[Entry]:
    """The buckets of one page; whose page it is shows in the buckets."""
    buckets = page.get("data") if isinstance(page, dict) else None
    if not isinstance(buckets, list):
        raise StatementUnusable(f"{place} has no list 'data'. {REMEDY}")
    for index, bucket in enumerate(buckets):
        here = f"{place}, data[{index}]"
        try:
            yield from _bucket(bucket)
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
            raise StatementUnusable(
                f"{here} is not what these APIs give ({_what(error)}). {REMEDY}"
            ) from error


def _what(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)[:100] or type(error).__name__


def _bucket(bucket: Mapping[str, Any]) -> Iterator[Entry]:
    if "start_time" in bucket:
        day = datetime.fromtimestamp(int(bucket["start_time"]), UTC).date()
        yield from (_openai(day, result) for result in bucket["results"])
    else:
        day = datetime.fromisoformat(bucket["starting_at"]).astimezone(UTC).date()
        yield from (_anthropic(day, result) for result in bucket["results"])


def _openai(day: date, result: Mapping[str, Any]) -> Entry:
    """Input has the cached tokens in it; a line item is `model, input` or the like."""
    if "amount" in result:
        item = result.get("line_item")
        model = item.rpartition(", ")[0] or item if item else None
        return Entry(day=day, model=model, cost=_dollars(result["amount"]))
    return Entry(
        day=day,
        model=result.get("model"),
        requests=_count(result.get("num_model_requests")),
        input_tokens=_count(result["input_tokens"]) + _count(result.get("input_audio_tokens")),
        output_tokens=_count(result.get("output_tokens")) + _count(result.get("output_audio_tokens")),
    )


def _dollars(amount: Mapping[str, Any]) -> Nanos:
    if str(amount["currency"]).lower() != "usd":
        raise ValueError(f"amounts in {amount['currency']}, not in USD")
    return nanos(Decimal(str(amount["value"])))


def _anthropic(day: date, result: Mapping[str, Any]) -> Entry:
    """Amounts are in cents."""
    if "amount" in result:
        cents = {"value": Decimal(str(result["amount"])) / 100, "currency": result["currency"]}
        return Entry(day=day, model=result.get("model") or result.get("cost_type"), cost=_dollars(cents))
    written = result.get("cache_creation") or {}
    read = (result["uncached_input_tokens"], result.get("cache_read_input_tokens"), *written.values())
    return Entry(
        day=day,
        model=result.get("model"),
        input_tokens=sum(map(_count, read)),
        output_tokens=_count(result["output_tokens"]),
    )


def _count(written: Any) -> int:
    """Counts that are not there are none."""
    if written is None:
        return 0
    if not isinstance(written, int) or written < 0:
        raise ValueError(f"{written!r} is no count")
    return written


def _csv(name: str, text: str, columns: Mapping[str, str]) -> Iterator[Entry]:
    lines = csv.DictReader(StringIO(text.lstrip("\ufeff"), newline=""))
    _named(name, columns, lines.fieldnames or ())
    for row in lines:
        try:
            yield _entry({field: (row[head] or "").strip() for field, head in columns.items()})
        except (ValueError, InvalidOperation) as error:
            said = "not a number" if isinstance(error, InvalidOperation) else str(error)
            raise StatementUnusable(
                f"{name}:{lines.line_num}: {said}. Put the line right, or name other columns with --columns."
            ) from error


def _named(name: str, columns: Mapping[str, str], heads: Sequence[str]) -> None:
    there = ", ".join(heads) or "nothing"
    if "day" not in columns:
        raise StatementUnusable(
            f"{name}:1: which columns have what? It has {there}. Name them, such as "
            "--columns day=Date,model=Model,input=Input,output=Output,cost=Cost."
        )
    if missing := [head for head in columns.values() if head not in heads]:
        raise StatementUnusable(f"{name}:1: has no column {missing[0]!r}; it has {there}. Name another one.")


def _entry(row: Mapping[str, str]) -> Entry:
    cost = row.get("cost")
    return Entry(
        day=date.fromisoformat(row["day"][:10]),
        model=row.get("model") or None,
        requests=_number(row.get("requests")),
        input_tokens=_number(row.get("input")),
        output_tokens=_number(row.get("output")),
        cost=nanos(Decimal(cost.lstrip("$").replace(",", ""))) if cost else None,
    )


def _number(text: str | None) -> int | None:
    return int(text.replace(",", "")) if text else None
