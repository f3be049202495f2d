"""Train the artifact that ships: `python -m benchmarks.routing.train DATA_FOLDER YYYY-MM-DD [ARTIFACT]`."""

import sys
from pathlib import Path

from routergate.classify import artifact
from routergate.evaluation.outcomes import read
from routergate.evaluation.train import fit

SEED = 1
SHIPPED = Path(artifact.__file__).parent / artifact.BUILTIN


def main(folder: str, day: str, target: str = str(SHIPPED)) -> None:
    """Train on everything that is not contaminated."""
    outcomes = [one for one in read(sorted(Path(folder).glob("*.jsonl.gz"))) if not one.contaminated]
    artifact.save(fit(outcomes, prior=None, seed=SEED, trained_on=day), Path(target))


if __name__ == "__main__":
    main(*sys.argv[1:])
