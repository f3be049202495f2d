"""What may be written about the servers of a provider."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from routergate.config.part import Part
from routergate.config.scalars import Count, Line, Path, Seconds, Url, Weight
from routergate.config.spec import ProbeSpec
from routergate.config.spec import Timeouts as TimeoutsSpec
from routergate.dispatch.outliers import Outliers as OutliersRule

TIMEOUTS, PROBE, OUTLIERS = TimeoutsSpec(), ProbeSpec(), OutliersRule()


class Timeouts(Part):
    """How long a provider may take, in seconds."""

    connect: Seconds = TIMEOUTS.connect
    """Until the connection stands."""
    first_byte: Seconds = TIMEOUTS.first_byte
    """From the request to the first byte of the answer; one that is not streamed arrives whole."""
    first_token: Seconds = TIMEOUTS.first_token
    """From the request to the first event of a stream that says something; after it the provider is left."""
    idle: Seconds = TIMEOUTS.idle
    """Between two events of a stream; comments that keep it alive are none."""
    total: Seconds = TIMEOUTS.total
    """For the whole answer."""


class Replica(Part):
    """One of several servers with the same models: its URL, or this."""

    url: Url
    """Where its API starts."""
    weight: Weight = 1.0
    """How much it takes in comparison with the others."""
    api_key: Line | None = None
    """Its API key, if it has one of its own; the same URL may stand there once with each of several keys."""

    @model_validator(mode="before")
    @classmethod
    def from_url(cls, written: Any) -> Any:
        """A URL alone is a server like the others."""
        return {"url": written} if isinstance(written, str) else written


REPLICA: Any = {
    "anyOf": [
        {"type": "string", "format": "uri"},
        {
            "type": "object",
            "properties": {
                "url": {"type": "string", "format": "uri"},
                "weight": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
                "api_key": {"type": "string"},
            },
            "required": ["url"],
            "additionalProperties": False,
        },
    ]
}


class Places(Part):
    """How much a provider takes at the same time. Requests beyond it wait in a queue."""

    concurrent: Count = Field(examples=[8])
    """Calls that run at the same time, on all of its servers together."""
    queue: Annotated[int, Field(ge=0, le=10_000)] = 100
    """Requests that may wait for a place; further ones go to the next candidate at once."""
    wait: Seconds = 10.0
    """Seconds that each of them may wait; then it goes to the next candidate."""


class Probe(Part):
    """A look at each server that costs nothing, as long as nobody else asks it."""

    every: Seconds = PROBE.every
    """Seconds from one look at a server to the next."""
    path: Path | None = Field(default=None, examples=["/health"])
    """What is asked, after the URL without its `/v1`; default: `/health` for `vllm`, else `/v1/models`."""


class Outliers(Part):
    """When a server is so slow that it is passed over."""

    latency: Annotated[float, Field(gt=1, le=1000, allow_inf_nan=False)] = OUTLIERS.latency
    """Times as late as its peers do its answers begin; alone, as late as its own in the last hour."""
    above: Seconds = OUTLIERS.above
    """Seconds to which no answer is late, however soon the others begin."""
