"""`python deploy/grafana/generate` writes the dashboards; with `--check` it only says which are stale."""

import json
import sys
from pathlib import Path

from capacity import OWN_MODELS
from cost import COST
from quality import QUALITY

FOLDER = Path(__file__).parents[1] / "dashboards"
FILES = {
    FOLDER / f"{one.name}.json": json.dumps(one.json(), indent=1) + "\n"
    for one in (COST, QUALITY, OWN_MODELS)
}

if "--check" in sys.argv:
    stale = [path.name for path, text in FILES.items() if not path.exists() or path.read_text() != text]
    sys.exit(f"stale: {', '.join(stale)}; run: python deploy/grafana/generate" if stale else 0)
for path, text in FILES.items():
    path.write_text(text)
