from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from routergate.classify import artifact
from routergate.classify.artifact import Artifact
from routergate.classify.trained import TrainedEstimator
from routergate.domain.request import Message
from routergate.evaluation.groups import groups
from routergate.evaluation.train import fit
from support.outcomes import easy_and_hard, told

DAY = "2026-01-15"
SUM = (Message(role="user", text="Add 1234 and 17, then divide by the silver sum."),)
STORY = (Message(role="user", text="Tell me about a silver bear that met a friend."),)


@pytest.fixture(scope="module")
def trained() -> Artifact:
    return fit(easy_and_hard(), prior=None, seed=1, trained_on=DAY)


def means(trained: Artifact, messages: Sequence[Message], *models: str) -> list[float]:
    return [estimate.mean for estimate in TrainedEstimator(trained).score(messages, models)]


def test_a_trained_router_knows_what_a_weak_model_cannot_do(trained: Artifact) -> None:
    weak_sum, strong_sum = means(trained, SUM, "weak", "strong")
    weak_story, strong_story = means(trained, STORY, "weak", "strong")
    assert strong_sum - weak_sum > 0.5
    assert strong_story - weak_story < 0.2


def test_the_same_outcomes_and_seed_give_the_same_artifact(trained: Artifact) -> None:
    assert fit(easy_and_hard(), prior=None, seed=1, trained_on=DAY).checksum == trained.checksum


def test_an_artifact_says_what_it_was_made_of(trained: Artifact) -> None:
    assert trained.provenance["trained_on"] == DAY
    assert trained.provenance["sources"] == {"made": 200}
    assert trained.provenance["lineage"] == []


def test_an_artifact_survives_the_way_through_a_file(trained: Artifact, tmp_path: Path) -> None:
    artifact.save(trained, tmp_path / "router.npz")
    again = artifact.load(tmp_path / "router.npz")
    np.testing.assert_allclose(means(again, SUM, "weak"), means(trained, SUM, "weak"), atol=0.01)


def test_a_few_labels_teach_the_public_router_a_new_model() -> None:
    public = artifact.builtin()
    moved = fit(easy_and_hard("mine")[:120], prior=public, seed=1, trained_on=DAY)
    assert set(moved.models) == {*public.models, "weak", "strong"}
    weak_sum, strong_sum = means(moved, SUM, "weak", "strong")
    weak_story, strong_story = means(moved, STORY, "weak", "strong")
    assert strong_sum - weak_sum > strong_story - weak_story + 0.2
    assert moved.provenance["lineage"] == [public.checksum]


def test_what_is_known_of_other_models_is_kept() -> None:
    public = artifact.builtin()
    moved = fit(easy_and_hard("mine")[:60], prior=public, seed=1, trained_on=DAY)
    name = public.models[0]
    assert means(moved, STORY, name) == pytest.approx(means(public, STORY, name), abs=1e-6)


def test_the_same_question_is_one_group_whatever_its_choices_and_source() -> None:
    asked = [
        told("Question: Which planet is the largest of all?\nA. Mars\nB. Jupiter", None),
        told("which planet is the LARGEST of all?\nA. Venus\nB. Jupiter\nC. Earth", None, "other"),
        told("Which planet is the smallest of all?", None),
        told("???", None),
    ]
    numbers = groups(asked)
    assert numbers[0] == numbers[1]
    assert len(set(numbers.tolist())) == 3
