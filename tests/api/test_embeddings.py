import json
from typing import Any

import pytest

from routergate.api.embeddings import MOST_TEXTS, read_embeddings
from routergate.domain.errors import InvalidRequest
from routergate.domain.format import Format
from routergate.domain.model import Capability


def asked(given: Any) -> bytes:
    return json.dumps({"model": "vectors", "input": given, "dimensions": 3}).encode()


@pytest.mark.parametrize(
    ("given", "texts", "tokens"),
    [("one", ["one"], 0), (["one", "two"], ["one", "two"], 0), ([1, 2, 3], [], 3), ([[1, 2], [3]], [], 3)],
)
def test_texts_and_tokens(given: Any, texts: list[str], tokens: int) -> None:
    request, _ = read_embeddings(asked(given))
    assert [message.text for message in request.messages] == texts
    assert request.attachment_tokens == tokens
    assert (request.format, set(request.needs)) == (Format.EMBEDDINGS, {Capability.EMBEDDINGS})
    assert request.max_output_tokens == 0
    assert bytes(request.payload["dimensions"]) == b"3"


@pytest.mark.parametrize("given", [["one"] * (MOST_TEXTS + 1), [], {}, [None], [1.5]])
def test_what_is_no_input_is_refused(given: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_embeddings(asked(given))
    assert (caught.value.param or "").startswith("input")


def test_one_text_may_have_more_tokens_than_there_may_be_texts() -> None:
    assert read_embeddings(asked([1] * (MOST_TEXTS + 1)))[0].attachment_tokens == MOST_TEXTS + 1
