"""A chat completion request, checked the way the real API checks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from routergate.testing.faults import Faults, UnknownFault, split_name
from routergate.testing.prefill import split
from routergate.testing.profile import Profile
from routergate.testing.refusals import Refused, invalid, missing, too_long
from routergate.testing.tokens import count, prompt_tokens

# fmt: off
KNOWN = frozenset({
    "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "n",
    "temperature", "top_p", "stop", "tools", "tool_choice", "parallel_tool_calls", "functions",
    "function_call", "response_format", "reasoning_effort", "seed", "user", "metadata", "store",
    "logprobs", "top_logprobs", "logit_bias", "presence_penalty", "frequency_penalty", "modalities",
    "audio", "prediction", "service_tier", "safety_identifier", "prompt_cache_key",
    "prompt_cache_retention", "verbosity", "web_search_options",
})
# fmt: on
"""The request fields of the real API; all others are reported back as unknown."""
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_BOUNDS: Mapping[str, tuple[type[int | float], float, float | None]] = {
    "max_tokens": (int, 1, None),
    "max_completion_tokens": (int, 1, None),
    "n": (int, 1, 128),
    "temperature": (float, 0, 2),
    "top_p": (float, 0, 1),
}
_OBJECTS = ("stream_options", "response_format")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for."""

    model: str
    """Without the faults."""
    faults: Faults
    body: Mapping[str, Any]
    digest: str
    """Stands for everything that shapes the answer; how it is delivered does not."""
    messages_digest: str
    prompt_tokens: int
    prefill: str = ""
    """The beginning of the answer, which is to go on from there; `body` is without it."""
    format: str = "chat"
    """The wire format; `body` is in OpenAI's chat format whatever it is."""
    cached_for: str | None = None
    """How long the prompt is to be kept in the cache: `5m` or `1h`; `None`: not asked for."""
    unknown: tuple[str, ...]

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def wants_usage(self) -> bool:
        return not self.streamed or bool((self.body.get("stream_options") or {}).get("include_usage"))

    @property
    def choices(self) -> int:
        return self.body.get("n") or 1

    @property
    def max_tokens(self) -> int | None:
        return self.body.get("max_completion_tokens") or self.body.get("max_tokens")

    @property
    def reasons(self) -> bool:
        """Whether hidden reasoning comes before the answer."""
        effort = self.body.get("reasoning_effort")
        return effort not in {"none", None} or (effort is None and "reason" in self.model)


def parse_body(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`, or `Refused`."""
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.DecodeError:
        raise Refused(400, "The body of the request is not a JSON object.") from None


def check_key(headers: Mapping[str, str], profile: Profile) -> None:
    """Let the holder of an accepted key pass, refuse all others; vendors' own headers have no scheme."""
    if profile.api_keys is None:
        return
    authorization = "" if profile.azure else headers.get("authorization", "")
    scheme, _, bearer = authorization.partition(" ")
    own = headers.get("api-key" if profile.azure else "x-api-key")
    if own not in profile.api_keys and (scheme.lower() != "bearer" or bearer not in profile.api_keys):
        said = "Incorrect API key provided." if authorization else "You didn't provide an API key."
        raise Refused(401, said, code="invalid_api_key")


def read(body: Mapping[str, Any], profile: Profile, imposed: Faults) -> Asked:
    """Check `body`, or raise `Refused` as the real API would; `imposed` faults come on top of its own."""
    unknown = tuple(sorted(body.keys() - KNOWN))
    body, prefill = split(body)
    model, faults = model_and_faults(body, profile)
    _check_messages(body.get("messages"))
    _check_numbers(body)
    _check_shapes(body)
    _check_tools(body.get("tools"))
    shaping = {key: value for key, value in body.items() if key not in {"stream", "stream_options"}}
    asked = Asked(
        model=model,
        faults=faults | imposed,
        body=body,
        digest=_digest({**shaping, "model": model}),
        messages_digest=_digest(body["messages"]),
        prompt_tokens=prompt_tokens(body) + count(prefill),
        prefill=prefill,
        unknown=unknown,
    )
    if prefill and "noprefill" in asked.faults:
        raise invalid("This model does not support assistant message prefill.", "messages")
    _check_context(asked, profile)
    return asked


def model_and_faults(body: Mapping[str, Any], profile: Profile) -> tuple[str, Faults]:
    """The model that is asked for and the faults in its name, or `Refused`."""
    named = body.get("model")
    if not isinstance(named, str) or not named:
        raise missing("model")
    model, faults = split_name(named)
    if model not in profile.models:
        said = f"The model '{model}' does not exist or you do not have access to it."
        raise Refused(404, said, param="model", code="model_not_found")
    try:
        return model, Faults.parse(faults)
    except UnknownFault as unknown:
        raise invalid(str(unknown), "model") from unknown


def _check_messages(messages: Any) -> None:
    if messages is None:
        raise missing("messages")
    if not isinstance(messages, list) or not messages:
        raise invalid("'messages' must be an array with at least one message.", "messages")
    for place, message in enumerate(messages):
        if not isinstance(message, Mapping) or str(message.get("role")) not in _ROLES:
            raise invalid("A message needs one of the known roles.", f"messages[{place}].role")
        if not isinstance(message.get("content"), str | list | None):
            raise invalid(
                "Content must be a string, an array of parts or null.", f"messages[{place}].content"
            )


def _check_numbers(body: Mapping[str, Any]) -> None:
    for name, (kind, low, high) in _BOUNDS.items():
        value: Any = body.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, kind)):
            raise invalid(f"'{name}' must be a number.", name)
        if value < low or (high is not None and value > high):
            raise invalid(
                f"'{name}' must be at least {low}" + (f" and at most {high}." if high else "."), name
            )


def _check_shapes(body: Mapping[str, Any]) -> None:
    for name in _OBJECTS:
        if not isinstance(body.get(name), Mapping | None):
            raise invalid(f"'{name}' must be an object.", name)
    if body.get("stream_options") and not body.get("stream"):
        raise invalid("'stream_options' is only allowed when 'stream' is true.", "stream_options")


def _check_tools(tools: Any) -> None:
    if not isinstance(tools, list | None):
        raise invalid("'tools' must be an array.", "tools")
    for place, tool in enumerate(tools or ()):
        function = tool.get("function") if isinstance(tool, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            raise invalid("A tool needs a function with a name.", f"tools[{place}].function.name")


def _check_context(asked: Asked, profile: Profile) -> None:
    limit = profile.context_tokens
    if limit is not None and asked.prompt_tokens + (asked.max_tokens or 0) > limit:
        raise too_long(limit)


def _digest(value: Any) -> str:
    return blake2b(msgspec.json.encode(value, order="sorted"), digest_size=12).hexdigest()
