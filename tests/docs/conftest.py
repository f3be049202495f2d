"""A gateway with the models and routes that the documents name."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from routergate.testing import Simulator
from support.gateway import RunningGateway, a_model, configuration, running_gateway

MODELS = {
    "gpt-4o-mini": a_model("sim-mini", "economy", 0.15, 0.60),
    "gpt-4o": a_model("sim-mini", "frontier", 2.50, 10.00),
    "claude-sonnet": a_model("sim-mini", "frontier", 3.00, 15.00),
}


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    """`routergate serve` before a simulated provider."""
    auto: dict[str, Any] = {"candidates": ["gpt-4o-mini", "gpt-4o"], "baseline": "gpt-4o", "quality": 0.9}
    async with Simulator() as sim:
        written = configuration(sim.base_url, models=MODELS, routes={"auto": auto})
        with running_gateway(tmp_path, written) as running:
            yield running
