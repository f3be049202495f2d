"""LangChain's chat models for OpenAI and Anthropic: only their base URL and key know of the gateway."""

from typing import Any

import anthropic
import httpx
import openai
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, SecretStr

from support.gateway import KEY
from support.stage import Stage

HELLO = [SystemMessage("Be brief."), HumanMessage("Hello?")]


@tool
def weather(city: str, days: int) -> str:
    """The weather ahead."""
    return f"clear in {city} for {days} days"


class Place(BaseModel):
    """A place and how many people live there."""

    city: str
    population: int


def of_openai(stage: Stage, model: str = "auto", **more: Any) -> ChatOpenAI:
    """OpenAI's, in the format of chat completions unless told otherwise."""
    url, key = f"{stage.gateway.url}/v1", SecretStr(KEY)
    return ChatOpenAI(model=model, base_url=url, api_key=key, max_retries=0, stream_usage=True, **more)


def of_anthropic(stage: Stage, model: str = "auto") -> ChatAnthropic:
    """Anthropic's."""
    return ChatAnthropic(
        model_name=model,
        max_tokens_to_sample=500,
        base_url=stage.gateway.url,
        api_key=SecretStr(KEY),
        max_retries=0,
        timeout=60,
        stop=None,
    )


@pytest.fixture(params=["openai", "responses", "anthropic", "anthropic native"])
def model(stage: Stage, request: pytest.FixtureRequest) -> BaseChatModel:
    """Every format that they speak, the last one also with a provider that speaks it."""
    if request.param == "responses":
        return of_openai(stage, use_responses_api=True)
    if request.param == "openai":
        return of_openai(stage)
    return of_anthropic(stage, "claude" if request.param == "anthropic native" else "auto")


def test_an_answer_with_its_usage(model: BaseChatModel) -> None:
    answer = model.invoke(HELLO)
    assert isinstance(answer, AIMessage)
    assert "simulated" in answer.text
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["input_tokens"] > 0
    assert answer.usage_metadata["output_tokens"] > 0


def test_a_stream_says_the_same_with_the_same_usage(model: BaseChatModel) -> None:
    plain = model.invoke(HELLO)
    whole: Any = None
    pieces = 0
    for chunk in model.stream(HELLO):
        assert isinstance(chunk, AIMessageChunk)
        whole, pieces = chunk if whole is None else whole + chunk, pieces + 1
    assert pieces > 2
    assert isinstance(plain, AIMessage)
    assert plain.usage_metadata is not None
    assert whole.text == plain.text
    assert whole.usage_metadata["total_tokens"] == plain.usage_metadata["total_tokens"]


async def test_several_at_once(stage: Stage) -> None:
    asked: list[Any] = [HELLO, [HumanMessage("And you?")]]
    async with httpx.AsyncClient() as connections:
        answers = await of_openai(stage, http_async_client=connections).abatch(asked)
    # Made by LangChain itself, and kept by it until somebody closes it.
    model = of_anthropic(stage)
    async with model._async_client:
        answers += await model.abatch(asked)
    assert ["simulated" in answer.text for answer in answers] == [True] * 4


def test_a_tool_is_called_and_its_result_is_taken(model: BaseChatModel) -> None:
    asked: list[Any] = [HumanMessage("Use weather, please.")]
    bound = model.bind_tools([weather])
    first = bound.invoke(asked)
    [call] = first.tool_calls
    assert (call["name"], set(call["args"])) == ("weather", {"city", "days"})
    result = weather.invoke(call)
    assert isinstance(result, ToolMessage)
    second = bound.invoke([*asked, first, result])
    assert (second.tool_calls, second.text != "") == ([], True)


def test_a_tool_is_called_in_a_stream(model: BaseChatModel) -> None:
    whole: Any = None
    for chunk in model.bind_tools([weather]).stream([HumanMessage("Use weather, please.")]):
        whole = chunk if whole is None else whole + chunk
    [call] = whole.tool_calls
    assert (call["name"], set(call["args"])) == ("weather", {"city", "days"})


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_an_answer_in_a_schema(model: BaseChatModel, method: str) -> None:
    answer = model.with_structured_output(Place, method=method).invoke("Where is it?")
    assert isinstance(answer, Place)


def test_an_embedding(stage: Stage) -> None:
    vectors = OpenAIEmbeddings(
        model="vectors",
        base_url=f"{stage.gateway.url}/v1",
        api_key=SecretStr(KEY),
        check_embedding_ctx_length=False,
    ).embed_documents(["one", "two"])
    assert [len(vector) > 1 for vector in vectors] == [True, True]


def test_errors_are_the_clients_own(stage: Stage) -> None:
    with pytest.raises(openai.NotFoundError):
        of_openai(stage, "nobody").invoke(HELLO)
    with pytest.raises(anthropic.NotFoundError):
        of_anthropic(stage, "nobody").invoke(HELLO)


def test_a_stream_that_breaks_is_an_error_and_no_short_answer(stage: Stage) -> None:
    with pytest.raises(openai.APIError, match="broke"):
        list(of_openai(stage, "cut:5").stream(HELLO))
    with pytest.raises(anthropic.APIStatusError, match="broke"):
        list(of_anthropic(stage, "claude-cut").stream(HELLO))
