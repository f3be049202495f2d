"""Settings for all tests."""

import logging
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

# Machines are shared and slow at times: an example may take as long as it takes.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")
# A shell that starts the tests beside other work has interrupts ignored, and processes would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def log_left_alone() -> Iterator[None]:
    """Commands and clients that are tried within the process set up a log; the next test has none."""
    root = logging.getLogger()
    handlers, level = set(root.handlers), root.level
    yield
    for handler in set(root.handlers) - handlers:
        if type(handler) is logging.StreamHandler:
            root.removeHandler(handler)
    root.setLevel(level)
