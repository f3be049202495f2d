"""Just enough of Redis's protocol to start and stop a server before there is an event loop."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO


def ask(path: Path, command: str, *, timeout: float = 1.0) -> str | None:
    """The server's answer on the socket at `path`; `None` only if nobody is there."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(str(path))
            connection.sendall(f"{command}\r\n".encode())
            with connection.makefile("rb") as answer:
                return _read(answer)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        # Anything else is a server in trouble, not an empty place where another may be started.
        except OSError as error:
            return type(error).__name__


def reading(answer: str | None) -> Mapping[str, str]:
    """The `name:value` lines of an INFO answer."""
    pairs = (line.partition(":") for line in (answer or "").splitlines())
    return {name: value for name, colon, value in pairs if colon}


def _read(answer: BinaryIO) -> str:
    first = answer.readline().decode().strip()
    if first.startswith("$"):
        return answer.read(int(first[1:])).decode()
    return first
