"""The same request is read the same in every process, whatever its hashes are."""

import os
import subprocess
import sys

READ = """
from routergate.classify.trained import TrainedEstimator
from routergate.domain.decision import Catalogue
from routergate.domain.request import ChatRequest, Message
from routergate.testing import PROMPTS

for prompt in PROMPTS:
    request = ChatRequest(payload={}, model="m", messages=(Message(role="user", text=prompt.text),))
    print(TrainedEstimator.builtin().read(request, Catalogue(), None))
"""


def read_with(seed: str) -> str:
    """What a process with this seed for its hashes reads of all prompts."""
    return subprocess.run(
        [sys.executable, "-c", READ],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_what_is_read_does_not_depend_on_the_process() -> None:
    assert read_with("1") == read_with("2") != ""
