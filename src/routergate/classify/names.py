"""One model under its many names: providers, hosts, dates and spellings."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

_HOST: Final = re.compile(r"@.*$")
_BETWEEN: Final = re.compile(r"[\s._:]+")
_DATE: Final = re.compile(r"-(?:20\d{2}-\d{2}-\d{2}|20\d{6}|\d{2}-\d{2}-\d{2}|latest)$")
_INSTRUCT: Final = re.compile(r"-(?:inst|it|turbo-instruct|instruct-turbo)(?=-|$)")
_LEFT_OUT: Final = re.compile(r"-(?:hf|fp8)(?=-|$)")
_SAME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "gpt-4-1106-preview": "gpt-4-turbo",
        "gpt-4-0125-preview": "gpt-4-turbo",
        "gpt-4-turbo-preview": "gpt-4-turbo",
        "gpt-4-0314": "gpt-4",
        "gpt-4-0613": "gpt-4",
        "gpt-3-5-turbo-0125": "gpt-3-5-turbo",
        "gpt-3-5-turbo-1106": "gpt-3-5-turbo",
        "chatgpt-4o": "gpt-4o",
        "chatgpt-4o-latest": "gpt-4o",
        "gemini-1-5-pro-002": "gemini-1-5-pro",
        "gemini-1-5-flash-002": "gemini-1-5-flash",
        "deepseek-v2-5-0908": "deepseek-v2-5",
        "deepseek-v2-chat-0628": "deepseek-chat-v2",
    }
)
"""Versions of one model, under its common name."""


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """What a model is called when host, date and spelling are left out."""
    bare = _HOST.sub("", name.rpartition("/")[2].strip().lower())
    plain = _BETWEEN.sub("-", bare).removeprefix("meta-")
    short = _INSTRUCT.sub("-instruct", _LEFT_OUT.sub("", _DATE.sub("", plain)))
    return _SAME.get(short, short)


def index(models: Sequence[str]) -> Mapping[str, tuple[int, ...]]:
    """The numbers of models under their own and their common names.

    What is asked for without `instruct` is taken for the model that follows instructions, if there is one.
    """
    found: dict[str, tuple[int, ...]] = {}
    for number, name in enumerate(models):
        common = canonical(name)
        found[common] = (*found.get(common, ()), number)
    short = {name.replace("-instruct", ""): numbers for name, numbers in found.items() if "-instruct" in name}
    return {**found, **short, **{name: (number,) for number, name in enumerate(models)}}
