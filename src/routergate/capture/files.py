"""Rows on disk."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """As Parquet or as JSON lines, by the end of the name; nobody but its owner reads it."""
    path.touch(mode=0o600)
    if path.suffix == ".parquet":
        import pyarrow as pa  # noqa: PLC0415 - a heavy import, for those who want it
        import pyarrow.parquet as pq  # noqa: PLC0415

        pq.write_table(pa.Table.from_pylist(list(rows)), path)
    else:
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
