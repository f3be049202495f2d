"""What may be written of a route's answers: how they are checked, hastened, kept and guarded."""

from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from routergate.config.part import Part
from routergate.config.scalars import Bytes, Count, Duration, Line, Name, Pattern, Probability, Seconds
from routergate.domain.answer import Flaw
from routergate.domain.caching import Caching, Sharing

CACHING = Caching(ttl=1)
MOST = 86400


def _patience(written: Any) -> Any:
    if written == "p95":
        return written
    with suppress(TypeError, ValueError):
        if not isinstance(written, bool) and 0 < (number := float(written)) <= MOST:
            return number
    raise ValueError(f"expected p95, or seconds: a number of more than 0 and at most {MOST}")


Patience = Annotated[
    Literal["p95"] | float,
    BeforeValidator(_patience),
    WithJsonSchema({"anyOf": [{"const": "p95"}, {"type": "number", "exclusiveMinimum": 0, "maximum": MOST}]}),
]


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


class Hedge(Part):
    """When a second call is made beside one that keeps silent; the answer that begins first is given."""

    after: Patience = Field(default="p95", examples=["p95", 2.5])
    """After how many seconds; `p95`: when the model usually has begun 95 of 100 answers."""


class Cache(Part):
    """Which answers are kept, and for whom."""

    ttl: Duration = Field(examples=["1h", "30m", "7d"])
    """For how long an answer is given again, up to 30 days."""
    scope: Sharing = Sharing.KEY
    """Who is given it: whoever asks with the same `key`, or with any of the same `organisation`."""
    max_bytes: Bytes = CACHING.max_bytes
    """The largest answer that is kept."""


class Kept(Part):
    """Which texts of a route are kept, encrypted, to learn from; docs/training-data.md says how."""

    share: Probability = Field(examples=[0.1])
    """Of its requests, at random."""
    days: Annotated[int, Field(gt=0, le=3650)] = 30
    """After so many days they are deleted."""
    redact: tuple[Name, ...] = Field(default=(), examples=[["pii"]])
    """Guardrails that take out of the texts, before they are kept, what nobody may keep."""


class Captures(Part):
    """Where the texts are that routes with a `capture` keep."""

    key: Line = Field(min_length=16, examples=["${file:/run/secrets/capture}"])
    """The secret that they are encrypted with, 16 characters or more. Whoever loses it loses them."""
    folder: Line = Field(min_length=1, examples=["/var/lib/routergate/captured"])
    """Where they are: a folder that all replicas share, or one of each."""
    max_mb: Annotated[int, Field(gt=0, le=10**7)] = 1024
    """What they may take of the disk, in MiB; more is not kept."""


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
