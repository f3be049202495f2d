"""What each process sees of the providers' servers, told to the others through the store."""

from collections.abc import Iterator, Mapping

import msgspec

from routergate.dispatch.breaker import Circuit, Circuits, Target
from routergate.domain.model import ModelId, ProviderId
from routergate.store.client import Store

KEY = "rg:circuits"
KEPT = 120
"""Seconds for which the store keeps the last word; every rest is shorter."""
HEARSAY = 1.0
"""Seconds that a rest is longer for those who only heard of it: who saw the failures tries first."""


class Word(msgspec.Struct, frozen=True, array_like=True):
    """How one circuit stands, in seconds of the store's own clock."""

    by: str
    changed: float
    until: float | None
    wished: bool


_field = msgspec.json.Decoder(tuple[str, str, str]).decode
_word = msgspec.json.Decoder(Word).decode
_encode = msgspec.json.Encoder().encode


async def exchange(circuits: Circuits, store: Store, me: str, now: float) -> None:
    """Hear what is new elsewhere, and tell what is new here; `now` is this process's own time.

    After `StoreUnavailable` the news is kept for the next time.
    """
    [(seconds, micros), fields] = await store.together([("TIME",), ("HGETALL", KEY)])
    ahead = int(seconds) + int(micros) / 1e6 - now
    for target, word in _read(fields):
        if word.by != me:
            until = None if word.until is None else word.until - ahead + HEARSAY
            circuits[target].hear(until, word.changed - ahead, wished=word.wished)
    news = [(target, circuit, circuit.changed) for target, circuit in circuits if circuit.news]
    if news:
        words = [part for target, circuit, _ in news for part in _written(target, circuit, me, ahead)]
        await store.together([("HSET", KEY, *words), ("EXPIRE", KEY, KEPT)])
    for _, circuit, told in news:
        circuit.news = circuit.changed != told


def _written(target: Target, circuit: Circuit, me: str, ahead: float) -> tuple[bytes, bytes]:
    until = None if circuit.until is None else circuit.until + ahead
    field = (target.provider, target.replica, target.model)
    return _encode(field), _encode(Word(me, circuit.changed + ahead, until, circuit.wished))


def _read(fields: Mapping[bytes, bytes]) -> Iterator[tuple[Target, Word]]:
    """What can be read of it: another version may use other words."""
    for field, word in fields.items():
        try:
            provider, replica, model = _field(field)
            yield Target(ProviderId(provider), replica, ModelId(model)), _word(word)
        except msgspec.MsgspecError:
            continue
