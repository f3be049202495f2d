"""Commands about models: whether a new one can stand in for another."""

import asyncio
import json
from dataclasses import asdict
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routergate.cli.common import AS_JSON, CONFIG, settings, show
from routergate.cli.comparing import Terms, compare
from routergate.cli.supposed import amount
from routergate.config.settings import environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from routergate.config.spec import Config
    from routergate.domain.decision import RoutePolicy
    from routergate.domain.money import Nanos
    from routergate.evaluation.proposal import Proposal
    from routergate.evaluation.questions import Question
    from routergate.evaluation.standin import StandIn

FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
OUT = click.Path(dir_okay=False, writable=True, path_type=Path)
SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.group()
def models() -> None:
    """Measure whether a new model can stand in for another.

    \b
    Examples:
      routergate models evaluate contracts-7b --against gpt-4o --data reviews.jsonl --max-usd 5
    """


@models.command("evaluate")
@click.argument("new")
@click.option("--against", "base", required=True, help="The model that it is to stand in for.")
@click.option(
    "--data", required=True, multiple=True, type=FILE, help="Questions; may be given several times."
)
@click.option("--route", help="Where it is to answer. [default: the one route with this baseline]")
@click.option("--judge", help="The model that compares answers to questions without a check.")
@click.option("--rubric", type=FILE, help="What the judge is to look at, as text.")
@click.option("--concurrency", default=8, show_default=True, type=click.IntRange(1, 256))
@click.option("--max-output-tokens", default=2048, show_default=True, type=click.IntRange(min=1))
@click.option("--max-usd", callback=amount, metavar="USD", help="What all calls together may cost.")
@click.option("--yes", is_flag=True, help="Do not ask before money is spent.")
@click.option("--confidence", default=0.95, show_default=True, type=SHARE, help="Of the intervals.")
@click.option("--done", type=OUT, help="Where results are kept, to go on from. [default: beside the data]")
@click.option("--out", type=OUT, help="Where the changes to the configuration go. [default: standard output]")
@CONFIG
@AS_JSON
def models_evaluate(
    *,
    new: str,
    base: str,
    data: tuple[Path, ...],
    route: str | None,
    judge: str | None,
    rubric: Path | None,
    concurrency: int,
    max_output_tokens: int,
    max_usd: Decimal | None,
    yes: bool,
    confidence: float,
    done: Path | None,
    out: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Ask NEW and another model the same questions, and say on which tasks NEW will do.

    A line of a data file is {"id", "prompt" or "messages", "task", "check"}: see docs/onboarding.md.
    The cost is told first. Run the same command again to go on where it stopped.

    \b
    Examples:
      routergate models evaluate contracts-7b --against gpt-4o --data reviews.jsonl --max-usd 5
    """
    from routergate.config.load import load
    from routergate.domain.money import nanos
    from routergate.evaluation.proposal import proposal
    from routergate.evaluation.questions import questions
    from routergate.evaluation.referee import RUBRIC
    from routergate.evaluation.standin import stand_ins
    from routergate.evaluation.worksheet import Worksheet, beside

    loaded = load(settings(config).config, environment(), calibrated=False)
    policy = _route(loaded, route, base)
    _known(loaded, new, base, *([judge] if judge else []))
    asked = questions(data)
    _judged(asked, judge)
    words = rubric.read_text(encoding="utf-8") if rubric else RUBRIC
    sheet = Worksheet(
        path=done or beside(data[0], new, base),
        setting=_setting(loaded, new, base, judge, words, str(max_output_tokens)),
    )
    terms = Terms(
        limit=None if max_usd is None else nanos(max_usd),
        agreed=yes,
        at_once=concurrency,
        most_output=max_output_tokens,
    )
    compared, notes = asyncio.run(compare(loaded, (new, base, judge, words), asked, sheet, terms))
    found = stand_ins(compared, confidence)
    if not found:
        raise click.ClickException("Nothing could be compared: " + "; ".join(notes or ("no answer came",)))
    serves = loaded.catalogue.models[new].serves  # type: ignore[index]  # it is known
    meant = proposal(policy, new, found, sorted(serves))
    if as_json:
        click.echo(json.dumps(_plain(found, meant, notes), indent=2))
    else:
        show(_table(found, new, base), *_words(meant), *notes)
    _propose(meant, out, quiet=as_json)


def _route(config: "Config", route: str | None, base: str) -> "RoutePolicy":
    from routergate.config.findings import hint

    routes = config.catalogue.routes
    if route is not None:
        if route not in routes:
            raise click.UsageError(f"No route is called '{route}'{hint(route, routes)}.")
        return routes[route]
    fitting = [policy for policy in routes.values() if policy.baseline == base]
    if len(fitting) != 1:
        raise click.UsageError(f"{len(fitting)} routes have the baseline '{base}': name one with --route.")
    return fitting[0]


def _known(config: "Config", *names: str) -> None:
    from routergate.config.findings import hint

    for name in names:
        if name not in config.catalogue.models:
            raise click.UsageError(f"No model is called '{name}'{hint(name, config.catalogue.models)}.")


def _judged(asked: "Sequence[Question]", judge: str | None) -> None:
    open_ = sum(question.check is None for question in asked)
    if open_ and judge is None:
        raise click.UsageError(f"{open_:,} questions have no 'check': name a model with --judge to compare.")


def _setting(config: "Config", new: str, base: str, judge: str | None, *rest: str) -> str:
    """The models as their providers call them: another version is another model."""
    cards = [config.catalogue.models[name] for name in (new, base, judge) if name]  # type: ignore[index]  # known
    named = [f"{card.id}={card.provider}/{card.upstream}" for card in cards]
    return sha256("\n".join([*named, *rest]).encode()).hexdigest()[:16]


def _table(found: "Mapping[str, StandIn]", new: str, base: str) -> "Table":
    from rich.table import Table

    table = Table("task", "compared")
    for name in (f"share of {base}'s quality", new, base, "USD each", "seconds (half, 95 %)", "refused"):
        table.add_column(name, justify="right")
    for one in found.values():
        table.add_row(
            one.task,
            f"{one.share.count:,}",
            _interval(one.share),
            _interval(one.quality),
            _interval(one.reference),
            f"{_cost(one.new.mean)} / {_cost(one.base.mean)}",
            f"{_times(one.new)} / {_times(one.base)}",
            f"{one.new.refused} / {one.base.refused}",
        )
    return table


def _interval(found: Any) -> str:
    if found is None or found.estimate is None:
        return "unknown"
    return f"{found.estimate:.3f} ({found.low:.3f} to {found.high:.3f})"


def _cost(mean: "Nanos | None") -> str:
    from routergate.domain.money import usd_text

    return "unknown" if mean is None else usd_text(mean)


def _times(costs: Any) -> str:
    return "-" if costs.half is None else f"{costs.half:.2f}, {costs.most:.2f}"


def _words(meant: "Proposal") -> "Sequence[str]":
    """What follows, in sentences."""
    promise = f"{meant.threshold:g} that {meant.route} promises"
    said = []
    if meant.proven:
        said.append(f"{meant.new} surely keeps the {promise} on: {', '.join(meant.proven)}.")
    if meant.open:
        said.append(f"It does not, or it is not certain yet, on: {', '.join(meant.open)}.")
    if meant.recommended is not None:
        where = "there" if meant.proven else "on all of them; more questions narrow the intervals"
        said.append(f"Recommended threshold: {meant.recommended:g}, the most that it surely keeps {where}.")
    return said


def _plain(found: "Mapping[str, StandIn]", meant: "Proposal", notes: tuple[str, ...]) -> "Mapping[str, Any]":
    return {"tasks": [asdict(one) for one in found.values()], "proposal": asdict(meant), "notes": notes}


def _propose(meant: "Proposal", out: Path | None, *, quiet: bool) -> None:
    """The changes as YAML, where there are any."""
    from routergate.config.writing import block

    if not meant.changes:
        click.echo("The configuration stays as it is.", err=True)
        return
    text = block(meant.changes)
    if out:
        out.write_text(text, encoding="utf-8")
        click.echo(f"To be merged into the configuration: {out}", err=True)
    elif not quiet:
        click.echo("\n# To be merged into the configuration:")
        click.echo(text, nl=False)
