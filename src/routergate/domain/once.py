"""A request that is answered once, however often it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routergate.domain.errors import ClientError
from routergate.domain.identity import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who sends such a request, and what makes it the same one when it comes again."""

    identity: Identity
    token: str = field(repr=False)
    """The caller's key itself: what is kept can be read with nothing else."""
    name: str = field(repr=False)
    """The caller's own name for the request: their `Idempotency-Key`."""
    content: tuple[bytes, ...] = field(repr=False)
    """All that the answer may depend on, the body last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as it went to the caller: a whole one, or a provider's refusal."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class IdempotencyConflict(ClientError):
    """An `Idempotency-Key` that was used with another request."""

    code = "idempotency_conflict"


class IdempotencyInProgress(ClientError):
    """The same request is being answered at the moment."""

    code = "idempotency_in_progress"


class IdempotencyNotKept(ClientError):
    """The request was answered, but the answer cannot be given again."""

    code = "idempotency_not_kept"
