"""`routergate demo` from the command line."""

import subprocess
import sys


def test_the_demo_answers_every_request_and_shows_what_it_saved() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "routergate.cli", "demo", "--requests", "40"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "40/40" in ended.stdout
    for promised in ("simulated", "Where the requests went", "mini", "large", "contracts-7b", "%)"):
        assert promised in ended.stdout
