from collections import Counter

import pytest

from routergate.domain.model import Capability
from routergate.testing import PROMPTS, Simulator
from routergate.testing.asked import KNOWN
from support.simulation import an_openai_client


def test_there_are_a_few_hundred_and_none_comes_twice() -> None:
    assert len(PROMPTS) == len({prompt.text for prompt in PROMPTS}) == 240


def test_they_are_of_many_kinds_easy_and_hard_short_and_long() -> None:
    kinds = Counter(prompt.kind for prompt in PROMPTS)
    assert {"chat", "code", "math", "extraction", "reasoning", "contract-review"} <= kinds.keys()
    assert min(kinds.values()) >= 10
    assert 40 <= sum(prompt.hard for prompt in PROMPTS) <= 100
    assert max(len(prompt.text) for prompt in PROMPTS) > 4000


def test_no_template_is_left_open() -> None:
    assert not [prompt.text for prompt in PROMPTS if "{" in prompt.text or "}" in prompt.text]


def test_any_stretch_of_them_is_mixed() -> None:
    stretches = [PROMPTS[start : start + 40] for start in range(0, len(PROMPTS), 40)]
    assert all(len({prompt.kind for prompt in stretch}) >= 8 for stretch in stretches)


def test_a_body_has_nothing_that_the_api_does_not_know() -> None:
    assert all(prompt.body("auto", stream=True).keys() <= KNOWN for prompt in PROMPTS)


@pytest.mark.parametrize("need", [Capability.TOOLS, Capability.JSON_SCHEMA, Capability.VISION])
async def test_the_official_client_can_ask_for_what_a_prompt_needs(sim: Simulator, need: Capability) -> None:
    prompt = next(prompt for prompt in PROMPTS if need in prompt.needs)
    async with an_openai_client(sim) as client:
        answer = await client.chat.completions.create(**prompt.body("sim-mini"))
    assert answer.choices
