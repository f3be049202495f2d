"""What a key may be told to stand for, checked before it is stored."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from routergate.accounts.keys import KeyBudget
from routergate.domain.budget import LARGEST_LIMIT, Window
from routergate.domain.errors import InvalidRequest
from routergate.domain.identity import network
from routergate.domain.model import ModelClass
from routergate.domain.money import nanos, usd
from routergate.domain.turn import Priority

LONGEST_NAME = 128


def check_name(param: str, text: str) -> None:
    """Raise `InvalidRequest` unless `text` can be a name."""
    if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise InvalidRequest(f"{param} must be 1 to {LONGEST_NAME} printable characters", param=param)


def check_organisation(text: str) -> None:
    """The same, without the braces that hold an organisation's keys together in a Redis Cluster."""
    check_name("organisation", text)
    if "{" in text or "}" in text:
        raise InvalidRequest("organisation cannot contain braces", param="organisation")


def names(param: str, written: Iterable[str] | None) -> tuple[str, ...] | None:
    """Names, each once and in order; `None` stays so."""
    if written is None:
        return None
    for text in written:
        check_name(param, text)
    return tuple(sorted(set(written)))


def classes(written: Iterable[str] | None) -> tuple[ModelClass, ...] | None:
    """Classes of models; `None` stays so."""
    if (found := _some("classes", written)) is None:
        return None
    try:
        return tuple(map(ModelClass, found))
    except ValueError:
        raise InvalidRequest(f"classes takes any of {', '.join(ModelClass)}", param="classes") from None


def regions(written: Iterable[str] | None) -> tuple[str, ...] | None:
    """Names of regions; `None` stays so."""
    return names("regions", _some("regions", written))


def ips(written: Iterable[str] | None) -> tuple[str, ...] | None:
    """Addresses and networks; `None` stays so."""
    if (found := _some("ips", written)) is None:
        return None
    try:
        return tuple(str(network(text)) for text in found)
    except ValueError as refusal:
        raise InvalidRequest(f"ips: {refusal}", param="ips") from None


def priority(written: str | None) -> Priority | None:
    """A priority; `None` stays so."""
    if written is None or written in set(Priority):
        return None if written is None else Priority(written)
    raise InvalidRequest(f"priority takes one of {', '.join(Priority)}", param="priority")


def budget(amount: str | None, window: str | None, *, strict: bool) -> KeyBudget | None:
    """What a key may spend in a window, a month by default; `None` without an amount."""
    if amount is None:
        if window is not None or strict:
            raise InvalidRequest("A budget needs its amount in USD: give budget_usd.", param="budget_usd")
        return None
    try:
        chosen = Window(window or Window.MONTH)
    except ValueError:
        raise InvalidRequest(f"window takes one of {', '.join(Window)}", param="window") from None
    return KeyBudget(nanos=_nanos(amount), window=chosen, strict=strict)


def _nanos(amount: str) -> int:
    """USD as written, exact."""
    try:
        written = Decimal(amount)
    except InvalidOperation:
        written = Decimal(-1)
    if not written.is_finite() or not 0 <= written <= usd(LARGEST_LIMIT) or usd(nanos(written)) != written:
        raise InvalidRequest(
            "budget_usd takes an amount such as 20 or 0.50: up to 9 million, to the nano-dollar",
            param="budget_usd",
        )
    return nanos(written)


def _some(param: str, written: Iterable[str] | None) -> tuple[str, ...] | None:
    """An empty list would shut everyone out; whoever writes one hardly means that."""
    if written is None:
        return None
    if not (found := tuple(sorted(set(written)))):
        raise InvalidRequest(f"{param} is empty: name at least one, or leave it out", param=param)
    return found
