"""Commands that ask what recorded traffic would have cost if something had been otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routergate.cli.asking import Asked, asking
from routergate.cli.common import CONFIG, settings
from routergate.cli.supposed import SHARE, amount, new_rates, newcomer, rates
from routergate.config.settings import environment

if TYPE_CHECKING:
    from routergate.config.spec import Config
    from routergate.domain.decision import RoutePolicy
    from routergate.domain.model import ModelCard


@click.group()
def whatif() -> None:
    """What recorded traffic would have cost with other prices, models, thresholds.

    No prompts are needed: the ledger has what each request was decided on.

    \b
    Examples:
      routergate whatif price gpt-4o --change -20
    """


@whatif.command("price")
@click.argument("model")
@rates
@click.option("--change", type=click.FloatRange(min=-100), help="Per cent, of all rates: -20.")
@click.option("--reroute", is_flag=True, help="Decide requests again, by the new price.")
@CONFIG
@asking(by="feature")
def whatif_price(
    asked: Asked,
    model: str,
    change: float | None,
    reroute: bool,
    config: Path | None,
    **written: Decimal | None,
) -> None:
    """MODEL at other rates.

    \b
    Examples:
      routergate whatif price gpt-4o --input 2.00 --output 8.00 --reroute
      routergate whatif price gpt-4o --change -20
    """
    from routergate.reporting.whatif.price import NewPrice, priced_anew

    found = _configured(config)
    card = _card(found, model)
    models, routes = _named(found.catalogue.models), found.catalogue.routes
    now = card.rates(asked.question.until)
    it = NewPrice(card=card, rates=new_rates(model, now, change, written), routes=routes if reroute else None)
    asked.answer(lambda rows, question: priced_anew(rows, question, it, models))


@whatif.command("threshold")
@click.option("--route", required=True, help="The route whose promise changes.")
@click.option("--to", "threshold", required=True, type=SHARE, help="The quality that it would promise.")
@CONFIG
@asking(by="feature")
def whatif_threshold(asked: Asked, route: str, threshold: float, config: Path | None) -> None:
    """A route that promises more quality, or less.

    \b
    Examples:
      routergate whatif threshold --route auto --to 0.9
    """
    from routergate.reporting.whatif.threshold import at_threshold

    found = _configured(config)
    policy, models = _policy(found, route), _named(found.catalogue.models)
    asked.answer(lambda rows, question: at_threshold(rows, question, policy, threshold, models))


@whatif.command("model")
@click.argument("name")
@click.option("--route", required=True, help="The route that would have it as a candidate.")
@rates
@click.option("--quality", multiple=True, help="Such as 0.9, or code=0.8; again for more tasks.")
@click.option("--serves", multiple=True, help="A task; it takes no others. Again for more.")
@click.option("--context-tokens", type=int, default=128_000, show_default=True, help="That it has room for.")
@click.option(
    "--needs", default="tools,vision,json_mode,json_schema", show_default=True, help="What it can do."
)
@CONFIG
@asking(by="feature")
def whatif_model(asked: Asked, name: str, route: str, config: Path | None, **written: Any) -> None:
    """One candidate more: NAME of the configuration, or a new one with prices and a quality.

    \b
    Examples:
      routergate whatif model nova --route auto --input 0.10 --output 0.40 --quality 0.9 --quality code=0.8
    """
    from routergate.classify.artifact import builtin
    from routergate.reporting.whatif.model import Newcomer, with_model

    found = _configured(config)
    policy, models = _policy(found, route), _named(found.catalogue.models)
    card = models[name] if name in models else newcomer(name, written)
    artifact = found.artifact or builtin()
    it = Newcomer(
        card=card, policy=policy, usual=float(artifact.panel[-1]), residual=float(artifact.calibration[1])
    )
    asked.answer(lambda rows, question: with_model(rows, question, it, models))


@whatif.command("migrate")
@click.option("--feature", help="Only its traffic. [default: all]")
@click.option("--from", "source", required=True, help="The model that answers now.")
@click.option("--to", "target", required=True, help="The model that would.")
@click.option("--ratio", type=click.FloatRange(min=0.01), help="Tokens, for one of now. [default: measured]")
@CONFIG
@asking(by="feature")
def whatif_migrate(
    asked: Asked, feature: str | None, source: str, target: str, ratio: float | None, config: Path | None
) -> None:
    """Traffic of one model on another one, with its tokenizer, and in which steps to move it.

    \b
    Examples:
      routergate whatif migrate --feature search --from gpt-4o --to contracts-7b
    """
    from routergate.reporting.question import Condition, Dimension
    from routergate.reporting.whatif.migrate import Move, migrated

    it = Move(source=source, target=_card(_configured(config), target), ratio=ratio)
    if feature is not None:
        chosen = (*asked.question.where, Condition(Dimension.FEATURE, feature))
        asked = replace(asked, question=replace(asked.question, where=chosen))
    asked.answer(lambda rows, question: migrated(rows, question, it))


@whatif.command("breakeven")
@click.option("--model", required=True, help="The own model, with its asset in the configuration.")
@click.option("--decline", type=SHARE, default=0.03, show_default=True, help="Of API prices, a month.")
@CONFIG
@asking(by="task")
def whatif_breakeven(asked: Asked, model: str, decline: float, config: Path | None) -> None:
    """An own model against what is bought: from when on it pays, and if things turn out otherwise.

    \b
    Examples:
      routergate whatif breakeven --model contracts-7b --where task=contract-review
    """
    from routergate.reporting.whatif.breakeven import Own, weighed

    card = _own(_configured(config), model)
    it = Own(card=card, decline=Decimal(repr(decline)))
    asked.answer(lambda rows, question: weighed(rows, question, it))


@whatif.command("retrain")
@click.option("--model", required=True, help="The own model, with its asset in the configuration.")
@click.option("--every", type=click.IntRange(1, 120), required=True, help="Months from training to training.")
@click.option(
    "--cost", callback=amount, metavar="USD", help="Of one. [default: maintenance.retraining of the asset]"
)
@click.option("--decay", type=SHARE, help="The share of traffic that it loses a month. [default: measured]")
@CONFIG
@asking(by="feature")
def whatif_retrain(
    asked: Asked, model: str, every: int, cost: Decimal | None, decay: float | None, config: Path | None
) -> None:
    """An own model that is trained anew more often, or less.

    \b
    Examples:
      routergate whatif retrain --model contracts-7b --every 3
    """
    from routergate.reporting.whatif.retrain import Cadence, TrendUnknown, retrained

    card = _own(_configured(config), model)
    upkeep = card.asset.maintenance if card.asset else None
    price = cost if cost is not None else (upkeep.retraining if upkeep else Decimal(0))
    if not price:
        raise click.UsageError(f"Nobody has said what training {model} costs; say it with --cost.")
    it = Cadence(
        card=card,
        now=upkeep.retraining_months if upkeep else 12,
        then=every,
        cost=price,
        decay=None if decay is None else Decimal(repr(decay)),
    )
    try:
        asked.answer(lambda rows, question: retrained(rows, question, it))
    except TrendUnknown as error:
        raise click.UsageError(str(error)) from None


def _configured(config: Path | None) -> "Config":
    from routergate.config.load import load

    return load(settings(config).config, environment())


def _named(models: Mapping[Any, "ModelCard"]) -> dict[str, "ModelCard"]:
    return {str(name): card for name, card in models.items()}


def _card(config: "Config", model: str) -> "ModelCard":
    from routergate.config.findings import hint

    models = _named(config.catalogue.models)
    if model not in models:
        raise click.UsageError(f"No model is called '{model}'{hint(model, models)}.")
    return models[model]


def _own(config: "Config", model: str) -> "ModelCard":
    card = _card(config, model)
    if card.asset is None:
        raise click.UsageError(f"{model} has no fixed costs; declare models.{model}.asset in {config.path}.")
    return card


def _policy(config: "Config", route: str) -> "RoutePolicy":
    from routergate.config.findings import hint

    routes = config.catalogue.routes
    if route not in routes:
        raise click.UsageError(f"No route is called '{route}'{hint(route, routes)}.")
    return routes[route]
