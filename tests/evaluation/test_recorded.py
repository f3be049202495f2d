"""Training from rated answers, without prompts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from routergate.classify.artifact import builtin
from routergate.domain.errors import DataUnusable
from routergate.evaluation.recorded import LEAST, learned
from routergate.evaluation.refit import log_odds

PRIOR = builtin()
SIZE = PRIOR.ability.shape[1]


@dataclass(frozen=True)
class Answer:
    model: str
    latent: Sequence[float]
    rating: float
    estimator: str = PRIOR.reading


def answers(count: int, model: str = "ours", **changes: str) -> list[Answer]:
    """A model that is right where the first number of a text is positive."""
    rng = np.random.default_rng(1)
    texts = rng.normal(size=(count, SIZE)).clip(-4, 4)
    return [Answer(model, tuple(text.tolist()), float(text[0] > 0), **changes) for text in texts]


def test_a_model_is_learned_from_ratings_under_the_name_that_is_looked_up() -> None:
    made = learned(PRIOR, answers(600), {"ours": "vendor/ours-7b"}, "2026-01-01")
    number = made.models.index("vendor/ours-7b")
    good, bad = np.zeros((1, SIZE), np.float32), np.zeros((1, SIZE), np.float32)
    good[0, 0], bad[0, 0] = 1.5, -1.5
    assert log_odds(made, good, [number])[0, 0] > log_odds(made, bad, [number])[0, 0] + 1
    assert made.provenance["rated"] == {"ours": 600}
    assert made.provenance["lineage"][-1] == PRIOR.checksum
    assert made.reading == PRIOR.reading


def test_other_models_stay_as_they_were() -> None:
    made = learned(PRIOR, answers(100), {}, "2026-01-01")
    known = PRIOR.models[0]
    text = np.ones((1, SIZE), np.float32)
    before = log_odds(PRIOR, text, [0])
    assert log_odds(made, text, [made.models.index(known)]) == pytest.approx(before, abs=1e-4)


def test_too_few_ratings_are_refused_with_how_many_are_needed() -> None:
    with pytest.raises(DataUnusable, match=f"10 answers of the ledger are rated, and {LEAST} are needed"):
        learned(PRIOR, answers(10), {}, "2026-01-01")


def test_ratings_of_texts_that_were_read_otherwise_are_named_not_mixed_in() -> None:
    with pytest.raises(DataUnusable, match="100 more were read by another router"):
        learned(PRIOR, answers(100, estimator="another"), {}, "2026-01-01")
