"""Guardrails for tests, as an operator would write them."""

from collections.abc import Sequence

from routergate.domain.refusals import GuardrailRefused
from routergate.domain.request import Message

WORD = "xyzzy"


class Careful:
    """Refuses what has the word in it."""

    def before(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.after(message.text)

    def after(self, text: str) -> None:
        if WORD in text:
            raise GuardrailRefused("a magic word")


class Doorkeeper:
    """Does not let in what has the word in it, and looks at no answer."""

    def before(self, messages: Sequence[Message]) -> None:
        Careful().before(messages)


class Answers:
    """Refuses answers that say what they are."""

    def after(self, text: str) -> None:
        if "simulated" in text:
            raise GuardrailRefused("not the real thing")


class Loud:
    """Writes answers in capitals."""

    async def after(self, text: str) -> str:
        return text.upper()


class Broken:
    """Cannot look at anything."""

    def before(self, messages: Sequence[Message]) -> None:
        raise KeyError(messages[0].text)


nothing = object()
