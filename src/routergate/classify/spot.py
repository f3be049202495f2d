"""Words of the lexicon in a text, found by their hashes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from routergate.classify.grams import Hashes, grams
from routergate.classify.lexicon import DOMAINS, STOPWORDS, TASKS

TABLES: Final[Mapping[str, Mapping[str, str]]] = {"task": TASKS, "domain": DOMAINS, "language": STOPWORDS}

Found = Mapping[str, Counter[str]]
"""For each table, how many different words stand under each name."""


def _entries() -> Iterator[tuple[int, str, str]]:
    for table, names in TABLES.items():
        for name, words in names.items():
            for word in set(grams(words).words.tolist()):
                yield word, table, name


def _index() -> Mapping[int, tuple[tuple[str, str], ...]]:
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for word, table, name in _entries():
        found[word] = (*found.get(word, ()), (table, name))
    return found


_WHERE: Final = _index()
_KNOWN: Final = np.array(sorted(_WHERE), np.uint64)


def spot(words: Hashes) -> Found:
    """Where the words of a text stand in the lexicon; a word that comes twice counts once."""
    places = np.searchsorted(_KNOWN, words).clip(max=len(_KNOWN) - 1)
    counts: dict[str, Counter[str]] = {table: Counter() for table in TABLES}
    for word in set(words[_KNOWN[places] == words].tolist()):
        for table, name in _WHERE[word]:
            counts[table][name] += 1
    return counts


def most(counts: Mapping[str, float], otherwise: str) -> str:
    """The name with the highest count; of several, always the same one."""
    return max(sorted(counts), key=counts.__getitem__) if counts else otherwise
