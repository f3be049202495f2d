"""Prompts of many kinds, as people write them, to send through a gateway; the same at every start."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

from routergate.domain.model import Capability
from routergate.testing.families import FAMILIES, Family
from routergate.testing.schema import draw

_SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "date": {"type": ["string", "null"], "format": "date"},
        "amount": {"type": "number", "minimum": 0},
        "items": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "date", "amount", "items"],
    "additionalProperties": False,
}
_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {"type": "object", "properties": {key: {"type": "string"}}, "required": [key]},
        },
    }
    for name, description, key in (
        ("lookup_order", "Find an order and where it is", "order_id"),
        ("refund_order", "Pay an order back", "order_id"),
        ("search_manual", "Search the product manual", "query"),
    )
]
_PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Something that a person asks."""

    text: str
    kind: str
    feature: str
    """The part of a product that would ask it."""
    hard: bool = False
    """Whether a small model would probably get it wrong."""
    needs: frozenset[Capability] = frozenset()

    def body(self, model: str, **more: Any) -> dict[str, Any]:
        """A chat completion request for this prompt, with all that it needs."""
        body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": self.text}]}
        if Capability.VISION in self.needs:
            image = {"type": "image_url", "image_url": {"url": _PIXEL}}
            body["messages"] = [{"role": "user", "content": [{"type": "text", "text": self.text}, image]}]
        if Capability.TOOLS in self.needs:
            body["tools"] = _TOOLS
        if Capability.JSON_SCHEMA in self.needs:
            schema = {"name": "record", "strict": True, "schema": _SCHEMA}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body | more


def _mixed() -> Iterable[Prompt]:
    """All prompts in an order in which every stretch has some of each kind."""
    prompts = (prompt for family in FAMILIES for prompt in _prompts(family))
    return sorted(prompts, key=lambda prompt: draw(prompt.text, 2**64))


def _prompts(family: Family) -> Iterable[Prompt]:
    for subject, template in product(family.subjects, family.templates):
        yield Prompt(
            text=template.format(subject),
            kind=family.kind,
            feature=family.feature,
            hard=family.hard,
            needs=family.needs,
        )


PROMPTS: tuple[Prompt, ...] = tuple(_mixed())
"""A few hundred prompts, easy and hard, short and long, in several languages."""
