import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.fs import LocalFileSystem

from routergate.domain.errors import EngineUnusable, LedgerUnusable
from routergate.ledger.books import books
from routergate.ledger.opener import Opener
from routergate.ledger.parquet import SCHEMA, encode_rows, path_of
from routergate.ledger.record import row
from routergate.ledger.shelf import Shelf
from routergate.reporting.engine import fetched, opened
from support.books import EVER, ledgered
from support.events import an_attribution, an_event

NAMES = ("acme", "two words", "007", "50%/x+y", "ü")


@dataclass(frozen=True)
class Older:
    """Files as `Books` has them."""

    root: str
    paths: tuple[str, ...]
    layout: Any = SCHEMA
    opener: Any = None


def an_older_file(where: Path, change: Callable[[Any], Any]) -> Older:
    table = change(pq.read_table(io.BytesIO(encode_rows([row(an_event())]))))
    path = path_of("acme", "2026-01-15", "1-0_1-0")
    (where / path).parent.mkdir(parents=True)
    pq.write_table(table, where / path)
    return Older(str(where), (path,))


def test_organisations_are_called_as_they_are(tmp_path: Path) -> None:
    happened = [an_event(attribution=an_attribution(name)) for name in NAMES]
    with ledgered(tmp_path, *happened) as rows:
        found = fetched(rows.select("organisation", "date", "cost_nanos").order_by("organisation"))

    assert [one["organisation"] for one in found] == sorted(NAMES)
    assert {(str(one["date"]), one["cost_nanos"]) for one in found} == {("2023-11-14", 2_000_000)}


def test_a_file_from_before_a_column_has_null_in_it_and_counts_as_what_it_is(tmp_path: Path) -> None:
    gone = ["kind", "requests", "loaded_cost_nanos", "charges"]
    with opened(an_older_file(tmp_path, lambda table: table.drop_columns(gone))) as rows:
        [found] = fetched(rows)

    assert (found["kind"], found["requests"]) == ("event", 1)
    assert (found["loaded_cost_nanos"], found["charges"]) == (None, None)
    assert found["cost_nanos"] == 2_000_000


def test_an_attempt_from_before_a_field_has_null_in_it(tmp_path: Path) -> None:
    fields = ("model", "provider", "result", "seconds")

    def older(table: Any) -> Any:
        place = table.schema.get_field_index("attempts")
        kind = pa.list_(pa.struct([("model", pa.string()), ("provider", pa.string()),
                                   ("result", pa.string()), ("seconds", pa.float64())]))  # fmt: skip
        calls = [[{name: call[name] for name in fields} for call in calls] for calls in
                 table.column("attempts").to_pylist()]  # fmt: skip
        return table.set_column(place, pa.field("attempts", kind), pa.array(calls, kind))

    with opened(an_older_file(tmp_path, older)) as rows:
        [found] = fetched(rows)
    [call] = found["attempts"]
    assert (call["model"], call["cost_nanos"]) == ("mini", None)


def test_files_of_several_layouts_are_read_together(tmp_path: Path) -> None:
    older = an_older_file(tmp_path, lambda table: table.drop_columns(["requests", "answer_seconds"]))
    Shelf(str(tmp_path)).put(path_of("acme", "2026-01-16", "2-0_2-0"), encode_rows([row(an_event())] * 2))
    with opened(books(Shelf(older.root), *EVER)) as rows:
        found = fetched(rows.select("requests"))
    assert [one["requests"] for one in found] == [1, 1, 1]


def test_a_ledger_without_files_has_all_columns_and_no_rows(tmp_path: Path) -> None:
    with ledgered(tmp_path) as rows:
        assert fetched(rows.agg(sum=rows.cost_nanos.sum(), rows=rows.count())) == [{"sum": None, "rows": 0}]
        assert {"organisation", "date", "kind", "attempts"} < set(rows.columns)


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    with ledgered(tmp_path / "a[1]*?", an_event()) as rows:
        assert len(fetched(rows)) == 1


def test_files_that_are_not_on_this_machine_are_opened_by_the_ledger(tmp_path: Path) -> None:
    path = path_of("50%/x+y", "2026-01-15", "1-0_1-0")
    Shelf(str(tmp_path)).put(path, encode_rows([row(an_event())]))
    away = Older("s3://elsewhere/ledger", (path,), opener=Opener(LocalFileSystem(), str(tmp_path)))
    with opened(away) as rows:
        assert [one["organisation"] for one in fetched(rows)] == ["50%/x+y"]


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = path_of("acme", "2026-01-15", "1-0_1-0")
    Shelf(str(tmp_path)).put(path, b"PAR1 this is none PAR1")
    damaged = Older(str(tmp_path), (path,))
    told = pytest.raises(LedgerUnusable, match=r"1-0_1-0\.parquet.*restore it from a backup")
    with told, opened(damaged) as rows:
        fetched(rows)


@pytest.mark.parametrize("engine", ["oracle", "sparkle"])
def test_an_engine_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path, engine: str) -> None:
    told = pytest.raises(EngineUnusable, match=f"No engine is called '{engine}'. There are duckdb, spark://")
    with told, ledgered(tmp_path, an_event(), engine=engine):
        raise AssertionError


def test_what_goes_wrong_outside_the_engine_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), ledgered(tmp_path, an_event()):
        raise ZeroDivisionError
