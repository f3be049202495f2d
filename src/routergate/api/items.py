"""Bodies with one thing to take down, or with many of them as `items`."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

MOST_ITEMS = 1_000
One = TypeVar("One", bound=msgspec.Struct)
Many = TypeVar("Many", bound=msgspec.Struct)


class _Shape(msgspec.Struct):
    """Whether there are several."""

    items: msgspec.Raw = msgspec.Raw()


_shape: Final = msgspec.json.Decoder(_Shape).decode


def one_or_many(one: type[One], many: type[Many]) -> Callable[[bytes], One | Many]:
    """A decoder that goes by whether a body has `items`, so that complaints are about what was meant."""
    single, several = msgspec.json.Decoder(one).decode, msgspec.json.Decoder(many).decode

    def decode(body: bytes) -> One | Many:
        return several(body) if bytes(_shape(body).items) else single(body)

    return decode
