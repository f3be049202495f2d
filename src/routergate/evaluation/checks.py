"""What an answer must be to be right, where that can be said exactly."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from routergate.check.schema import fits

Check = Callable[[str], bool]

NUMBER: Final = re.compile(r"[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?")
FENCE: Final = re.compile(r"\A\s*```\w*\s*\n(?P<inside>.*?)\n\s*```\s*\Z", re.DOTALL)


def check_of(written: Mapping[str, Any]) -> Check:
    """All that is written must hold of an answer; raises `ValueError` for what nobody understands."""
    rest = {name: value for name, value in written.items() if name != "within"}
    if unknown := rest.keys() - KINDS.keys():
        raise ValueError(f"'check' takes any of {', '.join(KINDS)}, not {', '.join(sorted(unknown))}")
    if not rest:
        raise ValueError("'check' is empty")
    checks = [KINDS[name](value, written) for name, value in rest.items()]
    return lambda answer: all(check(answer) for check in checks)


def _equals(wanted: Any, _: Mapping[str, Any]) -> Check:
    texts = wanted if isinstance(wanted, list) else [wanted]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError("'equals' is a text, or a list of texts that will all do")
    right = {_plain(text) for text in texts}
    return lambda answer: _plain(answer) in right


def _plain(text: str) -> str:
    """Without what does not make an answer another one: case, spaces, a full stop."""
    return " ".join(text.casefold().split()).rstrip(".")


def _matches(wanted: Any, _: Mapping[str, Any]) -> Check:
    try:
        pattern = re.compile(wanted)
    except (TypeError, re.error):
        raise ValueError("'matches' is not a regular expression") from None
    return lambda answer: pattern.search(answer) is not None


def _number(wanted: Any, written: Mapping[str, Any]) -> Check:
    within = written.get("within", 0)
    if not (_is_number(wanted) and _is_number(within)):
        raise ValueError("'number' and 'within' are numbers")
    return lambda answer: _close(NUMBER.findall(answer), wanted, within)


def _close(found: list[str], wanted: float, within: float) -> bool:
    """Whether the last number of an answer is the one: before it, answers reason."""
    if not found:
        return False
    last = float(found[-1].replace(",", "").replace("−", "-"))
    return abs(last - wanted) <= within + 1e-9 * abs(wanted)


def _schema(wanted: Any, _: Mapping[str, Any]) -> Check:
    if not isinstance(wanted, dict):
        raise ValueError("'schema' is a JSON schema")  # noqa: TRY004 - a mistake in the file, as the others
    return lambda answer: _fits(answer, wanted)


def _fits(answer: str, schema: Mapping[str, Any]) -> bool:
    fenced = FENCE.match(answer)
    try:
        value = json.loads(fenced["inside"] if fenced else answer)
    except (ValueError, RecursionError):
        return False
    return fits(value, schema)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


KINDS: Final[Mapping[str, Callable[[Any, Mapping[str, Any]], Check]]] = {
    "equals": _equals,
    "matches": _matches,
    "number": _number,
    "schema": _schema,
}
