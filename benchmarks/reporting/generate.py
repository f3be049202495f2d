"""Write a realistic ledger of any size straight into the layout of `routergate ledger run`.

    python benchmarks/reporting/generate.py --rows 1000000 --out /tmp/ledger

90 days with the rhythm of office hours and weeks, 40 features in 8 teams, 2 000 customers of very different
size, 12 models of three classes. The same size gives the same rows.
"""

import argparse
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from routergate.ledger.parquet import SCHEMA, TIME, path_of

DAYS, FEATURES, CUSTOMERS, PORTION = 90, 40, 2_000, 500_000
MODELS: tuple[tuple[str, str, int, int, float], ...] = (
    ("gpt-5", "frontier", 1_250, 10_000, 0.06),
    ("claude-opus", "frontier", 5_000, 25_000, 0.03),
    ("gemini-pro", "frontier", 1_250, 10_000, 0.06),
    ("gpt-5-mini", "economy", 250, 2_000, 0.20),
    ("gpt-5-nano", "economy", 50, 400, 0.12),
    ("claude-haiku", "economy", 1_000, 5_000, 0.08),
    ("gemini-flash", "economy", 300, 2_500, 0.15),
    ("deepseek", "economy", 280, 420, 0.07),
    ("mistral-small", "economy", 100, 300, 0.05),
    ("contracts-7b", "self_hosted", 0, 0, 0.10),
    ("support-8b", "self_hosted", 0, 0, 0.07),
    ("unlisted", "economy", -1, -1, 0.01),
)
"""Name, class, nano-dollars for a token read and written (negative: nobody knows), share of requests."""
NANOS_PER_DAY = 86_400 * 10**9
HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 19, 16, 18, 20, 19, 17, 14, 9, 6, 5, 4, 3, 2], float)
WEEK = np.array([1.1, 1.15, 1.15, 1.1, 1.0, 0.45, 0.4])


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a realistic ledger.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2026, 8, 1))
    asked = parser.parse_args()
    days = [asked.first + timedelta(days=n) for n in range(DAYS)]
    weights = np.array([WEEK[day.weekday()] * (1 + n / DAYS / 4) for n, day in enumerate(days)])
    shares = np.floor(asked.rows * weights / weights.sum()).astype(int)
    shares[0] += asked.rows - shares.sum()
    for n, (day, rows) in enumerate(zip(days, shares, strict=True)):
        write(asked.out, day, int(rows), np.random.default_rng(n))
    print(f"{asked.rows:,} rows in {asked.out}")


def write(out: Path, day: date, rows: int, random: Any) -> None:
    """A file of one day; a row group for each portion."""
    path = out / path_of("acme", day.isoformat(), f"{day:%Y%m%d}000-0_{day:%Y%m%d}999-0")
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for first in range(0, rows, PORTION):
            writer.write_table(portion(day, min(PORTION, rows - first), first, random))


def portion(day: date, rows: int, first: int, random: Any) -> pa.Table:
    """Some requests of a day."""
    model = random.choice(len(MODELS), rows, p=np.array([one[4] for one in MODELS]))
    feature = np.minimum(random.zipf(1.4, rows) - 1, FEATURES - 1)
    columns = {
        **moments(day, rows, first, random),
        **owners(feature, rows, random),
        **answers(model, rows, random),
        **amounts(model, feature, rows, random),
    }
    columns["candidates"] = candidates(columns, rows)
    return pa.table([columns.get(one.name, nothing(rows, one.type)) for one in SCHEMA], schema=SCHEMA)


def moments(day: date, rows: int, first: int, random: Any) -> dict[str, Any]:
    """When, and under which name."""
    hour = random.choice(24, rows, p=HOURS / HOURS.sum())
    start = (day - date(1970, 1, 1)).days * NANOS_PER_DAY
    at = np.sort(start + ((hour + random.random(rows)) * 3_600e9).astype(np.int64))
    numbers = pa.array(np.arange(first, first + rows) + day.toordinal() * 10**8)
    seconds = random.gamma(2.0, 0.8, rows)
    return {
        "v": same(rows, 1), "kind": same(rows, "event"), "requests": same(rows, 1),
        "id": numbers.cast(pa.string()),
        "at": pa.array(at), TIME: pa.array(at).cast(pa.timestamp("ns", tz="UTC")),
        "total_seconds": seconds, "first_token_seconds": seconds / 4, "answer_seconds": seconds,
        "overhead_seconds": same(rows, 0.0008), "decision_seconds": same(rows, 0.0003),
    }  # fmt: skip


def owners(feature: Any, rows: int, random: Any) -> dict[str, Any]:
    """Who asked, and for what."""
    customer = np.minimum((CUSTOMERS * random.power(0.4, rows)).astype(int), CUSTOMERS - 1)
    hard = random.beta(2, 5, rows)
    return {
        "team": words(feature % 8, [f"team-{n}" for n in range(8)]),
        "key": words(feature % 8, [f"key_{n:012d}" for n in range(8)]),
        "customer": words(customer, [f"customer-{n:04d}" for n in range(CUSTOMERS)]),
        "feature": words(feature, [f"feature-{n:02d}" for n in range(FEATURES)]),
        "session": nothing(rows, pa.string()), "tags": empty(rows, SCHEMA.field("tags").type),
        "route": words(feature % 4, ["auto", "support-bot", "code", "batch"]),
        "task": words(feature % 6, ["chat", "code", "math", "extraction", "summary", "contract-review"]),
        "level": words(np.digitize(hard, [0.25, 0.5, 0.75]), ["simple", "medium", "hard", "frontier"]),
        "complexity": hard,
        "choices": same(rows, 1), "format": same(rows, "chat"),
        "needs": empty(rows, SCHEMA.field("needs").type),
        "threshold": same(rows, 0.9), "charges": empty(rows, SCHEMA.field("charges").type),
    }  # fmt: skip


def answers(model: Any, rows: int, random: Any) -> dict[str, Any]:
    """Who answered, and how it ended."""
    names = [one[0] for one in MODELS]
    providers = [f"provider-{n // 3}" for n in range(len(MODELS))]
    outcome = random.choice(4, rows, p=[0.97, 0.015, 0.005, 0.01])
    calls = pa.StructArray.from_arrays(
        [words(model, names), words(model, providers), words(outcome, ["ok", "throttled", "refused", "ok"]),
         pa.array(random.random(rows)), pa.array(outcome != 1), nothing(rows, pa.int64()),
         nothing(rows, pa.int64()), nothing(rows, pa.int64())],
        fields=list(SCHEMA.field("attempts").type.value_type),
    )  # fmt: skip
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32))
    return {
        "quality": 0.8 + 0.19 * random.random(rows), "model": words(model, names),
        "provider": words(model, providers), "class": words(model, [one[1] for one in MODELS]),
        "streamed": random.random(rows) < 0.6,
        "outcome": words(outcome, ["ok", "failed", "refused", "abandoned"]),
        "attempts": pa.ListArray.from_arrays(offsets, calls), "usage_source": same(rows, "provider"),
        "service_tier": nothing(rows, pa.string()), "asked_tier": same(rows, ""),
    }  # fmt: skip


def amounts(model: Any, feature: Any, rows: int, random: Any) -> dict[str, Any]:
    """Tokens and nano-dollars."""
    read = random.gamma(1.2, 900 + 60 * feature).astype(np.int64) + 20
    cached = np.where(random.random(rows) < 0.3, read // 2, 0)
    written = random.gamma(1.5, 180, rows).astype(np.int64) + 1
    thought = np.where(model < 3, written * 2, 0)
    rate_in = np.array([one[2] for one in MODELS])[model]
    rate_out = np.array([one[3] for one in MODELS])[model]
    cost = (read - cached) * rate_in + cached * (rate_in // 10) + (written + thought) * rate_out
    own, unpriced = rate_in == 0, rate_in < 0
    hosting, upkeep = np.where(own, 400_000, 0), np.where(own, 90_000, 0)
    baseline = (read - cached) * 1_250 + cached * 125 + (written + thought) * 10_000
    zero = np.zeros(rows, np.int64)
    return {
        "input_tokens": read, "input_uncached": read - cached, "cache_read": cached,
        "cache_write": zero, "cache_write_1h": zero,
        "output": written, "reasoning": thought, "audio_input": zero, "audio_output": zero,
        "cost_nanos": pa.array(cost, mask=unpriced),
        "baseline": same(rows, "gpt-5"), "baseline_cost_nanos": baseline,
        "hosting_nanos": hosting, "depreciation_nanos": upkeep, "maintenance_nanos": upkeep,
        "loaded_cost_nanos": pa.array(cost + hosting + 2 * upkeep, mask=unpriced),
    }  # fmt: skip


def candidates(columns: dict[str, Any], rows: int) -> pa.Array:
    """What the router expected of a small model, a middling one and a large one."""
    hard = np.repeat(columns["complexity"], 3)
    which = np.tile([4, 3, 0], rows)
    read, written = (np.repeat(np.asarray(columns[name]), 3) for name in ("input_uncached", "output"))
    rate_in, rate_out = (np.array([one[n] for one in MODELS])[which] for n in (2, 3))
    cost = pa.array(read * rate_in + written * rate_out)
    several = 3 * rows
    one = {
        "model": words(which, [one[0] for one in MODELS]),
        "quality": pa.array(np.round(1 - hard * np.tile([0.4, 0.2, 0.1], rows), 4)),
        "stderr": same(several, 0.05), "output_tokens": pa.array(written),
        "cached_tokens": same(several, 0), "cost_nanos": cost, "loaded_cost_nanos": cost,
        "reason": nothing(several, pa.string()),
    }  # fmt: skip
    fields = list(SCHEMA.field("candidates").type.value_type)
    each = pa.StructArray.from_arrays([one[field.name] for field in fields], fields=fields)
    return pa.ListArray.from_arrays(pa.array(np.arange(0, several + 1, 3, dtype=np.int32)), each)


def words(index: Any, names: list[str]) -> pa.Array:
    """Names by number."""
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), pa.array(names)).cast(pa.string())


def same(rows: int, value: object) -> pa.Array:
    """One value, again and again."""
    return pa.repeat(pa.scalar(value), rows)


def nothing(rows: int, kind: Any) -> pa.Array:
    """Null, again and again."""
    return pa.nulls(rows, kind)


def empty(rows: int, kind: Any) -> pa.Array:
    """Lists with nothing in them."""
    return pa.ListArray.from_arrays(
        pa.array(np.zeros(rows + 1, np.int32)), pa.nulls(0, kind.value_type)
    ).cast(kind)


if __name__ == "__main__":
    main()
