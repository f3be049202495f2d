from pathlib import Path

import pytest

from routergate.domain.errors import LedgerUnusable
from routergate.ledger.shelf import Shelf
from support.exports import Death, Fate, MortalShelf


@pytest.fixture(params=["{}", "file://{}", "mock:///ledger"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """On a disk by path and by URI, and in a place that pyarrow reaches by URI only."""
    return Shelf(request.param.format(tmp_path / "ledger"))


def test_what_was_put_can_be_had(shelf: Shelf) -> None:
    assert shelf.get("a/b") is None
    assert shelf.rows() == []

    shelf.put("a/b", b"one")
    shelf.put("a/b", b"two")
    assert shelf.get("a/b") == b"two"
    assert shelf.rows() == ["a/b"]


def test_what_is_hidden_by_its_name_has_no_rows(shelf: Shelf) -> None:
    for path in ("_export/a", "a/.b.tmp", "a/_c", "a/d", "e"):
        shelf.put(path, b"x")

    assert shelf.rows() == ["a/d", "e"]


@pytest.mark.parametrize(("at", "after"), [(0, False), (0, True), (1, False)])
def test_a_file_is_there_as_a_whole_or_as_it_was(tmp_path: Path, at: int, after: bool) -> None:
    shelf = Shelf(str(tmp_path))
    shelf.put("a/b", b"before")

    with pytest.raises(Death):
        MortalShelf(str(tmp_path), Fate(at, after=after)).put("a/b", b"afterwards")
    assert shelf.get("a/b") == b"before"
    assert shelf.rows() == ["a/b"]

    shelf.put("a/b", b"afterwards")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LedgerUnusable, match=r"ledger at .*file cannot be used .* Events stay"):
        Shelf(str(tmp_path / "file")).put("a", b"x")


def test_a_place_that_nobody_knows_is_named_without_its_secrets() -> None:
    with pytest.raises(LedgerUnusable, match="cannot be at nowhere://bucket/ledger") as raised:
        Shelf("nowhere://id:secret@bucket/ledger?password=secret")
    assert "secret" not in str(raised.value)
