from dataclasses import replace
from typing import Any

import msgspec
import pytest

from routergate.accounts.cache import StoredAnswers
from routergate.domain.caching import Caching, Question, Sharing
from routergate.domain.format import Format
from routergate.domain.identity import Identity
from routergate.domain.model import ModelId
from routergate.domain.usage import Usage
from routergate.ports import Chunk, Whole
from routergate.store.client import Store, connect
from support.builders import a_request

PROMPT, ANSWER = "what is the secret of the zebra?", b"the zebra is a striped horse"
WHOLE = Whole(
    model=ModelId("small"),
    chunks=(Chunk(data=ANSWER, text="stripes"), Chunk(data=b"u", usage=Usage(output=3), usage_only=True)),
)
SHARED = Caching(ttl=60.0, scope=Sharing.ORGANISATION)


def body(**changes: Any) -> dict[str, Any]:
    said = {"model": "auto", "messages": [{"role": "user", "content": PROMPT}], "seed": 1, **changes}
    return {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in said.items()}


def asked(**changes: Any) -> Question:
    question = Question(
        identity=Identity(key="key_1", organisation="acme"),
        token="rg-one",
        request=a_request(PROMPT, payload=body()),
        settings=("auto", "0.9"),
        caching=Caching(ttl=60.0),
    )
    return replace(question, **changes)


def with_body(**changes: Any) -> Question:
    return asked(request=a_request(PROMPT, payload=body(**changes)))


@pytest.fixture
def answers(store: Store) -> StoredAnswers:
    return StoredAnswers(store)


async def test_what_was_kept_is_found_as_it_was(answers: StoredAnswers) -> None:
    assert await answers.find(asked()) is None
    await answers.keep(asked(), WHOLE)
    assert await answers.find(asked()) == WHOLE


SAME = {
    "the end user": with_body(user="somebody"),
    "metadata": with_body(metadata={"session": "s"}),
    "a key for the provider's own cache": with_body(prompt_cache_key="k"),
    "another order": asked(request=a_request(PROMPT, payload=dict(reversed(body().items())))),
    "spaces": asked(request=a_request(PROMPT, payload={**body(), "seed": msgspec.Raw(b" 1 ")})),
}


@pytest.mark.parametrize("question", SAME.values(), ids=SAME)
async def test_what_an_answer_does_not_depend_on_makes_no_difference(
    answers: StoredAnswers, question: Question
) -> None:
    await answers.keep(asked(), WHOLE)
    assert await answers.find(question) == WHOLE


OTHER = {
    "temperature": with_body(temperature=0.5),
    "seed": with_body(seed=2),
    "tools": with_body(tools=[]),
    "what nobody has heard of": with_body(zebra=True),
    "a stream": with_body(stream=True),
    "the prompt": with_body(messages=[{"role": "user", "content": PROMPT + "!"}]),
    "what the route decided": asked(settings=("auto", "0.8")),
    "a format": asked(request=a_request(PROMPT, payload=body(), format=Format.MESSAGES)),
    "a header of the format": asked(
        request=a_request(PROMPT, payload=body(), headers={"anthropic-beta": "b"})
    ),
    "another key": asked(token="rg-two"),
    "another organisation": asked(identity=Identity(key="key_1", organisation="globex")),
}


@pytest.mark.parametrize("question", OTHER.values(), ids=OTHER)
async def test_all_that_an_answer_depends_on_makes_another_question(
    answers: StoredAnswers, question: Question
) -> None:
    await answers.keep(asked(), WHOLE)
    assert await answers.find(question) is None


async def test_an_organisation_may_share_its_answers_between_its_keys(answers: StoredAnswers) -> None:
    await answers.keep(asked(caching=SHARED), WHOLE)
    assert await answers.find(asked(caching=SHARED, token="rg-two")) == WHOLE
    stranger = Identity(key="key_1", organisation="globex")
    assert await answers.find(asked(caching=SHARED, identity=stranger)) is None


async def test_the_operators_secret_is_a_part_of_what_is_shared(store: Store) -> None:
    await StoredAnswers(store, secret="one").keep(asked(caching=SHARED), WHOLE)
    assert await StoredAnswers(store, secret="two").find(asked(caching=SHARED)) is None


@pytest.mark.parametrize("caching", [Caching(ttl=60.0), SHARED])
async def test_the_store_has_neither_prompt_nor_answer_nor_key(
    store: Store, answers: StoredAnswers, caching: Caching
) -> None:
    await answers.keep(asked(caching=caching), WHOLE)
    [record] = await store.call("KEYS", "*:answer:*")
    whole = record + await store.call("GET", record)
    assert not any(word in whole for word in (b"zebra", b"stripe", b"rg-one", b"small"))


async def test_an_answer_is_kept_for_as_long_as_the_route_says(store: Store, answers: StoredAnswers) -> None:
    await answers.keep(asked(), WHOLE)
    for name in await store.call("KEYS", "*answer*"):
        assert 30_000 < await store.call("PTTL", name) <= 60_000


async def test_those_nearest_their_end_make_room(store: Store) -> None:
    big = Whole(model=ModelId("small"), chunks=(Chunk(data=bytes(range(256)) * 2),))
    answers = StoredAnswers(store, room=1_000)
    for seed, ttl in ((1, 50.0), (2, 40.0), (3, 60.0), (3, 60.0)):
        question = replace(with_body(seed=seed), caching=Caching(ttl=ttl))
        await answers.keep(question, big)
    found = [await answers.find(with_body(seed=seed)) for seed in (1, 2, 3)]
    assert found == [big, None, big]
    await StoredAnswers(store, room=10).keep(with_body(seed=4), big)
    assert await answers.find(with_body(seed=4)) is None


async def test_what_has_ended_takes_no_room(store: Store, answers: StoredAnswers) -> None:
    await answers.keep(asked(caching=Caching(ttl=0.001)), WHOLE)
    await answers.keep(with_body(seed=2), WHOLE)
    sizes = await store.call("HVALS", "rg:{acme}:answers:bytes")
    assert len(sizes) == 2
    assert len(set(sizes)) == 1


async def test_what_is_damaged_counts_as_nothing(store: Store, answers: StoredAnswers) -> None:
    await answers.keep(asked(), WHOLE)
    [record] = await store.call("KEYS", "*:answer:*")
    await store.call("SET", record, b"damaged")
    assert await answers.find(asked()) is None


async def test_a_store_that_is_away_keeps_and_knows_nothing() -> None:
    nowhere = connect("redis://127.0.0.1:1/0", timeout=0.2)
    answers = StoredAnswers(nowhere)
    await answers.keep(asked(), WHOLE)
    assert await answers.find(asked()) is None
    await nowhere.close()
