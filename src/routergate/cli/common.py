"""What the commands share."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from routergate.config.settings import Settings, read_settings
from routergate.domain.errors import RouterGateError

if TYPE_CHECKING:
    from routergate.ledger.shelf import Shelf
    from routergate.store.client import Store

Result = TypeVar("Result")

CONFIG = click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="The configuration file."
)
DAY = click.DateTime(["%Y-%m-%d"])
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


DIFFERS, CANNOT, INTERRUPTED = 1, 2, 130
EXIT_CODES = {
    0: "it is done, and all is well",
    DIFFERS: "it is done, and found what should not be: a difference, a broken rule, a lack",
    CANNOT: "it cannot be done: a wrong option, setting, file or configuration, or no store; "
    "standard error says what to do",
    INTERRUPTED: "interrupted with Ctrl-C",
}


class Commands(click.Group):
    """Commands whose own errors are a sentence on standard error and an exit code of `EXIT_CODES`."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RouterGateError as error:
            click.echo(f"routergate: {error}", err=True)
            ctx.exit(CANNOT)
        except (
            FileNotFoundError,
            FileExistsError,
            IsADirectoryError,
            NotADirectoryError,
            PermissionError,
        ) as e:
            click.echo(f"routergate: {e.filename}: {e.strerror}. Name another file, or see to it.", err=True)
            ctx.exit(CANNOT)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


def settings(config: Path | None) -> Settings:
    """The settings, with the configuration file that a command names."""
    found = read_settings()
    return found.model_copy(update={"config": config}) if config else found


def today() -> date:
    """The day it is, UTC."""
    return datetime.now(UTC).date()  # noqa: TID251 - a command asks the clock itself


def shelf_at(place: str | None) -> "Shelf":
    """The ledger's files: a directory or a URI, by default where `routergate ledger run` puts them."""
    from routergate.ledger.shelf import Shelf

    return Shelf(place or read_settings().ledger)


def start_log(chosen: Settings) -> None:
    """Log to standard error in the form that suits it, unless the settings name another."""
    from routergate.telemetry.logs import configure

    configure(chosen.log_level, chosen.log_format or ("console" if sys.stderr.isatty() else "json"))


def with_store(work: Callable[["Store"], Awaitable[Result]]) -> Result:
    """What `work` gives on the store that the gateway uses; the embedded one is started if need be."""
    from routergate.store.client import connect

    async def worked(url: str) -> Result:
        store = connect(url, timeout=5.0)
        try:
            return await work(store)
        finally:
            await store.close()

    with _store_url(read_settings()) as url:
        return asyncio.run(worked(url))


@contextmanager
def _store_url(settings: Settings) -> Iterator[str]:
    from routergate.store.embedded import embedded

    if settings.redis_url:
        yield settings.redis_url
        return
    with embedded(settings.data_dir) as url:
        yield url


def show(*things: Any) -> None:
    """Print tables and marked-up text; plain where the output is no terminal."""
    from rich.console import Console

    console = Console()
    if console.no_color:  # bold and the like are switched off with it
        console = Console(color_system=None)
    if not console.is_terminal:  # whoever reads it later can scroll; nothing must be cut off
        console = Console(width=200)
    for thing in things:
        console.print(thing)
