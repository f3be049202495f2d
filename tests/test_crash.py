"""A gateway that is killed with -9: what it leaves is in the books, once, no dearer than was held for it."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from routergate.store.client import connect
from routergate.testing import Profile, Simulator
from support.gateway import run_command
from support.lives import Callers, Lives, callers, mortal_configuration, mortal_gateway
from support.reckoning import Reckoning, reckoned, swept
from support.servers import Server

PROFILE = Profile(first_token_seconds=0.01, seconds_per_token=0.001)


async def die_on_the_way(people: Callers, lives: Lives) -> None:
    """At places from a request's arrival until it is written."""
    for passages in (2, 9, 16, 30, 47, 64):
        await lives.begin(passages, after=1)
        await lives.ended.wait()


async def die_under_load(people: Callers, lives: Lives) -> None:
    """With some answered, and others under way."""
    for _ in range(2):
        await lives.begin()
        await people.until_answered(5)
        await lives.kill()


async def test_what_the_provider_counted_is_in_the_books_of_gateways_that_were_killed(tmp_path: Path) -> None:
    found, verified = await killed(tmp_path)
    assert found.problems == ()
    assert found.settled > 0
    assert found.abandoned_called > 0
    assert verified == 0


async def killed(folder: Path) -> tuple[Reckoning, int]:
    """What was found in the end, and the exit code of `ledger verify`."""
    async with AsyncExitStack() as stack:
        server = Server.started(folder / "store", "--appendonly", "yes", "--save", "")
        stack.callback(server.close)
        simulator = await stack.enter_async_context(Simulator(PROFILE))
        url, written = f"redis://{server.address}", mortal_configuration(simulator.base_url)
        lives = await stack.enter_async_context(mortal_gateway(folder / "gateway", written, url))
        people = await stack.enter_async_context(callers())
        for dying, how_many in ((die_on_the_way, 1), (die_under_load, 6)):
            async with people.calling(lives, how_many):
                await dying(people, lives)
        await simulator.until(lambda calls: all(call.ended for call in calls))
        store = connect(url, timeout=5)
        stack.push_async_callback(store.close)
        await swept(store)
        verified = await asyncio.to_thread(run_command, lives.environment, "ledger", "verify")
        return await reckoned(store, simulator.calls, people.answered), verified.returncode
