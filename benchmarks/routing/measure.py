"""How well the router routes, unseen: `python -m benchmarks.routing.measure DATA_FOLDER [WORKERS]`.

Every split is by question, across all sources: no question, whatever its choices and wherever it stands, is
on both sides. What is printed goes into docs/routing.md.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import thread_time

import numpy as np
from benchmarks.routing.coverage import coverage
from benchmarks.routing.figures import Floats, calibration_error, cheapest, figures
from benchmarks.routing.peers import peers
from benchmarks.routing.prices import price

from routergate.classify.artifact import Artifact
from routergate.classify.excerpt import question
from routergate.classify.trained import TrainedEstimator
from routergate.domain.decision import Catalogue
from routergate.domain.request import ChatRequest, Message
from routergate.evaluation.bags import read as bags
from routergate.evaluation.groups import groups
from routergate.evaluation.heads import probability
from routergate.evaluation.outcomes import Outcome, read
from routergate.evaluation.refit import latents, log_odds
from routergate.evaluation.train import fit

STRONG, WEAK = "gpt-4-1106-preview", "mistralai/Mixtral-8x7B-Instruct-v0.1"
SETS = {"MMLU": "routellm-mmlu", "GSM8K": "routellm-gsm8k"}
FEW, DRAWS = 300, 10
FOLDS = 3
SEED = 1


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Prompts that a router had not met, and what it believed of the models that answered them."""

    outcomes: Sequence[Outcome]
    believed: Floats
    models: Mapping[str, int]

    def of(self, source: str) -> "Seen":
        """Those of one source."""
        rows = [row for row, one in enumerate(self.outcomes) if one.source.startswith(source)]
        return Seen([self.outcomes[row] for row in rows], self.believed[rows], self.models)

    def gain(self) -> Floats:
        """How much better the strong model would be."""
        return self.believed[:, self.models[STRONG]] - self.believed[:, self.models[WEAK]]

    def pairs(self) -> tuple[Floats, Floats]:
        """What was believed and what was observed, one pair per prompt and model."""
        found = [
            (self.believed[row, self.models[model]], quality)
            for row, one in enumerate(self.outcomes)
            for model, quality in one.quality.items()
            if model in self.models
        ]
        believed, observed = np.array(found).T
        return believed, observed


def seen(artifact: Artifact, outcomes: Sequence[Outcome]) -> Seen:
    """What an artifact believes of some prompts."""
    vectors = latents(artifact, bags([question(one.messages) for one in outcomes]))
    believed = probability(log_odds(artifact, vectors, range(len(artifact.models))))
    models = {name: number for number, name in enumerate(artifact.models)}
    return Seen(outcomes, believed.astype(np.float64), models)


def truth(outcomes: Sequence[Outcome], model: str) -> Floats:
    """How well a model did."""
    return np.array([one.quality[model] for one in outcomes])


def trained(outcomes: Sequence[Outcome], prior: Artifact | None = None) -> Artifact:
    """An artifact of some outcomes."""
    return fit(outcomes, prior=prior, seed=SEED, trained_on="2026-01-01")


def crossed(outcomes: Sequence[Outcome], workers: int) -> Seen:
    """Every prompt, seen by a router that was trained on other questions."""
    group = groups(outcomes)
    fold = np.random.default_rng(SEED).permutation(group.max() + 1)[group] % FOLDS
    halves = [
        ([one for one, number in zip(outcomes, fold, strict=True) if number != held],
         [one for one, number in zip(outcomes, fold, strict=True) if number == held])
        for held in range(FOLDS)
    ]  # fmt: skip
    with ProcessPoolExecutor(workers) as pool:
        found = list(pool.map(_fold, *zip(*halves, strict=True)))
    models = sorted(set.intersection(*(set(one.models) for one in found)))
    believed = np.vstack([one.believed[:, [one.models[name] for name in models]] for one in found])
    return Seen(
        [outcome for one in found for outcome in one.outcomes],
        believed,
        {name: number for number, name in enumerate(models)},
    )


def _fold(rest: Sequence[Outcome], held: Sequence[Outcome]) -> Seen:
    return seen(trained(rest), held)


def few(outcomes: Sequence[Outcome], target: str, base: Artifact) -> Iterator[tuple[float, float, float]]:
    """The target's figures after some of its labels, from an artifact that has none of its questions."""
    mine = [one for one in outcomes if one.source == target]
    group = groups(mine)
    vectors = latents(base, bags([question(one.messages) for one in mine]))
    for draw in range(DRAWS):
        order = np.random.default_rng(draw).permutation(group.max() + 1)[group].argsort(kind="stable")
        labels, rest = [mine[row] for row in order[:FEW]], [mine[row] for row in order[FEW:]]
        moved = trained(labels, base)
        pair = [moved.models.index(WEAK), moved.models.index(STRONG)]
        weak, strong = probability(log_odds(moved, vectors[order[FEW:]], pair)).T
        result = figures(strong - weak, truth(rest, WEAK), truth(rest, STRONG))
        yield result.apgr, result.cpt50, result.cpt80


def without(outcomes: Sequence[Outcome], source: str) -> list[Outcome]:
    """What is neither of a source nor asks one of its questions."""
    group = groups(outcomes)
    asked = {
        number for number, one in zip(group.tolist(), outcomes, strict=True) if one.source.startswith(source)
    }
    return [one for number, one in zip(group.tolist(), outcomes, strict=True) if number not in asked]


def scored(name: str, score: Callable[[Outcome], float], outcomes: Sequence[Outcome]) -> None:
    """A line of the table for a score of single prompts."""
    values = np.array([score(one) for one in outcomes])
    print(f"  {name:32} {figures(values, truth(outcomes, WEAK), truth(outcomes, STRONG))}", flush=True)


def routing(found: Seen) -> None:
    """The table of routers between a weak and a strong model."""
    for name, source in SETS.items():
        mine = found.of(source)
        draws = np.random.default_rng(SEED)
        print(f"{name}: {len(mine.outcomes)} prompts, APGR / CPT50 / CPT80")
        scored("random", lambda _, draws=draws: float(draws.random()), mine.outcomes)  # type: ignore[misc]
        scored("prompt length", lambda one: float(len(one.messages[-1].text)), mine.outcomes)
        for peer, score in peers().items():
            scored(peer, lambda one, score=score: score(one.messages[-1].text), mine.outcomes)  # type: ignore[misc]
        result = figures(mine.gain(), truth(mine.outcomes, WEAK), truth(mine.outcomes, STRONG))
        print(f"  {'this router':32} {result}", flush=True)


def calibration(found: Seen) -> None:
    """How far beliefs are from what happened, per source."""
    for source in sorted({one.source for one in found.outcomes}):
        believed, observed = found.of(source).pairs()
        error = calibration_error(believed, observed)
        print(
            f"  {source:20} calibration error {error:.3f}  Brier {np.square(believed - observed).mean():.3f}"
        )
    believed, observed = found.pairs()
    print(f"  {'all':20} calibration error {calibration_error(believed, observed):.3f}", flush=True)


def economy(found: Seen) -> None:
    """Cost at 95 % of the best model's quality, beside the table that knows every prompt's task."""
    for source in ("mmlu_pro", "zeroeval", "llmrouter"):
        mine = found.of(source)
        asked = [sum(name in one.quality for one in mine.outcomes) for name in mine.models]
        names = [
            name for name, times in zip(mine.models, asked, strict=True) if times > 0.9 * len(mine.outcomes)
        ]
        rows = [row for row, one in enumerate(mine.outcomes) if all(name in one.quality for name in names)]
        quality = np.array([[mine.outcomes[row].quality[name] for name in names] for row in rows])
        cost = np.array([[spent(mine.outcomes[row], name) for name in names] for row in rows])
        task = np.array([f"{mine.outcomes[row].source}/{mine.outcomes[row].task}" for row in rows])
        believed = mine.believed[np.ix_(rows, [mine.models[name] for name in names])]
        usual, oracle = averaged(cost, np.zeros(len(rows))), averaged(quality, task)
        ours = cheapest(believed, quality, cost, usual)
        knows = cheapest(oracle, quality, cost, averaged(cost, task))
        best = cost[:, quality.mean(axis=0).argmax()].sum()
        print(f"  {source}: {len(names)} models, {len(rows)} prompts, USD: best model {best:.2f}")
        print(f"    this router {ours}, per-task oracle {knows}", flush=True)


def averaged(values: Floats, group: Floats) -> Floats:
    """Every row replaced by the mean of its group."""
    means = np.zeros_like(values)
    for one in np.unique(group):
        means[group == one] = values[group == one].mean(axis=0)
    return means


def spent(outcome: Outcome, model: str) -> float:
    """Dollars of an answer: its characters, or 500, over four, and those of the prompt."""
    rate_in, rate_out = price(model)
    return (
        len(outcome.messages[-1].text) * rate_in + outcome.out_chars.get(model, 500) * rate_out
    ) / 4_000_000


def bands(outcomes: Sequence[Outcome]) -> None:
    """Each collection, by a router that has none of its prompts: is what happens within the bands?"""
    for source in ("routellm", "mmlu_pro", "zeroeval", "llmrouter"):
        mine = [one for one in outcomes if one.source.startswith(source)]
        cells, covered, missed = coverage(trained(without(outcomes, source)), mine)
        print(f"  without {source}: {cells} cells, {covered:.3f} covered, off by {missed:.3f}", flush=True)


def speed() -> None:
    """Time of one reading and of two estimates, on this machine, beside LiteLLM's on the same prompts."""
    estimator = TrainedEstimator.builtin()
    line = "Explain why the integral of x^2 from 0 to 3 is 9, and what Alice (42) said to Bob about it. "
    for size in (1_000, 32_000):
        text = (line * 400)[:size]
        messages = (Message(role="user", text=text),)
        request = ChatRequest(payload={}, model="auto", messages=messages)
        print(f"{size} bytes: read {timed(lambda r=request: estimator.read(r, Catalogue(), None)):.0f} µs, "  # type: ignore[misc]
              f"score {timed(lambda m=messages: estimator.score(m, (STRONG, WEAK))):.0f} µs")  # type: ignore[misc]  # fmt: skip
        for peer, score in peers().items():
            print(f"  {peer:32} {timed(lambda s=score, t=text: s(t)):.0f} µs")  # type: ignore[misc]


def timed(call: Callable[[], object], times: int = 200) -> float:
    """Microseconds of CPU time, median."""
    taken = []
    for _ in range(times):
        began = thread_time()
        call()
        taken.append(thread_time() - began)
    return 1e6 * float(np.median(taken))


def main(folder: str, workers: int = 1) -> None:
    """All figures."""
    outcomes = [one for one in read(sorted(Path(folder).glob("*.jsonl.gz"))) if not one.contaminated]
    speed()
    found = crossed(outcomes, workers)
    routing(found)
    calibration(found)
    economy(found)
    bands(outcomes)
    base = trained(without(outcomes, "routellm"))
    for name, source in SETS.items():
        mine = [one for one in outcomes if one.source == source]
        print(
            f"{name} with {FEW} labels:",
            np.round(np.mean(list(few(outcomes, source, base)), axis=0), 3).tolist(),
        )
        believed = seen(base, mine).believed
        models = {model: number for number, model in enumerate(base.models)}
        gain = (
            believed[:, models["gpt-4-turbo-2024-04-09"]] - believed[:, models["Mixtral-8x7B-Instruct-v0.1"]]
        )
        print(
            f"{name} with none of its source:",
            figures(gain, truth(mine, WEAK), truth(mine, STRONG)),
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
