"""The servers of a provider, as they may be written."""

from typing import Any

from pydantic import Field, model_validator

from routergate.config.part import Part
from routergate.config.scalars import Path, Seconds, Url, Weight
from routergate.config.spec import ProbeSpec

PROBE = ProbeSpec()


class Replica(Part):
    """One of several servers with the same models: its URL, or this."""

    url: Url
    """Where its API starts."""
    weight: Weight = 1.0
    """How much it takes in comparison with the others."""

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
            },
            "required": ["url"],
            "additionalProperties": False,
        },
    ]
}


class Probe(Part):
    """A look at each server that costs nothing, as long as nobody else asks it."""

    every: Seconds = PROBE.every
    """Seconds from one look at a server to the next."""
    path: Path | None = Field(default=None, examples=["/health"])
    """What is asked, after the URL without its `/v1`; default: `/health` for `vllm`, else `/v1/models`."""
