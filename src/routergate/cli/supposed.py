"""What is supposed of a model, in options: its rates and its powers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from routergate.domain.model import ModelCard, RateCard


def amount(ctx: click.Context, param: click.Parameter, value: str | None) -> Decimal | None:
    """An exact number, not below zero."""
    if value is None:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise click.BadParameter(f"{value!r} is no number", ctx, param) from None
    if not number.is_finite() or number < 0:
        raise click.BadParameter(f"{value} is not a number from zero on", ctx, param)
    return number


SHARE = click.FloatRange(0, 1)
_RATES = (
    click.option(
        "--input", "rate_in", callback=amount, metavar="USD", help="Per million tokens that are read."
    ),
    click.option(
        "--output", "rate_out", callback=amount, metavar="USD", help="Per million tokens that are written."
    ),
    click.option("--cache-read", callback=amount, metavar="USD", help="Per million tokens from a cache."),
)


def rates(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what a model costs."""
    for option in reversed(_RATES):
        command = option(command)
    return command


def new_rates(
    model: str, now: "RateCard | None", change: float | None, written: Mapping[str, Decimal | None]
) -> "RateCard":
    """The rates of now, changed as it is said."""
    from routergate.economics.revised import revised

    if now is None:
        return _unheard_of(model, written)
    if change is not None:
        return revised(now, 1 + Decimal(repr(change)) / 100)
    told: dict[str, Any] = {_FIELDS[name]: rate for name, rate in written.items() if rate is not None}
    if not told:
        raise click.UsageError("Say what it would cost: --input, --output, --cache-read, or --change.")
    return replace(now, context_tiers=(), service_tiers={}, **told)


_FIELDS = {"rate_in": "input", "rate_out": "output", "cache_read": "cache_read"}


def _unheard_of(model: str, written: Mapping[str, Any]) -> "RateCard":
    from routergate.domain.model import RateCard

    if written.get("rate_in") is None or written.get("rate_out") is None:
        raise click.UsageError(f"Nobody knows what {model} costs; say it with --input and --output.")
    return RateCard(
        start=date.min,
        input=written["rate_in"],
        output=written["rate_out"],
        cache_read=written.get("cache_read"),
    )


def newcomer(name: str, written: Mapping[str, Any]) -> "ModelCard":
    """A card of what the options say."""
    from routergate.domain.model import (
        Capability,
        Category,
        ModelCard,
        ModelClass,
        ModelId,
        ProviderId,
        TaskId,
    )

    try:
        return ModelCard(
            id=ModelId(name),
            provider=ProviderId("new"),
            upstream=name,
            model_class=ModelClass.ECONOMY,
            category=Category.COMMERCIAL_SMALL,
            capabilities=frozenset(
                Capability(need.strip()) for need in written["needs"].split(",") if need.strip()
            ),
            context_tokens=written["context_tokens"],
            prices=(_unheard_of(name, written),),
            serves=frozenset(map(TaskId, written["serves"])),
            quality=dict(map(_quality, written["quality"])),
        )
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None


def _quality(text: str) -> tuple[str, float]:
    task, equals, value = text.rpartition("=")
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"a quality is a probability, 0 to 1, not {value}")
    return (task if equals else "default"), number
