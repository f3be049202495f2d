"""The quickstart works as it stands there, on other ports."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from support.documents import ROOT, to_be_tried


def a_free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def test_the_quickstart_leads_to_a_routed_answer_and_its_cost(tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "\n".join(
        block.text for block in to_be_tried("bash", ROOT / "docs/quickstart.md")
    )
    script = script.replace("8080", a_free_port()).replace("9001", a_free_port())
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": programs},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            told, _ = shell.communicate(timeout=100)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
    assert shell.returncode == 0, told[-3000:]
    assert "x-routergate-model: mini" in told
    assert "simulated answer" in told
    assert "large: the cheapest model" in told  # what `explain` says of a proof
    assert '"requests": 1' in told
