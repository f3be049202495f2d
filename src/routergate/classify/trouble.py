"""Signs that a conversation is going wrong: tools fail, calls are repeated, the user is not content."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from routergate.domain.request import Message

RECENT = 12
"""Turns that are looked at; what went wrong before has been got over."""
STEP = 0.5
"""What each sign takes from every model's log-odds. Judgement: no data at hand teaches it."""
HEAD = 300
"""Characters of a tool's answer, or of a complaint: both say at once what is wrong."""
LONG = 1_000
"""Characters from which on a question is asked again only if it is the same to the letter, spaces and all."""

_FAILED: Final = re.compile(
    r"\s*(?:error\b|fatal\b|traceback\b|exception\b|failed\b|[\w.]*(?:error|exception):"
    r"|.{,60}\bexit(?:ed with)? (?:code|status) [1-9])",
    re.IGNORECASE,
)
_FIELDS: Final = re.compile(
    r'"(?:is_?error|failed)"\s*:\s*true'
    r'|"error"\s*:(?!\s*(?:null|false|""|\{\}|\[\]))'
    r'|"(?:status|outcome)"\s*:\s*"(?:error|failed|failure)"',
    re.IGNORECASE,
)
_WRONG: Final = r"(?:'s| is| was) (?:still )?(?:wrong|incorrect|false|not (?:right|correct|true|what))"
# Each begins with a letter and not with a choice: words that begin with none of them cost next to nothing.
_COMPLAINTS: Final = (
    rf"that{_WRONG}|this{_WRONG}|it{_WRONG}",
    r"not what i (?:asked|meant|wanted|said)|wrong answer|still (?:wrong|broken|fail|not|does ?n[o']t)",
    r"d(?:oes|o|id)(?:n't| not) (?:work|help|answer)|try again",
    r"you(?:'ve| have)? (?:misunder|ignored|forgot)",
    r"das (?:ist (?:immer noch )?falsch|stimmt (?:immer noch )?nicht)|nicht(?: das)?,? was ich",
    r"funktioniert(?: immer noch| leider)? nicht|geht(?: immer noch| leider)? nicht",
    r"versuch(?:e|'s)? (?:es )?(?:nochmal|noch einmal|erneut)",
    r"c'est (?:toujours )?(?:faux|incorrect)|ce n'est (?:toujours )?pas (?:ça|correct|juste|ce que)",
    r"ne (?:marche|fonctionne) (?:toujours )?pas|réessaie|essaie encore|réessayez",
    r"está mal\b|es incorrect|no (?:es|era) lo que|sigue sin funciona|no funciona|inténtalo de nuevo",
    r"è (?:ancora )?sbagliat|non funziona|non è quello che|riprova\b",
    r"está errad|não (?:funciona|é o que)|tent[ea] (?:de )?novo",
    r"klopt niet|werkt (?:nog steeds )?niet|niet wat ik|probeer (?:het )?opnieuw",
)
_DISPLEASED: Final = re.compile(rf"\b(?:{'|'.join(_COMPLAINTS)})")
_DISPLEASED_ABROAD: Final = re.compile(
    "неправильно|не работает|не то,? что|不对|错了|不是我|違います|間違って|틀렸"
)
"""In other scripts, where nothing need part a word from the one before."""


def trouble(messages: Sequence[Message]) -> tuple[str, ...]:
    """What has gone wrong of late, each kind once; nothing where the conversation begins."""
    return tuple(_signs(messages[-RECENT:])) if len(messages) > 1 else ()


def _signs(recent: Sequence[Message]) -> Iterator[str]:
    results = [_is_failure(message) for message in recent if message.role in {"tool", "function"}]
    if results and results[-1]:
        yield "a tool has failed"
    if sum(results) > 1:
        yield "tools fail again and again"
    if any(times > 1 for times in Counter(call for one in recent for call in one.calls).values()):
        yield "a call is repeated"
    yield from _of_user(recent)


def _of_user(recent: Sequence[Message]) -> Iterator[str]:
    """What the last turn says, if it is the user's."""
    if recent[-1].role != "user" or all(one.role != "assistant" for one in recent):
        return
    last, before = _plain(recent[-1].text), [_plain(one.text) for one in recent[:-1] if one.role == "user"]
    if last in before:
        yield "the user asks again"
    if len(last) <= HEAD and _is_complaint(last.lower()):
        yield "the user is not content"


def _is_failure(result: Message) -> bool:
    return result.failed or _FAILED.match(result.text[:HEAD]) is not None or _says_so(result.text[:HEAD])


def _says_so(text: str) -> bool:
    """Whether an object says, in one of its fields, that it is an error."""
    return text.lstrip()[:1] in {"{", "["} and _FIELDS.search(text) is not None


def _is_complaint(text: str) -> bool:
    abroad = None if text.isascii() else _DISPLEASED_ABROAD.search(text)
    return (abroad or _DISPLEASED.search(text)) is not None


def _plain(text: str) -> str:
    return text if len(text) > LONG else " ".join(text.replace("’", "'").split())
