"""`${NAME}`, `${NAME:-default}` and `${file:/path}` inside a value; `$${` is a plain `${`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REFERENCE = re.compile(r"\$\$\{|\$\{(?P<what>[^}]*)(?P<end>\}?)")
VARIABLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)
LARGEST_FILE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Expansion:
    """A value with its references filled in, and what each of them stands for."""

    text: str
    revealed: Mapping[str, str]
    """What came from outside, to how it was written: the former must not be shown."""


@dataclass(frozen=True, slots=True)
class Expander:
    """Fills in references from the environment it is given, and from files."""

    env: Mapping[str, str]
    folder: Path
    """Where relative file names start."""

    def expand(self, text: str) -> Expansion:
        """`text` with its references filled in; `ValueError` says which one cannot be, and the remedy."""
        revealed: dict[str, str] = {}

        def filled(match: re.Match[str]) -> str:
            if match["what"] is None:
                return "${"
            if not match["end"]:
                raise ValueError("'${' is never closed; write ${NAME}, or $${ for a plain '${'")
            value, outside = self._value(match["what"])
            if outside:
                revealed[value] = match[0]
            return value

        return Expansion(REFERENCE.sub(filled, text), revealed)

    def _value(self, what: str) -> tuple[str, bool]:
        """What a reference stands for, and whether that came from outside the file."""
        if what.startswith("file:"):
            return self._content(what.removeprefix("file:")), True
        match = VARIABLE.fullmatch(what)
        if match is None:
            raise ValueError(
                f"'${{{what}}}' is not understood; write ${{NAME}}, ${{NAME:-default}} or ${{file:/path}}"
            )
        return self._variable(match["name"], match["default"])

    def _variable(self, name: str, default: str | None) -> tuple[str, bool]:
        value = self.env.get(name)
        if default is not None and not value:
            return default, False
        if value is None:
            raise ValueError(
                f"the environment variable {name} is not set; set it, or write ${{{name}:-default}}"
            )
        return value, True

    def _content(self, name: str) -> str:
        try:
            raw = _start_of(self.folder / name)
            text = raw.decode()
        except OSError as error:
            raise ValueError(f"the file '{name}' cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ValueError(f"the file '{name}' is not UTF-8 text") from None
        except ValueError:  # a NUL in its name
            raise ValueError(f"there can be no file {name!r}") from None
        if len(raw) > LARGEST_FILE:
            raise ValueError(f"the file '{name}' is larger than {LARGEST_FILE} bytes")
        return text.rstrip("\r\n")


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)
