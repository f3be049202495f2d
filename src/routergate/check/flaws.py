"""What is wrong with an answer, if anything is; pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from math import exp

from routergate.check.refusal import declines
from routergate.check.schema import fits
from routergate.domain.answer import Cascade, Flaw, Form, Said

Check = Callable[[Said, Form, Cascade], bool]


def flaw(said: Sequence[Said], form: Form, cascade: Cascade) -> Flaw | None:
    """The first flaw of the first choice, if every choice has one; what nobody can read has none."""
    found = [_flaw(choice, form, cascade) for choice in said]
    return found[0] if found and all(found) else None


def _flaw(said: Said, form: Form, cascade: Cascade) -> Flaw | None:
    wanted = (each for each in Flaw if each in cascade.escalate_when)
    return next((each for each in wanted if CHECKS[each](said, form, cascade)), None)


def _empty(said: Said, form: Form, _: Cascade) -> bool:
    return form.whole and not said.acts and not said.declined and not said.text.strip()


def _refusal(said: Said, *_: object) -> bool:
    return said.declined or declines(said.text)


def _truncated(said: Said, form: Form, _: Cascade) -> bool:
    return said.finish == "length" and not form.limited


def _invalid_json(said: Said, form: Form, _: Cascade) -> bool:
    """A part can only begin wrongly."""
    if not form.json or said.acts or said.declined:
        return False
    if not form.whole:
        return said.text.strip()[:1] not in {"", "{", "["}
    try:
        value = json.loads(said.text)
    except (ValueError, RecursionError):
        return True
    return not (isinstance(value, dict) if form.schema is None else fits(value, form.schema))


def _rule(said: Said, form: Form, cascade: Cascade) -> bool:
    """What is missing may come yet, where only a part has come."""
    if said.acts or said.declined:
        return False
    missing = form.whole and not all(pattern.search(said.text) for pattern in cascade.must_match)
    return missing or any(pattern.search(said.text) for pattern in cascade.must_not_match)


def _low_confidence(said: Said, _: Form, cascade: Cascade) -> bool:
    return said.logprob is not None and exp(said.logprob) < cascade.confidence


CHECKS: Mapping[Flaw, Check] = {
    Flaw.EMPTY: _empty,
    Flaw.REFUSAL: _refusal,
    Flaw.TRUNCATED: _truncated,
    Flaw.INVALID_JSON: _invalid_json,
    Flaw.RULE: _rule,
    Flaw.LOW_CONFIDENCE: _low_confidence,
}
"""How each flaw is recognised."""
