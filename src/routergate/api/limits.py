"""How limits stand, in the headers that OpenAI's clients know."""

from collections.abc import Iterator, Mapping

from routergate.domain.budget import Limit, Measure
from routergate.domain.refusals import NotAdmitted
from routergate.domain.reservation import Kind, Line, Standing
from routergate.spend.reservation import Reservation

_NAMES: Mapping[Measure, str] = {
    Measure.REQUESTS: "requests",
    Measure.TOKENS: "tokens",
    Measure.INPUT_TOKENS: "input-tokens",
    Measure.OUTPUT_TOKENS: "output-tokens",
}


def limit_headers(reservation: Reservation) -> dict[str, str]:
    """`x-ratelimit-{limit,remaining,reset}-*` of the limit that is closest, and a lowered output limit.

    `reset` is the time after which all of it is surely free again.
    """
    headers: dict[str, str] = {}
    for measure in _NAMES:
        closest = min(_limits(reservation, measure), key=_remaining, default=None)
        if closest is not None:
            headers |= _headers(closest[0], _remaining(closest))
    if reservation.shortened and reservation.need is not None:
        headers["x-routergate-max-output-tokens"] = str(reservation.need.output_limit)
    return headers


def refusal_headers(error: NotAdmitted) -> dict[str, str]:
    """The same of the limit that is in the way; nothing if a budget is."""
    denied = error.denied
    if denied.line.counter.kind is not Kind.SLIDING:
        return {}
    return _headers(denied.line, _remaining((denied.line, denied.standing)))


def _headers(line: Line, remaining: int) -> dict[str, str]:
    name = _NAMES[line.counter.measure]
    return {
        f"x-ratelimit-limit-{name}": str(line.rule.limit),
        f"x-ratelimit-remaining-{name}": str(max(remaining, 0)),
        f"x-ratelimit-reset-{name}": duration(line.counter.seconds),
    }


def duration(seconds: int) -> str:
    """As OpenAI writes it: `59s`, `6m0s`, `1h0m0s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _limits(reservation: Reservation, measure: Measure) -> Iterator[tuple[Line, Standing]]:
    for line, standing in zip(reservation.lines, reservation.standings, strict=True):
        sliding = line.counter.kind is Kind.SLIDING
        if sliding and isinstance(line.rule, Limit) and line.counter.measure is measure:
            yield line, standing


def _remaining(limit: tuple[Line, Standing]) -> int:
    line, standing = limit
    return line.rule.limit - standing.spent - standing.held
