import pytest

from routergate.classify.names import canonical, index


@pytest.mark.parametrize(
    ("name", "common"),
    [
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("openai/gpt-4o", "gpt-4o"),
        ("chatgpt-4o-latest-24-09-07", "gpt-4o"),
        ("gpt-4-1106-preview", "gpt-4-turbo"),
        ("anthropic/claude-3-5-sonnet-20241022", "claude-3-5-sonnet"),
        ("Meta-Llama-3.1-8B-Instruct", "llama-3-1-8b-instruct"),
        ("Meta-Llama-3_1-8B-Instruct", "llama-3-1-8b-instruct"),
        ("Llama-3.1-405B-Inst@sambanova", "llama-3-1-405b-instruct"),
        ("Llama-3.1-405B-Instruct-Turbo", "llama-3-1-405b-instruct"),
        ("google/gemma-2-27b-it", "gemma-2-27b-instruct"),
        ("gemini-1.5-pro-002", "gemini-1-5-pro"),
        ("acme/contracts-7b", "contracts-7b"),
    ],
)
def test_a_model_has_one_common_name(name: str, common: str) -> None:
    assert canonical(name) == common


def test_a_name_stands_for_all_versions_of_a_model() -> None:
    known = index(["gpt-4o-2024-05-13", "gpt-4o-2024-08-06", "other"])
    assert known["gpt-4o"] == (0, 1)
    assert known["gpt-4o-2024-08-06"] == (1,)


def test_a_model_that_follows_instructions_is_meant_rather_than_its_base() -> None:
    for names in (["Llama-3-8B", "Llama-3-8B-Instruct"], ["Llama-3-8B-Instruct", "Llama-3-8B"]):
        known = index(names)
        assert names[known["llama-3-8b"][0]] == "Llama-3-8B-Instruct"
        assert known["Llama-3-8B"] == (names.index("Llama-3-8B"),)
