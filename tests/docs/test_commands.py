"""The commands of a page run from its first block to its last, in a folder of their own."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.documents import pages_with, to_be_tried
from support.gateway import ADMIN_KEY, KEY, RunningGateway

ALONE = "quickstart.md"
"""It starts a gateway of its own."""
STRICT = 'set -euo pipefail\ncurl() { command curl --silent --show-error --fail-with-body "$@"; }\n'


@pytest.mark.parametrize(
    "page", [page for page in pages_with("bash") if page.name != ALONE], ids=lambda page: page.name
)
async def test_the_commands_of_a_page_run(page: Path, gateway: RunningGateway, tmp_path: Path) -> None:
    script = STRICT + "\n".join(block.text for block in to_be_tried("bash", page))
    script = re.sub(r"http://(localhost|127\.0\.0\.1):8080", gateway.url, script)
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    told = {"PATH": programs, "KEY": KEY, "ROUTERGATE_ADMIN_KEY": ADMIN_KEY}
    done = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, **gateway.environment, **told},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
