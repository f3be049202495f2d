"""What may be written of a route's answers: how they are checked, kept and guarded."""

from typing import Literal

from pydantic import Field

from routergate.config.part import Part
from routergate.config.scalars import Bytes, Count, Duration, Line, Name, Pattern, Probability, Seconds
from routergate.domain.answer import Flaw
from routergate.domain.caching import Caching, Sharing

CACHING = Caching(ttl=1)


class Cascade(Part):
    """When an answer is not good enough and the next candidate is asked."""

    escalate_when: tuple[Flaw, ...] = Field(min_length=1, examples=[["invalid_json", "refusal"]])
    """What makes an answer not good enough; docs/routing.md says how each is recognised."""
    must_match: tuple[Pattern, ...] = Field(default=(), examples=[["(?i)sources?:"]])
    """Regular expressions that an answer must have somewhere, each of them, for `rule`."""
    must_not_match: tuple[Pattern, ...] = Field(default=(), examples=[["(?i)as an ai"]])
    """Regular expressions of which an answer may have none, for `rule`."""
    within: Seconds = 2.0
    """For how many seconds a stream is held back at most, until it is relayed as it is."""
    characters: Count = 2000
    """How many characters of a stream are held back at most."""
    confidence: Probability = 0.6
    """The least mean probability of an answer's tokens, for `low_confidence`."""


class Cache(Part):
    """Which answers are kept, and for whom."""

    ttl: Duration = Field(examples=["1h", "30m", "7d"])
    """For how long an answer is given again, up to 30 days."""
    scope: Sharing = Sharing.KEY
    """Who is given it: whoever asks with the same `key`, or with any of the same `organisation`."""
    max_bytes: Bytes = CACHING.max_bytes
    """The largest answer that is kept."""


class Guardrail(Part):
    """Something of your own that looks at requests before they are routed, and at answers as well."""

    use: Line = Field(examples=["routergate.guardrails.pii:Redaction"])
    """Where it is: a module that Python can import, a colon, and a class or object in it."""
    options: dict[Name, str | tuple[str, ...]] = Field(default_factory=dict, examples=[{"kinds": ["email"]}])
    """What a class is called with: texts, or lists of them."""
    timeout: Seconds = 2.0
    """Seconds that it may take to look once."""
    on_error: Literal["refuse", "pass"] = "refuse"
    """What becomes of a request or an answer that it fails to look at."""
    direct: bool = False
    """Whether it looks at requests that name a model in place of a route, too."""
