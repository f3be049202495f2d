"""Is a model demoted that gets worse, is no other one, and is the promise of the route kept meanwhile?

Models answer as they are recorded to have answered: a prompt is drawn, and its recorded outcome is the
answer's quality. One of them gets worse by some points from one request on, and recovers later.

    PYTHONPATH=src:tests python benchmarks/quality/simulate.py DIRECTORY-OF-OUTCOME-FILES --file zeroeval
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import EVERY, Subject, Transition, Trust
from routergate.evaluation.outcomes import read
from routergate.quality.judge import Agreement, Judge
from routergate.quality.rules import Rules
from routergate.quality.sampling import Sampling
from support.drifting import BLOCK, Change, Course, Floats, Plan, Recorded, Route

SETTLED = 10
"""Blocks after which the share kept so far is looked at: before, it is mostly chance."""
LABELS = 400
WINDOW = 5


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A route over models of a file."""

    models: tuple[str, ...]
    """The last one is the baseline, the first the cheapest."""
    threshold: float
    model: str
    """Which gets worse."""
    task: str


PROMISES: Mapping[str, Promise] = {
    "zeroeval": Promise(
        models=("gpt-4o-mini-2024-07-18", "Mistral-Large-2", "gpt-4o-2024-08-06"),
        threshold=0.95,
        model="gpt-4o-mini-2024-07-18",
        task="math",
    ),
    "mmlu_pro": Promise(
        models=("Meta-Llama-3_1-70B-Instruct", "gemini-1.5-flash-002", "gpt-4o-2024-05-13"),
        threshold=0.9,
        model="gemini-1.5-flash-002",
        task="physics",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What happens."""

    requests: int = 300_000
    worse: int = 20_000
    better: int = 140_000
    everything: bool = False
    """Whether it gets worse at all of its tasks."""
    flips: float = 0.0
    compared: tuple[float, float] = (0.05, 0.5)
    """Of the answers of a model that is known well, and of one that is not."""


CASES: Mapping[str, Case] = {
    "one task": Case(),
    "everything": Case(everything=True),
    "noisy judge": Case(flips=0.2),
    "noisy judge, more compared": Case(flips=0.2, compared=(0.3, 1.0), requests=140_000),
}


def recorded(path: Path, models: Sequence[str]) -> Recorded:
    """The prompts that all of these models were asked."""
    rows: dict[str, list[list[float]]] = {}
    for outcome in read([path]):
        if outcome.task is not None and all(model in outcome.quality for model in models):
            rows.setdefault(outcome.task, []).append([outcome.quality[model] for model in models])
    return Recorded(models=tuple(models), outcomes={task: np.array(found) for task, found in rows.items()})


def plan(case: Case, promise: Promise, known: Recorded, chance: np.random.Generator) -> Plan:
    """A judge that errs is known by people's labels alone, and those are by chance too."""
    tasks = frozenset(known.tasks) if case.everything else frozenset({promise.task})
    change = Change(model=promise.model, points=0.15, start=case.worse, end=case.better, tasks=tasks)
    rules = Rules(threshold=promise.threshold, probes=0.2)
    if case.flips:
        rules = replace(rules, judge=heard(case.flips, chance))
    share, most = case.compared
    return Plan(
        requests=case.requests,
        rules=rules,
        sampling=Sampling(share=share, most=most, shadow=0.05),
        changes=(change,),
        flips=case.flips,
        at_large=case.everything,
    )


def heard(flips: float, chance: np.random.Generator) -> Judge:
    """What labels by people say of a judge that errs so often."""
    half = LABELS // 2
    good, bad = (int(chance.binomial(half, 1 - flips)) for _ in range(2))
    return Agreement(good=half, good_called_good=good, bad=half, bad_called_bad=bad).judge(0.05)


def course(name: str, promise: Promise, known: Recorded, seed: int) -> Course:
    """One seed of a case."""
    chance = np.random.default_rng(seed)
    found = Route(known, plan(CASES[name], promise, known, chance), chance).run()
    print(".", end="", file=sys.stderr, flush=True)
    return found


def measured(name: str, promise: Promise, known: Recorded, seeds: int, processes: int) -> None:
    """One line for each thing that was to be shown."""
    case, began = CASES[name], time.monotonic()
    with ProcessPoolExecutor(processes) as pool:
        courses = list(pool.map(partial(course, name, promise, known), range(seeds)))
    took = time.monotonic() - began
    print(f"\n## {name}: {seeds} seeds of {case.requests:,} requests, {took:,.0f} s")
    _demotion(case, promise, courses)
    _false_alarms(case, promise, courses)
    _kept(promise, courses)


def _demotion(case: Case, promise: Promise, courses: Sequence[Course]) -> None:
    task = TaskId(EVERY if case.everything else promise.task)
    subject = Subject(route="auto", model=ModelId(promise.model), task=task)
    found = [(course, course.first(subject, Trust.DEMOTED, case.worse)) for course in courses]
    ends = [(course, at) for course, at in found if at is not None and at < case.better]
    took = [course.compared(subject, case.worse, at) for course, at in ends]
    print(
        f"demoted: {len(ends)} of {len(courses)}; within 500 comparisons: {sum(one <= 500 for one in took)}"
    )
    print(f"  comparisons: {_spread(took)}; requests: {_spread([at - case.worse for _, at in ends])}")
    early = [course.first(subject, Trust.TRUSTED, at) for course, at in ends]
    back = [course.first(subject, Trust.TRUSTED, case.better) for course, _ in ends]
    known = [at - case.better for at in back if at is not None]
    wrong = sum(at is not None and at < case.better for at in early)
    print(f"restored after recovery: {len(known)}; requests: {_spread(known)}; restored before it: {wrong}")


def _false_alarms(case: Case, promise: Promise, courses: Sequence[Course]) -> None:
    """Demotions of subjects that kept the promise all the time."""
    sound = [
        (subject, course)
        for course in courses
        for subject in course.seen
        if subject.model != promise.model or not (case.everything or subject.task in {promise.task, EVERY})
    ]
    false = sum(course.first(subject, Trust.DEMOTED) is not None for subject, course in sound)
    before = sum(any(at < case.worse for at, _ in _demotions(course)) for course in courses)
    compared = sum(len(at) for course in courses for one, at in course.seen.items() if one.task != EVERY)
    asked = sum(course.asked for course in courses)
    print(f"false demotions: {false} of {len(sound)} subjects; of any before the change: {before} seeds")
    print(f"compared: {compared / asked:.2%} of the requests to others than the baseline")


def _demotions(course: Course) -> Sequence[tuple[int, Transition]]:
    return [one for one in course.moves if one[1].after is Trust.DEMOTED]


def _kept(promise: Promise, courses: Sequence[Course]) -> None:
    lows = [float(course.kept[SETTLED:].min()) for course in courses]
    windows = [float(_windows(course).min()) for course in courses]
    held = sum(low >= promise.threshold for low in lows)
    print(f"kept {promise.threshold:g} from {SETTLED * BLOCK:,} requests on: {held} of {len(lows)}")
    print(f"  lowest: {_spread(lows)}; worst {WINDOW * BLOCK:,} requests in a row: {_spread(windows)}")


def _windows(course: Course) -> Floats:
    window = np.ones(WINDOW)
    given, baseline = (np.convolve(one, window, "valid") for one in (course.quality, course.baseline))
    share: Floats = given / baseline
    return share


def _spread(found: Sequence[float]) -> str:
    """Median, and from what to what."""
    if not found:
        return "none"
    low, middle, high = (float(np.quantile(found, at)) for at in (0, 0.5, 1))
    digits = ",.0f" if high > 2 else ".4f"
    return f"{middle:{digits}} ({low:{digits}} to {high:{digits}})"


def main() -> None:
    """The cases that were asked for, or all."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("directory", type=Path)
    asked.add_argument("--file", choices=sorted(PROMISES), default="zeroeval")
    asked.add_argument("--seeds", type=int, default=100)
    asked.add_argument("--processes", type=int, default=1)
    asked.add_argument("--case", action="append", choices=sorted(CASES))
    told = asked.parse_args()
    promise = PROMISES[told.file]
    known = recorded(told.directory / f"{told.file}.jsonl.gz", promise.models)
    for name in told.case or CASES:
        measured(name, promise, known, told.seeds, told.processes)


if __name__ == "__main__":
    main()
