"""What the log of a gateway says of requests that fail, and what it never says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.gateway import ADMIN_KEY, KEY, RunningGateway
from support.stage import FAULTS, HOOKS, Stage, a_caller, a_stage

PAGE = Path(__file__, "../../../docs/telemetry.md").resolve().read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (`.+?) \|", PAGE.partition("## The log")[2], re.MULTILINE)
FIELDS = set(re.findall(r"`(\w+)`", "".join(ROWS)))
PROMPT = "lighthouse-keeper-whispers"
WRONG_KEY = "rg-wrong-key-that-somebody-typed"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("stage")) as running:
        yield running


async def failures(gateway: RunningGateway) -> set[str]:
    """Make requests fail in every way that there is; the ids of those that were answered with an error."""
    replies = []
    async with a_caller(gateway.url, WRONG_KEY) as stranger:
        replies.append(await stranger.chat("auto", PROMPT))
    async with a_caller(gateway.url) as caller:
        models = (
            *(fault for fault in FAULTS if not fault.startswith("stall")),
            *HOOKS,
            "failing",
            "all-down",
            "claude-cut",
            "claude-400",
            "nobody",
        )
        for model in models:
            replies += [await caller.chat(model, PROMPT), await caller.chat(model, PROMPT, stream=True)]
        replies += [
            await caller.send(f'{{"model": "auto", "messages": "{PROMPT}"'.encode()),
            await caller.send(f'{{"model": 7, "messages": ["{PROMPT}"]}}'.encode()),
            await caller.send(PROMPT.encode(), "text/plain"),
            await caller.send(PROMPT.encode() * 100_000),
            await caller.send(PROMPT.encode(), **{"Content-Encoding": "gzip"}),
            await caller.chat("auto", PROMPT, temperature=PROMPT, tools=PROMPT),
            await caller.get(f"/v1/{PROMPT}"),
            await caller.ask("DELETE", "/v1/chat/completions", data=PROMPT),
            await caller.ask("POST", "/v1/embeddings", json={"model": "small", "input": PROMPT}),
            await caller.ask("POST", "/v1/messages", json={"model": "auto", "messages": PROMPT}),
            await caller.ask("POST", "/v1/feedback", json={"id": PROMPT}),
        ]
    return {reply.headers["x-request-id"] for reply in replies if reply.status >= 400}


async def test_no_failure_brings_a_prompt_a_key_or_a_secret_into_the_log(stage: Stage) -> None:
    failed = await failures(stage.gateway)
    assert len(failed) > 20
    whole = stage.gateway.log.read_text()
    asked = [line for line in whole.splitlines() if f"/v1/{PROMPT}" not in line]  # a path is no prompt
    for hidden in (PROMPT, KEY, WRONG_KEY, ADMIN_KEY, "sk-ant-of-the-stage", "Bearer"):
        assert hidden not in "\n".join(asked)

    lines = stage.gateway.logged()
    told = {line["request_id"] for line in lines if line["message"].startswith("request failed")}
    assert failed <= told
    assert {name for line in lines for name in line} <= FIELDS


async def test_lines_that_concern_a_request_name_it_wherever_they_are_written(stage: Stage) -> None:
    async with a_caller(stage.gateway.url) as caller:
        reply = await caller.chat("broken", PROMPT)
    lines = [one for one in stage.gateway.logged() if one.get("request_id") == reply.headers["x-request-id"]]
    assert {line["logger"] for line in lines} >= {"routergate.guardrails.rail", "routergate.api.errors"}
