"""Guardrails, from the caller's side."""

import json
from typing import Any

import pytest

from support.hooks import WORD
from support.simulation import events, text_of
from support.stage import Caller, Reply, Stage

SAYS: dict[str, str] = {
    "/v1/chat/completions": "messages",
    "/v1/completions": "prompt",
    "/v1/responses": "input",
    "/v1/messages": "messages",
}
PRIVATE = "Write to jo@example.com, call +49 30 1234567, charge 4111 1111 1111 1111."
PUBLIC = "Write to [email], call [phone], charge [card]."


async def ask(caller: Caller, path: str, model: str, text: str = "Hello?", **more: Any) -> Reply:
    said: Any = [{"role": "user", "content": text}] if SAYS[path] == "messages" else text
    limit = {"max_tokens": 60} if path == "/v1/messages" else {}
    return await caller.ask("POST", path, json={"model": model, SAYS[path]: said, **limit, **more})


@pytest.mark.parametrize("path", SAYS)
@pytest.mark.parametrize("stream", [False, True])
async def test_personal_data_reaches_no_provider_in_any_format(
    stage: Stage, caller: Caller, path: str, stream: bool
) -> None:
    mark = f"{path} {stream} in private: "
    reply = await ask(caller, path, "pii", mark + PRIVATE, stream=stream)
    assert reply.status == 200
    [call] = stage.calls_with(mark)
    assert PUBLIC in json.dumps(call.body)
    assert "jo@example.com" not in json.dumps(call.body)


@pytest.mark.parametrize("path", SAYS)
async def test_a_refused_request_is_a_400_and_asks_nobody(stage: Stage, caller: Caller, path: str) -> None:
    text = f"{path} says {WORD}"
    reply = await ask(caller, path, "careful", text)
    kind = "invalid_request_error" if path == "/v1/messages" else "guardrail_refused"
    assert (reply.status, reply.error["code"], reply.error["type"]) == (400, "guardrail_refused", kind)
    assert reply.error["message"] == "The guardrail 'careful' refuses this: a magic word"
    assert stage.calls_with(text) == []


@pytest.mark.parametrize("path", SAYS)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_refused_answer_is_a_400_even_where_a_stream_was_wanted(
    caller: Caller, path: str, stream: bool
) -> None:
    reply = await ask(caller, path, "answers", stream=stream)
    assert (reply.status, reply.error["code"]) == (400, "guardrail_refused")
    assert "simulated" not in reply.body.decode()


@pytest.mark.parametrize("model", ["loud", "loud-claude"])
async def test_an_answer_is_rewritten_whole_or_streamed(caller: Caller, model: str) -> None:
    plain = await ask(caller, "/v1/chat/completions", model)
    streamed = await ask(caller, "/v1/chat/completions", model, stream=True)
    said = plain.json["choices"][0]["message"]["content"]
    assert said == said.upper()
    assert text_of(events(streamed.body)) == said
    assert streamed.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(("path", "model"), [("/v1/messages", "loud-claude"), ("/v1/responses", "loud")])
async def test_an_answer_is_rewritten_wherever_its_format_says_it(
    caller: Caller, path: str, model: str
) -> None:
    for stream in (False, True):
        reply = await ask(caller, path, model, stream=stream)
        body = reply.body.decode()
        assert reply.status == 200
        assert "SIMULATED" in body
        assert "simulated answer" not in body


async def test_a_kept_answer_is_looked_at_too(caller: Caller) -> None:
    replies = [await ask(caller, "/v1/chat/completions", "loud-kept") for _ in range(2)]
    assert [reply.headers["x-routergate-cache"] for reply in replies] == ["miss", "hit"]
    texts = {reply.json["choices"][0]["message"]["content"] for reply in replies}
    assert len(texts) == 1
    assert all(text == text.upper() for text in texts)


async def test_a_guardrail_that_fails_refuses_unless_it_is_told_to_let_pass(caller: Caller) -> None:
    refused = await caller.chat("broken", "a secret")
    assert (refused.status, refused.error["code"]) == (400, "guardrail_refused")
    assert "secret" not in refused.error["message"]
    assert (await caller.chat("lenient", "a secret")).status == 200


async def test_naming_a_model_leads_past_the_guardrails_that_are_not_told_otherwise(caller: Caller) -> None:
    refused = await caller.chat("small", f"say {WORD}")
    assert (refused.status, refused.error["code"]) == (400, "guardrail_refused")
    assert (await caller.chat("small", PRIVATE)).status == 200


async def test_what_is_counted_at_a_provider_is_guarded_too(caller: Caller) -> None:
    body = {"model": "careful", "messages": [{"role": "user", "content": WORD}]}
    for path in ("/v1/messages/count_tokens", "/v1/route"):
        reply = await caller.ask("POST", path, json=body)
        assert (reply.status, reply.error["code"]) == (400, "guardrail_refused")


async def test_the_log_has_no_word_of_what_a_guardrail_failed_at(stage: Stage, caller: Caller) -> None:
    await caller.chat("broken", "the secret of the zebra")
    log = stage.gateway.log.read_text()
    assert "the guardrail broken failed in before: KeyError at" in log
    assert "zebra" not in log
