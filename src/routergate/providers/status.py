"""What a provider's status means, and whose business it is."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from routergate.domain.errors import ProviderBroken, ProviderDenied, ProviderThrottled, UpstreamError

log = logging.getLogger(__name__)

REFUSED: Final = frozenset({400, 409, 413, 415, 422})
"""The request itself is at fault: every other provider would say the same."""
DENIED: Final = frozenset({401, 403, 404})
"""Our credentials or our name for the model, not the caller's request."""


def failure(status: int) -> UpstreamError:
    """The error for a status that is neither success nor a refusal of the request."""
    if status == 429:
        return ProviderThrottled("the provider is throttling (429)")
    if status in DENIED:
        return ProviderDenied(f"the provider denied our credentials or model name ({status})")
    return ProviderBroken(f"the provider failed ({status})")


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
