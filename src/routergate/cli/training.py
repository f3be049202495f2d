"""Commands that teach the router, and have it estimate."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routergate.cli.common import AS_JSON, CONFIG, show, today
from routergate.cli.progress import along, busy

if TYPE_CHECKING:
    from routergate.classify.artifact import Artifact
    from routergate.evaluation.outcomes import Outcome
    from routergate.evaluation.score import Scorer

FILE = click.Path(dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, writable=True, path_type=Path)
DATA = click.option(
    "--data", required=True, multiple=True, type=FILE, help="An outcome file; may be given several times."
)
ARTIFACT = click.option("--artifact", type=FILE, help="A trained router. [default: the built-in one]")


@click.command("train")
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
@AS_JSON
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
    as_json: bool,
) -> None:
    """Learn from outcomes how well models do on which requests.

    Starting from another artifact, a few hundred outcomes of your own traffic are enough; alone, it takes
    thousands. Keep some outcomes back to evaluate and calibrate on. With --from-ledger, the outcomes are the
    answers of the gateway that somebody has rated: no prompt is needed, and none is kept.

    \b
    Examples:
      routergate router train --data outcomes.jsonl --out router.npz
      routergate router train --from-ledger --prior router.npz --out router-2.npz
    """
    from routergate.classify.artifact import save
    from routergate.cli.recorded import from_recorded
    from routergate.evaluation.train import fit

    if from_ledger == bool(data):
        raise click.UsageError("Give either --data or --from-ledger.")
    start = None if prior == "none" else artifact_at(None if prior == "builtin" else Path(prior))
    since = today() - timedelta(days=days)
    if from_ledger:
        with busy("Learning from the ledger"):
            made = from_recorded(start, since, place, config)
        notes = [f"Trained on {sum(made.provenance['rated'].values()):,} rated answers."]
    else:
        outcomes, oddities = outcomes_of(data)
        with busy(f"Learning from {len(outcomes):,} outcomes"):
            made = fit(outcomes, prior=start, seed=seed, trained_on=today().isoformat())
        notes = [*oddities, f"Trained on {len(outcomes):,} outcomes of {len(made.models):,} models: {out}"]
    save(made, out)
    if as_json:
        click.echo(json.dumps({"out": str(out), "models": list(made.models), "notes": notes}))
    else:
        show(*notes)
    click.echo(f"In force once the configuration says: router.artifact: {out}", err=True)


@click.command("score")
@ARTIFACT
@click.option("--data", required=True, type=FILE, help="Prompts; their labels may be null.")
@click.option("--out", required=True, type=OUT, help="Where the estimates go, as JSON lines.")
@AS_JSON
def router_score(artifact: Path | None, data: Path, out: Path, as_json: bool) -> None:
    """Estimate, for every prompt, the quality of every model that the file names.

    \b
    Examples:
      routergate router score --data prompts.jsonl --out estimates.jsonl
    """
    from routergate.evaluation.outcomes import read_questions
    from routergate.evaluation.score import scores

    questions = read_questions(data)
    with out.open("w", encoding="utf-8") as file:
        scored = along(scores(questions, scorer(artifact)), "Prompts", len(questions.asked))
        file.writelines(f"{line}\n" for line in scored)
    if as_json:
        counts = {"prompts": len(questions.asked), "models": len(questions.models), "out": str(out)}
        click.echo(json.dumps(counts))
        return
    click.echo(f"{len(questions.asked):,} prompts, {len(questions.models):,} models: {out}", err=True)


def outcomes_of(data: Sequence[Path]) -> "tuple[tuple[Outcome, ...], tuple[str, ...]]":
    """The outcomes, and what is odd about them."""
    from routergate.evaluation.outcomes import oddities, read

    outcomes = read(data)
    return outcomes, oddities(outcomes)


def scorer(artifact: Path | None) -> "Scorer":
    from routergate.classify.trained import TrainedEstimator

    return TrainedEstimator(artifact_at(artifact))


def artifact_at(path: Path | None) -> "Artifact":
    """The one at a path, or else the built-in one."""
    from routergate.classify.artifact import builtin, load

    return load(path) if path else builtin()
