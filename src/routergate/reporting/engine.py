"""What computes reports: DuckDB on one machine, Spark where one is too small. The one home of ibis.

Nothing outside this module knows which of them it is, and nothing is downloaded by either.
"""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from typing import Any, Protocol

import ibis
from ibis import Schema, Table, Value

from routergate.domain.errors import EngineUnusable, LedgerUnusable

DUCKDB = "duckdb"
SPARK = "spark:"
PLACES = ("date", "organisation")
"""The columns that are in the folders' names."""
LEFT_OUT = "time"
"""The column that says the same as `at`, and that not every engine can read."""


class Files(Protocol):
    """Where the rows are (`ledger.books.Books` is one)."""

    @property
    def root(self) -> str:
        """A folder, or a URI."""

    @property
    def paths(self) -> Sequence[str]:
        """From there: `date=…/organisation=…/….parquet`."""

    @property
    def layout(self) -> Any:
        """The columns of a row, as a pyarrow schema."""

    @property
    def opener(self) -> Any:
        """What opens them as `shelf://` and their path; `None`: they are on this machine."""


@contextmanager
def opened(files: Files, engine: str = DUCKDB) -> Iterator[Table]:
    """Every row with the columns of the ledger, `date`, `organisation`, and null where its file is older.

    `engine` is `duckdb`, a Spark master such as `spark://host:7077`, or `spark:` and another kind of
    master, such as `spark:local[2]`. What the engine cannot do is raised as `LedgerUnusable`.
    """
    layout, connected = _layout(files), _connected(engine)
    if not files.paths:
        yield ibis.memtable([], schema=layout)
        return
    with _translated(files.root, engine), connected(files) as rows:
        yield _conformed(rows, layout)


def fetched(asked: Table) -> list[dict[str, Any]]:
    """The rows of a (small) result, as plain values."""
    rows: list[dict[str, Any]] = asked.to_pyarrow().to_pylist()
    return rows


def as_parquet(columns: Mapping[str, str], rows: Sequence[Sequence[Any]], path: str) -> None:
    """Write rows to a file, with the ibis types of their columns."""
    texts = [[None if value is None else str(value) for value in row] for row in rows]  # exact on the way
    table = ibis.memtable(texts, schema=ibis.schema(dict.fromkeys(columns, "string")))
    connection = _duckdb()
    try:
        connection.to_parquet(table.cast(dict(columns)), path)
    finally:
        connection.disconnect()


def _layout(files: Files) -> Schema:
    columns = dict(Schema.from_pyarrow(files.layout))
    columns.pop(LEFT_OUT, None)
    kinds = {name: kind.copy(nullable=True) for name, kind in columns.items()}
    return ibis.schema({**kinds, "date": "date", "organisation": "string"})


def _conformed(rows: Table, layout: Schema) -> Table:
    """The rows in today's layout, what they count as filled in."""
    found = rows.schema()
    columns: dict[str, Value] = {name: _column(rows, name, found, kind) for name, kind in layout.items()}
    columns["kind"] = columns["kind"].fill_null("event")
    columns["requests"] = columns["requests"].fill_null(1)
    return rows.select(**columns)


def _column(rows: Table, name: str, found: Schema, kind: Any) -> Value:
    if name not in found:
        return ibis.null(kind)
    return rows[name] if found[name] == kind else rows[name].cast(kind)


def _connected(engine: str) -> Callable[[Files], AbstractContextManager[Table]]:
    if engine == DUCKDB:
        return _in_duckdb
    if not engine.startswith(SPARK):
        raise EngineUnusable(
            f"No engine is called {engine!r}. There are {DUCKDB}, spark://host:port, and spark: with another "
            "master, such as spark:local[2]."
        )
    if find_spec("pyspark") is None:
        raise EngineUnusable(
            f"{engine!r} needs PySpark, and a Java runtime: pip install 'routergate[spark]', or leave out "
            "--engine to use DuckDB."
        )
    return lambda files: _in_spark(files, engine if engine.startswith("spark://") else engine[len(SPARK) :])


def _duckdb() -> Any:
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET autoinstall_known_extensions = false")
    connection.raw_sql("SET preserve_insertion_order = false")
    # Each query would look at the end of every file again.
    connection.raw_sql("SET parquet_metadata_cache = true")
    return connection


@contextmanager
def _in_duckdb(files: Files) -> Iterator[Table]:
    connection = _duckdb()
    try:
        root = files.root + "/"
        if files.opener is not None:
            connection.register_filesystem(files.opener)
            root = "shelf://"
        yield connection.read_parquet(
            [re.sub(r"([*?\[])", r"[\1]", root + path) for path in files.paths],
            hive_partitioning=True,
            hive_types_autocast=False,  # an organisation may be called 007
            union_by_name=True,
        )
    finally:
        connection.disconnect()


@contextmanager
def _in_spark(files: Files, master: str) -> Iterator[Table]:
    with warnings.catch_warnings():
        # It warns of the pandas that it finds with every table it hands out, though none is made here.
        warnings.simplefilter("ignore")
        session = _session(master)
        try:
            yield _spark_rows(session, files)
        finally:
            session.stop()


def _spark_rows(session: Any, files: Files) -> Table:
    from pyspark.sql import functions  # noqa: PLC0415

    root = re.sub("^s3://", "s3a://", files.root)
    rows = (
        session.read.option("basePath", root)
        .option("mergeSchema", "true")
        .parquet(*(re.sub(r"([*?\[{\\])", r"\\\1", f"{root}/{path}") for path in files.paths))
    )
    # It takes each byte of a folder's name for a character.
    name = functions.decode(functions.encode("organisation", "ISO-8859-1"), "UTF-8")
    rows.withColumn("organisation", name).createOrReplaceTempView("ledger")
    return ibis.pyspark.connect(session).table("ledger")


def _session(master: str) -> Any:
    from pyspark.errors import PySparkException  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    settings: dict[str, bool | float | int | str | None] = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.sql.legacy.parquet.nanosAsLong": "true",
    }
    try:
        return SparkSession.builder.master(master).appName("routergate").config(map=settings).getOrCreate()
    except (PySparkException, RuntimeError) as error:
        raise EngineUnusable(
            f"Spark could not be started with the master {master!r} ({_first_line(error)}). It needs a Java "
            "runtime here, and a master that can be reached."
        ) from error


@contextmanager
def _translated(place: str, engine: str) -> Iterator[None]:
    """The engines have no error in common; theirs are told by where they were defined."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"duckdb", "_duckdb", "pyspark", "py4j"}:
            raise
        raise LedgerUnusable(
            f"The ledger at {place} cannot be read by {engine} ({_first_line(error)}). If a file is damaged, "
            "restore it from a backup; `routergate ledger verify` names what is missing."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
