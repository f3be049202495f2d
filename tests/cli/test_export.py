import json
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from routergate.capturing import vault
from routergate.cli import main
from routergate.cli.common import today
from routergate.config.load import load
from support.captures import a_record

CONFIG = """\
providers:
  openai: {kind: openai}
models:
  small: {provider: openai, class: economy, context_tokens: 9000}
capture: {key: a key that is long enough, folder: captured}
routes:
  auto: {candidates: [small], capture: {share: 0.5}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "routergate.yaml"
    path.write_text(CONFIG)
    spec = load(path, {}).capture
    assert spec is not None
    for n in range(10):
        words = " ".join(f"w{n * k}" for k in range(1, 12))
        vault(spec).keep(a_record(words, f"answer {n}", id=f"r{n}", at=n), today() + timedelta(days=1))
    return path


def export(config: Path, kind: str, *more: str) -> Result:
    words = ["export", kind, "--config", str(config), "--out", str(config.parent / "out"), *more]
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize("kind", ["sft", "eval", "decisions", "traces"])
def test_every_kind_has_two_files_and_a_card(config: Path, kind: str) -> None:
    result = export(config, kind, "--no-ratings", "--test-share", "0.2")
    assert result.exit_code == 0, result.output
    out = config.parent / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        f"{kind}.card.md",
        f"{kind}.test.jsonl",
        f"{kind}.train.jsonl",
    ]
    rows = [json.loads(line) for line in (out / f"{kind}.train.jsonl").read_text().splitlines()]
    assert len(rows) == (0 if kind == "traces" else 8)
    assert (out / f"{kind}.train.jsonl").stat().st_mode & 0o077 == 0


def test_parquet_is_what_hugging_face_reads(config: Path) -> None:
    assert export(config, "distill", "--model", "small", "--no-ratings", "--parquet").exit_code == 0
    table = pq.read_table(config.parent / "out" / "distill.train.parquet")
    assert table.column_names == ["messages"]
    assert table["messages"][0].as_py()[-1]["role"] == "assistant"


def test_what_cannot_be_made_is_refused_with_the_remedy(config: Path) -> None:
    assert "name it with --model" in export(config, "distill").stderr
    assert "leave out --no-ratings" in export(config, "dpo", "--no-ratings").stderr
    bare = CONFIG.replace("capture: {key", "server: {} # {key").replace(", capture: {share: 0.5}", "")
    config.write_text(bare)
    assert "has no section `capture`" in export(config, "sft", "--no-ratings").stderr
