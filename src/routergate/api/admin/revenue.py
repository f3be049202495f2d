"""What features and customers earned."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from routergate.api.admin.door import OPERATOR, office
from routergate.api.chat import json_body
from routergate.api.items import MOST_ITEMS, one_or_many
from routergate.api.wire import decoded
from routergate.domain.errors import InvalidRequest
from routergate.domain.money import nanos, usd_text
from routergate.domain.revenue import Earned

MOST_USD = 9_000_000
"""In one posting: what can be added up exactly."""
MOST_DAYS = 5_000
"""Of all postings in one request together; each is a row."""
YEARS = range(2000, 2100)
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]*$")]
Name = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]*$")]


class Item(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An amount that a feature or a customer earned, on a day or over days."""

    id: Annotated[str, Meta(min_length=1, max_length=64, pattern="^[!-~]*$")]
    usd: Decimal
    feature: Name | None = None
    customer: Name | None = None
    day: date | None = None
    since: date | None = None
    until: date | None = None
    note: Word | None = None


class One(Item, forbid_unknown_fields=True, kw_only=True):
    """One of them, and whose it is."""

    organisation: Name


class Many(msgspec.Struct, forbid_unknown_fields=True):
    """Several of one organisation."""

    organisation: Name
    items: Annotated[list[Item], Meta(min_length=1, max_length=MOST_ITEMS)]


_read: Final = one_or_many(One, Many)


async def post(request: web.Request) -> web.Response:
    """All of it is taken down, or none; what was posted before counts once."""
    read = decoded(await json_body(request), _read)
    posted = list(map(_earned, read.items if isinstance(read, Many) else [read]))
    _check(posted)
    at = office(request)
    usd = usd_text(sum(one.amount for one in posted))
    await at.audit.note(
        request[OPERATOR].by, "post revenue", read.organisation, usd={"from": None, "to": usd}
    )
    known = await at.revenue(read.organisation, posted)
    return web.json_response({"accepted": len(posted), "known": known}, status=202)


def _earned(item: Item) -> Earned:
    if item.feature is None and item.customer is None:
        raise _refused(item, "names neither a feature nor a customer; say who earned it", "feature")
    first, last = _days(item)
    if item.usd.is_nan() or abs(item.usd) > MOST_USD:
        raise _refused(item, f"is of more than {MOST_USD:,} USD, or of no amount; post it in parts", "usd")
    if item.usd != item.usd.quantize(Decimal("1e-9")):
        raise _refused(item, "has more than nine decimals; a nano-dollar is the least there is", "usd")
    names: dict[str, Any] = {"feature": item.feature, "customer": item.customer, "note": item.note}
    return Earned(id=item.id, amount=nanos(item.usd), first=first, last=last, **names)


def _days(item: Item) -> tuple[date, date]:
    first, last = item.day or item.since, item.day or item.until
    if first is None or last is None or (item.day and (item.since or item.until)):
        raise _refused(item, "gives either 'day', or both 'since' and 'until'", "day")
    if first > last:
        raise _refused(item, "ends before it begins", "until")
    if first.year not in YEARS or last.year not in YEARS:
        raise _refused(item, f"is of a year before {YEARS.start} or after {YEARS.stop - 1}", "day")
    return first, last


def _check(posted: Sequence[Earned]) -> None:
    [(name, times)] = Counter(one.id for one in posted).most_common(1)
    if times > 1:
        raise InvalidRequest(f"The id '{name}' is there {times} times; each posting has its own.", param="id")
    if (days := sum(one.days for one in posted)) > MOST_DAYS:
        raise InvalidRequest(
            f"The postings are of {days:,} days, and {MOST_DAYS:,} are the most; send them in portions.",
            param="items",
        )


def _refused(item: Item, what: str, param: str) -> InvalidRequest:
    return InvalidRequest(f"The revenue '{item.id}' {what}.", param=param)
