import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.testing.tokens import count, pieces, prompt_tokens


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("simulated", 2), ("Hello, world!", 4), ("3.14 €", 4), ("  ", 0)]
)
def test_a_token_is_six_letters_or_one_mark(text: str, tokens: int) -> None:
    assert count(text) == tokens


@given(st.text())
def test_pieces_lose_nothing_but_white_space_at_the_end(text: str) -> None:
    assert "".join(pieces(text)) == text.rstrip()


def test_a_prompt_counts_messages_parts_images_and_tools() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:"}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, image]},
        {"role": "assistant", "content": None},
    ]
    assert prompt_tokens({"messages": messages}) == 3 * 4 + 3 + 1 + 85
    assert prompt_tokens({"messages": messages, "tools": [{"type": "function"}]}) > 3 * 4 + 3 + 1 + 85
