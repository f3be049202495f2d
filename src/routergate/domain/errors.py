"""What can go wrong, by who can put it right.

RouterGateError
├── ConfigError               the operator
│   └── ArtifactDamaged
├── DataUnusable              the operator
├── ClientError               the caller; those of operators are in `operator.py`
│   ├── InvalidRequest
│   │   ├── UnsupportedContentType
│   │   └── ContextTooLong
│   ├── BodyTooLarge
│   ├── BodyTooSlow
│   ├── Unauthenticated
│   ├── Forbidden
│   ├── NotFound
│   ├── UnknownModel
│   ├── UnknownResponse
│   ├── MethodNotAllowed
│   ├── UnknownKey
│   ├── KeyConflict
│   ├── IdempotencyConflict   in `once.py`, like the next two
│   ├── IdempotencyInProgress
│   ├── IdempotencyNotKept
│   ├── NoEligibleModel
│   ├── ProviderRefused       as a provider said it
│   │   ├── ContextExceeded
│   │   └── ContentFiltered
│   ├── NotAdmitted           in `refusals.py`, like the next one
│   │   ├── OverBudget
│   │   ├── BudgetHeld
│   │   └── RateLimited
│   └── GuardrailRefused
├── UpstreamError             nobody here
│   ├── ProviderUnreachable
│   ├── ProviderDropped
│   ├── ProviderTimeout
│   ├── ProviderThrottled
│   ├── ProviderDenied
│   ├── ProviderBroken
│   ├── StreamBroken
│   ├── PrefillRefused
│   ├── AnswerDiverged        in `overlap.py`
│   ├── DeadlinePassed
│   ├── ProviderBusy
│   └── AllProvidersFailed
│       └── AllProvidersThrottled
├── BudgetEnded               the caller
├── StoreUnavailable          the operator
├── LedgerUnusable            the operator
├── StatementUnusable         the operator
├── NotInvoiceable            the operator; in `plan.py`
├── EngineUnusable            the operator
├── RevenueUnknown            the operator
├── HostingUnmeasured         the operator; in `asset.py`
└── LedgerBusy                nobody here
"""

from collections.abc import Sequence
from typing import ClassVar


class RouterGateError(Exception):
    """Anything that this program raises on purpose. The message is safe to show: no prompt, no secret."""


class ConfigError(RouterGateError):
    """A configuration that contradicts itself, with every problem in it."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class ArtifactDamaged(ConfigError):
    """A trained router that cannot be used: not one, damaged, or of another version."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__([f"artifact {name}: {what}"])


class DataUnusable(RouterGateError):
    """A file of outcomes that cannot be learned from, with the lines that are wrong."""


class ClientError(RouterGateError):
    """A request that the caller can put right."""

    code: ClassVar[str | None] = None

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class InvalidRequest(ClientError):
    """A body or header that is not what the API takes."""


class UnsupportedContentType(InvalidRequest):
    code = "unsupported_content_type"


class ContextTooLong(InvalidRequest):
    """No model that may answer has room for the request."""

    code = "context_length_exceeded"


class BodyTooLarge(ClientError):
    code = "request_too_large"


class BodyTooSlow(ClientError):
    code = "request_timeout"


class Unauthenticated(ClientError):
    code = "invalid_api_key"


class Forbidden(ClientError):
    """A key that may not do this."""

    code = "not_allowed"


class NotFound(ClientError):
    code = "unknown_url"


class UnknownModel(ClientError):
    code = "model_not_found"


class UnknownResponse(ClientError):
    """No answer of this id is kept for the caller's organisation."""

    code = "response_not_found"


class MethodNotAllowed(ClientError):
    code = "method_not_allowed"


class UnknownKey(ClientError):
    """An operator named a key that is not in the store."""

    code = "key_not_found"


class KeyConflict(ClientError):
    """A change that does not fit the state in which the key is."""

    code = "key_conflict"


class NoEligibleModel(ClientError):
    """No model of the route can serve the request."""

    code = "no_eligible_model"


class ProviderRefused(ClientError):
    """A provider found the request itself at fault; its answer is passed on as it came."""

    kind: ClassVar[str] = "refused"
    billed: ClassVar[bool | None] = False
    retry_after: ClassVar[float | None] = None

    def __init__(self, message: str, *, status: int, body: bytes, content_type: str) -> None:
        super().__init__(message)
        self.status, self.body, self.content_type = status, body, content_type


class ContextExceeded(ProviderRefused):
    """The model has no room for the request; a larger one may have."""

    kind = "context"


class ContentFiltered(ProviderRefused):
    """The provider's content filter turned the request down."""

    kind = "filtered"


class UpstreamError(RouterGateError):
    """A provider that did not answer as it should."""

    kind: ClassVar[str] = "error"
    """One word for metrics and attempts."""
    billed: ClassVar[bool | None] = False
    """Whether the provider may charge for it; `None`: cannot be known."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds after which the provider wants to be asked again, if it said so."""


class ProviderUnreachable(UpstreamError):
    """No connection could be made."""

    kind = "unreachable"


class ProviderDropped(UpstreamError):
    """The connection went away after the request was sent, before a byte of the answer."""

    kind = "dropped"
    billed = None


class ProviderTimeout(UpstreamError):
    kind = "timeout"
    billed = None


class ProviderThrottled(UpstreamError):
    """429, or Anthropic's 529: too much was asked of it."""

    kind = "throttled"


class ProviderDenied(UpstreamError):
    """401, 403 or 404 on our own credentials or model name: the operator's business, not the caller's."""

    kind = "denied"


class ProviderBroken(UpstreamError):
    """5xx, or an answer that is not what the API gives."""

    kind = "broken"


class StreamBroken(UpstreamError):
    """An answer that broke off after it had begun."""

    kind = "cut"
    billed = None


class PrefillRefused(UpstreamError):
    """A model that was given the beginning of its answer, and finds the request at fault."""

    kind = "prefill"


class DeadlinePassed(UpstreamError):
    """The time that the route gives a request was over before the answer was."""

    kind = "deadline"
    billed = None


class ProviderBusy(UpstreamError):
    """There was no place in its queue, or none came free in time. It was not asked."""

    kind = "busy"


class AllProvidersFailed(UpstreamError):
    """No candidate answered."""

    kind = "exhausted"


class AllProvidersThrottled(AllProvidersFailed):
    """No candidate answered, and each of them because too much was asked of it."""

    kind = "throttled"


class BudgetEnded(RouterGateError):
    """A strict budget ended in the middle of an answer."""


class StoreUnavailable(RouterGateError):
    """Redis does not answer, and the request cannot do without."""


class LedgerUnusable(RouterGateError):
    """The ledger's files cannot be written or read, or do not belong to this store."""


class StatementUnusable(RouterGateError):
    """A provider's own account of what was used, which is not in a form that is understood."""


class EngineUnusable(RouterGateError):
    """What is to compute a report is unknown, not installed, or cannot be reached."""


class RevenueUnknown(RouterGateError):
    """Revenue is declared for something that nobody asked for in the period."""


class LedgerBusy(RouterGateError):
    """Another process works on the ledger of an organisation."""
