"""`routergate`, counted: `python -m support.counted serve …`.

On SIGUSR1 each worker prints a line of JSON: its tasks by what they do, and the objects that it holds.
"""

import asyncio
import gc
import json
import signal
import sys
from collections import Counter
from types import FrameType

from routergate.cli import main


def census() -> dict[str, object]:
    """Who is there, in the process that asks."""
    tasks = Counter(str(getattr(task.get_coro(), "__qualname__", task)) for task in asyncio.all_tasks())
    gc.collect()
    kinds = Counter(type(one).__qualname__ for one in gc.get_objects())
    return {
        "tasks": dict(sorted(tasks.items())),
        "objects": kinds.total(),
        "kinds": dict(kinds.most_common(60)),
    }


def told(_: int, __: FrameType | None) -> None:
    """Print a census; a process without a loop, as the one above the workers, has none to print."""
    try:
        line = json.dumps({"census": census()})
    except RuntimeError:
        return
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, told)
    main()
