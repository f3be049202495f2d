"""Commands about the router: how good it is, and what it can promise."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import AS_JSON, CONFIG, settings, show, today
from routergate.cli.progress import busy
from routergate.cli.training import (
    ARTIFACT,
    DATA,
    OUT,
    artifact_at,
    outcomes_of,
    router_score,
    router_train,
    scorer,
)
from routergate.config.settings import environment

if TYPE_CHECKING:
    from rich.table import Table

    from routergate.deciding import Router
    from routergate.domain.decision import RoutePolicy
    from routergate.domain.model import ModelCard, TaskId
    from routergate.evaluation.calibrate import Found
    from routergate.evaluation.outcomes import Outcome

SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.group()
def router() -> None:
    """Measure the router on outcome files, and calibrate what a route promises.

    A line of an outcome file is {"id", "prompt" or "messages", "quality": {model: 0 to 1}}, gzipped or not;
    docs/routing.md has all of it.

    \b
    Examples:
      routergate router evaluate --data outcomes.jsonl
    """


router.add_command(router_train)
router.add_command(router_score)


@router.command("evaluate")
@DATA
@ARTIFACT
@click.option("--weak", help="The model that a cheap router would use. [default: the cheapest]")
@click.option("--strong", help="The model that it is compared with. [default: the best]")
@click.option("--html", type=OUT, help="Also write a page with plots.")
@CONFIG
@AS_JSON
def router_evaluate(
    *,
    data: tuple[Path, ...],
    artifact: Path | None,
    weak: str | None,
    strong: str | None,
    html: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Compare estimates with outcomes: how well the router chooses, and how true its estimates are.

    Prices are those of the configuration that --config names, for models that it knows by name, or the price
    map's.

    \b
    Examples:
      routergate router evaluate --data outcomes.jsonl.gz --html evaluation.html
    """
    from routergate.evaluation.evaluate import evaluate
    from routergate.evaluation.page import page
    from routergate.evaluation.sheet import sheet
    from routergate.evaluation.tables import summary, tables

    outcomes, notes = _clean(*outcomes_of(data))
    cards = _cards(outcomes, config)
    with busy(f"Evaluating on {len(outcomes):,} outcomes"):
        report = evaluate(sheet(outcomes, scorer(artifact), cards, today()), weak, strong)
    if html:
        html.write_text(page(report, "Router evaluation", notes), encoding="utf-8")
    if as_json:
        click.echo(json.dumps({**asdict(report), "notes": notes}, indent=2))
    else:
        show(*tables(report), summary(report), *notes)


@router.command("calibrate")
@DATA
@ARTIFACT
@click.option("--route", required=True, help="The route of the configuration.")
@click.option("--target", default=0.95, show_default=True, type=SHARE, help="The quality that is to be kept.")
@click.option("--confidence", default=0.95, show_default=True, type=SHARE, help="With which it is kept.")
@click.option("--out", type=OUT, help="Where the calibration goes, for the route to name.")
@CONFIG
@AS_JSON
def router_calibrate(
    *,
    data: tuple[Path, ...],
    artifact: Path | None,
    route: str,
    target: float,
    confidence: float,
    out: Path | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Find the cheapest thresholds that keep a share of the baseline's quality, with a stated confidence.

    Outcomes must be a fair sample of the route's traffic, and have a label for each of its models. A route
    without a baseline keeps quality itself.

    \b
    Examples:
      routergate router calibrate --data outcomes.jsonl --route auto --target 0.95 --out auto.calibration.json
    """
    from routergate.evaluation.calibrate import Promise, Source, calibrate, calibration
    from routergate.evaluation.replay import replay

    outcomes, oddities = outcomes_of(data)
    decide, checksum = _deciding(config, artifact)
    policy = _policy(decide, route)
    with busy(f"Deciding on {len(outcomes):,} outcomes"):
        decided = asyncio.run(replay(decide, route, outcomes, time.time_ns()))
    promise = Promise(target=target, confidence=confidence, fallback=policy.baseline in policy.candidates)
    found = calibrate(decided, promise)
    made = calibration(policy, promise, found, Source(checksum, _digest(data), today()))
    if out:
        out.write_text(made.as_json(), encoding="utf-8")
    if as_json:
        click.echo(made.as_json(), nl=False)
        return
    show(_table(found), *oddities)
    if decided.unusable:
        click.echo(f"{decided.unusable:,} outcomes lack a label for a model of the route, or fit none.")
    if out:
        click.echo(f"In force once the configuration says: routes.{route}.calibration: {out}")


def _clean(
    outcomes: "tuple[Outcome, ...]", notes: tuple[str, ...]
) -> "tuple[tuple[Outcome, ...], tuple[str, ...]]":
    """Without prompts that a model may have been trained on: they prove nothing."""
    clean = tuple(outcome for outcome in outcomes if not outcome.contaminated)
    if not clean:
        raise click.UsageError("All prompts are contaminated: nothing can be measured on them.")
    left_out = len(outcomes) - len(clean)
    return clean, (*notes, f"{left_out:,} contaminated prompts are left out") if left_out else notes


def _cards(outcomes: "Sequence[Outcome]", config: Path | None) -> "Mapping[str, ModelCard]":
    from routergate.config.load import load
    from routergate.config.named import named_cards

    loaded = load(config, environment(), calibrated=False) if config else None
    return named_cards({model: None for outcome in outcomes for model in outcome.quality}, loaded)


def _deciding(config: Path | None, artifact: Path | None) -> "tuple[Router, str]":
    """What decides in the gateway, without its calibrations, and the checksum of what it has learned."""
    from routergate.app import router as deciding
    from routergate.classify.artifact import builtin
    from routergate.config.load import load
    from routergate.ledger.lengths import LearnedLengths
    from routergate.ledger.volumes import LearnedVolumes
    from routergate.tokens import TiktokenCounter
    from routergate.tokens import load as load_tokens

    loaded = load(settings(config).config, environment(), calibrated=False)
    chosen = artifact_at(artifact) if artifact else loaded.artifact or builtin()
    used = replace(loaded, artifact=chosen)
    return deciding(used, TiktokenCounter(load_tokens()), LearnedLengths(), LearnedVolumes()), chosen.checksum


def _policy(decide: "Router", route: str) -> "RoutePolicy":
    from routergate.config.findings import hint

    routes = decide.catalogue.routes
    if route not in routes:
        raise click.UsageError(f"No route is called '{route}'{hint(route, routes)}.")
    return routes[route]


def _digest(data: Sequence[Path]) -> str:
    whole = sha256()
    for path in data:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _table(found: "Mapping[TaskId | None, Found]") -> "Table":
    from rich.table import Table

    table = Table("task")
    for name in ("labels", "threshold", "kept at least", "cost, of the baseline's"):
        table.add_column(name, justify="right")
    for task, each in found.items():
        threshold, kept = each.setting.threshold, each.setting.kept
        table.add_row(
            task or "all others" if len(found) > 1 else "all",
            f"{each.setting.labels:,}",
            _baseline_only(each) if threshold is None else f"{threshold:g}",
            "by definition" if kept is None else f"{kept:.3f}",
            "unknown" if each.cost is None else f"{each.cost:.1%}",
        )
    return table


def _baseline_only(found: "Found") -> str:
    more = "" if found.missing is None else f"; about {found.missing:,} labels are missing for more"
    return f"the baseline only{more}"
