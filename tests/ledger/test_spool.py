import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from routergate.domain.event import UsageEvent
from routergate.ledger.batch import Numbered, batch
from routergate.ledger.line import to_line
from routergate.ledger.posting import posting
from routergate.ledger.spool import PORTION, Spool, SpoolFile, SpoolFull, leftovers
from support.events import an_event


def numbered(sequence: int, *happened: UsageEvent) -> Numbered:
    postings = [posting(event) for event in happened or (an_event(id=f"event-{sequence}"),)]
    return Numbered("w", sequence, batch("acme", postings, 1000))


def a_spool(folder: Path, room: int = 1 << 20) -> Spool:
    return Spool(folder, lambda: 1_700_000_000, room)


def left(folder: Path, *batches: Numbered) -> Path:
    """A file that a process has left."""
    spool = a_spool(folder)
    spool.append(batches)
    spool.release()
    [path] = folder.glob("*.spool")
    return path


def taken(file: Spool | SpoolFile) -> list[int]:
    """The sequences of everything in a file, taken from the front."""
    found = []
    while head := file.head():
        found.append(head.sequence)
        file.take()
    return found


def test_batches_come_back_in_order_and_the_file_goes_with_the_last_one(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "a" / "spool")
    spool.append([numbered(1), numbered(2)])
    assert spool.head() == numbered(1)
    spool.append([numbered(3, an_event(), an_event())])
    assert (spool.waiting, spool.empty) == (4, False)

    assert taken(spool) == [1, 2, 3]
    assert (spool.waiting, spool.empty, list(spool.folder.iterdir())) == (0, True, [])


def test_a_line_larger_than_a_portion_is_read_whole(tmp_path: Path) -> None:
    spool = a_spool(tmp_path, room=32 * PORTION)
    large = numbered(2, an_event(route="r" * (2 * PORTION)))
    spool.append([numbered(1), large, numbered(3)])
    assert taken(spool) == [1, 2, 3]


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    path = left(tmp_path / "spool", numbered(1))
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_what_finds_no_room_is_refused_and_nothing_of_it_kept(tmp_path: Path) -> None:
    spool = a_spool(tmp_path, room=3 * len(to_line(numbered(1))))
    spool.append([numbered(1), numbered(2)])
    with pytest.raises(SpoolFull, match="may not hold more than"):
        spool.append([numbered(3), numbered(4)])
    assert taken(spool) == [1, 2]


@contextmanager
def a_disk_that_is_full_after(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes; what goes beyond is cut off there."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_what_the_disk_takes_only_in_part_is_not_kept_at_all(tmp_path: Path) -> None:
    spool, large = a_spool(tmp_path), numbered(2, an_event(route="r" * 100_000))
    with a_disk_that_is_full_after(50_000):
        with pytest.raises(OSError, match="too large"):
            spool.append([large])
        assert (spool.empty, list(tmp_path.iterdir())) == (True, [])

        spool.append([numbered(1)])
        with pytest.raises(OSError, match="too large"):
            spool.append([large])
    assert spool.waiting == 1
    spool.append([numbered(3)])
    spool.release()

    [file] = leftovers(tmp_path)
    assert taken(file) == [1, 3]
    assert file.damaged == 0
    file.remove()


def test_the_room_is_that_of_all_files_together(tmp_path: Path) -> None:
    (tmp_path / "1-a.damaged").write_bytes(b"x" * 100_000)
    with pytest.raises(SpoolFull):
        a_spool(tmp_path, room=100_000).append([numbered(1)])


def test_a_torn_last_line_is_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = left(tmp_path, numbered(1), numbered(2))
    path.write_bytes(path.read_bytes() + to_line(numbered(3))[:-2])
    [file] = leftovers(tmp_path)

    assert taken(file) == [1, 2]
    assert file.damaged == 0
    assert "in the middle of a line" in caplog.text
    file.remove()


def test_a_last_line_that_lacks_nothing_but_its_end_is_read(tmp_path: Path) -> None:
    path = left(tmp_path, numbered(1), numbered(2))
    path.write_bytes(path.read_bytes()[:-1])
    [file] = leftovers(tmp_path)

    assert taken(file) == [1, 2]
    file.remove()


def test_a_damaged_line_is_set_aside_and_the_others_are_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = left(tmp_path, numbered(1), numbered(2), numbered(3))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"acme", b"evil")
    path.write_bytes(b"".join(lines))
    [file] = leftovers(tmp_path)

    assert taken(file) == [1, 3]
    assert file.damaged == 1
    assert path.with_suffix(".damaged").read_bytes() == lines[1]
    assert "damaged" in caplog.text
    assert "evil" not in caplog.text
    file.remove()


def test_a_file_has_one_holder_until_that_lets_go(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.append([numbered(1), numbered(2)])
    assert leftovers(tmp_path) == []

    spool.release()
    [file] = leftovers(tmp_path)
    assert (file.waiting, file.begun, leftovers(tmp_path)) == (2, 1_700_000_000, [])
    file.remove()
    assert leftovers(tmp_path) == []


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    for name in ("1-a.damaged", "1-a.old", "1-a.new", "notes-x.spool"):
        (tmp_path / name).write_bytes(b"x")
    assert leftovers(tmp_path) == []
    assert leftovers(tmp_path / "nowhere") == []
    assert len(list(tmp_path.iterdir())) == 4
