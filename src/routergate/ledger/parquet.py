"""Rows as Parquet, and where each file has its place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate, chain, repeat
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from routergate.domain.errors import LedgerUnusable
from routergate.ledger.record import EventRow
from routergate.ledger.shelf import Shelf
from routergate.ledger.totals import Day

ORGANISATION = "organisation"
"""The field that is no column: readers take it from the folder's name, and stumble if it is in both."""
TIME = "time"
"""The column that is not in the row: `at` as a timestamp."""
_TEXT, _COUNT, _NUMBER = pa.string(), pa.int64(), pa.float64()
_ATTEMPT = pa.struct(
    [
        ("model", _TEXT),
        ("provider", _TEXT),
        ("result", _TEXT),
        ("seconds", _NUMBER),
        ("billed", pa.bool_()),
        ("input_tokens", _COUNT),
        ("output_tokens", _COUNT),
        ("cost_nanos", _COUNT),
    ]
)
_CANDIDATE = pa.struct(
    [
        ("model", _TEXT),
        ("quality", _NUMBER),
        ("stderr", _NUMBER),
        ("output_tokens", _COUNT),
        ("cached_tokens", _COUNT),
        ("cost_nanos", _COUNT),
        ("loaded_cost_nanos", _COUNT),
        ("reason", _TEXT),
    ]
)
_CHARGE = pa.struct([("counter", _TEXT), ("amount", _COUNT)])
_TYPES: dict[str, tuple[Any, bool]] = {
    "v": (pa.int16(), False),
    "kind": (_TEXT, False),
    "requests": (pa.int16(), False),
    "id": (_TEXT, False),
    TIME: (pa.timestamp("ns", tz="UTC"), False),
    "at": (_COUNT, False),
    "team": (_TEXT, True),
    "key": (_TEXT, False),
    "customer": (_TEXT, True),
    "feature": (_TEXT, True),
    "session": (_TEXT, True),
    "tags": (pa.list_(_TEXT), False),
    "route": (_TEXT, False),
    "task": (_TEXT, False),
    "level": (_TEXT, False),
    "complexity": (_NUMBER, False),
    "threshold": (_NUMBER, False),
    "quality": (_NUMBER, True),
    "model": (_TEXT, True),
    "provider": (_TEXT, True),
    "class": (_TEXT, True),
    "streamed": (pa.bool_(), False),
    "outcome": (_TEXT, False),
    "attempts": (pa.list_(_ATTEMPT), False),
    "input_uncached": (_COUNT, True),
    "cache_read": (_COUNT, True),
    "cache_write": (_COUNT, True),
    "cache_write_1h": (_COUNT, True),
    "output": (_COUNT, True),
    "reasoning": (_COUNT, True),
    "audio_input": (_COUNT, True),
    "audio_output": (_COUNT, True),
    "usage_source": (_TEXT, False),
    "cost_nanos": (_COUNT, True),
    "baseline": (_TEXT, True),
    "baseline_cost_nanos": (_COUNT, True),
    "total_seconds": (_NUMBER, False),
    "first_token_seconds": (_NUMBER, True),
    "overhead_seconds": (_NUMBER, False),
    "decision_seconds": (_NUMBER, False),
    "charges": (pa.list_(_CHARGE), False),
    "hosting_nanos": (_COUNT, True),
    "depreciation_nanos": (_COUNT, True),
    "maintenance_nanos": (_COUNT, True),
    "loaded_cost_nanos": (_COUNT, True),
    "service_tier": (_TEXT, True),
    "asked_tier": (_TEXT, True),
    "answer_seconds": (_NUMBER, True),
    "input_tokens": (_COUNT, True),
    "max_output_tokens": (_COUNT, True),
    "choices": (_COUNT, True),
    "needs": (pa.list_(_TEXT), True),
    "format": (_TEXT, True),
    "language": (_TEXT, True),
    "domain": (_TEXT, True),
    "baseline_quality": (_NUMBER, True),
    "candidates": (pa.list_(_CANDIDATE), True),
    "arm": (_TEXT, True),
    "propensity": (_NUMBER, True),
    "latent": (_TEXT, True),
    "estimator": (_TEXT, True),
    "decision": (_TEXT, True),
    "rating": (_NUMBER, True),
    "rating_source": (_TEXT, True),
    "rating_weight": (_NUMBER, True),
    "rating_outcome": (_TEXT, True),
    "cached": (pa.bool_(), True),
    "revenue_nanos": (_COUNT, True),
}
SCHEMA = pa.schema([pa.field(name, kind, nullable) for name, (kind, nullable) in _TYPES.items()])
"""Of every file. Columns may be added, never changed or taken away."""


_FIELDS = {TIME: "at", "class": "model_class"}
"""Columns whose attribute in the row is called otherwise."""


def encode_rows(rows: Sequence[EventRow]) -> bytes:
    """One file. The same rows give the same bytes, with one version of pyarrow."""
    return _written(_columns(rows))


def _columns(rows: Sequence[EventRow]) -> Any:
    """The rows as a table in today's layout."""
    return pa.Table.from_arrays(_arrays(rows, SCHEMA), schema=SCHEMA)


def _arrays(structs: Sequence[Any], fields: Iterable[Any]) -> list[Any]:
    """Column by column: row by row, as dicts, pyarrow would take twice as long."""
    fields = list(fields)
    read = attrgetter(*(_FIELDS.get(field.name, field.name) for field in fields))
    columns = zip(*map(read, structs), strict=True) if structs else repeat(())
    return [_array(column, field.type) for column, field in zip(columns, fields, strict=False)]


def _array(values: Sequence[Any], kind: Any) -> Any:
    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return pa.array(values, kind)
    lists = [value or () for value in values]
    inner = list(kind.value_type)
    return pa.ListArray.from_arrays(
        pa.array(accumulate(map(len, lists), initial=0), pa.int32()),
        pa.StructArray.from_arrays(_arrays(list(chain.from_iterable(lists)), inner), fields=inner),
        type=kind,
        mask=pa.array([value is None for value in values], pa.bool_()),
    )


def merge(contents: Mapping[str, bytes | None], organisation: str) -> bytes:
    """One file with the rows of several, which are given by path, in their order."""
    tables = []
    for path, content in contents.items():
        with _understood(path):
            tables.append(_table(path, content or b"", organisation))
    return _written(pa.concat_tables(tables))


def _table(path: str, content: bytes, organisation: str) -> Any:
    """The rows in today's layout."""
    table = pq.ParquetFile(pa.BufferReader(content)).read()
    if table.schema.equals(SCHEMA):
        return table
    if added := set(table.column_names) - set(SCHEMA.names):
        raise LedgerUnusable(
            f"{path} was written by a later version of RouterGate ({', '.join(sorted(added))}). "
            "Update this one before it merges files."
        )
    return _columns(list(decode_rows(content, organisation)))


def _written(table: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]  # pyarrow has no types


def decode_rows(content: bytes, organisation: str) -> Iterator[EventRow]:
    """The rows of one file; columns that a later version may have added are passed over."""
    file = pq.ParquetFile(pa.BufferReader(content))
    # Python's time has microseconds only, and `at` says the same.
    columns = [name for name in file.schema_arrow.names if name != TIME]
    for portion in file.iter_batches(batch_size=4096, columns=columns):
        yield from (
            msgspec.convert({**row, ORGANISATION: organisation}, EventRow) for row in portion.to_pylist()
        )


def read_rows(shelf: Shelf, path: str, organisation: str) -> list[EventRow]:
    """The rows of a file of one organisation; none if it was taken away meanwhile."""
    content = shelf.get(path)
    with _understood(f"{shelf.place}/{path}"):
        return [] if content is None else list(decode_rows(content, organisation))


@contextmanager
def _understood(place: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, msgspec.MsgspecError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise LedgerUnusable(
            f"{place} is damaged ({reason}). Restore it from a backup; the totals in the store "
            "still have its sums."
        ) from error


def path_of(organisation: str, day: Day, name: str) -> str:
    """Where a file with rows of one organisation and day belongs."""
    return f"date={day}/{ORGANISATION}={quote(organisation, safe='')}/{name}.parquet"


def partition_of(path: str) -> tuple[str, Day, str] | None:
    """The organisation, day and name that `path_of` was given; `None` for a file that is not ours."""
    parts = PurePosixPath(path).parts
    if len(parts) != 3 or not path.endswith(".parquet"):
        return None
    day, organisation = (part.partition("=") for part in parts[:2])
    if (day[0], organisation[0]) != ("date", ORGANISATION):
        return None
    return unquote(organisation[2]), day[2], PurePosixPath(path).stem
