import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from routergate.classify import artifact, quantity
from routergate.classify.artifact import Artifact
from routergate.classify.grams import BUCKETS
from routergate.classify.shape import NAMES
from routergate.domain.errors import ArtifactDamaged

BUILTIN = artifact.builtin()
MEGABYTE = 1_000_000


def rewritten(path: Path, name: str, content: bytes) -> Path:
    """The same file with one of its members replaced."""
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for member, old in members.items():
            archive.writestr(member, content if member == name else old)
    return path


def headed(path: Path, **changes: object) -> Path:
    """The same file with something else said in its header."""
    with np.load(path) as archive:
        header = json.loads(archive["header"].tobytes())
    header["said"] |= changes
    content = io.BytesIO()
    np.save(content, np.frombuffer(json.dumps(header).encode(), np.uint8))
    return rewritten(path, "header.npy", content.getvalue())


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A file with the built-in artifact."""
    path = tmp_path / "router.npz"
    artifact.save(BUILTIN, path)
    return path


def test_an_artifact_comes_back_as_it_was_saved(saved: Path) -> None:
    loaded = artifact.load(saved)
    assert loaded.checksum == BUILTIN.checksum
    assert (loaded.models, loaded.tasks, loaded.levels) == (BUILTIN.models, BUILTIN.tasks, BUILTIN.levels)
    np.testing.assert_array_equal(loaded.ability, BUILTIN.ability)


def test_the_same_artifact_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    artifact.save(BUILTIN, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == saved.read_bytes()


def test_the_built_in_artifact_is_small_and_says_where_it_comes_from(saved: Path) -> None:
    assert saved.stat().st_size < 3 * MEGABYTE
    assert {"trained_on", "seed", "sources", "licences", "lineage"} <= BUILTIN.provenance.keys()


def test_the_parts_of_an_artifact_fit_together() -> None:
    width = BUILTIN.words.shape[1]
    assert BUILTIN.words.shape == (BUCKETS, width)
    assert BUILTIN.shapes.shape == (len(NAMES), width)
    assert BUILTIN.ability.shape == (len(BUILTIN.models), width + len(quantity.NAMES))
    assert BUILTIN.counting.shape == (len(BUILTIN.tasks),)
    assert BUILTIN.table.shape == (len(BUILTIN.tasks), len(BUILTIN.models))
    assert all(np.isfinite(getattr(BUILTIN, name)).all() for name in ("ability", "bias", "table", "words"))


def test_no_file_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ArtifactDamaged, match=r"nowhere\.npz: cannot be read"):
        artifact.load(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not an artifact", b"\x93NUMPY"])
def test_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "router.npz").write_bytes(content)
    with pytest.raises(ArtifactDamaged, match="not an artifact"):
        artifact.load(tmp_path / "router.npz")


def test_half_a_file_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:100_000])
    with pytest.raises(ArtifactDamaged):
        artifact.load(saved)


def test_another_version_is_refused(saved: Path) -> None:
    with pytest.raises(ArtifactDamaged, match="of version 99, this program reads 2"):
        artifact.load(headed(saved, version=99))


def test_what_was_changed_later_is_refused(saved: Path) -> None:
    with pytest.raises(ArtifactDamaged, match="checksum does not match"):
        artifact.load(headed(saved, levels=[0.0, 0.0, 0.0]))


def test_other_numbers_make_another_checksum() -> None:
    assert replace(BUILTIN, bias=BUILTIN.bias + 1).checksum != BUILTIN.checksum
    assert isinstance(BUILTIN, Artifact)
