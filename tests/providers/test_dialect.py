from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.usage import Usage
from routergate.providers.dialect import decode, finished, service_tier_of, text_of, usage_of


def usage(wire: Any) -> Usage | None:
    return usage_of(decode(msgspec.json.encode({"usage": wire})).usage)


OPENAI = {
    "prompt_tokens": 100,
    "completion_tokens": 50,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 20, "audio_tokens": 5, "accepted_prediction_tokens": 0},
}
DEEPSEEK = {
    "prompt_tokens": 100,
    "completion_tokens": 50,
    "total_tokens": 150,
    "prompt_cache_hit_tokens": 64,
    "prompt_cache_miss_tokens": 36,
    "completion_tokens_details": {"reasoning_tokens": 30},
}
VLLM = {"prompt_tokens": 100, "total_tokens": 150, "completion_tokens": 50, "prompt_tokens_details": None}
MISTRAL = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150, "num_cached_tokens": 0}
XAI = {
    "prompt_tokens": 100,
    "completion_tokens": 50,
    "total_tokens": 350,
    "completion_tokens_details": {"reasoning_tokens": 200},
}
LITELLM_ANTHROPIC = {
    "prompt_tokens": 100,
    "completion_tokens": 50,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 60, "cache_creation_tokens": 30, "audio_tokens": None},
    "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": 50},
    "cache_creation_input_tokens": 30,
    "cache_read_input_tokens": 60,
}

HOUR = LITELLM_ANTHROPIC | {
    "prompt_tokens_details": {
        "cached_tokens": 60,
        "cache_creation_tokens": 30,
        "cache_creation_token_details": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
    }
}
GEMINI = {"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623}


@pytest.mark.parametrize(
    ("wire", "found"),
    [
        (
            OPENAI,
            Usage(input_uncached=30, cache_read=60, audio_input=10, output=25, reasoning=20, audio_output=5),
        ),
        (DEEPSEEK, Usage(input_uncached=36, cache_read=64, output=20, reasoning=30)),
        (VLLM, Usage(input_uncached=100, output=50)),
        (MISTRAL, Usage(input_uncached=100, output=50)),
        (XAI, Usage(input_uncached=100, output=50, reasoning=200)),
        (LITELLM_ANTHROPIC, Usage(input_uncached=10, cache_read=60, cache_write=30, output=50)),
        (HOUR, Usage(input_uncached=10, cache_read=60, cache_write=10, cache_write_1h=20, output=50)),
        (GEMINI, Usage(input_uncached=20, output=198, reasoning=405)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage()),
        (None, None),
        ({}, None),
        ({"prompt_tokens": 5}, None),
        ({"completion_tokens": 5}, None),
    ],
)
def test_usage_lands_in_disjoint_buckets(wire: Any, found: Usage | None) -> None:
    assert usage(wire) == found


@pytest.mark.parametrize(
    ("details", "found"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 500}}, Usage(cache_read=500, output=50)),
        ({"prompt_tokens_details": {"cached_tokens": -5}}, Usage(input_uncached=100, output=50)),
        ({"completion_tokens_details": {"reasoning_tokens": 99}}, Usage(input_uncached=100, reasoning=99)),
        ({"completion_tokens_details": {"reasoning_tokens": -9}}, Usage(input_uncached=100, output=50)),
        ({"prompt_tokens": -1}, Usage(output=50)),
        ({"total_tokens": 7}, Usage(input_uncached=100, output=50)),
    ],
)
def test_nonsense_is_clamped(details: dict[str, Any], found: Usage) -> None:
    assert usage({"prompt_tokens": 100, "completion_tokens": 50} | details) == found


some = st.none() | st.integers(-100, 1_000)


@given(
    st.fixed_dictionaries(
        {
            "prompt_tokens": some,
            "completion_tokens": some,
            "total_tokens": some,
            "prompt_cache_hit_tokens": some,
            "prompt_tokens_details": st.dictionaries(
                st.sampled_from(["cached_tokens", "cache_write_tokens", "audio_tokens"]), some
            ),
            "completion_tokens_details": st.dictionaries(
                st.sampled_from(["reasoning_tokens", "audio_tokens"]), some
            ),
        }
    )
)
def test_no_token_of_the_totals_is_lost(wire: dict[str, Any]) -> None:
    found = usage(wire)
    known = wire["prompt_tokens"] is not None and wire["completion_tokens"] is not None
    assert (found is not None) == known
    if found is not None:
        assert found.input_total >= wire["prompt_tokens"]
        assert found.output_total >= wire["completion_tokens"]


def choice(**parts: Any) -> dict[str, Any]:
    return {"choices": [parts]}


CALL = {"function": {"name": "find", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (choice(delta={"content": "one"}), "one"),
        (choice(delta={"reasoning_content": "hm"}), "hm"),
        (choice(delta={"reasoning_content": " because", "content": "one"}), " becauseone"),
        (choice(delta={"refusal": "no"}), "no"),
        (choice(delta={"tool_calls": [CALL, {"function": None}]}), "find{}"),
        (choice(delta={"tool_calls": [{"function": {"arguments": "{"}}]}), "{"),
        (choice(message={"content": "one", "tool_calls": [CALL]}), "onefind{}"),
        (choice(message={"content": [{"type": "text", "text": "one"}]}), ""),
        (choice(delta={}), ""),
        (choice(), ""),
        ({"choices": [{"delta": {"content": "one"}}, {"delta": {"content": " two"}}]}, "one two"),
        ({"choices": []}, ""),
    ],
)
def test_everything_that_was_written_is_read(body: Any, text: str) -> None:
    assert text_of(decode(msgspec.json.encode(body))) == text


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (choice(finish_reason="stop"), {0}),
        (choice(finish_reason=None), set()),
        (choice(), set()),
        ({"choices": [{"finish_reason": None}, {"index": 1, "finish_reason": "length"}]}, {1}),
    ],
)
def test_a_finish_reason_ends_a_choice(body: Any, whole: set[int]) -> None:
    assert finished(decode(msgspec.json.encode(body))) == whole


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"service_tier": "priority"}, "priority"),
        ({"usage": {"service_tier": "batch"}}, "batch"),
        ({"service_tier": "default", "usage": {"service_tier": "batch"}}, "default"),
        ({"service_tier": None}, None),
        ({"service_tier": ""}, None),
        ({"service_tier": {"name": "priority"}}, None),
        ({}, None),
    ],
)
def test_the_service_tier_is_read_wherever_it_stands(body: Any, told: str | None) -> None:
    assert service_tier_of(decode(msgspec.json.encode(body))) == told
