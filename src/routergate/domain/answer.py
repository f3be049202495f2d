"""What an answer says, as far as it decides whether it is good enough, and what can be wrong with it."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Flaw(StrEnum):
    """Why an answer is not given, in the order in which they are looked for."""

    EMPTY = "empty"
    """It says nothing and calls no tool."""
    REFUSAL = "refusal"
    """It begins by declining, or the model says that it declines."""
    TRUNCATED = "truncated"
    """It ends for its length, though nobody limited that."""
    INVALID_JSON = "invalid_json"
    """JSON was asked for, and it is none, or does not fit the schema."""
    RULE = "rule"
    """It has what it must not have, or lacks what it must have, by the operator's patterns."""
    LOW_CONFIDENCE = "low_confidence"
    """Its tokens were improbable to the model itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """Which answers are not given, but asked for again from a better model; and how long that may take."""

    escalate_when: frozenset[Flaw]
    within: float = 2.0
    """Seconds for which a stream is held back at most."""
    characters: int = 2_000
    """Of a stream that are held back at most."""
    must_match: tuple[re.Pattern[str], ...] = ()
    """What an answer must have somewhere, each of them."""
    must_not_match: tuple[re.Pattern[str], ...] = ()
    """What it may not have anywhere, any of them."""
    confidence: float = 0.6
    """The least probability of a token, by the geometric mean; looked at where an answer tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One choice of an answer, or what has come of it. In memory only, and only while it is checked."""

    text: str
    finish: str | None = None
    """Why it ended, in the provider's words; `None`: it has not."""
    declined: bool = False
    """Whether the model says outside of the text that it declines."""
    acts: bool = False
    """Whether it has more than text: calls of tools, audio."""
    logprob: float | None = None
    """Mean of its tokens; `None`: it does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was asked for, and how much of it has come."""

    json: bool = False
    schema: object = None
    """As JSON has it; `None`: any object will do."""
    limited: bool = False
    """Whether anybody limited its length."""
    whole: bool = True
    """Whether all of the answer is there."""
