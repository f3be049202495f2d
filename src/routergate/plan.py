"""What every worker of one gateway is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from routergate.config.spec import Config
from routergate.domain.operator import Role
from routergate.ports import TokenCounter


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Settings, places and addresses, once they are known."""

    config: Config
    environment: Mapping[str, str] = field(repr=False)
    host: str
    port: int
    metrics_port: int | None = None
    """`None`: metrics are on the same port."""
    workers: int = 1
    redis_url: str = field(repr=False)
    redis_timeout: float
    redis_replicas: int
    """Seconds."""
    metrics: Path
    """The folder that holds the counts of all workers."""
    counter: TokenCounter
    data_dir: Path
    """Where usage events wait while the store is away."""
    ledger: str
    """Where the ledger's files are: a directory or a URI."""
    operators: Mapping[Role, str] = field(repr=False)
    """The keys to the admin API."""
    lifeline: int
    """A pipe from the supervisor: its end is the supervisor's end."""
