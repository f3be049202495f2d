"""Operators: who they are, and what they are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from routergate.domain.errors import ClientError, Forbidden, InvalidRequest, Unauthenticated


class Role(StrEnum):
    """What an operator may do."""

    ADMIN = "admin"
    VIEWER = "viewer"
    """Look at everything, and change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Someone who holds an operator's key, or a session that was begun with one."""

    role: Role
    by: str
    """As the audit log calls whoever it is."""
    csrf: str | None = None
    """What a change must show that is asked for with a cookie; `None`: no cookie was needed."""
    expires: int | None = None
    """When the session ends if nothing is asked any more, nanoseconds since the epoch."""


class SessionEnded(Unauthenticated):
    """A session that there is no more."""

    code = "session_ended"


class ReadOnly(Forbidden):
    """A change that a viewer asks for."""

    code = "read_only"


class TokenMissing(Forbidden):
    """A change that any page could have had the browser ask for."""

    code = "csrf_token_missing"


class TooManyTries(ClientError):
    """Too many wrong keys from one address."""

    code = "too_many_tries"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnknownEvent(ClientError):
    """No event of this id is in the books that this gateway sees."""

    code = "event_not_found"


class ReportTooLarge(InvalidRequest):
    """A question with too long an answer, or one that took too long to find."""

    code = "report_too_large"


class ConfigInvalid(InvalidRequest):
    """A configuration that is not taken, with all that is wrong with it."""

    code = "config_invalid"

    def __init__(self, findings: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("The configuration is not taken: see 'metadata.findings'.", param="yaml")
        self.facts = {"findings": list(findings)}


class ConfigChanged(ClientError):
    """The file is another one than whoever wants to replace it has seen."""

    code = "config_changed"


class ConfigReadOnly(ClientError):
    """The file cannot be replaced."""

    code = "config_read_only"
