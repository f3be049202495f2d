"""Servers, their keys, and how much a provider takes at the same time."""

from dataclasses import replace
from pathlib import Path

import pytest

from routergate.config.spec import ReplicaSpec, Secret
from routergate.dispatch.line import Places
from routergate.domain.format import Format
from routergate.domain.turn import Priority
from routergate.servers import endpoint
from support.configs import SMALL, loaded, problems

URL = "https://api.example.com/v1"
KEYS = {"ONE": "sk-one-0123456789", "TWO": "sk-two-0123456789"}
PROVIDER = "{provider: openai, class: economy}"
"""A model that the price map knows."""


def provider(written: str) -> str:
    """A file with one provider."""
    return f"providers:\n  openai: {written}\nmodels:\n  gpt-4o-mini: {PROVIDER}\n"


def test_a_provider_may_have_another_name_for_the_output_limit(tmp_path: Path) -> None:
    [spec] = loaded(tmp_path, provider("{kind: openai, output_limit: max_tokens}")).providers
    assert endpoint(spec, spec.replicas[0]).limit == "max_tokens"
    assert endpoint(replace(spec, output_limit=None), spec.replicas[0]).limit == "max_completion_tokens"


def test_a_limit_has_a_queue_unless_told_otherwise(tmp_path: Path) -> None:
    [spec] = loaded(tmp_path, provider("{kind: openai, limit: {concurrent: 8}}")).providers
    assert spec.places == Places(concurrent=8, queue=100, wait=10.0)
    [spec] = loaded(tmp_path, provider("{kind: openai}")).providers
    assert spec.places is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{queue: 5}", "2: providers.openai.limit.concurrent: is missing"),
        ("{concurrent: 0}", "2: providers.openai.limit.concurrent: must be more than 0"),
        (
            "{concurrent: 1, wait: 10s}",
            "2: providers.openai.limit.wait: expected a number",
        ),
    ],
)
def test_a_limit_that_makes_no_sense_is_told(tmp_path: Path, written: str, expected: str) -> None:
    assert problems(tmp_path, provider(f"{{kind: openai, limit: {written}}}")) == [expected]


def test_a_server_may_have_a_key_of_its_own(tmp_path: Path) -> None:
    replicas = f"[{URL}, {{url: {URL}, api_key: '${{TWO}}', weight: 2}}]"
    written = f"{{kind: openai, api_key: '${{ONE}}', replicas: {replicas}}}"
    [spec] = loaded(tmp_path, provider(written), KEYS).providers
    assert spec.replicas == (
        ReplicaSpec(base_url=URL),
        ReplicaSpec(base_url=URL, weight=2.0, api_key=Secret(KEYS["TWO"])),
    )


def test_the_same_server_with_the_same_key_is_told(tmp_path: Path) -> None:
    one = f"{{url: {URL}, api_key: '${{ONE}}'}}"
    expected = "2: providers.openai: names a replica twice; keep each once"
    written = f"{{kind: openai, replicas: [{one}, {one}]}}"
    assert problems(tmp_path, provider(written), KEYS) == [expected]


def test_a_servers_key_that_is_written_out_is_warned_of(tmp_path: Path) -> None:
    written = f"{{kind: openai, replicas: [{{url: {URL}, api_key: sk-written-out}}]}}"
    [warning] = loaded(tmp_path, provider(written)).warnings
    assert warning.startswith("providers.openai.replicas[0].api_key: stands in the file")


def test_routes_and_keys_have_priorities(tmp_path: Path) -> None:
    text = (
        f"{SMALL}routes: {{batch: {{candidates: [gpt-4o], priority: low}}}}\n"
        f"keys: [{{hash: 'sha256:{'a' * 64}', organisation: acme, priority: high}}]"
    )
    config = loaded(tmp_path, text)
    assert config.catalogue.routes["batch"].priority is Priority.LOW
    assert config.keys[0].identity.priority is Priority.HIGH


AZURE = "https://acme.openai.azure.com"


def test_an_azure_deployment_has_the_price_of_the_model_that_it_is_listed_as(tmp_path: Path) -> None:
    text = (
        f"providers: {{az: {{kind: azure, base_url: {AZURE}, api_version: 2024-10-21}}}}\n"
        "models:\n"
        "  gpt-4o-mini: {provider: az, class: economy}\n"
        "  ours: {provider: az, name: prod-7, listed_as: gpt-4o-mini, class: economy}\n"
    )
    config = loaded(tmp_path, text)
    first, second = config.catalogue.models.values()
    assert (first.prices, first.context_tokens) == (second.prices, second.context_tokens)
    assert second.prices[0].source.startswith("litellm")
    assert (second.upstream, Format.RESPONSES in second.formats) == ("prod-7", True)
    assert config.providers[0].api_version == "2024-10-21"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "{kind: azure}",
            "is of kind azure and needs base_url or replicas, such as https://NAME.openai.azure.com",
        ),
        (
            "{kind: openai, api_version: 2024-10-21}",
            "has an api_version, which only kind azure knows; remove it",
        ),
    ],
)
def test_what_azure_needs_and_only_azure_knows_is_told(tmp_path: Path, written: str, expected: str) -> None:
    assert problems(tmp_path, provider(written)) == [f"2: providers.openai: {expected}"]
