"""How far long work is: told on standard error, if somebody looks there."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")


def along(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The same items, with a bar that follows them; there are `total`, if it is known."""
    if not sys.stderr.isatty():
        yield from items
        return
    with _shown() as progress:
        yield from progress.track(items, total, description=what)


@contextmanager
def busy(what: str) -> Iterator[None]:
    """Something that takes long, and of which nobody knows how long."""
    if not sys.stderr.isatty():
        yield
        return
    with _shown() as progress:
        progress.add_task(what, total=None)
        yield


def _shown() -> "Progress":
    from rich.console import Console
    from rich.progress import Progress

    # What is printed meanwhile goes where it belongs, and not to the terminal of the bar.
    console = Console(stderr=True)
    return Progress(console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
