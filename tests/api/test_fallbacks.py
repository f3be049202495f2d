"""Lists of models by the caller: OpenRouter's `models`, LiteLLM's `fallbacks`."""

from typing import Any

import pytest

from support.stage import SMALL_ONLY_KEY, Caller, Reply, Stage, a_caller

SAID = [{"role": "user", "content": "Hello?"}]
ASKS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": SAID},
    "/v1/completions": {"prompt": "Hello?"},
    "/v1/responses": {"input": "Hello?"},
    "/v1/messages": {"messages": SAID, "max_tokens": 50},
}


async def ask(caller: Caller, path: str = "/v1/chat/completions", **more: Any) -> Reply:
    headers = more.pop("headers", None)
    return await caller.ask("POST", path, json={**ASKS[path], **more}, headers=headers)


@pytest.mark.parametrize("path", ASKS)
@pytest.mark.parametrize("stream", [False, True])
async def test_the_next_model_of_the_list_is_asked_in_every_format(
    stage: Stage, caller: Caller, path: str, stream: bool
) -> None:
    reply = await ask(caller, path, model="500", models=["small"], stream=stream)
    assert (reply.status, reply.headers["x-routergate-model"]) == (200, "small")
    assert not any({"models", "fallbacks"} & call.body.keys() for call in stage.simulator.calls)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_fallback_may_speak_another_format_behind_the_gateway(caller: Caller, stream: bool) -> None:
    reply = await ask(caller, model="500", models=["claude"], stream=stream)
    assert (reply.status, reply.headers["x-routergate-model"]) == (200, "claude")


async def test_embeddings_have_fallbacks_too(caller: Caller) -> None:
    body = {"model": "small", "models": ["vectors"], "input": "Hello?"}
    reply = await caller.ask("POST", "/v1/embeddings", json=body)
    assert (reply.status, reply.headers["x-routergate-model"]) == (200, "vectors")


@pytest.mark.parametrize(
    "named",
    [
        {"models": ["large", "small"]},
        {"model": "large", "models": ["large", "small"]},
        {"model": "large", "fallbacks": ["small"]},
        {"model": "large", "fallbacks": [{"model": "small"}]},
    ],
)
async def test_the_first_name_is_asked_first_however_the_list_is_written(
    caller: Caller, named: dict[str, Any]
) -> None:
    body = {"messages": SAID, **named}
    decision = (await caller.ask("POST", "/v1/route", json=body)).json
    assert [one["model"] for one in decision["candidates"]] == ["large", "small"]


async def test_a_route_can_have_fallbacks_and_be_one(caller: Caller) -> None:
    assert (await ask(caller, model="failing", models=["small"])).headers["x-routergate-model"] == "small"
    assert (await ask(caller, model="500", models=["auto"])).headers["x-routergate-model"] == "small"


async def test_a_list_holds_with_routing_off_and_is_of_models_then(caller: Caller) -> None:
    off = {"x-routergate-route": "off"}
    reply = await ask(caller, model="500", models=["large"], headers=off)
    assert reply.headers["x-routergate-model"] == "large"
    reply = await ask(caller, model="large", models=["auto"], headers=off)
    assert (reply.status, reply.error["param"]) == (404, "models")
    assert "is a route, and x-routergate-route is off" in reply.error["message"]


async def test_a_list_gives_a_key_no_more_than_it_may_use(stage: Stage) -> None:
    async with a_caller(stage.gateway.url, SMALL_ONLY_KEY) as caller:
        assert (await ask(caller, model="large", models=["small"])).headers["x-routergate-model"] == "small"
        reply = await ask(caller, model="large", models=["claude"])
    assert (reply.status, reply.error["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("path", ASKS)
async def test_a_list_may_stand_in_for_the_model(caller: Caller, path: str) -> None:
    reply = await ask(caller, path, models=["large", "small"])
    assert (reply.status, reply.headers["x-routergate-model"]) == (200, "large")


@pytest.mark.parametrize(
    ("wrong", "param", "message"),
    [
        ({"models": []}, "model", "is missing"),
        ({"models": "small"}, "models", "expected array"),
        ({"models": ["small"] * 9}, "models", "length <= 8"),
        ({"model": "large", "models": [1]}, "models[0]", "expected string"),
        ({"model": "large", "fallbacks": [{"model": "small", "messages": SAID}]}, "fallbacks[0]", "messages"),
    ],
)
async def test_a_list_that_is_none_is_refused_with_its_place(
    caller: Caller, wrong: dict[str, Any], param: str, message: str
) -> None:
    reply = await ask(caller, **wrong)
    assert (reply.status, reply.error["param"]) == (400, param)
    assert message in reply.error["message"]
