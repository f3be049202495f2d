import asyncio
import threading
from typing import Any

import pytest

from routergate.domain.refusals import GuardrailRefused
from routergate.guardrails.guards import RouteGuards
from routergate.guardrails.rail import Rail

BODY = b'{"model":"auto","messages":[{"role":"user","content":"hello"}],"temperature":0.5}'


class Hook:
    """Gives or raises what it is made with, in the thread that it is in."""

    def __init__(self, told: Any = None) -> None:
        self.told, self.threads = told, list[int]()

    def before(self, messages: Any) -> Any:
        self.threads.append(threading.get_ident())
        if isinstance(self.told, BaseException):
            raise self.told
        return self.told


class Stuck:
    """Does not come back until it is let go."""

    def __init__(self) -> None:
        self.go, self.ended = threading.Event(), threading.Event()

    def before(self, messages: Any) -> None:
        self.go.wait(60)
        self.ended.set()


class Slow:
    """A coroutine function that does not come back."""

    async def before(self, messages: Any) -> None:
        await asyncio.Event().wait()


def guards(hook: Any, **changes: Any) -> RouteGuards:
    return RouteGuards({"auto": [Rail(name="hook", hook=hook, **changes)]})


async def test_what_is_left_as_it_is_stays_byte_for_byte() -> None:
    assert await guards(Hook()).before("auto", BODY) is None
    assert await guards(Hook(["hello"])).before("auto", BODY) is None
    assert await guards(Hook(["bye"])).before("other", BODY) is None


async def test_what_is_rewritten_is_all_that_changes() -> None:
    assert await guards(Hook(["bye"])).before("auto", BODY) == BODY.replace(b"hello", b"bye")


async def test_a_hook_runs_beside_the_event_loop() -> None:
    hook = Hook()
    await guards(hook).before("auto", BODY)
    assert hook.threads != [threading.get_ident()]


async def test_a_refusal_has_the_name_and_the_reason() -> None:
    with pytest.raises(GuardrailRefused, match="The guardrail 'hook' refuses this: too rude"):
        await guards(Hook(GuardrailRefused("too rude")), passes=True).before("auto", BODY)


BAD = [RuntimeError("no"), StopIteration(), ["a", "b"], [1], 7, "text"]


@pytest.mark.parametrize("told", BAD)
async def test_what_fails_refuses_or_lets_pass_as_the_operator_says(told: Any) -> None:
    with pytest.raises(GuardrailRefused, match="'hook' failed, and nothing passes unseen"):
        await guards(Hook(told)).before("auto", BODY)
    assert await guards(Hook(told), passes=True).before("auto", BODY) is None


async def test_a_hook_that_hangs_is_left_after_its_time() -> None:
    stuck = Stuck()
    with pytest.raises(GuardrailRefused, match="failed"):
        await guards(stuck, timeout=0.01).before("auto", BODY)
    with pytest.raises(GuardrailRefused, match="failed"):
        await guards(Slow(), timeout=0.01).before("auto", BODY)
    stuck.go.set()
    assert await asyncio.to_thread(stuck.ended.wait, 10)


def test_a_hook_may_end_after_the_event_loop() -> None:
    stuck = Stuck()

    async def asked() -> None:
        assert await guards(stuck, timeout=0.01, passes=True).before("auto", BODY) is None

    asyncio.run(asked())
    stuck.go.set()
    assert stuck.ended.wait(10)


async def test_guardrails_look_one_after_the_other() -> None:
    both = [Rail(name="one", hook=Hook(["one"])), Rail(name="two", hook=Hook(["two"]))]
    assert await RouteGuards({"auto": both}).before("auto", BODY) == BODY.replace(b"hello", b"two")
