"""Personal data out of prompts and answers: an example of a guardrail that may do for a start."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from routergate.domain.request import Message

CARD: Final = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w])")
EMAIL: Final = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")
PHONE: Final = re.compile(
    r"(?<![\w.+])(?:(?:\+|00)[1-9]\d{0,2}(?:[ ./-]?\(?\d{1,6}\)?){2,6}"  # +49 30 1234567, 0044 (20) 7946 0958
    r"|(?<!\d[ -])\(?0?\d{2,5}\)?[ ./-]\d{3,4}[ .-]\d{3,6}(?![ -]\d))(?!\w)"  # (212) 555-0123, 030 123-4567
)


def luhn(text: str) -> bool:
    """Whether the digits of a card number check out."""
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    return sum(d if n % 2 == 0 else sum(divmod(2 * d, 10)) for n, d in enumerate(digits)) % 10 == 0


def _card(found: re.Match[str]) -> str:
    return "[card]" if luhn(found[0]) else found[0]


KINDS: Final[Mapping[str, Callable[[str], str]]] = {
    "card": lambda text: CARD.sub(_card, text),
    "email": lambda text: EMAIL.sub("[email]", text),
    "phone": lambda text: PHONE.sub("[phone]", text),
}


class Redaction:
    """Puts `[email]`, `[phone]` and `[card]` in place of what looks like one.

    Patterns find what has a pattern: names and addresses they do not find.
    """

    def __init__(self, kinds: Sequence[str] = tuple(KINDS)) -> None:
        if unknown := set(kinds) - KINDS.keys():
            raise ValueError(f"kinds takes any of {', '.join(KINDS)}, not {', '.join(sorted(unknown))}")
        self._redact = [KINDS[kind] for kind in KINDS if kind in kinds]

    def before(self, messages: Sequence[Message]) -> Sequence[str]:
        """What the model is shown."""
        return [self.after(message.text) for message in messages]

    def after(self, text: str) -> str:
        """What the caller is shown."""
        for redact in self._redact:
            text = redact(text)
        return text
