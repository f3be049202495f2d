"""The official npm client, installed from the lock file and run by Node."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.gateway import KEY
from support.stage import Stage

HERE = Path(__file__).parent / "node"


def missing(reason: str) -> None:
    """Reason enough to skip on a desk, but not in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The tests beside an installed client."""
    if not (shutil.which("node") and shutil.which("npm")):
        missing("node and npm are not installed: the npm client is not tested")
    folder = tmp_path / "node"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("node_modules"))
    quietly = ("--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
    installed = subprocess.run(
        ["npm", "ci", *quietly], cwd=folder, capture_output=True, text=True, timeout=90, check=False
    )
    if installed.returncode:
        missing(f"npm ci failed, is there a network? {installed.stderr[-500:]}")
    return folder


async def test_the_npm_client_works_unchanged(stage: Stage, project: Path) -> None:
    environment = {**os.environ, "GATEWAY_URL": stage.gateway.url, "GATEWAY_KEY": KEY}
    ran = subprocess.run(
        ["npm", "test"], cwd=project, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    await stage.until(lambda _: any(call.ended for call in stage.calls_with("aborted from Node")))
    [call] = stage.calls_with("aborted from Node")
    assert call.hung_up


def test_the_lock_file_names_no_host() -> None:
    assert '"resolved"' not in (HERE / "package-lock.json").read_text(encoding="utf-8")
