"""`python -m routergate.testing`, as a process."""

import re
import signal
import socket
import subprocess
import sys

import httpx

COMMAND = [sys.executable, "-m", "routergate.testing"]


def test_the_command_serves_the_models_that_it_is_told() -> None:
    with subprocess.Popen([*COMMAND, "--models", "mini,large"], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            [url] = re.findall(r"http://\S+", running.stdout.readline())
            listed = [model["id"] for model in httpx.get(f"{url}/models").json()["data"]]
        finally:
            running.send_signal(signal.SIGINT)
    assert (listed, running.returncode) == (["mini", "large"], 0)


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert f"port {port} cannot be had" in refused.stderr
    assert "Traceback" not in refused.stderr
