import asyncio
import subprocess
import sys

import pytest
import tiktoken

from routergate.testing import PROMPTS
from routergate.tokens import EXACT, REMEMBERED, TiktokenCounter, load

WITHOUT_NETWORK = """
import socket
def refuse(*_):
    raise AssertionError("the network was used")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from routergate.tokens import TiktokenCounter, load
assert TiktokenCounter(load()).estimate("Hello, world!") == 4
"""


@pytest.fixture(scope="module")
def encoding() -> tiktoken.Encoding:
    return load()


@pytest.fixture
def counter(encoding: tiktoken.Encoding) -> TiktokenCounter:
    return TiktokenCounter(encoding)


def prose(characters: int) -> str:
    """Words of many languages and kinds, without a period that a sample could hit."""
    text = "\n\n".join(f"{number}. {prompt.text}" for number in range(40) for prompt in PROMPTS)
    assert len(text) >= characters, len(text)
    return text[:characters]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("Hello", 1),
        ("Hello, world!", 4),
        ("tiktoken is great!", 6),
        ("お誕生日おめでとう", 8),
        ("<|endoftext|>", 7),
    ],
)
async def test_short_texts_are_counted_exactly(counter: TiktokenCounter, text: str, tokens: int) -> None:
    assert (await counter.count([text]), counter.estimate(text)) == (tokens, tokens)


async def test_the_counts_of_several_texts_add_up(counter: TiktokenCounter) -> None:
    texts = ["Hello", "Hello, world!", prose(EXACT + 1)]
    assert await counter.count(texts) == sum([await counter.count([text]) for text in texts])


async def test_texts_up_to_the_limit_are_counted_exactly(
    counter: TiktokenCounter, encoding: tiktoken.Encoding
) -> None:
    text = prose(EXACT)
    assert await counter.count([text]) == len(encoding.encode_ordinary(text))


async def test_longer_texts_are_counted_within_three_percent(
    counter: TiktokenCounter, encoding: tiktoken.Encoding
) -> None:
    for characters in (EXACT + 1, EXACT + 50_001, 40 * EXACT):
        text = prose(characters)
        assert await counter.count([text]) == pytest.approx(len(encoding.encode_ordinary(text)), rel=0.03)


async def test_others_have_their_turn_between_long_texts(counter: TiktokenCounter) -> None:
    counting = asyncio.create_task(counter.count([prose(EXACT)] * 3))
    turns = 0
    while not counting.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 3


def test_an_even_text_is_estimated_within_three_percent(
    counter: TiktokenCounter, encoding: tiktoken.Encoding
) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 2_000
    assert counter.estimate(text) == pytest.approx(len(encoding.encode_ordinary(text)), rel=0.03)


def test_what_is_remembered_is_bounded(counter: TiktokenCounter) -> None:
    for number in range(REMEMBERED + 10):
        counter.estimate(str(number))
    assert len(counter._remembered) <= REMEMBERED


def test_the_texts_themselves_are_not_remembered(counter: TiktokenCounter) -> None:
    counter.estimate("a secret")
    assert counter.estimate("a secret") == 2
    assert all(isinstance(key, int) for key in counter._remembered)


def test_nothing_is_fetched() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
