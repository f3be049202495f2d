"""Time every report over a ledger that `generate.py` wrote, each in its own process, with its peak memory.

    python benchmarks/reporting/run.py --ledger /tmp/ledger --engine duckdb --out duckdb.json
    python benchmarks/reporting/run.py --ledger /tmp/ledger --engine 'spark:local[2]' --same-as duckdb.json

`--same-as` compares every value of every report with those of another run, to the nano-dollar.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CONFIG = """\
version: 1
providers: {sim: {kind: openai, base_url: http://127.0.0.1:1/v1, api_key: unused}}
models:
  gpt-5:
    {provider: sim, class: frontier, context_tokens: 100000,
     prices: [{from: 2020-01-01, input: 1.25, cache_read: 0.125, output: 10}]}
  gpt-5-mini:
    provider: sim
    class: economy
    context_tokens: 100000
    prices:
      - {from: 2020-01-01, input: 0.25, cache_read: 0.025, output: 2}
      - {from: 2026-10-25, input: 0.05, cache_read: 0.005, output: 0.3}
revenue: [{feature: feature-00, usd: 0.004, per: request}]
"""
PERIOD = ("--since", "2026-08-01", "--until", "2026-10-29")
REPORTS: tuple[tuple[str, ...], ...] = (
    ("usage", "--by", "feature,model"),
    ("usage", "--by", "customer"),
    ("savings", "--by", "route"),
    ("overspend", "--by", "team"),
    ("pnl", "--by", "feature"),
    ("pnl", "--by", "feature", "--where", "customer=customer-1999"),
    ("reasoning",),
    ("price-impact",),
    ("forecast",),
    ("anomalies",),
    ("chargeback", "--method", "tokens"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time every report.")
    parser.add_argument("--ledger", required=True)
    parser.add_argument("--engine", default="duckdb")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--same-as", type=Path)
    asked = parser.parse_args()
    other = json.loads(asked.same_as.read_text()) if asked.same_as else None
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "routergate.yaml")
        config.write_text(CONFIG)
        for report in REPORTS:
            name = " ".join(report)
            took, found[name] = timed(report, asked.ledger, asked.engine, config)
            verdict = "" if other is None else "same" if same(found[name], other[name]) else "DIFFERENT"
            print(f"| {name} | {took[0]:.1f} | {took[1]:.1f} | {took[2]:,.0f} | {verdict}", flush=True)
    if asked.out:
        asked.out.write_text(json.dumps(found))


Took = tuple[float, float, float]


def timed(report: tuple[str, ...], ledger: str, engine: str, config: Path) -> tuple[Took, Any]:
    """Seconds from start to end, seconds of processors, peak memory in MB; and what the report says.

    Spark's own process is not in the latter two.
    """
    arguments = ["report", *report, *PERIOD, "--ledger", ledger, "--engine", engine, "--json"]
    command = [sys.executable, "-m", "routergate.cli", *arguments]
    environment = {**os.environ, "ROUTERGATE_CONFIG": str(config)}
    with tempfile.TemporaryFile() as out:
        begun = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, command
        out.seek(0)
        return (seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), json.load(out)


def same(one: Any, other: Any) -> bool:
    """Rows may stand in another order where they weigh the same; floats may differ in the last digits."""
    return sorted(map(plain, one["rows"])) == sorted(map(plain, other["rows"]))


def plain(row: dict[str, Any]) -> str:
    """Without the noise of floats, which no amount of money is."""
    return json.dumps({name: round(it, 4) if isinstance(it, float) else it for name, it in row.items()})


if __name__ == "__main__":
    main()
