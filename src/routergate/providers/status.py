"""What a provider's status means, and whose business it is."""

from typing import Final

from routergate.domain.errors import ProviderBroken, ProviderDenied, ProviderThrottled, UpstreamError

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
