"""`/v1/feedback`: what callers say of answers, one by one or many at a time."""

from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from routergate.api.caller import key_of
from routergate.api.chat import json_body
from routergate.api.items import MOST_ITEMS, one_or_many
from routergate.api.services import SERVICES
from routergate.api.wire import decoded
from routergate.domain.errors import InvalidRequest
from routergate.domain.feedback import Feedback

THUMBS: Final = {"up": 1.0, "down": 0.0}
Share = Annotated[float, Meta(ge=0, le=1)]
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Item(msgspec.Struct, forbid_unknown_fields=True):
    """What is said of one answer: a rating or a thumb."""

    decision_id: Annotated[str, Meta(min_length=1, max_length=64, pattern="^[!-~]*$")]
    rating: Share | None = None
    thumbs: Literal["up", "down"] | None = None
    source: Word = "user"
    weight: Annotated[float, Meta(gt=0, le=100)] = 1.0
    outcome: Word | None = None


class Many(msgspec.Struct, forbid_unknown_fields=True):
    """The same of several."""

    items: Annotated[list[Item], Meta(min_length=1, max_length=MOST_ITEMS)]


_read: Final = one_or_many(Item, Many)


async def feedback(request: web.Request) -> web.Response:
    """All of it is taken down, or none."""
    services = request.app[SERVICES]
    caller = await services.gateway().keyring.identify(key_of(request.headers), request.remote)
    read = decoded(await json_body(request), _read)
    said = list(map(_feedback, read.items if isinstance(read, Many) else [read]))
    await services.feedback(caller, said)
    return web.json_response({"accepted": len(said)}, status=202)


def _feedback(item: Item) -> Feedback:
    if (item.rating is None) == (item.thumbs is None):
        raise InvalidRequest("Give either 'rating' (0 to 1) or 'thumbs' (up or down).", param="rating")
    return Feedback(
        decision=item.decision_id,
        rating=THUMBS[item.thumbs] if item.thumbs else float(item.rating or 0),
        source=item.source,
        weight=item.weight,
        outcome=item.outcome,
    )
