"""A report for a terminal, a spreadsheet, a program or a browser: the same numbers in each."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

from routergate.domain.money import usd
from routergate.reporting.report import Chart, Column, Report, Unit, Value
from routergate.reporting.svg import drawn

if TYPE_CHECKING:
    from rich.table import Table

UNKNOWN = "-"
PLAIN = frozenset({Unit.TEXT, Unit.DAY})
MONEY = frozenset({Unit.USD, Unit.EACH})
_PARQUET: Mapping[Unit, str] = {
    Unit.TEXT: "string",
    Unit.DAY: "date",
    Unit.COUNT: "int64",
    Unit.USD: "decimal(38, 9)",
    Unit.EACH: "decimal(38, 18)",
    Unit.SHARE: "float64",
    Unit.NUMBER: "float64",
    Unit.SECONDS: "float64",
}


def as_table(report: Report) -> Iterator["Table | str"]:
    """For a terminal: the table, and what must be known to read it."""
    from rich.markup import escape as plain  # noqa: PLC0415  the gateway itself draws no tables
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=_heading(report), title_justify="left", show_footer=report.total is not None)
    shown = _shown(report)
    columns = _read(report)
    footer = shown.pop() if report.total is not None else [""] * len(columns)
    for column, total in zip(columns, footer, strict=True):
        justify = "left" if column.unit in PLAIN else "right"
        table.add_column(_spoken(column), footer=plain(total), justify=justify)  # type: ignore[arg-type]
    for row in shown:
        table.add_row(*map(plain, row))
    yield table
    yield from map(plain, report.notes)


def as_csv(report: Report) -> str:
    """With a head, empty where unknown; notes and the total are not in it."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in report.columns])
    for row in report.rows:
        values = (_exact(column, value) for column, value in zip(report.columns, row, strict=True))
        writer.writerow(["" if value is None else value for value in values])
    return out.getvalue()


def as_json(report: Report) -> str:
    """All of it. Dollars are decimal text, which no reader can round."""
    return json.dumps(as_object(report), indent=2)


def as_object(report: Report) -> dict[str, Any]:
    """The same, before it is text."""
    columns = [
        {"name": one.name, "unit": "usd" if one.unit is Unit.EACH else one.unit, "meaning": one.meaning}
        for one in report.columns
    ]
    return {
        "title": report.title,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "columns": columns,
        "rows": plain_rows(report),
        "total": None if report.total is None else _object(report, report.total),
        "notes": list(report.notes),
    }


def plain_rows(report: Report) -> list[dict[str, Any]]:
    """The rows as plain values by column, as they stand in JSON."""
    return [_object(report, row) for row in report.rows]


def write_parquet(report: Report, path: str) -> None:
    """The rows as a file of exact decimals."""
    from routergate.reporting.engine import as_parquet  # noqa: PLC0415  it takes a second to import

    kinds = {column.name: _PARQUET[column.unit] for column in report.columns}
    rows = [
        [_typed(column, value) for column, value in zip(report.columns, row, strict=True)]
        for row in report.rows
    ]
    as_parquet(kinds, rows, path)


def as_html(report: Report) -> str:
    """One page that needs nothing else, with its charts as pictures."""
    shown = _shown(report)
    foot = shown.pop() if report.total is not None else []
    columns = _read(report)
    head = "".join(f'<th title="{escape(one.meaning)}">{escape(_spoken(one))}</th>' for one in columns)
    return _PAGE.format(
        title=escape(report.title),
        period=_period(report),
        charts="".join(map(_figure, report.charts)),
        head=head,
        body="".join(_line(columns, row) for row in shown),
        foot=_line(columns, foot) if foot else "",
        notes="".join(f"<p>{escape(note)}</p>" for note in report.notes),
        legend="".join(f"<dt>{escape(_spoken(one))}</dt><dd>{escape(one.meaning)}</dd>" for one in columns),
    )


def _figure(chart: Chart) -> str:
    return f"<figure><figcaption>{escape(chart.title)}</figcaption>{drawn(chart)}</figure>"


def _line(columns: Sequence[Column], row: Sequence[str]) -> str:
    cells = (
        f'<td class="{"t" if column.unit in PLAIN else "n"}">{escape(value)}</td>'
        for column, value in zip(columns, row, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _heading(report: Report) -> str:
    return f"{report.title}, {_period(report)}"


def _period(report: Report) -> str:
    return f"{report.since} to {report.until}"


def _object(report: Report, row: Sequence[Value]) -> dict[str, Any]:
    return {column.name: _exact(column, value) for column, value in zip(report.columns, row, strict=True)}


def _exact(column: Column, value: Value) -> Any:
    """For programs."""
    if value is None:
        return None
    match column.unit:
        case Unit.USD:
            return f"{usd(_whole(value)):f}"
        case Unit.EACH:
            return f"{value:.9f}"
        case Unit.SHARE | Unit.NUMBER | Unit.SECONDS:
            return round(float(value), 6)  # type: ignore[arg-type]  # the unit says that it is a number
        case Unit.DAY:
            return str(value)
        case _:
            return value


def _typed(column: Column, value: Value) -> Any:
    if value is None:
        return None
    if column.unit is Unit.USD:
        return usd(_whole(value))
    if column.unit is Unit.EACH:
        return Decimal(str(value)).quantize(Decimal("1e-18"))
    return float(value) if _PARQUET[column.unit] == "float64" else value  # type: ignore[arg-type]


def _whole(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"an amount of money is in whole nano-dollars: {value!r}")
    return value


def _read(report: Report) -> list[Column]:
    """The columns for people."""
    return [column for column in report.columns if not column.detail]


def _spoken(column: Column) -> str:
    return column.name.removesuffix("_usd").replace("_", " ") + (" USD" if column.unit in MONEY else "")


def _shown(report: Report) -> list[list[str]]:
    """For people: all rows, the total last, each column as fine as its largest value needs."""
    every = [*report.named(), *([report.named_total()] if report.total is not None else [])]
    columns = [_cells(column, every) for column in _read(report)]
    shown = [list(row) for row in zip(*columns, strict=True)]
    if report.total is not None and report.columns[0].unit in PLAIN:
        shown[-1][0] = "all"
    return shown


def _cells(column: Column, rows: Sequence[Mapping[str, Value]]) -> list[str]:
    words = _words(column, [row[column.name] for row in rows])
    return [_cell(column, row, words) for row in rows]


def _cell(column: Column, row: Mapping[str, Value], words: Callable[[Any], str]) -> str:
    """An amount that is not complete says so."""
    value, missing = row[column.name], row[column.missing] if column.missing else 0
    if value is None:
        return f"unknown ({missing:,})" if missing else UNKNOWN
    return words(value) + (f" + {missing:,} unknown" if missing else "")


def _words(column: Column, values: Sequence[Value]) -> Callable[[Any], str]:
    match column.unit:
        case Unit.USD:
            largest = max((abs(_whole(value)) for value in values if value is not None), default=0)
            digits = 2 if largest >= 1_000 * 10**9 else 6
            return lambda value: f"{usd(value):,.{digits}f}"
        case Unit.EACH:
            return lambda value: f"{value:,.6f}"
        case Unit.COUNT:
            return lambda value: f"{value:,}"
        case Unit.SHARE:
            return lambda value: f"{value:.1%}"
        case Unit.NUMBER | Unit.SECONDS:
            return lambda value: f"{value:,.2f}"
        case _:
            return str


TEXTS: Mapping[str, Callable[[Report], str]] = {"csv": as_csv, "json": as_json, "html": as_html}
"""Those that are text."""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .25rem .7rem; border-bottom: 1px solid #ddd; text-align: left; }}
td.n {{ text-align: right; }} tfoot td {{ font-weight: 600; border-top: 2px solid #888; }}
figure {{ margin: 1rem 0; }} dt {{ font-weight: 600; }} svg {{ max-width: 100%; height: auto; }}
</style></head><body><h1>{title}</h1><p>{period} (UTC)</p>{charts}
<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>
{notes}<h2>Columns</h2><dl>{legend}</dl></body></html>
"""
