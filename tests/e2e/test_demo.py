"""`routergate demo` from the command line."""

import re
import signal
import subprocess
import sys

import aiohttp


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


async def test_what_is_kept_running_can_be_looked_at_in_a_browser() -> None:
    command = [sys.executable, "-m", "routergate.cli", "demo", "--requests", "3", "--keep"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
        assert demo.stdout is not None
        found = next(
            filter(None, (re.search(r"(http\S+)/console\s+key: (\S+)", line) for line in demo.stdout))
        )
        async with aiohttp.ClientSession(found[1]) as browser:
            assert (await browser.get("/console")).status == 200
            opened = await browser.post("/admin/v1/session", json={"key": found[2]})
            assert (await opened.json())["role"] == "admin"
        demo.send_signal(signal.SIGINT)
