"""The environment, and the only place that reads it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from routergate.config.wording import words
from routergate.domain.errors import ConfigError
from routergate.domain.operator import Role

PREFIX = "ROUTERGATE_"


def _upper(written: Any) -> Any:
    return written.upper() if isinstance(written, str) else written


def _lower(written: Any) -> Any:
    return written.lower() if isinstance(written, str) else written


class Settings(BaseSettings):
    """What differs from one machine to the next. An empty variable is as if it were not set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    config: Path = Path("config/routergate.yaml")
    """The configuration file."""
    redis_url: str | None = Field(default=None, repr=False)
    """Redis, such as `redis://redis:6379/0`; without it, the gateway starts its own."""
    redis_timeout_ms: int = Field(default=250, ge=10, le=60_000)
    """How long a request waits for Redis at most, in milliseconds."""
    redis_replicas: int = Field(default=0, ge=0, le=16)
    """Replicas of Redis that must have a strict budget's reservation before its request is sent."""
    data_dir: Path = Path(".routergate")
    """Where the gateway keeps its files."""
    ledger_dir: str | None = None
    """Where the ledger's files are: a directory, or a URI; by default `ledger` in the data directory."""
    admin_key: SecretStr | None = None
    """The key to `/admin` and to the console; without it, nothing can be changed there."""
    viewer_key: SecretStr | None = None
    """A key with which all of that can be looked at, and nothing changed."""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = "INFO"
    """The least important messages that are logged."""
    log_format: Annotated[Literal["json", "console"] | None, BeforeValidator(_lower)] = None
    """`console` for people, `json` for machines; by default what standard error is: a terminal or not."""
    workers: int = Field(default=1, ge=1, le=1024)
    """Processes that answer requests."""

    @property
    def ledger(self) -> str:
        """Where the ledger's files are."""
        return self.ledger_dir or str(self.data_dir / "ledger")

    @property
    def operators(self) -> Mapping[Role, str]:
        """The keys to `/admin` that there are."""
        keys = {Role.ADMIN: self.admin_key, Role.VIEWER: self.viewer_key}
        return {role: key.get_secret_value() for role, key in keys.items() if key is not None}


def read_settings() -> Settings:
    """The settings; raises `ConfigError` with every variable that is wrong."""
    try:
        return Settings()
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
    raise ConfigError([f"{PREFIX}{str(error['loc'][0]).upper()}: {words(error)}" for error in errors])


def environment() -> Mapping[str, str]:
    """What `${NAME}` in the configuration can stand for."""
    return dict(os.environ)
