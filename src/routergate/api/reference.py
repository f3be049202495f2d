"""The reference of errors, made from their classes."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from routergate.api.errors import code_of, status_of, type_of
from routergate.domain import errors as known
from routergate.domain import once, operator, refusals
from routergate.domain.errors import RouterGateError
from routergate.domain.format import Format


class Told(NamedTuple):
    """What whoever meets an error wants to know of it."""

    happened: str
    remedy: str


CALLERS: Final[Mapping[type[RouterGateError], Told]] = {
    known.InvalidRequest: Told(
        "a parameter or header is wrong, or the body is no JSON", "see `param` and `message`"
    ),
    known.UnsupportedContentType: Told(
        "the body is not said to be JSON", "send `Content-Type: application/json`"
    ),
    known.ContextTooLong: Told(
        "no model has room for prompt and `max_tokens`", "shorten the prompt or lower the limit"
    ),
    refusals.GuardrailRefused: Told(
        "a [guardrail](guardrails.md) of the operator's refuses the request or its answer",
        "`message` has the reason",
    ),
    known.Unauthenticated: Told(
        "the key is missing, wrong, expired, disabled or revoked",
        "see `message`; check `Authorization`; ask your operator",
    ),
    known.Forbidden: Told(
        "the key may not use this model, be used from this address, or name this customer or feature",
        "see `message`; use another key, or leave the name out",
    ),
    known.UnknownModel: Told("there is no such route or model", "choose one of `GET /v1/models`"),
    known.UnknownResponse: Told(
        "no response of this id is kept for your organisation", "send the whole conversation again"
    ),
    known.NotFound: Told("there is no such endpoint", "check the base URL: it ends in `/v1`"),
    known.MethodNotAllowed: Told("the endpoint takes another method", "use one from the header `Allow`"),
    known.BodyTooSlow: Told("the body took longer than 60 seconds to arrive", "send it again"),
    once.IdempotencyConflict: Told("the `Idempotency-Key` was used with another request", "use a new one"),
    once.IdempotencyInProgress: Told(
        "the same request is being answered", "send it again after `retry-after`"
    ),
    once.IdempotencyNotKept: Told(
        "the request was answered, and the answer was too large to keep",
        "use a new `Idempotency-Key`, and it is paid again",
    ),
    known.BodyTooLarge: Told(
        "the body is larger than the operator allows",
        "send less, or ask for `server.max_body_mb` to be raised",
    ),
    known.NoEligibleModel: Told(
        "no model of the route can do this, or none at this price", "`message` has the reason for each model"
    ),
    refusals.OverBudget: Told(
        "a [budget](budgets.md#refusals) is spent", "`metadata` says whose, and when it begins anew"
    ),
    refusals.BudgetHeld: Told(
        "the rest of a budget is held by running requests", "try again when they have ended"
    ),
    refusals.RateLimited: Told("too much, too fast, or too many at once", "wait for `retry-after`"),
    known.BudgetEnded: Told(
        "a strict budget ended in the middle of an answer, which stops as at an output limit; the code is in "
        "`routergate.code` of the last event, and in Responses in an error event",
        "use the part that came, which is paid, or discard it",
    ),
    known.AllProvidersThrottled: Told("every provider throttles", "try again after `retry-after`"),
    known.AllProvidersFailed: Told("no provider answered", "try again; `message` says how each one failed"),
    known.StreamBroken: Told(
        "in a stream: the provider broke off", "ask again, and discard the part that came"
    ),
    known.DeadlinePassed: Told(
        "the time that the operator gives a request was over; in a stream, too", "ask again, or for less"
    ),
    known.StoreUnavailable: Told(
        "the gateway cannot check your key or your budget, or not promise to answer once",
        "try again after `retry-after`",
    ),
    known.RouterGateError: Told("the gateway has a defect", "tell your operator the `x-request-id`"),
}
OPERATORS: Final[Mapping[type[RouterGateError], Told]] = {
    operator.ReportTooLarge: Told(
        "the answer would be too long, or took too long", "ask for fewer days, or for one organisation"
    ),
    operator.ConfigInvalid: Told("the configuration is wrong", "see `metadata.findings`"),
    operator.SessionEnded: Told("the session is over", "log in again"),
    operator.ReadOnly: Told("a viewer wants to change something", "use the admin key"),
    operator.TokenMissing: Told(
        "a change came with a cookie and without the session's token", "send `x-csrf-token`"
    ),
    operator.UnknownEvent: Told(
        "no such request is in the books that this gateway sees",
        "check the id; wait a moment if it has just ended",
    ),
    known.UnknownKey: Told("the store has no such key", "choose one of `GET /admin/v1/keys`"),
    operator.ConfigChanged: Told("the file is another one than you have seen", "look at it again"),
    operator.ConfigReadOnly: Told("the file cannot be replaced from here", "`message` says why"),
    known.KeyConflict: Told("the key is revoked, or already what it is to become", "`message` says which"),
    operator.TooManyTries: Told("ten wrong keys came from this address", "wait for `retry-after`"),
}

STREAMED: Final = frozenset({known.BudgetEnded})
"""Those for which there is no status: the answer has begun."""

_INTRODUCTION: Final = """\
# Errors

Every error is OpenAI's object, so that its clients raise the exceptions that you know:

```json
{"error": {"message": "'model' is missing.", "type": "invalid_request_error", "param": "model", "code": null}}
```

`message` says what is wrong and what to do, `param` where. Neither quotes a prompt. On `/v1/messages` the
object is Anthropic's, with the same `code`; where its `type` is another word, it stands behind the stroke.
If a provider finds the request itself at fault, its own answer is passed on, with its own status.

OpenAI's and Anthropic's clients try again by themselves after 408, 409, 429 and 5xx, unless
`x-should-retry: false` comes with it, as it does where that is no use. What follows a provider's failure is
in [failures](failures.md); what to do as an operator, in the [runbooks](runbooks.md).

## Of requests
"""
_HEADER: Final = "\n| status | code | type | what happened | what to do |\n|---|---|---|---|---|\n"
_OPERATORS: Final = "\n## Of the admin API\n\nBeside these, those above.\n"


def errors_reference() -> str:
    """The reference in Markdown, as it stands in the documentation."""
    return _INTRODUCTION + _table(CALLERS) + _OPERATORS + _table(OPERATORS)


def _table(errors: Mapping[type[RouterGateError], Told]) -> str:
    rows = sorted((_row(cls, told) for cls, told in errors.items()), key=lambda row: row[:5])
    return _HEADER + "".join(rows)


def _row(cls: type[RouterGateError], told: Told) -> str:
    # Status, code and type are the class's: no instance is needed for them.
    error = cls.__new__(cls)
    kinds = dict.fromkeys((type_of(error), type_of(error, Format.MESSAGES)))
    code = f"`{named}`" if (named := code_of(error)) else ""
    types = " / ".join(f"`{kind}`" for kind in kinds)
    status = "in a stream" if cls in STREAMED else status_of(error)
    return f"| {status} | {code} | {types} | {told.happened} | {told.remedy} |\n"
