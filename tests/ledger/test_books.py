from datetime import date
from pathlib import Path

import pytest

from routergate.ledger.books import Books, books, consulted
from routergate.ledger.parquet import encode_rows, path_of
from routergate.ledger.record import row
from routergate.ledger.retention import drop
from routergate.ledger.shelf import Shelf
from support.events import an_event

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)
DAY = "2026-01-15"
PARTS = path_of("acme", DAY, "1-0_2-0"), path_of("acme", DAY, "3-0_4-0")
TOGETHER = path_of("acme", DAY, "1-0_4-0")
FILE = encode_rows([row(an_event())])


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(str(tmp_path))
    for path in PARTS:
        shelf.put(path, FILE)
    return shelf


def test_books_are_of_some_days_and_organisations(shelf: Shelf, tmp_path: Path) -> None:
    others = path_of("two words", DAY, "1-0_1-0"), path_of("acme", "2026-02-01", "5-0_5-0")
    for path in others:
        shelf.put(path, FILE)

    assert books(shelf, FIRST, LAST, "acme").paths == PARTS
    assert books(shelf, FIRST, LAST).paths == (*PARTS, others[0])
    assert books(shelf, FIRST, date(2026, 2, 1), "acme").paths == (*PARTS, others[1])
    assert books(shelf, FIRST, LAST).root == str(tmp_path)
    assert books(shelf, FIRST, FIRST).paths == ()


def test_rows_that_were_put_together_or_dropped_are_read_from_where_they_count(shelf: Shelf) -> None:
    shelf.put(TOGETHER, FILE)
    assert books(shelf, FIRST, LAST).paths == (TOGETHER,)
    drop(shelf, "acme", "2026-01-16")
    assert books(shelf, FIRST, LAST).paths == ()


class Changing(Shelf):
    """What is on it is put together while it is looked at for the first time."""

    looks = 0

    def sizes(self) -> dict[str, int]:
        self.looks += 1
        found = super().sizes()
        if self.looks > 1:
            return found
        self.put(TOGETHER, FILE)
        for path in PARTS:
            self.remove(path)
        return {PARTS[0]: found[PARTS[0]]}


def test_a_look_while_files_are_put_together_misses_none(shelf: Shelf, tmp_path: Path) -> None:
    changing = Changing(str(tmp_path))
    assert books(changing, FIRST, LAST).paths == (TOGETHER,)
    assert changing.looks == 3


def test_a_report_is_computed_again_if_its_files_are_put_together_meanwhile(shelf: Shelf) -> None:
    seen: list[Books] = []

    def summed(found: Books) -> int:
        seen.append(found)
        if len(seen) == 1:
            shelf.put(TOGETHER, FILE)
            for path in PARTS:
                shelf.remove(path)
        return sum(len(Path(found.root, path).read_bytes()) for path in found.paths)

    assert consulted(lambda: books(shelf, FIRST, LAST), summed) == len(FILE)
    assert [one.paths for one in seen] == [PARTS, (TOGETHER,)]


def test_what_is_wrong_with_a_report_itself_is_raised_at_once(shelf: Shelf) -> None:
    tries: list[Books] = []

    def broken(found: Books) -> None:
        tries.append(found)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        consulted(lambda: books(shelf, FIRST, LAST), broken)
    assert len(tries) == 1


def test_a_ledger_that_is_never_still_is_given_up_on(shelf: Shelf) -> None:
    tries: list[Books] = []

    def late(found: Books) -> None:
        tries.append(found)
        shelf.remove(found.paths[0])
        shelf.put(path_of("acme", DAY, f"{len(tries)}-1_{len(tries)}-1"), FILE)
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        consulted(lambda: books(shelf, FIRST, LAST), late)
    assert len(tries) == 6
