"""Whatever is sent, the gateway has an answer of its own to it, and nothing of it stays."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS

from routergate.api.admin.endpoints import ALIASES
from routergate.api.openapi import document
from routergate.api.server import ENDPOINTS
from routergate.testing import Profile
from support.census import Census, census
from support.gateway import ADMIN_KEY, KEY, RunningGateway, running_gateway
from support.processes import connections
from support.servers import eventually
from support.stage import simulator_in_a_thread, staged

pytestmark = pytest.mark.xdist_group("fuzz")
PATIENCE = 20
"""Seconds after which an answer is taken for one that never comes."""
CONFORMS = ("content_type_conformance", "status_code_conformance", "response_schema_conformance")
SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(document(ENDPOINTS))))
UNVERSIONED = {one.path for one in ALIASES}
"""The same once more."""
OPERATIONS = [
    (path, method.upper(), mode)
    for path, item in SCHEMA.raw_schema["paths"].items()
    if path not in UNVERSIONED
    for method, operation in item.items()
    for mode in GenerationMode
    # Where nothing is asked for, nothing can be wrong.
    if mode is GenerationMode.POSITIVE or operation["security"]
]
MODELS = ["auto", "small", "claude", "vectors", "nobody"]
SAID = [{"role": "user", "content": "Hello?"}]
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
PARTS = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "data:,x"}}]
CHAT = {
    "model": "auto",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": PARTS},
        {
            "role": "assistant",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "weather"}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "clear"},
    ],
    "max_tokens": 5,
    "temperature": 0.5,
    "n": 1,
    "stop": ["."],
    "stream": True,
    "stream_options": {"include_usage": True},
    "tools": [TOOL],
    "tool_choice": "auto",
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
    "metadata": {"feature": "search", "tags": ["a"]},
    "models": ["large"],
    "user": "somebody",
}
BODIES: Mapping[str, Any] = {
    "/v1/chat/completions": CHAT,
    "/v1/route": CHAT,
    "/v1/completions": {"model": "auto", "prompt": ["Hello?"], "max_tokens": 5, "echo": True, "stream": True},
    "/v1/embeddings": {"model": "vectors", "input": ["one"], "dimensions": 8, "encoding_format": "base64"},
    "/v1/responses": {
        "model": "auto",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello?"}]}],
        "instructions": "Be brief.",
        "tools": [{"type": "function", "name": "weather", "parameters": {}}],
        "text": {"format": {"type": "json_schema", "name": "x", "schema": {}}},
        "reasoning": {"effort": "low"},
        "stream": True,
    },
    "/v1/messages": {
        "model": "claude",
        "max_tokens": 5,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hello?"}]},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "c", "name": "weather", "input": {}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "clear"}]},
        ],
        "tools": [{"name": "weather", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "auto"},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "metadata": {"user_id": "somebody"},
        "stream": True,
    },
    "/v1/messages/count_tokens": {"model": "auto", "messages": SAID, "tools": [], "system": "Be brief."},
    "/admin/v1/keys": {
        "organisation": "acme",
        "budget_usd": 1,
        "window": "month",
        "allow": ["small"],
        "ips": ["::1"],
    },
}
"""What is in order, with as much in it as there can be."""
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
HEADERS = [
    *(f"x-routergate-{name}" for name in ("quality", "max-cost-usd", "feature", "session", "tags", "route")),
    *("Idempotency-Key", "x-litellm-tags", "anthropic-beta", "Content-Type"),
]
BRIEFLY = settings(max_examples=15, suppress_health_check=list(HealthCheck), print_blob=True)


@dataclass(frozen=True)
class Fuzzed:
    """A gateway that is sent anything."""

    gateway: RunningGateway
    session: requests.Session

    def own(self, answer: requests.Response) -> bool:
        """Whether it is an answer as promised: no failure of ours, and every error in its format."""
        if answer.status_code < 400:
            return True
        error = answer.json()["error"]
        assert error["message"]
        return answer.status_code < 500 or str(error.get("code")).startswith("upstream")

    def send(self, path: str, **options: Any) -> requests.Response:
        """A POST of whatever it is, with the key that the path wants."""
        headers = {"Authorization": f"Bearer {key_of(path)}", **options.pop("headers", {})}
        return self.session.post(self.gateway.url + path, headers=headers, timeout=PATIENCE, **options)


def key_of(path: str) -> str:
    return ADMIN_KEY if path.startswith("/admin/") else KEY


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    """It must have no task and no connection more in the end than in the beginning."""
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    found = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with (
        simulator_in_a_thread(Profile(models=("sim-mini", "sim-frontier"))) as (simulator, _),
        running_gateway(
            folder, staged(simulator.base_url), environment=found, program="support.counted"
        ) as gateway,
    ):
        before = census(gateway)
        with requests.Session() as session:
            yield Fuzzed(gateway, session)
        eventually(lambda: connections(int(gateway.url.rsplit(":", 1)[1])) == 0)
        nothing_left(gateway, before)
        assert "Traceback" not in gateway.log.read_text()


def nothing_left(gateway: RunningGateway, before: Census) -> None:
    """No task that was not there before, once those that are ending have ended."""
    more = Counter(census(gateway).tasks) - Counter(before.tasks)
    for _ in range(20):
        if not more:
            return
        time.sleep(0.5)
        more = Counter(census(gateway).tasks) - Counter(before.tasks)
    raise AssertionError(f"tasks are left: {more}")


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_what_the_description_allows_or_forbids_is_answered_as_described(
    fuzzed: Fuzzed, path: str, method: str, mode: GenerationMode
) -> None:
    @BRIEFLY
    @given(SCHEMA[path][method].as_strategy(generation_mode=mode), st.sampled_from(MODELS))
    def holds(case: Case[Any], model: str) -> None:
        if isinstance(case.body, dict) and mode is GenerationMode.POSITIVE:
            case.body["model"] = model
        headers = {"Authorization": f"Bearer {key_of(path)}"}
        answer = case.call(
            base_url=fuzzed.gateway.url, session=fuzzed.session, headers=headers, timeout=PATIENCE
        )
        assert answer.status_code < 500 or b'"upstream' in answer.content
        checks: Any = CHECKS.get_by_names(CONFORMS)  # known once the description is read
        case.validate_response(answer, checks=checks)

    holds()


@pytest.mark.parametrize("path", BODIES)
def test_a_request_with_anything_in_any_place_is_answered(fuzzed: Fuzzed, path: str) -> None:
    @BRIEFLY
    @given(st.sampled_from(list(places(BODIES[path]))), ANYTHING)
    def holds(place: tuple[Any, ...], value: Any) -> None:
        assert fuzzed.own(fuzzed.send(path, json=changed(BODIES[path], place, value)))

    holds()


@pytest.mark.parametrize("path", BODIES)
def test_a_body_of_any_bytes_is_refused(fuzzed: Fuzzed, path: str) -> None:
    whole = json.dumps(BODIES[path]).encode()

    @BRIEFLY
    @given(st.binary(max_size=30), st.integers(0, len(whole)), st.integers(0, 3))
    def holds(junk: bytes, at: int, gone: int) -> None:
        assert fuzzed.own(fuzzed.send(path, data=whole[:at] + junk + whole[at + gone :]))

    holds()


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_of_any_text_is_answered(fuzzed: Fuzzed, name: str) -> None:
    @BRIEFLY
    @given(
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=300)
    )
    def holds(value: str) -> None:
        headers = {name: value.strip().encode("latin-1")}
        body = {"model": "auto", "messages": SAID}
        assert fuzzed.own(fuzzed.send("/v1/chat/completions", data=json.dumps(body), headers=headers))

    holds()


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a value."""
    yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*at, key))


def changed(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """The same with something else in one place."""
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = changed(value[place[0]], place[1:], new)
    return copy
