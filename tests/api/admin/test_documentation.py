"""What the page for operators tells them to type."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from support.gateway import ADMIN_KEY
from support.stage import Stage

PAGE = Path(__file__, "../../../../docs/admin.md").resolve().read_text(encoding="utf-8")
COMMANDS = [
    block[block.index("curl ") :]
    for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    if "curl " in block
]


@pytest.mark.parametrize("command", COMMANDS)
async def test_the_examples_run(stage: Stage, command: str) -> None:
    here = command.replace("http://localhost:8080", stage.gateway.url).replace("curl ", "curl -sS --fail ", 1)
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        here,
        env={**os.environ, "ROUTERGATE_ADMIN_KEY": ADMIN_KEY},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert json.loads(output)


def test_the_page_has_examples() -> None:
    assert len(COMMANDS) == 4
