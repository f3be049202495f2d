import os
import pty
import subprocess
import sys

SCRIPT = """
from routergate.cli.progress import along, busy
with busy("Reading the ledger"):
    print(sum(along([1, 2, 3], "Organisations")))
"""


def test_nobody_is_told_of_progress_where_nobody_looks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("6\n", "")


def test_a_terminal_shows_progress_beside_the_output() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
        timeout=60,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 65536)
    os.close(ours)
    assert done.stdout == b"6\n"
    assert b"Reading the ledger" in shown
