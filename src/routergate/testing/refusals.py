"""Requests that are answered with an error."""

from collections.abc import Mapping


class Refused(Exception):
    """A request that gets an error for an answer."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}
        self.kind, self.param, self.code = kind, param, code


def missing(param: str) -> Refused:
    """A parameter that cannot be left out was left out."""
    said = f"Missing required parameter: '{param}'."
    return Refused(400, said, param=param, code="missing_required_parameter")


def invalid(message: str, param: str) -> Refused:
    """A parameter is not what the API takes."""
    return Refused(400, message, param=param, code="invalid_value")


def too_long(limit: int) -> Refused:
    """There is no room for so long a prompt."""
    said = f"This model's maximum context length is {limit} tokens. Please reduce the length of the messages."
    return Refused(400, said, param="messages", code="context_length_exceeded")


def filtered() -> Refused:
    """The content filter does not like it."""
    said = "The response was filtered due to the prompt triggering the content management policy."
    return Refused(400, said, param="prompt", code="content_filter")


def broken(status: int = 500) -> Refused:
    """The server is at fault."""
    return Refused(
        status, f"The simulated server failed with {status}, as it was asked to.", kind="server_error"
    )


def throttled(seconds: float | None) -> Refused:
    """Too much was asked, with or without a word on when to come back."""
    headers = {} if seconds is None else {"retry-after": f"{seconds:g}"}
    said = "Rate limit reached, as the simulator was asked to say."
    return Refused(429, said, kind="rate_limit_error", code="rate_limit_exceeded", headers=headers)
