"""A process beside the gateway that reads the ledger's files.

What reads them takes memory and time, and requests must not wait for it. It is there while it is asked, and
ends by itself when the gateway does.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field

from routergate.domain.errors import LedgerUnusable
from routergate.domain.operator import ReportTooLarge
from routergate.office.papers import HEAD, Asked, Reply, length, reply, sent

IDLE = 120.0
"""Seconds after which it goes if nobody asks."""
STARTING = 60.0
"""Seconds more that it may take to begin, on a machine that has much else to do."""
PATIENCE = 30.0
"""Seconds that an answer may take, the wait for other answers included."""


@dataclass(slots=True)
class Clerk:
    """Asks the process, and starts it if need be. One question at a time."""

    idle: float = IDLE
    patience: float = PATIENCE
    starting: float = STARTING
    _process: Process | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _going: asyncio.TimerHandle | None = None

    async def ask(self, question: Asked) -> Reply:
        """What the files say; raises `LedgerUnusable` or `ReportTooLarge`."""
        try:
            async with asyncio.timeout(self.patience) as limit, self._turn:
                answer = await self._answer(question, limit)
        except TimeoutError:
            raise ReportTooLarge(
                f"The ledger's files took longer than {self.patience:g} s: ask for fewer days, or choose an "
                "organisation."
            ) from None
        if answer.wrong is not None:
            raise LedgerUnusable(answer.wrong)
        return answer

    async def close(self) -> None:
        """Have it gone."""
        self._stay()
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _answer(self, question: Asked, limit: asyncio.Timeout) -> Reply:
        process = await self._there(limit)
        try:
            answer = await _exchanged(process, question)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            await self.close()
            raise LedgerUnusable("The process that reads the ledger's files has died; ask again.") from error
        except BaseException:
            # It is in the middle of something: the next question gets another one.
            await self.close()
            raise
        self._going = asyncio.get_running_loop().call_later(self.idle, _hands(process)[0].close)
        return answer

    async def _there(self, limit: asyncio.Timeout) -> Process:
        self._stay()
        if (
            self._process is None
            or self._process.returncode is not None
            or _hands(self._process)[0].is_closing()
        ):
            await self.close()
            limit.reschedule(asyncio.get_running_loop().time() + self.starting + self.patience)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "routergate.office.archive", stdin=PIPE, stdout=PIPE
            )
        return self._process

    def _stay(self) -> None:
        if self._going is not None:
            self._going.cancel()
            self._going = None


async def _exchanged(process: Process, question: Asked) -> Reply:
    writer, reader = _hands(process)
    writer.write(sent(question))
    await writer.drain()
    return reply(await reader.readexactly(length(await reader.readexactly(HEAD))))


def _hands(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    """Both ends of the pipes, which it was started with."""
    if process.stdin is None or process.stdout is None:
        raise ConnectionError("a process was started without pipes")
    return process.stdin, process.stdout
