"""The texts in the body of a request, in every format, and where to put what they become."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from routergate.domain.request import Message

CARRIERS: Final = {
    "system": "system",
    "instructions": "system",
    "messages": "user",
    "input": "user",
    "prompt": "user",
}
"""The parameters that bear text, and whose words they are unless they say so themselves."""
BEARING: Final = frozenset(
    {
        "text",
        "content",
        "output",
        "arguments",
        "input",
        "refusal",
        "tool_calls",
        "function",
        "function_call",
        "source",
    }
)
"""What bears text within them. Pictures, sound and files are elsewhere; thoughts are signed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A text, and where it stands."""

    role: str
    holder: Any
    key: Any

    @property
    def message(self) -> Message:
        """The text as guardrails see it."""
        return Message(role=self.role, text=self.holder[self.key])


def places(body: dict[str, Any]) -> list[Place]:
    """Every text that a model would read, in the order of the body."""
    return [
        place
        for name in body
        if name in CARRIERS
        for place in _texts(body, name, CARRIERS[name], every=False)
    ]


def put(found: Sequence[Place], texts: Sequence[str]) -> bool:
    """Each text in its place; whether any is another one than before."""
    changed = [(place, text) for place, text in zip(found, texts, strict=True) if place.message.text != text]
    for place, text in changed:
        place.holder[place.key] = text
    return bool(changed)


def _texts(holder: Any, key: Any, role: str, *, every: bool) -> Iterator[Place]:
    """`every`: of a tool's arguments, which are an object of any shape."""
    value = holder[key]
    if isinstance(value, str):
        yield Place(role, holder, key)
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _texts(value, index, role, every=every)
    elif isinstance(value, dict):
        said = value.get("role")
        role = said if isinstance(said, str) else role
        for name in value:
            if every or name in BEARING or (name == "data" and value.get("type") == "text"):
                yield from _texts(value, name, role, every=every or name == "input")
