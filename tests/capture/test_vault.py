from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from routergate.accounts.seal import Unreadable, box
from routergate.capture.vault import Vault
from routergate.domain.errors import DataUnusable
from support.captures import a_record

SECRET = "a secret of the operator's own"
TODAY, LATER = date(2026, 3, 1), date(2026, 3, 31)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "captured", box(SECRET))


def test_what_is_kept_can_be_read_with_the_key(vault: Vault) -> None:
    kept = a_record("Wie geht's? 🙂 \ud800", "Gut.")
    vault.keep(kept, LATER)
    assert list(vault.records(TODAY)) == [kept]


def test_neither_files_nor_their_names_tell_anything(vault: Vault) -> None:
    vault.keep(a_record("the secret plan", "the secret answer", customer="c-17", id="req_1"), LATER)
    (path,) = (path for path in vault.folder.rglob("*") if path.is_file())
    assert b"secret" not in path.read_bytes()
    assert not any(word in str(path.relative_to(vault.folder)) for word in ("c-17", "req_1", "acme"))
    assert path.stat().st_mode & 0o077 == 0


def test_another_key_reads_nothing(vault: Vault) -> None:
    vault.keep(a_record(), LATER)
    with pytest.raises(DataUnusable, match="another one now"):
        list(Vault(vault.folder, box(SECRET + "!")).records(TODAY))


def test_a_file_under_another_name_is_not_read(vault: Vault) -> None:
    with pytest.raises(Unreadable):
        vault.box.open(vault.box.close(b"text", "one"), "another")


def test_a_customer_is_forgotten_and_nobody_else(vault: Vault) -> None:
    mine, theirs = a_record(customer="c-17", id="1"), a_record(customer="c-18", id="2")
    elsewhere = replace(mine, organisation="other")
    for kept in (mine, replace(mine, id="3"), theirs, elsewhere):
        vault.keep(kept, LATER)
    vault.keep(replace(mine, id="4"), TODAY)
    assert vault.forget("acme", "c-17") == 3
    assert sorted(one.organisation for one in vault.records(TODAY)) == ["acme", "other"]
    assert vault.forget("acme", "c-17") == 0


def test_what_is_past_its_days_is_not_read_and_then_deleted(vault: Vault) -> None:
    vault.keep(a_record(id="1"), TODAY)
    vault.keep(a_record(id="2"), LATER)
    after = date(2026, 3, 2)
    assert [one.id for one in vault.records(after)] == ["2"]
    assert vault.expire(after) == 1
    assert vault.expire(after) == 0
    assert vault.size() > 0
