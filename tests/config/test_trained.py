from dataclasses import replace
from pathlib import Path

from routergate.classify.artifact import builtin, save
from support.configs import SMALL, loaded

TEXT = SMALL + "router: {artifact: router.npz}\n"


def test_an_artifact_is_looked_for_beside_the_configuration(tmp_path: Path) -> None:
    mine = replace(builtin(), provenance={"trained_on": "2026-01-01"})
    save(mine, tmp_path / "router.npz")
    artifact = loaded(tmp_path, TEXT).artifact
    assert artifact is not None
    assert artifact.checksum == mine.checksum != builtin().checksum


def test_one_that_cannot_be_used_leaves_the_built_in_one_in_force(tmp_path: Path) -> None:
    (tmp_path / "router.npz").write_bytes(b"no artifact")
    config = loaded(tmp_path, TEXT)
    assert config.artifact is None
    [warning] = [each for each in config.warnings if each.startswith("router.artifact: ")]
    assert warning.endswith("The built-in one serves.")
    assert str(tmp_path / "router.npz") in warning


def test_without_one_nothing_is_said(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL)
    assert (config.artifact, [w for w in config.warnings if "artifact" in w]) == (None, [])
