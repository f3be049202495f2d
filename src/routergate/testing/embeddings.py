"""Embeddings: vectors that are made from the text alone and mean nothing."""

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from routergate.testing.asked import model_and_faults
from routergate.testing.faults import Faults
from routergate.testing.profile import Profile
from routergate.testing.refusals import invalid, missing
from routergate.testing.tokens import count

KNOWN = frozenset({"model", "input", "encoding_format", "dimensions", "user"})
DIMENSIONS, MOST_DIMENSIONS = 16, 3072


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """An answer, and what it bills."""

    body: bytes
    prompt_tokens: int
    faults: Faults


def embed(body: Mapping[str, Any], profile: Profile, imposed: Faults) -> Vectors:
    """The answer to a request, or `Refused` as the real API would."""
    model, faults = model_and_faults(body, profile)
    texts = _texts(body.get("input"))
    size = _size(body.get("dimensions"))
    encode = _packed if body.get("encoding_format") == "base64" else list
    tokens = sum(len(text) if isinstance(text, list) else count(text) for text in texts)
    vectors = [
        {"object": "embedding", "index": index, "embedding": encode(_vector(text, size))}
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    unknown = sorted(body.keys() - KNOWN)
    answer = {"object": "list", "data": vectors, "model": model, "x_simulated": {"unknown": unknown}}
    counted = {} if "nousage" in faults else {"usage": usage}
    return Vectors(body=msgspec.json.encode(answer | counted), prompt_tokens=tokens, faults=faults | imposed)


def _size(given: Any) -> int:
    if given is None:
        return DIMENSIONS
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_DIMENSIONS:
        raise invalid(f"'dimensions' must be a number from 1 to {MOST_DIMENSIONS}.", "dimensions")
    return given


def _texts(given: Any) -> list[str | list[int]]:
    if given is None:
        raise missing("input")
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list) or not given:
        raise invalid("'input' must be a text, tokens, or an array of them.", "input")
    return [given] if all(isinstance(token, int) for token in given) else given


def _vector(text: str | list[int], size: int) -> tuple[float, ...]:
    seed = msgspec.json.encode(text)
    digests = (blake2b(seed + bytes(str(place), "ascii"), digest_size=2).digest() for place in range(size))
    return tuple(int.from_bytes(digest) / 2**15 - 1 for digest in digests)


def _packed(vector: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
