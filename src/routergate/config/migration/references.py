"""Values that LiteLLM takes from the environment, and secrets that stand in its file."""

import re
from typing import Any

from routergate.config.findings import Place
from routergate.config.migration.foreign import Notes

ENVIRONMENT = "os.environ/"
NO_KEYS = frozenset({"", "none", "null", "dummy", "empty", "fake", "fake-key", "not-needed", "na", "no-key"})
"""What people write where a server wants no key."""
SENSITIVE = re.compile(r"auth|key|token|secret|cookie|credential", re.IGNORECASE)


def plain(value: Any) -> str:
    """`os.environ/NAME` as `${NAME}`, anything else as it is."""
    text = str(value)
    return (
        f"${{{text.removeprefix(ENVIRONMENT)}}}"
        if text.startswith(ENVIRONMENT)
        else text.replace("${", "$${")
    )


def secret(value: Any, variable: str, place: Place, notes: Notes) -> str:
    """The same; a secret that is written out becomes a variable, and is not shown."""
    if str(value).startswith(ENVIRONMENT):
        return plain(value)
    named = notes.variable(variable, str(value))
    notes.add(place, f"is written out; it is not copied: set {named} to it")
    return f"${{{named}}}"


def key(value: Any, variable: str, place: Place, notes: Notes) -> str | None:
    """An API key likewise; `None` where what is written says that there is none."""
    return None if str(value).lower() in NO_KEYS else secret(value, variable, place, notes)


def url(value: Any, variable: str, place: Place, notes: Notes) -> str:
    """An address, which is a secret if it has one in it."""
    whole = plain(value)
    open_ = "$" in whole or not ("@" in whole or "?" in whole)
    return (whole if open_ else secret(value, variable, place, notes)).rstrip("/")


def header(name: str, value: Any, place: Place, notes: Notes) -> str:
    """A header's value, which is a secret if its name says so."""
    variable = re.sub(r"[^A-Z0-9]+", "_", f"{name}_HEADER".upper())
    return secret(value, variable, place, notes) if SENSITIVE.search(name) else plain(value)
