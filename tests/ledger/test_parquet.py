import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routergate.domain.errors import LedgerUnusable
from routergate.domain.event import Attempt, UsageEvent
from routergate.domain.money import Nanos
from routergate.domain.usage import KINDS, Usage
from routergate.ledger.parquet import (
    ORGANISATION,
    SCHEMA,
    TIME,
    decode_rows,
    encode_rows,
    partition_of,
    path_of,
    read_rows,
)
from routergate.ledger.record import LARGEST, EventRow, row
from routergate.ledger.shelf import Shelf
from support.events import an_attribution, an_event
from support.ledgers import events


def test_every_field_comes_back_as_it_was() -> None:
    full = an_event(
        at=1_700_000_000_123_456_789,
        attribution=replace(
            an_attribution(customer="c", feature="f", team="t"), session="s", tags=("a", "", "ü")
        ),
        usage=Usage(**{kind: n for n, kind in enumerate(KINDS, 1)}),
        attempts=(Attempt(model="mini", provider="p", result="throttled", seconds=0.1),) * 2,
        cost=Nanos(LARGEST),
        baseline_cost=Nanos(LARGEST - 1),
    )
    empty = an_event(
        card=None, usage=None, cost=None, baseline=None, baseline_cost=None, quality=None, attempts=()
    )
    rows = [row(full), row(empty)]

    assert list(decode_rows(encode_rows(rows), "acme")) == rows


@settings(max_examples=25)
@given(st.lists(events(), max_size=20))
def test_any_rows_come_back_as_they_were(happened: list[UsageEvent]) -> None:
    rows = [msgspec.structs.replace(row(event), organisation="acme") for event in happened]

    assert list(decode_rows(encode_rows(rows), "acme")) == rows
    assert encode_rows(rows) == encode_rows(rows)


def test_the_schema_has_every_field_and_says_which_may_be_unknown() -> None:
    fields = {field.encode_name: field for field in msgspec.structs.fields(EventRow)}

    assert set(SCHEMA.names) == {*fields, TIME} - {ORGANISATION}
    nullable = {name for name, field in fields.items() if type(None) in getattr(field.type, "__args__", ())}
    assert {field.name for field in SCHEMA if field.nullable} == nullable


def test_money_is_whole_numbers_and_time_is_to_the_nanosecond() -> None:
    content = encode_rows([row(an_event(at=1_700_000_000_123_456_789))])
    file = pq.ParquetFile(io.BytesIO(content))

    table = file.read()
    assert table.schema.field("cost_nanos").type == pa.int64()
    assert table.column(TIME).cast(pa.int64()).to_pylist() == [1_700_000_000_123_456_789]
    assert table.schema.field(TIME).type == pa.timestamp("ns", tz="UTC")
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_column_of_a_later_version_is_passed_over() -> None:
    flat = row(an_event())
    table = pq.read_table(io.BytesIO(encode_rows([flat])))
    sink = io.BytesIO()
    pq.write_table(table.append_column("carbon_grams", pa.array([1.5])), sink)

    assert list(decode_rows(sink.getvalue(), "acme")) == [flat]


@pytest.mark.parametrize("columns", [["cache_write_1h"], ["kind", "requests", "charges"]])
def test_a_file_from_before_some_columns_is_still_read(columns: list[str]) -> None:
    flat = row(an_event(usage=None))
    table = pq.read_table(io.BytesIO(encode_rows([flat])))
    sink = io.BytesIO()
    pq.write_table(table.drop_columns(columns), sink)

    assert list(decode_rows(sink.getvalue(), "acme")) == [flat]


@pytest.mark.parametrize("name", ["acme", "..", "a/b", "two words", "ü=1", "%2F", ".hidden", "_a", "a\nb"])
def test_any_name_of_an_organisation_is_one_folder_and_is_read_back(name: str) -> None:
    path = path_of(name, "2026-11-21", "1-0_2-0")

    assert path.count("/") == 2
    assert path.isprintable()
    assert partition_of(path) == (name, "2026-11-21", "1-0_2-0")


@pytest.mark.parametrize("path", ["readme.parquet", "a/b/c.parquet", "date=1/organisation=a/notes.txt"])
def test_a_file_that_is_not_ours_is_told_apart(path: str) -> None:
    assert partition_of(path) is None


def test_pyarrow_reads_the_folders_as_columns(tmp_path: Path) -> None:
    flat = row(an_event(attribution=an_attribution("two words")))
    Shelf(str(tmp_path)).put(path_of("two words", "2023-11-14", "1-0_1-0"), encode_rows([flat]))

    [found] = pq.read_table(tmp_path, columns=["id", "date", "organisation"]).to_pylist()
    assert found == {"id": flat.id, "date": "2023-11-14", "organisation": "two words"}
    assert datetime.fromtimestamp(flat.at / 1e9, UTC).date().isoformat() == found["date"]


def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path))
    shelf.put("date=1/organisation=a/b.parquet", b"PAR1 and no more")

    with pytest.raises(LedgerUnusable, match=r"organisation=a/b\.parquet is damaged .* Restore"):
        read_rows(shelf, "date=1/organisation=a/b.parquet", "a")
    assert read_rows(shelf, "gone", "a") == []


def test_the_document_has_every_column() -> None:
    document = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
    rows = [line for line in document.splitlines() if line.startswith("| `")]

    documented = {name for line in rows for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert documented == {*SCHEMA.names, "date", ORGANISATION}
