"""The Python of a page runs from its first block to its last, against a gateway."""

import asyncio
import re
from pathlib import Path

import pytest

from support.documents import pages_with, to_be_tried
from support.gateway import KEY, RunningGateway


@pytest.mark.parametrize("page", pages_with("python"), ids=lambda page: page.name)
async def test_the_python_of_a_page_runs(page: Path, gateway: RunningGateway) -> None:
    code = "\n".join(block.text for block in to_be_tried("python", page))
    code = re.sub(r"http://(localhost|127\.0\.0\.1):8080", gateway.url, code).replace("rg-...", KEY)
    await asyncio.to_thread(exec, compile(code, page.name, "exec"), {"__name__": page.stem})
