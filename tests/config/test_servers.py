"""Servers, their keys, and how much a provider takes at the same time."""

from pathlib import Path

import pytest

from routergate.config.spec import ReplicaSpec, Secret
from routergate.dispatch.line import Places
from routergate.domain.turn import Priority
from support.configs import SMALL, loaded, problems

URL = "https://api.example.com/v1"
KEYS = {"ONE": "sk-one-0123456789", "TWO": "sk-two-0123456789"}
PROVIDER = "{provider: openai, class: economy}"
"""A model that the price map knows."""


def provider(written: str) -> str:
    """A file with one provider."""
    return f"providers:\n  openai: {written}\nmodels:\n  gpt-4o-mini: {PROVIDER}\n"


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
