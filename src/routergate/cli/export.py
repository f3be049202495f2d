"""Training data from captured texts."""

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routergate.cli.captured import vault_of
from routergate.cli.common import AS_JSON, CONFIG, shelf_at, today

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routergate.capture.dataset import Dataset, Ratings, Wanted

KINDS = ("sft", "dpo", "distill", "eval", "decisions", "traces")
RATING = click.FloatRange(0, 1)


@click.command("export")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="A folder.")
@click.option("--route", help="Of this route only.")
@click.option("--model", help="Answers of this model only; for `distill`, the teacher.")
@click.option("--least-rating", type=RATING, help="Answers that were rated so at least, by feedback.")
@click.option("--gap", default=0.3, show_default=True, type=RATING, help="dpo: how far ratings are apart.")
@click.option("--most-per-task", type=click.IntRange(min=1), help="Balance: no more of any task.")
@click.option("--test-share", default=0.1, show_default=True, type=RATING, help="Kept back for tests.")
@click.option("--format", "shape", default="openai", type=click.Choice(("openai", "huggingface")))
@click.option("--parquet", is_flag=True, help="Parquet in place of JSON lines.")
@click.option("--days", default=90, show_default=True, help="How far back feedback is read.")
@click.option("--no-ratings", is_flag=True, help="Do without the ledger's feedback.")
@click.option("--ledger", "place", help="Where the ledger's files are. [default: as `ledger run`]")
@CONFIG
@AS_JSON
def export(
    *,
    kind: str,
    out: Path,
    route: str | None,
    model: str | None,
    least_rating: float | None,
    gap: float,
    most_per_task: int | None,
    test_share: float,
    shape: str,
    parquet: bool,
    days: int,
    no_ratings: bool,
    place: str | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Make training data of the texts that routes with a `capture` keep, with a data card beside it.

    \b
    sft        requests and their answers
    dpo        a better and a worse answer to the same question, by feedback
    distill    the answers of one model (--model), for another one to learn
    eval       questions, for `routergate models evaluate`
    decisions  what was decided on what, and how good it turned out to be
    traces     sessions step by step, and which step builds on which

    \b
    Examples:
      routergate export sft --route support-bot --least-rating 0.8 --out data
      routergate export dpo --out data --json
    """
    from routergate.capture.card import Made, card
    from routergate.capture.dataset import Wanted
    from routergate.capture.files import write

    if kind == "distill" and model is None:
        raise click.UsageError("distill needs a teacher: name it with --model.")
    if kind == "dpo" and no_ratings:
        raise click.UsageError("dpo rests on ratings: leave out --no-ratings.")
    wanted = Wanted(
        least=least_rating, model=model, route=route, most_per_task=most_per_task, test=test_share
    )
    found = _found(kind, wanted, config, {} if no_ratings else _ratings(place, days))
    out.mkdir(parents=True, exist_ok=True)
    sides = {"train": _rows(kind, found.train, gap, shape), "test": _rows(kind, found.test, gap, shape)}
    files = {f"{kind}.{side}.{'parquet' if parquet else 'jsonl'}": rows for side, rows in sides.items()}
    for name, rows in files.items():
        write(rows, out / name)
    made = Made(
        kind=kind,
        command=f"routergate export {kind}",
        on=today(),
        rows={name: len(rows) for name, rows in files.items()},
    )
    (out / f"{kind}.card.md").write_text(card(found, made), encoding="utf-8")
    if as_json:
        click.echo(json.dumps({"folder": str(out), "rows": made.rows}))
    else:
        click.echo(f"{', '.join(f'{n:,} in {name}' for name, n in made.rows.items())}: {out}", err=True)


def _found(kind: str, wanted: "Wanted", config: Path | None, ratings: "Ratings") -> "Dataset":
    from routergate.capture.dataset import dataset, together

    records = list(vault_of(config).records(today()))
    make = together if kind in {"dpo", "traces"} else dataset
    return make(records, ratings, wanted)


def _ratings(place: str | None, days: int) -> "Ratings":
    from routergate.ledger.rated import ratings

    return ratings(shelf_at(place), today() - timedelta(days=days), today() + timedelta(days=1))


def _rows(kind: str, examples: "Sequence[Any]", gap: float, shape: str) -> "Sequence[Mapping[str, Any]]":
    from routergate.capture.formats import PAIRED, SINGLE, pairs

    if kind == "dpo":
        return [PAIRED[shape](better, worse) for better, worse in pairs(examples, gap)]
    return list(SINGLE[kind](examples))
