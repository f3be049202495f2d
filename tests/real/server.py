"""`transformers serve` on a tiny model that is made on the spot, in an environment of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tokenizers import Tokenizer

from support.servers import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BIN = ROOT / ".venv-real" / "bin"
TEXTS = sorted((ROOT / "docs").glob("*.md"))
"""What its tokenizer learns from."""


@dataclass(frozen=True)
class RealServer:
    """An inference server that listens."""

    url: str
    model: str
    """Its name for the model: the folder that it is in."""
    process: subprocess.Popen[bytes]
    tokenizer: Tokenizer

    def prompt_tokens(self, said: str) -> int:
        """As many as one message of a user comes to, by the model's own tokenizer and template."""
        prompt = f"<|begin|><|turn|>user\n{said}<|end|><|turn|>assistant\n"
        return len(self.tokenizer.encode(prompt).ids)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections and says nothing."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def real_server(folder: Path) -> Iterator[RealServer]:
    """One with a model of its own in `folder`."""
    model = folder / "model"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder), "CUDA_VISIBLE_DEVICES": ""}
    made: list[str | Path] = [BIN / "python", HERE / "make_model.py", model, *TEXTS]
    subprocess.run(made, check=True, env=environment, capture_output=True)
    port = free_port()
    serving: list[str | Path] = [
        BIN / "transformers",
        "serve",
        model,
        "--device",
        "cpu",
        "--host",
        "127.0.0.1",
    ]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*serving, "--port", str(port)], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_until_healthy(port, process, folder / "server.log")
        tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        yield RealServer(f"http://127.0.0.1:{port}/v1", str(model), process, tokenizer)
    finally:
        process.kill()
        process.wait()


def wait_until_healthy(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return when the server has loaded its model."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.2)
        finally:
            connection.close()
    raise AssertionError(f"the inference server did not come up:\n{log.read_text()[-4000:]}")
