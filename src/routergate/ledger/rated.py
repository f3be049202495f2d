"""Requests of the ledger with what was said of their answers: outcomes without prompts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from routergate.ledger.books import Books, books, consulted
from routergate.ledger.decided import unpacked
from routergate.ledger.feedback import FEEDBACK
from routergate.ledger.parquet import partition_of
from routergate.ledger.shelf import Shelf

_SAID = ("kind", "at", "decision", "rating", "rating_source", "rating_weight")
_READ = ("kind", "id", "model", "latent", "estimator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """One answer, and how good it was."""

    model: str
    """As the configuration calls it."""
    latent: tuple[float, ...]
    """What the estimator read of the request."""
    estimator: str
    """The way of reading those numbers come from."""
    rating: float


def rated(shelf: Shelf, since: date, until: date, organisation: str | None = None) -> list[Rated]:
    """The answers of these days of which anything was said, with the weighted mean of what was."""
    return consulted(
        lambda: books(shelf, since, until, organisation), lambda found: list(_rated(shelf, found))
    )


def _rated(shelf: Shelf, found: Books) -> Iterator[Rated]:
    for _, paths in groupby(sorted(found.paths, key=_owner), _owner):
        yield from _of_one(shelf, list(paths))


def _owner(path: str) -> str:
    place = partition_of(path)
    return place[0] if place else ""


def _of_one(shelf: Shelf, paths: Sequence[str]) -> Iterator[Rated]:
    """Of one organisation: what another one says of a request is not about it."""
    ratings = _ratings(row for path in paths for row in _said(shelf, path))
    wanted = pa.array(list(ratings), pa.string())
    for path in paths:
        for row in _rows(shelf, path, _READ, lambda table: pc.is_in(table["id"], wanted)):
            if row["kind"] in {"event", "correction"} and row["model"] and row["latent"]:
                yield Rated(
                    model=row["model"],
                    latent=tuple(unpacked(row["latent"])),
                    estimator=row["estimator"],
                    rating=ratings[row["id"]],
                )


def _said(shelf: Shelf, path: str) -> Sequence[Mapping[str, Any]]:
    return _rows(shelf, path, _SAID, lambda table: pc.equal(table["kind"], FEEDBACK))


def _ratings(said: Iterator[Mapping[str, Any]]) -> dict[str, float]:
    """For each request the mean of its sources' latest words, by their weights."""
    latest: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in sorted(said, key=lambda row: row["at"]):
        latest.setdefault(row["decision"], {})[row["rating_source"]] = row
    return {decision: _mean(list(words.values())) for decision, words in latest.items()}


def _mean(words: Sequence[Mapping[str, Any]]) -> float:
    weight = sum(word["rating_weight"] for word in words)
    return float(sum(word["rating"] * word["rating_weight"] for word in words) / weight)


def _rows(shelf: Shelf, path: str, columns: Sequence[str], holds: Any) -> Sequence[Mapping[str, Any]]:
    """Those of a file for which something holds; none if it is from before these columns, or is gone."""
    file = pq.ParquetFile(pa.BufferReader(shelf.get(path) or b""))
    if not set(columns) <= set(file.schema_arrow.names):
        return []
    table = file.read(list(columns))
    found: list[Mapping[str, Any]] = table.filter(holds(table)).to_pylist()
    return found
