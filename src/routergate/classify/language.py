"""The language of a text, from its script and its most common words."""

import re
from collections.abc import Mapping
from typing import Final

from routergate.classify.spot import most

_SCRIPTS: Final = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
SAMPLE: Final = 600
"""Characters whose script is looked at."""


def language(text: str, common: Mapping[str, int]) -> str:
    """Two letters, or `und` where it cannot be told; `common` are each language's frequent words in it."""
    if not text.isascii() and (script := _script(text[:SAMPLE])):
        return script
    return most(common, "und")


def _script(text: str) -> str | None:
    """The first script that makes up a good part of the text; a stray formula letter does not count."""
    return next((name for name, script in _SCRIPTS if len(script.findall(text)) * 5 > len(text)), None)
