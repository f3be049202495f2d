"""A plain tree → YAML text, as people write it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

PLAIN: Final = re.compile(r"[A-Za-z_/.][A-Za-z0-9_/.@+-]*|\d+(\.\d+)?|https?://[A-Za-z0-9_/.:@-]+")
"""What is the same text in YAML without quotes, in lists and braces too."""
WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "."})
"""What would not be text without quotes."""
REFERENCE: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
WIDTH: Final = 100


def block(tree: Mapping[str, Any], indent: int = 0) -> str:
    """A mapping, a line or more for each key."""
    return "".join(_lines(tree, " " * indent))


def _lines(tree: Mapping[str, Any], margin: str) -> Iterator[str]:
    for name, value in tree.items():
        if not isinstance(value, Mapping | list):
            yield f"{margin}{_scalar(name)}: {_alone(value)}\n"
        elif len(short := _flow(value)) + len(margin) + len(name) < WIDTH and _is_leaf(value):
            yield f"{margin}{_scalar(name)}: {short}\n"
        elif isinstance(value, Mapping):
            yield f"{margin}{_scalar(name)}:\n{block(value, len(margin) + 2)}"
        else:
            yield f"{margin}{_scalar(name)}:\n"
            yield from (f"{margin}  - {_flow(item)}\n" for item in value)


def _is_leaf(value: Any) -> bool:
    """Whether nothing in it has anything in it."""
    inner = value.values() if isinstance(value, Mapping) else value
    return not any(isinstance(item, Mapping | list) for item in inner)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_scalar(name)}: {_flow(item)}' for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return _scalar(value)


def _alone(value: Any) -> str:
    """A value on its own line, where a reference needs no quotes."""
    return value if isinstance(value, str) and REFERENCE.fullmatch(value) else _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool | int):
        return json.dumps(value)
    text = str(value)
    return (
        text if PLAIN.fullmatch(text) and text.lower() not in WORDS else json.dumps(text, ensure_ascii=False)
    )
