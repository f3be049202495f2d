"""How often is a model demoted that keeps its promise, and after how many comparisons is one that does not?

Thousands of courses at once, by the same bets as production's. First the hardest case for false alarms: a
model whose quality is just what is promised, through a million requests. Then models of recorded quality, for
which 15 of 100 answers turn bad after 1,000 comparisons; with exact checks, and with a judge that errs in one
case of five and of which nothing is known but 400 labels by people.

    PYTHONPATH=src:tests python benchmarks/quality/alarms.py DIRECTORY-OF-OUTCOME-FILES
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import Comparison, Source, Subject
from routergate.evaluation.outcomes import read
from routergate.quality.judge import Agreement, Judge, scored
from routergate.quality.loss import lost
from support.chances import Chances, Floats

COURSES: Final = 1_000
CHANGED: Final = 400
REQUESTS, COMPARED = 1_000_000, 0.05
BEFORE, AFTER = 1_000, 6_000
POINTS, ERRS, LABELS = 0.15, 0.2, 400
NEEDED: Final = 100.0
SUBJECT = Subject(route="auto", model=ModelId("any"), task=TaskId("any"))
RECORDED: Final = (
    # file, model, baseline, task, promise
    ("zeroeval", "gpt-4o-mini-2024-07-18", "gpt-4o-2024-08-06", "math", 0.95),
    ("zeroeval", "gpt-4o-mini-2024-07-18", "gpt-4o-2024-08-06", "math", 0.9),
    ("mmlu_pro", "gemini-1.5-flash-002", "gpt-4o-2024-05-13", "biology", 0.95),
    ("mmlu_pro", "gemini-1.5-flash-002", "gpt-4o-2024-05-13", "physics", 0.95),
    ("mmlu_pro", "gemini-1.5-flash-002", "gpt-4o-2024-05-13", "physics", 0.9),
    ("mmlu_pro", "gemini-1.5-flash-002", "gpt-4o-2024-05-13", "psychology", 0.9),
)

Draw = Callable[[np.random.Generator, bool], tuple[Floats, Floats]]
"""Outcomes and references of all courses, before or after the change."""


def losses(threshold: float, judge: Judge | None, verdicts: bool = False) -> Floats:
    """By outcome and reference, as production has them."""
    source = Source.EXACT if judge is None else Source.JUDGE
    table = [
        Comparison(subject=SUBJECT, source=source, outcome=o, reference=None if verdicts else r, at=0)
        for o in (0.0, 1.0)
        for r in (0.0, 1.0)
    ]
    return np.array([lost(scored(one, judge), threshold) for one in table]).reshape(2, 2)


def false_alarms(name: str, threshold: float, quality: float, base: float | None) -> None:
    """Of courses in which the quality is just what is promised."""
    chance, chances = np.random.default_rng(1), Chances.of(COURSES)
    table, alarmed = losses(threshold, None, verdicts=base is None), np.zeros(COURSES, dtype=bool)
    for _ in range(round(REQUESTS * COMPARED)):
        outcome = (chance.random(COURSES) < quality).astype(int)
        reference = (chance.random(COURSES) < (base or 0)).astype(int)
        alarmed |= chances.after(table[outcome, reference]) >= NEEDED
    print(f"| {name} | {round(REQUESTS * COMPARED):,} | {alarmed.sum()} of {COURSES:,} |")


def recorded(directory: Path, file: str, model: str, baseline: str, task: str) -> Floats:
    """Prompts × (model, baseline)."""
    found = [
        (one.quality[model], one.quality[baseline])
        for one in read([directory / f"{file}.jsonl.gz"])
        if one.task == task and model in one.quality and baseline in one.quality
    ]
    return np.array(found)


def demotions(pairs: Floats, threshold: float, flips: float) -> tuple[int, Floats]:
    """Courses that were demoted before the change, and comparisons after it until the others were."""
    chance, chances = np.random.default_rng(2), Chances.of(CHANGED)
    tables = np.array([losses(threshold, heard(chance, flips)) for _ in range(CHANGED)])
    alarmed = np.full(CHANGED, np.inf)
    lost_share = POINTS / pairs[:, 0].mean()
    each = np.arange(CHANGED)
    for number in range(BEFORE + AFTER):
        drawn = pairs[chance.integers(len(pairs), size=CHANGED)].copy()
        if number >= BEFORE:
            drawn[:, 0] *= chance.random(CHANGED) >= lost_share
        seen = np.where(chance.random(drawn.shape) < flips, 1 - drawn, drawn).astype(int)
        ever = chances.after(tables[each, seen[:, 0], seen[:, 1]])
        alarmed = np.where((ever >= NEEDED) & np.isinf(alarmed), number + 1, alarmed)
    return int((alarmed <= BEFORE).sum()), alarmed[alarmed > BEFORE] - BEFORE


def heard(chance: np.random.Generator, flips: float) -> Judge | None:
    """What people's labels say of a judge, half of them of good answers."""
    if not flips:
        return None
    half = LABELS // 2
    good, bad = (int(chance.binomial(half, 1 - flips)) for _ in range(2))
    return Agreement(good=half, good_called_good=good, bad=half, bad_called_bad=bad).judge(0.05)


def main(directory: Path) -> None:
    """The tables of docs/quality.md."""
    print("| subject | promise | quality before, after | checks | median | 95 % | within 500 | too early |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for file, model, baseline, task, promise in RECORDED:
        pairs = recorded(directory, file, model, baseline, task)
        for name, flips in (("exact", 0.0), ("judge", ERRS)):
            line(f"{model}, {task} | {promise}", name, pairs, demotions(pairs, promise, flips))
    print("\n| quality is just what is promised | comparisons | ever demoted |\n|---|---|---|")
    false_alarms("0.95, verdicts", 0.95, 0.95, None)
    false_alarms("0.9 of a baseline of 0.8, graded apart", 0.9, 0.72, 0.8)
    false_alarms("0.8 of a baseline of 0.6, graded apart", 0.8, 0.48, 0.6)


def line(subject: str, checks: str, pairs: Floats, found: tuple[int, Floats]) -> None:
    """Courses that were never demoted count as the longest."""
    (early, took), (own, base) = found, pairs.mean(axis=0)
    middle, late = np.quantile(took, [0.5, 0.95], method="lower")
    print(
        f"| {subject} | {own / base:.3f}, {(own - POINTS) / base:.3f} | {checks} "
        f"| {middle:,.0f} | {late:,.0f} | {(took <= 500).mean():.0%} | {early} of {CHANGED} |",
        flush=True,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
