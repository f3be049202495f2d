"""Commands about the router: how good it is, and what it can promise."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import AS_JSON, CONFIG, settings, show, today
from routergate.config.settings import environment

if TYPE_CHECKING:
    from rich.table import Table

    from routergate.classify.artifact import Artifact
    from routergate.deciding import Router
    from routergate.domain.decision import RoutePolicy
    from routergate.domain.model import ModelCard, TaskId
    from routergate.evaluation.calibrate import Found
    from routergate.evaluation.outcomes import Outcome
    from routergate.evaluation.score import Scorer

FILE = click.Path(dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, writable=True, path_type=Path)
DATA = click.option(
    "--data", required=True, multiple=True, type=FILE, help="An outcome file; may be given several times."
)
ARTIFACT = click.option("--artifact", type=FILE, help="A trained router. [default: the built-in one]")
SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.group()
def router() -> None:
    """Measure the router on outcome files, and calibrate what a route promises.

    A line of an outcome file is {"id", "prompt" or "messages", "quality": {model: 0 to 1}}, gzipped or not;
    docs/routing.md has all of it.
    """


@router.command("train")
@click.option("--data", multiple=True, type=FILE, help="An outcome file; may be given several times.")
@click.option("--from-ledger", is_flag=True, help="Learn from `POST /v1/feedback` in place of files.")
@click.option(
    "--prior",
    default="builtin",
    show_default=True,
    help="The artifact to start from: a file, `builtin`, or `none` to learn from the outcomes alone.",
)
@click.option("--seed", default=1, show_default=True, help="The same outcomes and seed: the same artifact.")
@click.option("--out", required=True, type=OUT, help="Where it goes, for the configuration to name.")
@click.option("--days", default=90, show_default=True, help="With --from-ledger: that far back.")
@click.option("--ledger", "place", help="With --from-ledger: where the files are. [default: as `ledger run`]")
@CONFIG
def router_train(
    *,
    data: tuple[Path, ...],
    from_ledger: bool,
    prior: str,
    seed: int,
    out: Path,
    days: int,
    place: str | None,
    config: Path | None,
) -> None:
    """Learn from outcomes how well models do on which requests.

    Starting from another artifact, a few hundred outcomes of your own traffic are enough; alone, it takes
    thousands. Keep some outcomes back to evaluate and calibrate on. With --from-ledger, the outcomes are the
    answers of the gateway that somebody has rated: no prompt is needed, and none is kept.

    \b
    routergate router train --data outcomes.jsonl --out router.npz
    routergate router train --from-ledger --prior router.npz --out router-2.npz
    """
    from routergate.classify.artifact import save
    from routergate.cli.recorded import from_recorded
    from routergate.evaluation.train import fit

    if from_ledger == bool(data):
        raise click.UsageError("Give either --data or --from-ledger.")
    start = None if prior == "none" else _artifact(None if prior == "builtin" else Path(prior))
    since = today() - timedelta(days=days)
    if from_ledger:
        made = from_recorded(start, since, place, config)
    else:
        outcomes, oddities = _read(data)
        made = fit(outcomes, prior=start, seed=seed, trained_on=today().isoformat())
        show(*oddities, f"Trained on {len(outcomes):,} outcomes of {len(made.models):,} models: {out}")
    save(made, out)
    click.echo(f"In force once the configuration says: router.artifact: {out}", err=True)


@router.command("score")
@ARTIFACT
@click.option("--data", required=True, type=FILE, help="Prompts; their labels may be null.")
@click.option("--out", required=True, type=OUT, help="Where the estimates go, as JSON lines.")
def router_score(artifact: Path | None, data: Path, out: Path) -> None:
    """Estimate, for every prompt, the quality of every model that the file names."""
    from routergate.evaluation.outcomes import read_questions
    from routergate.evaluation.score import scores

    questions = read_questions(data)
    with out.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in scores(questions, _scorer(artifact)))
    click.echo(f"{len(questions.asked):,} prompts, {len(questions.models):,} models: {out}", err=True)


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
    routergate router evaluate --data outcomes.jsonl.gz --html evaluation.html
    """
    from routergate.evaluation.evaluate import evaluate
    from routergate.evaluation.page import page
    from routergate.evaluation.sheet import sheet
    from routergate.evaluation.tables import summary, tables

    outcomes, notes = _clean(*_read(data))
    cards = _cards(outcomes, config)
    report = evaluate(sheet(outcomes, _scorer(artifact), cards, today()), weak, strong)
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
    routergate router calibrate --data outcomes.jsonl --route auto --target 0.95 --out auto.calibration.json
    """
    from routergate.evaluation.calibrate import Promise, Source, calibrate, calibration
    from routergate.evaluation.replay import replay

    outcomes, oddities = _read(data)
    decide, checksum = _deciding(config, artifact)
    policy = _policy(decide, route)
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


def _read(data: Sequence[Path]) -> "tuple[tuple[Outcome, ...], tuple[str, ...]]":
    """The outcomes, and what is odd about them."""
    from routergate.evaluation.outcomes import oddities, read

    outcomes = read(data)
    return outcomes, oddities(outcomes)


def _clean(
    outcomes: "tuple[Outcome, ...]", notes: tuple[str, ...]
) -> "tuple[tuple[Outcome, ...], tuple[str, ...]]":
    """Without prompts that a model may have been trained on: they prove nothing."""
    clean = tuple(outcome for outcome in outcomes if not outcome.contaminated)
    if not clean:
        raise click.UsageError("All prompts are contaminated: nothing can be measured on them.")
    left_out = len(outcomes) - len(clean)
    return clean, (*notes, f"{left_out:,} contaminated prompts are left out") if left_out else notes


def _scorer(artifact: Path | None) -> "Scorer":
    from routergate.classify.trained import TrainedEstimator

    return TrainedEstimator(_artifact(artifact))


def _artifact(path: Path | None) -> "Artifact":
    """The one at a path, or else the built-in one."""
    from routergate.classify.artifact import builtin, load

    return load(path) if path else builtin()


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
    chosen = _artifact(artifact) if artifact else loaded.artifact or builtin()
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
