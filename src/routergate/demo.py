"""`routergate demo`: simulated providers, a real gateway, the official client, and what came of it."""

import asyncio
import hashlib
import json
import os
import re
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from routergate.domain.errors import ConfigError
from routergate.testing import ECONOMY, FRONTIER, PROMPTS, VLLM, Prompt, Simulator

if TYPE_CHECKING:
    from openai import AsyncOpenAI

FARTHER = """
The same tokens at the baseline's price are the comparison. Whether the answers were as good, a simulation
cannot say.

To look further:
  routergate demo --keep           leave all of this running: its address, key, console and /metrics
  routergate explain --help        which model a request would go to, and why
  routergate serve                 your own providers, from config/routergate.yaml"""
SPEED = 8.0
"""How much faster than real ones the simulated providers are, so that nobody has to wait."""
AT_ONCE = 24
PATIENCE = 30.0
_LISTENING = re.compile(rb"listening on (http://\S+?)[\"\s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request of the demo, and who answered it."""

    prompt: Prompt
    streamed: bool
    model: str
    seconds: float


def run(requests: int, *, keep: bool) -> int:
    """The whole demo; the exit code."""
    try:
        return asyncio.run(_demo(requests, keep=keep, console=Console()))
    except KeyboardInterrupt:
        return 0


async def _demo(requests: int, *, keep: bool, console: Console) -> int:
    client_class = _official_client()
    console.print(
        "Three [bold]simulated[/bold] providers, a real gateway with its own Redis, the official client.\n"
        "Answers are made up and say so; routing, metering and money are the real thing.\n"
    )
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="routergate-demo-")))
        urls = [
            (await stack.enter_async_context(Simulator(profile.at_speed(SPEED)))).base_url
            for profile in (ECONOMY, VLLM, FRONTIER)
        ]
        key, admin_key = (f"rg-{name}-{secrets.token_urlsafe(16)}" for name in ("demo", "admin"))
        config = folder / "routergate.yaml"
        config.write_text(json.dumps(configuration(urls, key), indent=2))
        url = await stack.enter_async_context(_gateway(config, folder / "data", admin_key))
        client = await stack.enter_async_context(client_class(base_url=f"{url}/v1", api_key=key))
        sent = await _send(client, requests, console)
        await _report(client, sent, console)
        console.print(FARTHER, soft_wrap=True)
        if keep:
            console.print(_running(url, key, admin_key, config), soft_wrap=True)
            await asyncio.Event().wait()
    return 0


def _running(url: str, key: str, admin_key: str, config: Path) -> str:
    """Where it is, and how other commands find it."""
    return (
        f"\nStill running: {url}  key: {key}\n"
        f"In a browser: {url}/console  key: {admin_key}\n"
        "For commands beside it, such as routergate report usage:\n"
        f"  export ROUTERGATE_CONFIG={config} ROUTERGATE_DATA_DIR={config.parent / 'data'}"
    )


def configuration(urls: Sequence[str], key: str) -> dict[str, Any]:
    """An economy API, a fine-tuned model on one's own GPUs, a frontier API, and a route over them."""
    economy, gpus, frontier = urls
    return {
        "version": 1,
        "providers": {
            "economy": {"kind": "openai", "base_url": economy},
            "gpus": {"kind": "vllm", "replicas": [gpus]},
            "frontier": {"kind": "openai", "base_url": frontier},
        },
        "models": {
            "mini": _model("economy", "sim-mini", "economy", 0.15, 0.60),
            "contracts-7b": {
                **_model("gpus", "sim-contracts-7b", "self_hosted", 0.04, 0.12),
                "category": "fine_tuned",
                "context_tokens": 32_768,
                "capabilities": ["json_schema"],
                "serves": ["contract-review"],
            },
            "large": _model("frontier", "sim-large", "frontier", 2.50, 10.00),
        },
        "tasks": {"contract-review": {"match": {"features": ["contracts"]}}},
        "routes": {
            "auto": {
                "candidates": ["contracts-7b", "mini", "large"],
                "baseline": "large",
                "quality": 0.95,
            }
        },
        "keys": [
            {
                "hash": f"sha256:{hashlib.sha256(key.encode()).hexdigest()}",
                "organisation": "demo",
                "team": "everyone",
            }
        ],
    }


def _model(provider: str, name: str, model_class: str, rate_in: float, rate_out: float) -> dict[str, Any]:
    return {
        "provider": provider,
        "name": name,
        "class": model_class,
        "context_tokens": 128_000,
        "capabilities": ["tools", "vision", "json_schema"],
        "prices": [{"from": "2024-07-18", "input": rate_in, "output": rate_out}],
    }


def _official_client() -> "type[AsyncOpenAI]":
    try:
        from openai import AsyncOpenAI  # noqa: PLC0415  an optional dependency
    except ImportError:
        raise ConfigError(["the demo needs the official client: pip install 'routergate[demo]'"]) from None
    return AsyncOpenAI


@asynccontextmanager
async def _gateway(config: Path, data: Path, admin_key: str) -> AsyncIterator[str]:
    """`routergate serve` in a process of its own; where it listens."""
    settings = {
        "ROUTERGATE_CONFIG": str(config),
        "ROUTERGATE_DATA_DIR": str(data),
        "ROUTERGATE_LOG_FORMAT": "console",
        "ROUTERGATE_ADMIN_KEY": admin_key,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "routergate.cli", "serve", "--port", "0",
        env={**os.environ, **settings},  # noqa: TID251 - handed on, not read
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield await asyncio.wait_for(_listening(process), PATIENCE)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listening(process: asyncio.subprocess.Process) -> str:
    said = b""
    while process.stderr and (line := await process.stderr.readline()):
        said += line
        if found := _LISTENING.search(line):
            return found[1].decode()
    raise ConfigError([f"the gateway did not start:\n{said.decode(errors='replace')}"])


async def _send(client: "AsyncOpenAI", requests: int, console: Console) -> list[Sent]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    places = asyncio.Semaphore(AT_ONCE)
    with Progress(*columns, console=console) as progress:
        shown = progress.add_task("requests, every other one streamed", total=requests)

        async def one(number: int, prompt: Prompt) -> Sent:
            async with places:
                sent = await _ask(client, prompt, streamed=number % 2 == 1)
            progress.advance(shown)
            return sent

        prompts = islice(cycle(PROMPTS), requests)
        return await asyncio.gather(*(one(number, prompt) for number, prompt in enumerate(prompts)))


async def _ask(client: "AsyncOpenAI", prompt: Prompt, *, streamed: bool) -> Sent:
    began = time.monotonic()
    raw = await client.chat.completions.with_raw_response.create(
        **prompt.body("auto", stream=streamed),
        extra_headers={"x-routergate-feature": prompt.feature},
    )
    model = raw.headers["x-routergate-model"]
    if streamed:
        async for _ in raw.parse():
            pass
    return Sent(prompt=prompt, streamed=streamed, model=model, seconds=time.monotonic() - began)


async def _report(client: "AsyncOpenAI", sent: Sequence[Sent], console: Console) -> None:
    """Where the requests went, by what they were, and what that cost, as the gateway's own books have it."""
    models = sorted({one.model for one in sent})
    went = Counter((one.prompt.kind, one.model) for one in sent)
    table = Table("asked for", *models, title="Where the requests went")
    for kind in sorted({one.prompt.kind for one in sent}):
        table.add_row(kind, *(str(went[kind, model] or "") for model in models))
    console.print(table)
    console.print(_money(await _booked(client, len(sent))))


async def _booked(client: "AsyncOpenAI", requests: int) -> Sequence[Mapping[str, Any]]:
    """The gateway's totals, once the last event is in them."""
    deadline = time.monotonic() + PATIENCE
    while True:
        usage = await client.get("/usage?by=model", cast_to=object)
        rows: Sequence[Mapping[str, Any]] = usage["data"]  # type: ignore[index]  # plain JSON
        if sum(row["requests"] for row in rows) >= requests or time.monotonic() > deadline:
            return rows
        await asyncio.sleep(0.05)


def _money(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title="Tokens, and what they cost; what the baseline would have cost (USD)")
    for column in ("model", "requests", "in", "out", "cost", "baseline", "saved"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for row in rows:
        table.add_row(
            row["model"] or "-",
            str(row["requests"]),
            str(row["input_uncached"] + row["cache_read"]),
            str(row["output"] + row["reasoning"]),
            _shown(row["cost_usd"]),
            _shown(row["baseline_usd"]),
            _shown(row["savings_usd"]),
        )
    cost, baseline, saved = (_sum(rows, name) for name in ("cost_usd", "baseline_usd", "savings_usd"))
    share = f" ({saved / baseline:.0%})" if baseline else ""
    requests = str(sum(row["requests"] for row in rows))
    table.add_section()
    table.add_row(
        "all", requests, "", "", _shown(cost), _shown(baseline), f"{_shown(saved)}{share}", style="bold"
    )
    return table


def _shown(dollars: Decimal | str | None) -> str:
    return "unknown" if dollars is None else f"{Decimal(dollars):.6f}"


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows if row[name] is not None), Decimal(0))
