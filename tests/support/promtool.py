"""Prometheus' own checks of configuration and rules."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def promtool(*arguments: str | Path) -> None:
    """Run `promtool`; where there is none the test is skipped, but not in CI."""
    tool = shutil.which("promtool")
    if tool is None:
        missing = "promtool is not installed (on Debian: apt-get install prometheus)"
        if "CI" in os.environ:
            pytest.fail(missing)
        pytest.skip(missing)
    ended = subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
