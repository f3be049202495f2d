"""The process above the workers: it starts them, restarts them, and passes on what it is told."""

import asyncio
import gc
import logging
import os
import select
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from routergate.config.load import load
from routergate.config.settings import Settings, environment
from routergate.domain.errors import ConfigError
from routergate.plan import Plan
from routergate.store.embedded import EmbeddedServer
from routergate.telemetry.files import prepare
from routergate.telemetry.tracing import wanted
from routergate.tokens import TiktokenCounter
from routergate.tokens import load as load_tokens
from routergate.worker import HEEDED, serve

try:
    import uvloop
except ImportError:  # where there is none, asyncio's own loop does
    LOOP: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    LOOP = uvloop.new_event_loop

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between looks at the configuration file."""
CANNOT_START = 3
"""Exit code of a worker that will not do better the next time."""
SETTLED_AFTER = 10.0
"""Seconds of life after which a worker's death counts as its first."""
LONGEST_PAUSE = 5.0


@dataclass(slots=True)
class Child:
    """A worker, as its parent sees it."""

    slot: int
    pid: int
    since: float
    deaths: int = 0


@dataclass(slots=True)
class Supervisor:
    """Keeps one worker in each slot until it is told to stop."""

    plan: Plan
    slots: int
    lifeline: tuple[int, int]
    store: EmbeddedServer | None
    """The store, if it is ours to keep alive."""
    children: dict[int, Child] = field(default_factory=dict)
    stopping: bool = False
    failed: bool = False
    _seen: float = 0.0
    _due: dict[int, tuple[float, int]] = field(default_factory=dict)
    """Slots that wait for their next worker: when, and after how many deaths."""

    def run(self, wakeup: socket.socket) -> int:
        """Until a signal to stop, or a worker that cannot start; the exit code."""
        self._seen = self._changed_at()
        for slot in range(self.slots):
            self._start(slot, deaths=0)
        while self.children or (self._due and not self.stopping):
            self._hear(wakeup)
            self._bury()
            self._refill()
            self._look()
        return 1 if self.failed else 0

    def _start(self, slot: int, deaths: int) -> None:
        # What is sent to a worker before it listens waits for it, and is not lost on the parent's handlers.
        signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)
        pid = os.fork()
        if pid == 0:
            self._be_worker(slot, restarted=deaths > 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEEDED)
        self.children[pid] = Child(slot, pid, time.monotonic(), deaths)

    def _be_worker(self, slot: int, *, restarted: bool) -> None:
        """The child's life; it never returns."""
        signal.set_wakeup_fd(-1)
        os.close(self.lifeline[1])
        code = CANNOT_START
        try:
            with asyncio.Runner(loop_factory=LOOP) as runner:
                runner.run(serve(self.plan, slot, restarted=restarted))
            code = 0
        except (ConfigError, OSError) as error:
            log.error("worker %s cannot start: %s", slot, error)
        except BaseException:
            log.exception("worker %s failed", slot)
            code = 1
        finally:
            logging.shutdown()
            os._exit(code)

    def _hear(self, wakeup: socket.socket) -> None:
        """Wait for a signal, or for the next look at the file."""
        select.select([wakeup], [], [], self._pause())
        with suppress(BlockingIOError):
            for number in wakeup.recv(64):
                if number in {signal.SIGTERM, signal.SIGINT}:
                    self.stop()
                elif number == signal.SIGHUP:
                    self.reload()

    def _pause(self) -> float:
        due = [at - time.monotonic() for at, _ in self._due.values()]
        return max(min([LOOK_EVERY, *due]), 0.0)

    def stop(self) -> None:
        """Tell every worker to drain; the second time, to stop at once."""
        wish = signal.SIGKILL if self.stopping else signal.SIGTERM
        self.stopping = True
        self._tell(wish)

    def reload(self) -> None:
        """Tell every worker to take up the file; later workers begin with it if it is sound."""
        self._seen = self._changed_at()
        with suppress(ConfigError):  # the workers say what is wrong with it
            self.plan = replace(self.plan, config=load(self.plan.config.path, self.plan.environment))
        self._tell(signal.SIGHUP)

    def _tell(self, wish: signal.Signals) -> None:
        for pid in self.children:
            with suppress(ProcessLookupError):
                os.kill(pid, wish)

    def _bury(self) -> None:
        """Take note of workers that have ended."""
        for pid, child in list(self.children.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self.children[pid]
                self._mourn(child, os.waitstatus_to_exitcode(status))

    def _mourn(self, child: Child, code: int) -> None:
        if self.stopping:
            return
        if code == CANNOT_START:
            self.failed = True
            self.stop()
            return
        settled = time.monotonic() - child.since > SETTLED_AFTER
        deaths = 1 if settled else child.deaths + 1
        pause = min(0.1 * 2 ** (deaths - 1), LONGEST_PAUSE)
        log.error("worker %s ended with code %s; another one starts in %g s", child.slot, code, pause)
        self._due[child.slot] = (time.monotonic() + pause, deaths)

    def _refill(self) -> None:
        for slot, (at, deaths) in list(self._due.items()):
            if not self.stopping and time.monotonic() >= at:
                del self._due[slot]
                self._start(slot, deaths)

    def _look(self) -> None:
        """A changed file is a wish to reload; a dead store is started again."""
        if not self.stopping and self._changed_at() != self._seen:
            self.reload()
        if not self.stopping and self.store and not self.store.alive:
            self._revive(self.store)

    def _revive(self, store: EmbeddedServer) -> None:
        """Start the store again, or try anew at the next look; requests are served meanwhile."""
        log.error("the embedded store is gone; starting it again")
        try:
            store.start()
        except ConfigError as error:
            log.error("the embedded store cannot be started: %s", error)

    def _changed_at(self) -> float:
        try:
            return self.plan.config.path.stat().st_mtime_ns
        except OSError:  # editors replace files; the next look finds it again
            return self._seen


def run(settings: Settings, host: str, port: int, workers: int) -> int:
    """Serve in the foreground until told to stop; the exit code. Raises `ConfigError` before it listens."""
    environ = environment()
    config = load(settings.config, environ)
    wanted(environ)  # raises, if it cannot be had
    with ExitStack() as stack:
        reserved = stack.enter_context(_reserved(host, port))
        # From here on there is something to clean up: a wish to stop waits until somebody can hear it.
        wakeup = stack.enter_context(_signals())
        store = None if settings.redis_url else EmbeddedServer(settings.data_dir)
        if store:
            stack.callback(store.stop)
        metrics = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="routergate-metrics-")))
        prepare(metrics)
        lifeline = os.pipe()
        stack.callback(os.close, lifeline[0])
        stack.callback(os.close, lifeline[1])
        plan = Plan(
            config=config,
            environment=environ,
            host=host,
            port=reserved,
            metrics_port=_apart(stack, host, config.server.metrics_port),
            workers=workers,
            redis_url=settings.redis_url or (store.start() if store else ""),
            redis_timeout=settings.redis_timeout_ms / 1000,
            redis_replicas=settings.redis_replicas,
            metrics=metrics,
            counter=TiktokenCounter(load_tokens()),
            data_dir=settings.data_dir,
            ledger=settings.ledger,
            operators=settings.operators,
            lifeline=lifeline[0],
        )
        gc.freeze()  # Workers share what nobody writes to, as the collector would.
        return Supervisor(plan, workers, lifeline, store).run(wakeup)


def _apart(stack: ExitStack, host: str, port: int | None) -> int | None:
    """The port of the metrics, kept like the other one; `None`: they have none of their own."""
    return None if port is None else stack.enter_context(_reserved(host, port))


@contextmanager
def _reserved(host: str, port: int) -> Iterator[int]:
    """The port, kept for the workers: bound, never listened on. Port 0 becomes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # Without SO_REUSEPORT first: else another gateway's port could be shared unnoticed.
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            free = probe.getsockname()[1]
        reserved = socket.socket(family)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((host, free))
    except OSError as error:
        raise ConfigError([f"cannot listen on {host}:{port}: {error.strerror or error}"]) from error
    with reserved:
        yield free


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket on which every signal that matters arrives as a byte."""
    here, there = socket.socketpair()
    for end in (here, there):
        end.settimeout(0)
    previous = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    try:
        yield here
    finally:
        signal.set_wakeup_fd(previous)
        here.close()
        there.close()
