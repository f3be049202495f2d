"""The environment."""

from pathlib import Path

import pytest

from routergate.config.settings import environment, read_settings
from routergate.domain.errors import ConfigError


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment():
        if name.startswith("ROUTERGATE_"):
            monkeypatch.delenv(name)


def test_there_is_a_default_for_everything() -> None:
    settings = read_settings()
    assert (settings.config, settings.data_dir) == (Path("config/routergate.yaml"), Path(".routergate"))
    assert (settings.redis_url, settings.admin_key, settings.workers) == (None, None, 1)
    assert (settings.log_level, settings.log_format) == ("INFO", None)
    assert settings.redis_timeout_ms == 250


def test_variables_are_read_with_their_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "WORKERS": "4",
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "Console",
        "DATA_DIR": "",
        "REDIS_TIMEOUT_MS": "100",
    }.items():
        monkeypatch.setenv(f"ROUTERGATE_{name}", value)
    settings = read_settings()
    assert (settings.workers, settings.log_level, settings.log_format) == (4, "DEBUG", "console")
    assert (settings.data_dir, settings.redis_timeout_ms) == (Path(".routergate"), 100)


def test_wrong_values_are_told_at_once_by_the_name_of_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTERGATE_WORKERS", "many")
    monkeypatch.setenv("ROUTERGATE_LOG_FORMAT", "jsn")
    with pytest.raises(ConfigError) as caught:
        read_settings()
    assert caught.value.problems == (
        "ROUTERGATE_LOG_FORMAT: 'jsn' is not one of json, console; did you mean 'json'?",
        "ROUTERGATE_WORKERS: expected a whole number",
    )


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTERGATE_ADMIN_KEY", "very-secret")
    monkeypatch.setenv("ROUTERGATE_REDIS_URL", "redis://:very-secret@redis:6379/0")
    settings = read_settings()
    assert settings.redis_url == "redis://:very-secret@redis:6379/0"
    assert "very-secret" not in repr(settings)
