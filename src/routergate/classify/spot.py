"""Words of the lexicon in a text, found by their hashes."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routergate.classify.grams import Hashes, grams
from routergate.classify.lexicon import DOMAINS, STOPWORDS, TASKS

TABLES: Final[Mapping[str, Mapping[str, str]]] = {"task": TASKS, "domain": DOMAINS, "language": STOPWORDS}

Found = Mapping[str, Mapping[str, int]]
"""For each table, how many different words stand under each of its names."""

_NAMES: Final = {table: sorted(names) for table, names in TABLES.items()}
_COLUMNS: Final = [(table, name) for table, names in _NAMES.items() for name in names]


def _index() -> tuple[Hashes, NDArray[np.float32]]:
    """All words, and under which names each stands: a row for each, a column for each name."""
    columns = [grams(TABLES[table][name]).words for table, name in _COLUMNS]
    known = np.unique(np.concatenate(columns))
    return known, np.array([np.isin(known, column) for column in columns], np.float32).T


_KNOWN, _NAMED = _index()


def spot(words: Hashes) -> Found:
    """Where the words of a text stand in the lexicon; a word that comes twice counts once."""
    places = _KNOWN.searchsorted(words)
    places[places == len(_KNOWN)] = 0
    seen = np.zeros(len(_KNOWN), np.float32)
    seen[places[_KNOWN[places] == words]] = 1
    counts = iter((seen @ _NAMED).astype(int).tolist())
    return {table: dict(zip(names, counts, strict=False)) for table, names in _NAMES.items()}


def most(counts: Mapping[str, float], otherwise: str) -> str:
    """The name with the highest count; of several, always the same one."""
    best = max(sorted(counts), key=counts.__getitem__, default=otherwise)
    return best if counts.get(best) else otherwise
