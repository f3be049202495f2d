"""OpenAI's client asks for vectors."""

from collections.abc import Iterator

import openai
import pytest

from support.gateway import KEY
from support.stage import Stage


@pytest.fixture
def client(stage: Stage) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{stage.gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def test_a_vector_for_each_text(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="vectors", input=["one", "two"], dimensions=8)
    assert [len(vector.embedding) for vector in answer.data] == [8, 8]
    assert answer.data[0].embedding != answer.data[1].embedding
    assert answer.usage.prompt_tokens == 2
    assert answer.usage.to_dict()["cost"] == 4e-08


def test_numbers_are_the_same_in_both_encodings(client: openai.OpenAI) -> None:
    packed = client.embeddings.create(model="vectors", input="one")  # the client asks for base64 by itself
    plain = client.embeddings.create(model="vectors", input="one", encoding_format="float")
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding)


def test_tokens_in_place_of_text(client: openai.OpenAI) -> None:
    assert client.embeddings.create(model="vectors", input=[1, 2, 3]).usage.prompt_tokens == 3
    assert len(client.embeddings.create(model="vectors", input=[[1, 2], [3]]).data) == 2


def test_who_can_is_named_to_those_who_ask_somebody_else(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="'auto' has no model") as caught:
        client.embeddings.create(model="auto", input="one")
    assert "Use vectors." in caught.value.message
    assert caught.value.param == "model"
    with pytest.raises(openai.BadRequestError, match="'vectors' has no model that can be asked for chat"):
        client.chat.completions.create(model="vectors", messages=[{"role": "user", "content": "Hi"}])


@pytest.mark.parametrize("wrong", [[], {"a": 1}, None])
def test_what_is_no_input_is_refused(client: openai.OpenAI, wrong: object) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/embeddings", body={"model": "vectors", "input": wrong}, cast_to=object)
    assert caught.value.param == "input"


@pytest.mark.parametrize("size", [0, 10**9, "many"])
def test_what_the_provider_says_of_dimensions_is_passed_on(client: openai.OpenAI, size: object) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post(
            "/embeddings", body={"model": "vectors", "input": "one", "dimensions": size}, cast_to=object
        )
    assert caught.value.param == "dimensions"
