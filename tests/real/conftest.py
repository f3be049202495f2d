from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from real.server import BIN, RealServer, real_server
from routergate.ledger.record import EventRow
from routergate.store.client import connect
from routergate.store.embedded import short_socket
from support.asking import eventually
from support.gateway import KEY, RunningGateway, a_model, configuration, running_gateway
from support.ledgers import written
from support.stage import Caller, Reply, a_caller

RATES = (1_000, 10_000)
"""Nano-dollars per token, in and out."""


@dataclass
class RealStage:
    """A gateway in front of a real inference server, and somebody who asks."""

    server: RealServer
    caller: Caller
    direct: Caller
    """Who asks the server itself."""
    store_url: str
    asked: int

    async def ask(self, path: str, body: dict[str, Any]) -> tuple[Reply, EventRow]:
        """The answer to one request, and the row that it leaves."""
        self.asked += 1
        session = f"asked-{self.asked}"
        reply = await self.caller.ask("POST", path, json=body, headers={"x-routergate-session": session})
        return reply, await self.row(session)

    async def row(self, session: str) -> EventRow:
        """The one row of a request, when it is written."""
        store = connect(self.store_url, timeout=5)

        async def found() -> list[EventRow]:
            return [row for row in await written(store) if row.session == session]

        try:
            [row] = await eventually(found)
        finally:
            await store.close()
        assert isinstance(row, EventRow)
        return row


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    if not (BIN / "transformers").exists():
        pytest.skip("no inference server is installed: `make test-real` does it")
    with real_server(tmp_path_factory.mktemp("real")) as running:
        yield running


@pytest.fixture(scope="session")
def gateway(server: RealServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with running_gateway(folder, configured(server)) as running:
        yield running


@pytest.fixture
async def stage(server: RealServer, gateway: RunningGateway) -> AsyncIterator[RealStage]:
    folder = Path(gateway.environment["ROUTERGATE_DATA_DIR"])
    url = f"unix://{quote(str(short_socket(folder.resolve())))}"
    async with a_caller(gateway.url, KEY) as caller, a_caller(server.url.removesuffix("/v1")) as direct:
        yield RealStage(server, caller, direct, url, asked=NAMES.pop())


NAMES = list(range(0, 100_000, 100))
"""Where each test begins to count its requests."""


def configured(server: RealServer) -> dict[str, Any]:
    """As an operator would have it: it does not take `stream_options`, and tells the usage all the same."""
    patience = {"connect": 5, "first_byte": 60, "first_token": 60, "idle": 2, "total": 120}
    real = {"kind": "openai", "base_url": server.url, "stream_usage": False, "timeouts": patience}
    model = {**a_model(server.model, "self_hosted", 1, 10), "provider": "gpus", "context_tokens": 512}
    return configuration(
        server.url,
        providers={"gpus": real},
        models={"tiny": model},
        routes={"auto": {"candidates": ["tiny"]}},
    )
