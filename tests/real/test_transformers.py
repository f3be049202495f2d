"""A real inference server: real tokens, real streams, its own usage and its own errors."""

import asyncio
from typing import Any

import openai
import pytest

from real.conftest import RATES, RealStage
from support.gateway import KEY, RunningGateway
from support.simulation import events, text_of

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
SAID = "What does a gateway promise?"
CHAT = "/v1/chat/completions"


def asking(said: str = SAID, **more: Any) -> dict[str, Any]:
    """The likeliest answer, so that it is the same every time."""
    messages = [{"role": "user", "content": said}]
    return {"model": "auto", "messages": messages, "max_tokens": 24, "temperature": 0, **more}


async def told(stage: RealStage, body: dict[str, Any]) -> Any:
    """What the server says when it is asked without a gateway."""
    return (await stage.direct.ask("POST", CHAT, json={**body, "model": stage.server.model})).json


def agree(row: Any, usage: Any) -> bool:
    """Whether the ledger has what the server counted, to the token and the nano-dollar."""
    counted = (usage["prompt_tokens"], usage["completion_tokens"])
    assert (row.input_uncached, row.output) == counted
    assert row.cost_nanos == counted[0] * RATES[0] + counted[1] * RATES[1]
    return (row.outcome, row.usage_source, row.model) == ("ok", "provider", "tiny")


async def test_a_plain_answer_is_the_servers_own(stage: RealStage) -> None:
    reply, row = await stage.ask(CHAT, asking())
    own = await told(stage, asking())
    assert reply.json["choices"] == own["choices"]
    assert own["usage"].items() <= reply.json["usage"].items()
    assert own["usage"]["prompt_tokens"] == stage.server.prompt_tokens(SAID)
    assert agree(row, own["usage"])


async def test_a_streamed_answer_says_the_same_and_has_an_end(stage: RealStage) -> None:
    reply, row = await stage.ask(CHAT, asking(stream=True))
    own = await told(stage, asking())
    assert text_of(events(reply.body)) == own["choices"][0]["message"]["content"]
    # The server itself ends its streams without it.
    assert reply.body.endswith(b"data: [DONE]\n\n")
    assert agree(row, own["usage"])


async def test_the_official_client_reads_it(stage: RealStage, gateway: RunningGateway) -> None:
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        stream = await client.chat.completions.create(**asking(stream=True))
        chunks = [chunk async for chunk in stream]
    own = await told(stage, asking())
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == own["choices"][0]["message"]["content"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_word_that_ends_an_answer_ends_it(stage: RealStage, *, stream: bool) -> None:
    whole = (await told(stage, asking()))["choices"][0]["message"]["content"]
    word = whole[len(whole) // 2 :][:3]
    reply, row = await stage.ask(CHAT, asking(stop=[word], stream=stream))
    own = await told(stage, asking(stop=[word]))
    choice = events(reply.body)[-1]["choices"][0] if stream else reply.json["choices"][0]
    assert choice["finish_reason"] == own["choices"][0]["finish_reason"] == "stop"
    assert own["usage"]["completion_tokens"] < 24
    assert agree(row, own["usage"])


@pytest.mark.parametrize("words", [1, 8, 20])
async def test_short_and_long_questions_are_counted_by_the_models_own_tokens(
    stage: RealStage, words: int
) -> None:
    said = "budget gateway ledger ñ 語 🙂 " * words
    reply, row = await stage.ask(CHAT, asking(said, max_tokens=4))
    assert reply.json["usage"]["prompt_tokens"] == stage.server.prompt_tokens(said)
    assert agree(row, reply.json["usage"])


async def test_what_no_model_has_room_for_is_not_sent(stage: RealStage) -> None:
    reply = await stage.caller.ask("POST", CHAT, json=asking("budget gateway ledger " * 600))
    assert (reply.status, reply.error["code"]) == (400, "context_length_exceeded")


async def test_ten_at_once_are_ten_rows(stage: RealStage) -> None:
    answers = await asyncio.gather(*(stage.ask(CHAT, asking(f"{SAID} {number}")) for number in range(10)))
    for number, (reply, row) in enumerate(answers):
        assert reply.json["usage"]["prompt_tokens"] == stage.server.prompt_tokens(f"{SAID} {number}")
        assert agree(row, reply.json["usage"])


@pytest.mark.parametrize("stream", [False, True])
async def test_what_the_server_refuses_is_refused_in_the_servers_words(
    stage: RealStage, *, stream: bool
) -> None:
    reply, row = await stage.ask(CHAT, asking(brand_new=1, stream=stream))
    assert reply.status == 422
    assert "brand_new" in reply.error["message"]
    assert (row.outcome, row.cost_nanos, [one.result for one in row.attempts]) == ("refused", 0, ["refused"])


async def test_a_server_that_hangs_in_mid_stream_gives_an_error_and_no_short_answer(stage: RealStage) -> None:
    session, url = "hung", stage.caller.url + CHAT
    headers = {"x-routergate-session": session}
    body = asking(stream=True, max_tokens=400)
    async with stage.caller.session.post(url, json=body, headers=headers) as answer:
        came = await answer.content.readuntil(b"\n\n")
        with stage.server.hanging():
            came += await answer.content.read()
    row = await stage.row(session)
    assert (events(came)[-1]["error"]["code"], b"[DONE]" in came) == ("upstream_cut", False)
    assert (row.outcome, row.usage_source) == ("failed", "counted")
    assert row.output


async def test_a_caller_who_leaves_is_booked_and_the_server_is_free_again(stage: RealStage) -> None:
    session, url = "left", stage.caller.url + CHAT
    headers = {"x-routergate-session": session}
    body = asking(stream=True, max_tokens=400)
    async with stage.caller.session.post(url, json=body, headers=headers) as answer:
        await answer.content.readuntil(b"\n\n")
        answer.close()
    row = await stage.row(session)
    assert (row.outcome, row.usage_source) == ("abandoned", "counted")
    _, after = await stage.ask(CHAT, asking())
    assert after.outcome == "ok"


@pytest.mark.parametrize("stream", [False, True])
async def test_anthropics_format_is_answered_by_it_too(stage: RealStage, *, stream: bool) -> None:
    reply, row = await stage.ask("/v1/messages", asking(stream=stream))
    own = await told(stage, asking())
    if stream:
        deltas = [event["delta"] for event in events(reply.body) if event["type"] == "content_block_delta"]
        said = "".join(delta["text"] for delta in deltas)
    else:
        said = reply.json["content"][0]["text"]
    assert said == own["choices"][0]["message"]["content"]
    assert agree(row, own["usage"])


@pytest.mark.parametrize("stream", [False, True])
async def test_legacy_completions_are_relayed(stage: RealStage, *, stream: bool) -> None:
    body = {"model": "auto", "prompt": "A budget is", "max_tokens": 12, "temperature": 0, "stream": stream}
    reply, row = await stage.ask("/v1/completions", body)
    own = {**body, "model": stage.server.model, "stream": False}
    usage = (await stage.direct.ask("POST", "/v1/completions", json=own)).json["usage"]
    assert reply.status == 200
    assert agree(row, usage)


@pytest.mark.parametrize("stream", [False, True])
async def test_responses_are_relayed(stage: RealStage, *, stream: bool) -> None:
    body = {"model": "auto", "input": SAID, "max_output_tokens": 12, "temperature": 0, "stream": stream}
    reply, row = await stage.ask("/v1/responses", body)
    own = {**body, "model": stage.server.model, "stream": False}
    usage = (await stage.direct.ask("POST", "/v1/responses", json=own)).json["usage"]
    assert reply.status == 200
    assert (row.outcome, row.usage_source) == ("ok", "provider")
    assert (row.input_uncached, row.output) == (usage["input_tokens"], usage["output_tokens"])
