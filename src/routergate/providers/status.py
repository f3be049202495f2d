"""What a provider's status means, and whose business it is."""

import logging
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from routergate.domain.errors import (
    ContentFiltered,
    ContextExceeded,
    ProviderBroken,
    ProviderDenied,
    ProviderRefused,
    ProviderThrottled,
    UpstreamError,
)

log = logging.getLogger(__name__)

REFUSED: Final = frozenset({400, 409, 413, 415, 422})
"""The request itself is at fault: every other provider would say the same."""
DENIED: Final = frozenset({401, 403, 404})
"""Our credentials or our name for the model, not the caller's request."""

THROTTLED: Final = frozenset({429, 529})
"""Too much is asked of it: by us, or, in Anthropic's words, by everybody."""

REASONS: Final[Mapping[str, type[ProviderRefused]]] = {
    "context_length_exceeded": ContextExceeded,
    "maximum context length": ContextExceeded,
    "context window": ContextExceeded,
    "prompt is too long": ContextExceeded,
    "content_filter": ContentFiltered,
    "content_policy": ContentFiltered,
    "content management policy": ContentFiltered,
}
"""Words in the code or message of a refusal by which OpenAI, Azure, vLLM or Anthropic give its reason."""


def failure(status: int, retry_after: float | None = None) -> UpstreamError:
    """The error for a status that is neither success nor a refusal of the request."""
    if status in THROTTLED:
        return ProviderThrottled(f"the provider is throttling ({status})", retry_after=retry_after)
    if status in DENIED:
        return ProviderDenied(f"the provider denied our credentials or model name ({status})")
    return ProviderBroken(f"the provider failed ({status})", retry_after=retry_after)


def refusal(status: int, body: bytes, content_type: str) -> ProviderRefused:
    """The error for a request that is itself at fault, with the provider's own words for the caller.

    They are passed on as they came if they are an error object, and in one if they are something else.
    """
    whole = _decoded(body)
    error = whole.get("error") if isinstance(whole, dict) else None
    if not isinstance(error, dict):
        error = {"message": _words(whole), "type": "invalid_request_error", "param": None, "code": None}
        body, content_type = msgspec.json.encode({"error": error}), "application/json"
    said = f"{error.get('code')} {error.get('message')}".lower()
    kind = next((kind for words, kind in REASONS.items() if words in said), ProviderRefused)
    told = f"the provider refused the request ({status})"
    return kind(told, status=status, body=body, content_type=content_type)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds for which the provider wants to be left alone, if its headers say so."""
    wishes = (
        _seconds(headers.get("retry-after-ms"), 0.001),
        _seconds(headers.get("retry-after"), 1.0),
        _until(headers.get("retry-after")),
    )
    return next((max(wish, 0.0) for wish in wishes if wish is not None), None)


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return None


def _words(whole: Any) -> str:
    """What a provider without error objects says: vLLM of old in `message`, FastAPI in `detail`."""
    if not isinstance(whole, dict):
        return "The provider refused the request, and did not say why."
    said = next((whole[name] for name in ("message", "detail", "error") if whole.get(name)), whole)
    return said if isinstance(said, str) else msgspec.json.encode(said).decode()


def _seconds(text: str | None, unit: float) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number * unit if math.isfinite(number) else None


def _until(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text or "").timestamp() - time.time()
    except ValueError:
        return None


@contextmanager
def reported(provider: str) -> Iterator[None]:
    """Failures go on their way, and into the log; why, only where it cannot quote a request."""
    try:
        yield
    except UpstreamError as error:
        cause = error.__cause__
        why = f" ({cause})" if isinstance(cause, OSError) else ""
        log.warning("provider %s: %s%s", provider, error, why)
        raise
