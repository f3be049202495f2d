import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from routergate.classify.artifact import builtin, load, save
from routergate.cli import main


@pytest.fixture
def trained(tmp_path: Path) -> list[Path]:
    """Two routers, of which one descends from the other."""
    first = builtin()
    about = {"trained_on": "2026-03-01", "sources": {"quiz": 400}, "lineage": [first.checksum]}
    paths = [tmp_path / "one.npz", tmp_path / "two.npz"]
    for path, artifact in zip(paths, (first, replace(first, provenance=about)), strict=True):
        save(artifact, path)
    return paths


def router(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["router", words[0], "--folder", str(folder / "routers"), *words[1:]])


def test_a_router_is_promoted_and_taken_back(trained: list[Path], tmp_path: Path) -> None:
    one, two = (load(path).checksum for path in trained)
    current = tmp_path / "routers" / "current.npz"
    for path in trained:
        assert router(tmp_path, "promote", str(path), "--said", "better on law").exit_code == 0
    assert load(current).checksum == two
    assert f"{one[:16]} is " in router(tmp_path, "rollback", "--said", "worse on code").stdout
    assert load(current).checksum == one
    found = json.loads(router(tmp_path, "list", "--json").stdout)
    assert [(each["checksum"], each["in_force"]) for each in found] == [(one, True), (two, False)]
    assert [each["said"] for each in found[0]["promotions"]] == ["better on law", "worse on code"]
    assert found[1]["provenance"]["lineage"] == [one]
    told = router(tmp_path, "list").stdout
    assert "2026-03-01" in told
    assert "400" in told


def test_several_are_taken_back_one_after_the_other(trained: list[Path], tmp_path: Path) -> None:
    one, two = trained
    for path in (one, two, one):
        router(tmp_path, "promote", str(path))
    checksums = []
    for _ in range(2):
        router(tmp_path, "rollback")
        checksums.append(load(tmp_path / "routers" / "current.npz").checksum)
    assert checksums == [load(two).checksum, load(one).checksum]
    assert "nothing was in force before" in router(tmp_path, "rollback").stderr


def test_what_is_no_router_does_not_come_into_force(trained: list[Path], tmp_path: Path) -> None:
    router(tmp_path, "promote", str(trained[0]))
    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"not one")
    assert router(tmp_path, "promote", str(bad)).exit_code == 2
    assert load(tmp_path / "routers" / "current.npz").checksum == load(trained[0]).checksum


def test_a_damaged_log_is_named(trained: list[Path], tmp_path: Path) -> None:
    router(tmp_path, "promote", str(trained[0]))
    (tmp_path / "routers" / "promotions.jsonl").write_text("{")
    assert "promotions.jsonl: damaged" in router(tmp_path, "list").stderr
