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
_COMPLAINTS: Final = (
    r"\b(?:that|this|it)(?:'s| is| was) (?:still )?(?:wrong|incorrect|false|not (?:right|correct|true|what))",
    r"\bnot what i (?:asked|meant|wanted|said)|\bwrong answer|\bstill (?:wrong|broken|fail|not|does ?n[o']t)",
    r"\b(?:does|do|did)(?:n't| not) (?:work|help|answer)|\btry again",
    r"\byou(?:'ve| have)? (?:misunder|ignored|forgot)",
    r"\bdas (?:ist (?:immer noch )?falsch|stimmt (?:immer noch )?nicht)|\bnicht(?: das)?,? was ich",
    r"\b(?:funktioniert|geht)(?: immer noch| leider)? nicht",
    r"\bversuch(?:e|'s)? (?:es )?(?:nochmal|noch einmal|erneut)",
    r"\bc'est (?:toujours )?(?:faux|incorrect)|\bce n'est (?:toujours )?pas (?:ça|correct|juste|ce que)",
    r"\bne (?:marche|fonctionne) (?:toujours )?pas|\b(?:réessaie|essaie encore|réessayez)",
    r"\bestá mal\b|\bes incorrect|\bno (?:es|era) lo que|\b(?:sigue sin|no) funciona|\binténtalo de nuevo",
    r"\bè (?:ancora )?sbagliat|\b(?:ancora )?non funziona|\bnon è quello che|\briprova\b",
    r"\bestá errad|\bnão (?:funciona|é o que)|\btent[ea] (?:de )?novo",
    r"\b(?:dat )?klopt niet|\bwerkt (?:nog steeds )?niet|\bniet wat ik|\bprobeer (?:het )?opnieuw",
    "неправильно|не работает|не то,? что|不对|错了|不是我|違います|間違って|틀렸",
)
_DISPLEASED: Final = re.compile("|".join(_COMPLAINTS), re.IGNORECASE)


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
    last, before = _plain(recent[-1]), [_plain(one) for one in recent[:-1] if one.role == "user"]
    if last in before:
        yield "the user asks again"
    if len(last) <= HEAD and _DISPLEASED.search(last):
        yield "the user is not content"


def _is_failure(result: Message) -> bool:
    return result.failed or _FAILED.match(result.text[:HEAD]) is not None or _says_so(result.text[:HEAD])


def _says_so(text: str) -> bool:
    """Whether an object says, in one of its fields, that it is an error."""
    return text.lstrip()[:1] in {"{", "["} and _FIELDS.search(text) is not None


def _plain(message: Message) -> str:
    return " ".join(message.text.replace("’", "'").split())
