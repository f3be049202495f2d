"""Is a calibrated promise kept? Public outcomes stand for all traffic; samples of it are calibrated on.

Each sample is drawn with replacement, so that the whole file is exactly the traffic that was sampled, and
whether the promise is kept can be looked up instead of guessed.

    python benchmarks/routing/promise.py DIRECTORY-OF-OUTCOME-FILES
"""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from routergate.app import router
from routergate.config.named import named_cards
from routergate.config.spec import Config
from routergate.domain.decision import Catalogue, RoutePolicy
from routergate.domain.model import ModelCard, ModelId, TaskId
from routergate.evaluation.calibrate import Found, Promise, calibrate
from routergate.evaluation.outcomes import Outcome, read
from routergate.evaluation.replay import THRESHOLDS, Replay, replay
from routergate.ledger.lengths import LearnedLengths
from routergate.ledger.volumes import LearnedVolumes
from routergate.tokens import TiktokenCounter, load

DRAWS, CONFIDENCE = 500, 0.95


@dataclass(frozen=True)
class Case:
    """A route over models of one file, and what is promised of it."""

    file: str
    models: tuple[str, ...]
    """The last one is the baseline."""
    target: float
    labels: int


MIXTRAL, GPT_4 = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
SMALL, MIDDLE, LARGE = "Phi-3-mini-4k-instruct", "jamba-1.5-large", "gpt-4o-2024-05-13"
MINI, OMNI = "gpt-4o-mini-2024-07-18", "gpt-4o-2024-08-06"
CASES = (
    Case("routellm", (MIXTRAL, GPT_4), 0.90, 500),
    Case("routellm", (MIXTRAL, GPT_4), 0.90, 2_000),
    Case("routellm", (MIXTRAL, GPT_4), 0.95, 1_000),
    Case("mmlu_pro", (SMALL, MIDDLE, LARGE), 0.80, 500),
    Case("mmlu_pro", (SMALL, MIDDLE, LARGE), 0.90, 1_000),
    Case("zeroeval", (MINI, OMNI), 0.95, 500),
    Case("zeroeval", (MINI, OMNI), 0.98, 1_000),
)


def decided(outcomes: Sequence[Outcome], models: Sequence[str]) -> Replay:
    """The outcomes under a route over the models, which are told apart by their mean quality alone."""
    cards = named_cards(models, None)
    known = {ModelId(name): with_quality(cards[name], outcomes) for name in models}
    route = RoutePolicy(id="auto", candidates=tuple(known), baseline=ModelId(models[-1]))
    config = Config(path=Path(), catalogue=Catalogue(models=known, routes={"auto": route}))
    decide = router(config, TiktokenCounter(load()), LearnedLengths(), LearnedVolumes())
    return asyncio.run(replay(decide, "auto", outcomes, time.time_ns()))


def with_quality(card: ModelCard, outcomes: Sequence[Outcome]) -> ModelCard:
    labels = [outcome.quality[card.id] for outcome in outcomes if card.id in outcome.quality]
    return replace(card, context_tokens=1_000_000, quality={"default": sum(labels) / len(labels)})


def missed(everything: Replay, found: Mapping[TaskId | None, Found], target: float) -> bool:
    """Whether any of the settings keeps less than the target of all traffic that it is for."""
    tasks = np.array(everything.tasks)
    own = [task for task in found if task is not None]
    rows = {task: np.isin(tasks, own, invert=True) if task is None else tasks == task for task in found}
    return any(kept(everything, found[task], rows[task]) < target for task in found)


def kept(everything: Replay, found: Found, rows: np.ndarray) -> float:
    if found.setting.threshold is None:
        return 1.0
    column = int(np.flatnonzero(found.setting.threshold == THRESHOLDS)[0])
    return float(everything.quality[rows, column].mean() / everything.reference[rows].mean())


def cost(found: Mapping[TaskId | None, Found]) -> float:
    labels = [each.setting.labels for each in found.values()]
    return float(np.average([each.cost or 1.0 for each in found.values()], weights=labels))


def measure(case: Case, everything: Replay) -> str:
    rng, misses, costs = np.random.default_rng(1), 0, []
    promise = Promise(target=case.target, confidence=CONFIDENCE, fallback=True)
    for _ in range(DRAWS):
        drawn = rng.integers(len(everything.tasks), size=case.labels)
        found = calibrate(everything.rows(drawn.tolist()), promise)
        misses += missed(everything, found, case.target)
        costs.append(cost(found))
    saved = f"{1 - np.mean(costs):.0%}"
    return (
        f"| {case.file} | {' → '.join(name.rsplit('/')[-1] for name in case.models)} | {case.target:.0%} "
        f"| {case.labels:,} | {misses / DRAWS:.1%} | {saved} |"
    )


def main() -> None:
    folder = Path(sys.argv[1])
    print("| data | models | target | labels | missed in | saved |\n|---|---|---|---|---|---|")
    ready: dict[tuple[str, tuple[str, ...]], Replay] = {}
    for case in CASES:
        if (case.file, case.models) not in ready:
            outcomes = read([folder / f"{case.file}.jsonl.gz"])
            ready[case.file, case.models] = decided(outcomes, case.models)
        print(measure(case, ready[case.file, case.models]), flush=True)


if __name__ == "__main__":
    main()
