"""What all reports are asked with, and how they answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routergate.cli.common import AS_JSON, DAY, show, today
from routergate.config.settings import read_settings

if TYPE_CHECKING:
    from ibis import Table

    from routergate.reporting.question import Question
    from routergate.reporting.report import Report

FORMATS = ("table", "csv", "json", "parquet", "html")
_OPTIONS = (
    click.option("--since", type=DAY, help="First day (UTC). [default: 30 days before the last]"),
    click.option("--until", type=DAY, help="Last day (UTC). [default: today]"),
    click.option("--where", multiple=True, help="Such as feature=search; again for more. `feature=`: none."),
    click.option("--organisation", help="Only this one. [default: all]"),
    click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="How to print.",
    ),
    click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file."),
    click.option(
        "--engine", default="duckdb", show_default=True, help="Or spark://host:port, spark:local[2]."
    ),
    click.option(
        "--ledger",
        "place",
        help="A directory, or a URI such as s3://bucket/ledger. [default: as `ledger run`]",
    ),
    AS_JSON,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with where it is answered from, and how."""

    question: "Question"
    form: str
    out: Path | None
    engine: str
    place: str | None

    def answer(self, work: "Callable[[Table, Question], Report]") -> None:
        """Print what `work` makes of the ledger's rows."""
        self.tell(self.computed(work))

    def computed(self, work: "Callable[[Table, Question], Report]") -> "Report":
        """The same, not printed; a period without rows is said to be one."""
        from routergate.ledger.books import Books, books, consulted
        from routergate.ledger.shelf import Shelf
        from routergate.reporting.engine import opened

        question = self.question
        shelf = Shelf(self.place or str(read_settings().data_dir / "ledger"))

        def worked(found: Books) -> "Report":
            with opened(found, self.engine) as rows:
                return work(rows, question)

        found = consulted(lambda: books(shelf, question.since, question.until, question.organisation), worked)
        if found.rows:
            return found
        nothing = found.nothing or (
            f"The ledger at {shelf.place} has no rows for this from {question.since} to {question.until}."
        )
        return replace(found, notes=(nothing, *found.notes))

    def tell(self, report: "Report") -> None:
        """Print a report in the format that was asked for, or write it to the file."""
        from routergate.reporting.render import TEXTS, as_table, write_parquet

        if self.form == "parquet":
            write_parquet(report, str(self._file()))
        elif self.form in TEXTS:
            self._put(TEXTS[self.form](report))
        elif self.out:
            raise click.UsageError("--out takes --format csv, json, parquet or html.")
        else:
            show(*as_table(report))

    def _file(self) -> Path:
        if self.out is None:
            raise click.UsageError("Parquet is not for a terminal; say where to with --out FILE.")
        return self.out

    def _put(self, text: str) -> None:
        if self.out:
            self.out.write_text(text, encoding="utf-8")
        else:
            click.echo(text, nl=not text.endswith("\n"))


def asking(by: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options of every report; the command gets them as `asked`, an `Asked`."""

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        def told(**options: Any) -> None:
            ours = {name: options.pop(name) for name in _NAMES}
            command(asked=_asked(**ours), **options)

        told.__doc__, told.__name__ = command.__doc__, command.__name__
        told.__click_params__ = list(getattr(command, "__click_params__", []))  # type: ignore[attr-defined]
        for option in reversed(_OPTIONS):
            told = option(told)
        return click.option("--by", default=by, show_default=True, help=_BY)(told)

    return decorated


def _asked(
    *, form: str, out: Path | None, engine: str, place: str | None, as_json: bool, **asked: Any
) -> Asked:
    return Asked(
        question=_question(**asked), form="json" if as_json else form, out=out, engine=engine, place=place
    )


def _question(
    since: datetime | None, until: datetime | None, by: str, where: tuple[str, ...], organisation: str | None
) -> "Question":
    from routergate.reporting.question import Question, conditions, dimensions

    last = until.date() if until else today()
    first = since.date() if since else last - timedelta(days=30)
    if first > last:
        raise click.UsageError(f"--since {first} is after --until {last}.")
    try:
        return Question(
            since=first, until=last, by=dimensions(by), where=conditions(where), organisation=organisation
        )
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None


_BY = "Comma-separated, of what docs/reports.md lists."
_NAMES = ("since", "until", "by", "where", "organisation", "form", "out", "engine", "place", "as_json")
