import csv
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from routergate.reporting.render import as_csv, as_html, as_json, as_table, write_parquet
from routergate.reporting.report import Chart, Column, Report, Series, Unit, not_summed
from routergate.reporting.svg import drawn

REPORT = Report(
    title="Costs",
    since=date(2026, 1, 1),
    until=date(2026, 1, 31),
    columns=(
        Column("feature", Unit.TEXT, "what asked"),
        Column("requests", Unit.COUNT, "how many"),
        Column("cost_usd", Unit.USD, "what was paid", missing="unpriced"),
        Column("unpriced", Unit.COUNT, "not in it", detail=True),
        Column("share", Unit.SHARE, "of all"),
        Column("each_usd", Unit.EACH, "for one request"),
        Column("first", Unit.DAY, "the first day"),
    ),
    rows=(
        ("a<b>[/b]", 1_200, 2_000_001, 3, 0.25, Decimal("0.0000123"), date(2026, 1, 2)),
        ("quo\"te,'", 0, None, 4, None, None, None),
    ),
    total=(None, 1_200, 2_000_001, 7, None, None, None),
    notes=("7 requests & more are not in the sums.",),
)
CHART = Chart(
    title="Day by <day>",
    kind="lines",
    labels=("1 January", "2 January", "a label that is too long"),
    series=(
        Series(name="cost", values=(1.0, None, 3.0), low=(0.5, None, 2.0), high=(1.5, None, 4.0)),
        Series(name="<other>", values=(-1.0, 0.0, 1.0)),
    ),
)


def shown(report: Report) -> str:
    terminal = StringIO()
    console = Console(width=160, file=terminal)
    for part in as_table(report):
        console.print(part)
    return terminal.getvalue()


def test_people_see_what_is_not_in_a_sum_beside_it() -> None:
    text = shown(REPORT)

    assert "a<b>[/b]" in text
    assert "0.002000 + 3 unknown" in text
    assert "unknown (4)" in text
    assert "25.0%" in text
    assert "unpriced" not in text
    assert text.splitlines()[-3].split()[1] == "all"
    assert text.endswith("7 requests & more are not in the sums.\n")


def test_large_amounts_are_shown_in_cents() -> None:
    rows = (("a", 1, 1_234_567_890_123, 0, None, None, None),)
    assert "1,234.57" in shown(replace(REPORT, rows=rows, total=None))


def test_programs_get_every_digit_and_every_column() -> None:
    found = json.loads(as_json(REPORT))
    [first, second] = found["rows"]

    assert (first["cost_usd"], first["each_usd"], first["first"]) == (
        "0.002000001",
        "0.000012300",
        "2026-01-02",
    )
    assert (second["cost_usd"], second["share"], second["unpriced"]) == (None, None, 4)
    assert found["total"]["requests"] == 1_200
    assert (found["since"], found["notes"]) == ("2026-01-01", list(REPORT.notes))
    assert found["columns"][5] == {"name": "each_usd", "unit": "usd", "meaning": "for one request"}

    [head, first_line, second_line] = csv.reader(StringIO(as_csv(REPORT)))
    assert head == [column.name for column in REPORT.columns]
    assert first_line[:3] == ["a<b>[/b]", "1200", "0.002000001"]
    assert second_line[0:3] == ["quo\"te,'", "0", ""]


def test_a_file_has_exact_decimals(tmp_path: Path) -> None:
    write_parquet(REPORT, str(tmp_path / "report.parquet"))
    [first, second] = pq.read_table(tmp_path / "report.parquet").to_pylist()

    assert (first["cost_usd"], first["first"]) == (Decimal("0.002000001"), date(2026, 1, 2))
    assert first["each_usd"] == Decimal("0.0000123")
    assert (second["cost_usd"], second["share"], second["requests"]) == (None, None, 0)


def test_a_report_without_rows_is_a_file_too(tmp_path: Path) -> None:
    write_parquet(replace(REPORT, rows=(), total=None), str(tmp_path / "report.parquet"))
    assert pq.read_table(tmp_path / "report.parquet").num_rows == 0


def test_a_page_needs_nothing_else_and_believes_nobody() -> None:
    page = as_html(replace(REPORT, charts=(CHART,)))

    assert "a&lt;b&gt;[/b]" in page
    assert "<b>" not in page
    assert "7 requests &amp; more" in page
    assert not any(word in page for word in ("http", "src=", "@import", "url("))
    ET.fromstring(page.removeprefix("<!doctype html>\n").replace('<meta charset="utf-8">', ""))


@pytest.mark.parametrize("kind", ["bars", "lines"])
def test_a_chart_is_a_picture_with_its_range_and_its_names(kind: str) -> None:
    picture = ET.fromstring(drawn(replace(CHART, kind=kind)))
    texts = [one.text for one in picture.iter("text")]

    assert picture.get("aria-label") == "Day by <day>"
    assert "<other>" in texts
    assert "a label that …" in texts
    assert len(list(picture.iter("polygon"))) == (kind == "lines")


def test_a_chart_of_nothing_can_be_drawn() -> None:
    ET.fromstring(drawn(Chart(title="", kind="bars", labels=(), series=(Series(name="a", values=()),))))


def test_a_row_of_another_length_is_no_row() -> None:
    with pytest.raises(ValueError, match="Costs: 7 columns, but a row has 1 values"):
        replace(REPORT, rows=(("a",),))


def test_an_amount_of_money_that_is_not_whole_is_no_amount() -> None:
    rows = (("a", 1, 0.5, 0, None, None, None),)
    with pytest.raises(TypeError, match="whole nano-dollars"):
        as_json(replace(REPORT, rows=rows))


def test_what_is_not_summed_is_named_by_model() -> None:
    assert not_summed({"gpt-x": 30, None: 7}) == (
        "37 requests without a known price are not in the sums: gpt-x 30, no model 7.",
    )
    assert not_summed({}) == ()
