"""One guardrail at work: in time, beside the event loop, and with a rule for when it fails."""

import asyncio
import inspect
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any, Final, TypeVar

from routergate.domain.refusals import GuardrailRefused

log = logging.getLogger(__name__)

MOST: Final = 16
"""Threads that one guardrail may have at work; the requests beyond wait, within their time."""
Told = TypeVar("Told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rail:
    """A guardrail by its name."""

    name: str
    hook: Any
    """Has `before`, `after` or both; either may be a coroutine function."""
    timeout: float = 2.0
    """Seconds for one call."""
    passes: bool = False
    """Whether what it fails to look at is let through."""
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST))

    def has(self, moment: str) -> bool:
        """Whether it looks at that."""
        return callable(getattr(self.hook, moment, None))

    async def told(self, moment: str, shown: Any, read: Callable[[Any], Told]) -> Told | None:
        """What it makes of what it is shown, as `read` takes it; `None`: it is left as it is.

        Raises `GuardrailRefused`, also where it fails, unless it is one that lets pass then.
        """
        try:
            async with asyncio.timeout(self.timeout):
                said = await self._asked(getattr(self.hook, moment), shown)
            return None if said is None else read(said)
        except GuardrailRefused as refusal:
            raise GuardrailRefused(f"The guardrail '{self.name}' refuses this: {refusal}") from None
        except Exception as error:  # noqa: BLE001 - an operator's code may raise anything
            # Its message may quote the prompt; its name and place do not.
            log.warning("the guardrail %s failed in %s: %s", self.name, moment, _told(error))
            if self.passes:
                return None
            raise GuardrailRefused(
                f"The guardrail '{self.name}' failed, and nothing passes unseen. The operator's log has more."
            ) from None

    async def _asked(self, method: Callable[[Any], Any], shown: Any) -> Any:
        if inspect.iscoroutinefunction(method):
            return await method(shown)
        await self._turns.acquire()
        return await _in_thread(method, shown, self._turns.release)


async def _in_thread(method: Callable[[Any], Any], shown: Any, over: Callable[[], None]) -> Any:
    """In a thread of its own: one that never ends holds up neither other requests nor the process's end."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        over()
        if not answer.done():
            answer.set_exception(error) if error else answer.set_result(result)

    def work() -> None:
        result, error = _outcome(method, shown)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, error)

    Thread(target=work, daemon=True, name="guardrail").start()
    return await answer


def _outcome(method: Callable[[Any], Any], shown: Any) -> tuple[Any, Exception | None]:
    try:
        return method(shown), None
    except StopIteration:  # no future can hold one
        return None, RuntimeError("StopIteration")
    except Exception as error:  # noqa: BLE001 - told to whoever waits for it
        return None, error


def _told(error: Exception) -> str:
    """What went wrong and where, without its words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + place
