import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from routergate.providers.probe import HttpProbe
from routergate.testing import Simulator


@pytest.mark.parametrize(
    ("path", "fault", "well"),
    [
        ("/health", None, True),
        ("/v1/models", None, True),
        ("/not-there", None, True),
        ("/health", "503", False),
        ("/health", "reset", False),
        ("/health", "silent", False),
    ],
)
async def test_a_server_is_well_if_it_answers_without_failing(
    sim: Simulator, session: aiohttp.ClientSession, path: str, fault: str | None, well: bool
) -> None:
    sim.fault = fault
    assert await HttpProbe(sim.root_url + path, session, {}).well() is well


async def test_a_server_that_is_not_there_is_not_well(session: aiohttp.ClientSession) -> None:
    assert not await HttpProbe(f"http://127.0.0.1:{unused_port()}/health", session, {}).well()
