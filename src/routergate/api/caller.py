"""What a request's headers and metadata say: who pays for it, and what is asked of the router."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from routergate.api.wire import Metadata, Said, read_chat
from routergate.deciding import Call
from routergate.domain.errors import Forbidden, InvalidRequest
from routergate.domain.format import Format
from routergate.domain.identity import Attribution, Identity, Wishes
from routergate.domain.money import nanos
from routergate.domain.request import ChatRequest
from routergate.domain.turn import Priority

LONGEST, MOST_TAGS = 256, 32
NOTHING: Final = Said()

Reader: TypeAlias = Callable[[bytes], tuple[ChatRequest, Said]]
"""What makes a request of a body, for one format; raises `InvalidRequest` naming the place."""

PASSED_ON: Final[Mapping[Format, tuple[str, ...]]] = {
    Format.MESSAGES: ("anthropic-version", "anthropic-beta"),
}
"""Headers that are a part of the format and go along to the provider."""
KEPT_BACK: Final = frozenset({"models", "fallbacks"})
"""Parameters that are the gateway's, and that providers would stumble over."""


def read_call(identity: Identity, headers: Mapping[str, str], body: bytes, read: Reader = read_chat) -> Call:
    """Body and headers of a request; raises `ClientError` naming the place."""
    request, said = read(body)
    return Call(
        request=_passed_on(request, headers),
        attribution=attribution(identity, headers, said),
        wishes=wishes(headers, said),
    )


def _passed_on(request: ChatRequest, headers: Mapping[str, str]) -> ChatRequest:
    """The request without what is the gateway's own, with the headers that belong to its format."""
    names, payload = PASSED_ON.get(request.format, ()), request.payload
    if not names and "model" in payload and KEPT_BACK.isdisjoint(payload):
        return request
    left = {name: value for name, value in payload.items() if name not in KEPT_BACK}
    passed_on = {name: headers[name] for name in names if name in headers}
    return replace(request, headers=passed_on, payload={**left, "model": request.model})


def attribution(identity: Identity, headers: Mapping[str, str], asker: Said) -> Attribution:
    """On whose account a request goes. Headers come before metadata, the key's own values before both."""
    said = asker.metadata or Metadata()
    customer = headers.get("x-routergate-customer") or headers.get("x-litellm-end-user-id") or said.customer
    feature = headers.get("x-routergate-feature") or said.feature
    return Attribution(
        identity=identity,
        customer=_pinned("customer", identity.customer, customer)
        or _short("user", asker.user or said.user_id),
        feature=_pinned("feature", identity.feature, feature),
        session=_short("session", headers.get("x-routergate-session") or said.session),
        tags=_tags(headers, said),
    )


def wishes(headers: Mapping[str, str], said: Said = NOTHING) -> Wishes:
    """What the caller asks of the router."""
    quality = _number(headers, "x-routergate-quality")
    max_cost = _number(headers, "x-routergate-max-cost-usd")
    kept = _kept(headers)
    if quality is not None and quality > 1:
        raise InvalidRequest("x-routergate-quality is a number from 0 to 1.", param="x-routergate-quality")
    return Wishes(
        quality=None if quality is None else float(quality),
        max_cost=None if max_cost is None else nanos(max_cost),
        priority=_priority(headers, "x-routergate-priority"),
        route=_switch(headers, "x-routergate-route"),
        fallbacks=said.listed()[1:],
        fresh="refresh" in kept or "no-cache" in kept,
        unkept="no-store" in kept,
    )


def key_of(headers: Mapping[str, str]) -> str | None:
    """The key that a request carries, if it carries one, as a bearer or in Anthropic's way."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    given = token if scheme.lower() == "bearer" else headers.get("x-api-key", "")
    return given.strip() or None


def _pinned(name: str, pinned: str | None, asked: str | None) -> str | None:
    if pinned is not None and asked not in {None, "", pinned}:
        raise Forbidden(f"This key belongs to one {name} and may not name another.", param=name)
    return pinned if pinned is not None else _short(name, asked)


def _short(name: str, value: str | None) -> str | None:
    """A label that can be stored and shown: not too long, in one line."""
    if value is not None and (len(value) > LONGEST or not value.isprintable()):
        raise InvalidRequest(f"'{name}' takes at most {LONGEST} printable characters.", param=name)
    return value or None


def _tags(headers: Mapping[str, str], said: Metadata) -> tuple[str, ...]:
    listed = headers.get("x-routergate-tags") or headers.get("x-litellm-tags") or said.tags or []
    tags = [tag.strip() for tag in listed.split(",")] if isinstance(listed, str) else listed
    if len(tags) > MOST_TAGS:
        raise InvalidRequest(f"A request takes at most {MOST_TAGS} tags.", param="tags")
    return tuple(tag for tag in tags if _short("tags", tag))


def _number(headers: Mapping[str, str], name: str) -> Decimal | None:
    text = headers.get(name)
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0 or value > 1_000_000:
        raise InvalidRequest(f"{name} is a number that is not negative.", param=name)
    return value


def _kept(headers: Mapping[str, str]) -> frozenset[str]:
    """What the caller says of kept answers, in our words or, without them, in HTTP's."""
    if (said := headers.get("x-routergate-cache", "").lower()) in {"no-store", "refresh"}:
        return frozenset({said})
    if "x-routergate-cache" in headers:
        raise InvalidRequest("x-routergate-cache is 'no-store' or 'refresh'.", param="x-routergate-cache")
    return frozenset(word.strip() for word in headers.get("cache-control", "").lower().split(","))


def _priority(headers: Mapping[str, str], name: str) -> Priority | None:
    text = headers.get(name, "").lower()
    if text and text not in set(Priority):
        raise InvalidRequest(f"{name} takes one of {', '.join(Priority)}.", param=name)
    return Priority(text) if text else None


def _switch(headers: Mapping[str, str], name: str) -> bool:
    text = headers.get(name, "on").lower()
    if text not in {"on", "off"}:
        raise InvalidRequest(f"{name} is 'on' or 'off'.", param=name)
    return text == "on"
