"""How long rows are kept, read without the rest of the file."""

from pathlib import Path

import pytest

from routergate.config.load import retention_days
from routergate.domain.errors import ConfigError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "routergate.yaml"


def test_it_is_read_without_anybodys_secrets(path: Path) -> None:
    path.write_text(
        "ledger: {retention_days: 400}\nproviders: {openai: {kind: openai, api_key: '${NOBODY}'}}"
    )
    assert retention_days(path, {}) == 400


def test_without_a_file_or_a_word_in_it_everything_is_kept(path: Path) -> None:
    assert retention_days(path, {}) is None
    path.write_text("version: 1")
    assert retention_days(path, {}) is None


@pytest.mark.parametrize(
    "text",
    ["ledger: {retention_days: 0}", "ledger: {retention: 3}", "ledger: [", "ledger: {retention_days: ${NO}}"],
)
def test_what_cannot_be_meant_deletes_nothing_and_is_said(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"routergate\.yaml"):
        retention_days(path, {})
