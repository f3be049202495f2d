"""What all reports are asked with, and how they answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from routergate.cli.common import AS_JSON, DAY, shelf_at, show, today
from routergate.cli.progress import busy

if TYPE_CHECKING:
    from ibis import Table

    from routergate.reporting.question import Question
    from routergate.reporting.report import Report

Command = Callable[..., Any]
FORMATS = ("table", "csv", "json", "parquet", "html")
_PRINTED = (
    click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="How to print.",
    ),
    click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file."),
    AS_JSON,
)
_ASKED = (
    click.option("--since", type=DAY, help="First day (UTC). [default: weeks before the last]"),
    click.option("--until", type=DAY, help="Last day (UTC). [default: today]"),
    click.option("--where", multiple=True, help="Such as feature=search; again for more. `feature=`: none."),
    click.option("--organisation", help="Only this one. [default: all]"),
    click.option(
        "--engine", default="duckdb", show_default=True, help="Or spark://host:port, spark:local[2]."
    ),
    click.option(
        "--ledger",
        "place",
        help="A directory, or a URI such as s3://bucket/ledger. [default: as `ledger run`]",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """How a report is printed, and where to."""

    form: str
    out: Path | None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with where it is answered from, and how."""

    question: "Question"
    printer: Printer
    engine: str
    place: str | None

    def answer(self, work: "Callable[[Table, Question], Report]") -> None:
        """Print what `work` makes of the ledger's rows."""
        self.tell(self.computed(work))

    def computed(self, work: "Callable[[Table, Question], Report]") -> "Report":
        """The same, not printed; a period without rows is said to be one."""
        from routergate.ledger.books import Books, books, consulted
        from routergate.reporting.engine import opened

        question = self.question
        shelf = shelf_at(self.place)

        def worked(found: Books) -> "Report":
            with opened(found, self.engine) as rows:
                return work(rows, question)

        with busy("Reading the ledger"):
            found = consulted(
                lambda: books(shelf, question.since, question.until, question.organisation), worked
            )
        if found.rows:
            return found
        nothing = found.nothing or (
            f"The ledger at {shelf.place} has no rows for this from {question.since} to {question.until}. "
            "Requests are rows there once `routergate ledger run` has moved them from the store."
        )
        return replace(found, notes=(nothing, *found.notes))

    def tell(self, report: "Report") -> None:
        """Print a report as was asked for."""
        self.printer.tell(report)


def printing(command: Command) -> Command:
    """The options of everything that prints a report; the command gets them as `printer`."""

    def told(*, form: str, out: Path | None, as_json: bool, **others: Any) -> None:
        command(printer=Printer(form="json" if as_json else form, out=out), **others)

    return _with(_PRINTED, told, command)


def asking(by: str, *, days: int = 30, whole_days: bool = False) -> Callable[[Command], Command]:
    """The options of every report; the command gets them as `asked`, an `Asked`.

    Without `--since` it looks back `days`. With `whole_days` it ends before today, which is not over.
    """

    def decorated(command: Command) -> Command:
        def told(*, printer: Printer, engine: str, place: str | None, **others: Any) -> None:
            ours = {name: others.pop(name) for name in _QUESTION}
            question = _question(days=days, whole_days=whole_days, **ours)
            command(asked=Asked(question=question, printer=printer, engine=engine, place=place), **others)

        first = click.option("--by", default=by, show_default=True, help=_BY)
        return printing(_with((first, *_ASKED), told, command))

    return decorated


def _with(options: Sequence[Any], told: Command, command: Command) -> Command:
    """`told` in place of a command, under its name and with more options."""
    told.__doc__, told.__name__ = command.__doc__, command.__name__
    told.__click_params__ = list(getattr(command, "__click_params__", []))  # type: ignore[attr-defined]
    for option in reversed(options):
        told = option(told)
    return told


def _question(
    *,
    since: datetime | None,
    until: datetime | None,
    days: int,
    whole_days: bool,
    by: str,
    where: tuple[str, ...],
    organisation: str | None,
) -> "Question":
    from routergate.reporting.question import Question, conditions, dimensions

    last = until.date() if until else today()
    if whole_days:
        last = min(last, today() - timedelta(days=1))
    first = since.date() if since else last - timedelta(days=days)
    if first > last:
        raise click.UsageError(f"--since {first} is after --until {last}.")
    try:
        return Question(
            since=first, until=last, by=dimensions(by), where=conditions(where), organisation=organisation
        )
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None


_BY = "Comma-separated, of what docs/reports.md lists."
_QUESTION = ("since", "until", "by", "where", "organisation")
