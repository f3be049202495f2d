"""Faults that can be asked for by a model's name: `sim-mini!cut:5`."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from routergate.testing.refusals import Refused, broken, filtered, invalid, throttled, too_long


class UnknownFault(ValueError):
    """A fault that does not exist, or an argument that it does not take."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of misbehaviour, and the number that may follow its name."""

    meaning: str
    argument: str | None = None
    """What the number means; `None`: there is none."""
    default: float | None = None
    """The number when none is given."""


FAULTS: Mapping[str, Fault] = {
    "400": Fault("answers 400 `invalid_request_error`"),
    "401": Fault("answers 401 `invalid_api_key`"),
    "429": Fault("answers 429 `rate_limit_exceeded`", "seconds in `Retry-After`"),
    "500": Fault("answers 500 `server_error`"),
    "503": Fault("answers 503 `server_error`"),
    "529": Fault("answers 529, overloaded, as Anthropic does"),
    "once429": Fault(
        "answers 429 the first time it sees these messages, then works", "seconds in `Retry-After`"
    ),
    "once500": Fault("answers 500 the first time it sees these messages, then works"),
    "context": Fault("answers 400 `context_length_exceeded`"),
    "filtered": Fault("answers 400 `content_filter`"),
    "filter": Fault("stops half-way with the finish reason `content_filter`"),
    "reset": Fault("closes the connection before the status line"),
    "silent": Fault("accepts the request and never answers"),
    "slow": Fault("is late with the first token", "seconds", 1.0),
    "differs": Fault("says something else from some token on", "tokens", 5),
    "noprefill": Fault("answers 400 to a request that ends with the beginning of its answer"),
    "cut": Fault("closes the connection after some events, or in the middle of a plain body", "events", 5),
    "stall": Fault("stops after some events, or in the middle of a plain body, and stays open", "events", 5),
    "garbage": Fault("sends a plain body that is not JSON, or a malformed event in mid-stream"),
    "nodone": Fault("ends the stream after the finish reason, without `[DONE]`"),
    "nousage": Fault("never reports usage"),
    "empty": Fault("answers 200 with no choices"),
    "mute": Fault("answers 200 without a word: no text, and no output tokens"),
    "spent": Fault("answers, and says that it will answer no more", "seconds until it will again", 60),
    "error200": Fault("answers 200 with an error object"),
    "crlf": Fault("ends the lines of the stream with CR LF"),
    "muttering": Fault("sends nothing but comments before a stream, or where it breaks off", "seconds", 60),
    "comments": Fault("puts comments between the events, as keep-alives"),
    "usage-inline": Fault("reports usage on the chunk with the finish reason, not on one of its own"),
    "split": Fault("writes the stream in pieces of so many bytes, wherever that cuts", "bytes", 7),
}
"""Every fault by its name."""
_SPOILING = frozenset({"garbage", "empty", "error200"})


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults that one request meets, with their arguments."""

    by_name: Mapping[str, float | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Read `cut:5` or several, `crlf!split:3`; raises `UnknownFault`."""
        return cls(dict(_parse_one(part) for part in text.split("!"))) if text else cls()

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def argument(self, name: str) -> float | None:
        """The number that came with fault `name`, `None` where there is no such fault or number."""
        return self.by_name.get(name)

    def spoil(self, *, streamed: bool) -> bool:
        """Whether an answer is not whole, though everything was sent that was to be sent."""
        return not _SPOILING.isdisjoint(self.by_name) or (streamed and "nodone" in self)

    def refusal(self) -> Refused | None:
        """The error to answer with in place of an answer."""
        errors: dict[str, Callable[[], Refused]] = {
            "400": lambda: invalid("The simulator was asked to find fault with this request.", "messages"),
            "401": lambda: Refused(401, "Incorrect API key provided.", code="invalid_api_key"),
            "429": lambda: throttled(self.argument("429")),
            "500": lambda: broken(500),
            "503": lambda: broken(503),
            "529": lambda: broken(529),
            "context": lambda: too_long(8192),
            "filtered": filtered,
        }
        return next((errors[name]() for name in self.by_name if name in errors), None)

    def once(self) -> Refused | None:
        """The error to answer with the first time."""
        if "once500" in self:
            return broken()
        return throttled(self.argument("once429")) if "once429" in self else None

    def __or__(self, other: "Faults") -> "Faults":
        return Faults({**self.by_name, **other.by_name})


def split_name(model: str) -> tuple[str, str]:
    """The model that is meant, and the faults that are asked for."""
    name, _, faults = model.partition("!")
    return name, faults


def fault_table() -> str:
    """All faults as a Markdown table."""
    rows = [f"| {_usage(name, fault)} | {fault.meaning} |" for name, fault in FAULTS.items()]
    return "\n".join(["| model name ends in | the provider |", "|---|---|", *rows])


def _usage(name: str, fault: Fault) -> str:
    if fault.argument is None:
        return f"`!{name}`"
    default = "" if fault.default is None else f", default {fault.default:g}"
    return f"`!{name}` or `!{name}:N` (N: {fault.argument}{default})"


def _parse_one(text: str) -> tuple[str, float | None]:
    name, colon, argument = text.partition(":")
    if (fault := FAULTS.get(name)) is None:
        raise UnknownFault(f"no fault is called {name!r}; there are {', '.join(FAULTS)}")
    if not colon:
        return name, fault.default
    if fault.argument is None:
        raise UnknownFault(f"fault {name!r} takes no argument: write '!{name}'")
    return name, _number(name, argument)


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf or (name == "split" and number < 1):
        raise UnknownFault(f"fault {name!r} takes a number ({FAULTS[name].argument}), not {text!r}")
    return number
