"""Is what another policy would have achieved in the interval that is stated for it?

Recorded outcomes are the traffic; a policy with a small share of exploration acts on samples of it, and
another one is judged by what was seen. Its true mean is that of the file. Predictions are tables by model and
task of 300 outcomes of each, and once of nothing at all.

    PYTHONPATH=src:tests python benchmarks/quality/replays.py DIRECTORY-OF-OUTCOME-FILES
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routergate.domain.quality import Interval
from routergate.evaluation.outcomes import read
from routergate.quality.offpolicy import Estimates, Logged, evaluated

MODELS: Final = ("Meta-Llama-3_1-70B-Instruct", "gemini-1.5-flash-002", "gpt-4o-2024-05-13")
ACTS: Final = np.array([0.05, 0.85, 0.1])
"""How probable each model is; the second one is what the acting policy wants."""
REPLAYS, ROWS, PROMISE = 100, 4_000, 0.9

Floats = NDArray[np.float64]


def traffic(directory: Path) -> tuple[NDArray[np.int64], Floats]:
    """Tasks and outcomes of the prompts that all models were asked."""
    found = [one for one in read([directory / "mmlu_pro.jsonl.gz"]) if all(m in one.quality for m in MODELS)]
    tasks = sorted({str(one.task) for one in found})
    task = np.array([tasks.index(str(one.task)) for one in found])
    return task, np.array([[one.quality[model] for model in MODELS] for one in found])


def wanted(task: NDArray[np.int64], outcomes: Floats) -> NDArray[np.int64]:
    """What the other policy does, by task: the first model that keeps the promise."""
    means = np.array([outcomes[task == one].mean(axis=0) for one in range(task.max() + 1)])
    first: NDArray[np.int64] = np.argmax(means >= PROMISE * means[:, -1:], axis=1)
    return first


def table(task: NDArray[np.int64], outcomes: Floats, chance: np.random.Generator) -> Floats:
    """Means by task and model, from few prompts, drawn towards the middle."""
    rows = chance.integers(len(task), size=300 * len(MODELS))
    found = np.full((task.max() + 1, len(MODELS)), 0.5)
    for one in range(task.max() + 1):
        mine = outcomes[rows[task[rows] == one]]
        found[one] = (mine.sum(axis=0) + 2.5) / (len(mine) + 5)
    return found


def logged(
    task: NDArray[np.int64],
    outcomes: Floats,
    choice: NDArray[np.int64],
    known: Floats,
    chance: np.random.Generator,
) -> Iterator[Logged]:
    """Rows as a ledger would have them."""
    rows = chance.integers(len(task), size=ROWS)
    acted = chance.choice(len(MODELS), size=ROWS, p=ACTS)
    for row, model in zip(rows.tolist(), acted.tolist(), strict=True):
        mine = task[row]
        yield Logged(
            outcome=float(outcomes[row, model]),
            propensity=float(ACTS[model]),
            target=float(choice[mine] == model),
            predicted=float(known[mine, model]),
            expected=float(known[mine, choice[mine]]),
        )


def line(name: str, found: Sequence[Interval], truth: float) -> None:
    """How often the truth was inside, and how wide that was."""
    inside = sum(one.low <= truth <= one.high for one in found)
    width = np.mean([one.high - one.low for one in found])
    off = np.sqrt(np.mean([((one.estimate or 0) - truth) ** 2 for one in found]))
    print(f"| {name} | {inside} of {len(found)} | {width:.3f} | {off:.4f} |", flush=True)


def main(directory: Path) -> None:
    """The table of docs/quality.md."""
    task, outcomes = traffic(directory)
    choice = wanted(task, outcomes)
    truth = float(outcomes[np.arange(len(task)), choice[task]].mean())
    acting = float((outcomes * ACTS).sum(axis=1).mean())
    print(f"the acting policy's mean is {acting:.4f}, the other one's {truth:.4f}; {ROWS:,} rows a replay\n")
    print("| estimate | truth inside (95 %) | mean width | error (root mean square) |\n|---|---|---|---|")
    learned: list[Estimates] = []
    ignorant: list[Estimates] = []
    for seed in range(REPLAYS):
        chance = np.random.default_rng(seed)
        known = table(task, outcomes, chance)
        for into, predictions in ((learned, known), (ignorant, np.zeros_like(known))):
            rows = logged(task, outcomes, choice, predictions, np.random.default_rng(seed))
            into.append(evaluated(rows, largest=1 / ACTS.min()).estimates())
    line("inverse propensity", [one.inverse for one in learned], truth)
    line("normalised", [one.normalised for one in learned], truth)
    line("doubly robust", [one.robust for one in learned], truth)
    line("doubly robust, predictions of 0", [one.robust for one in ignorant], truth)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
