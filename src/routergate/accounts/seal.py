"""What is kept of requests and answers, closed to all but their caller. The one home of cryptography."""

import hashlib
import hmac
import secrets
import zlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from routergate.domain.once import Asked

ONCE, AGAIN = b"routergate idempotency 1\n", b"routergate cache 1\n"
"""What a seal is for: one of each never opens the other's."""
SIZE, NONCE = 32, 12
"""Bytes of each derived secret, and of AES-GCM's nonce."""
FAST = 1
"""How hard to compress: a stream repeats itself so much that more gains little."""


CAPTURE = b"routergate capture 1\n"


class Unreadable(ValueError):
    """What was kept is damaged, or another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A name, a digest and a cipher, all three from the caller's key.

    Whoever has the store but not the key can neither read an answer nor test a guess at a prompt.
    """

    name: str
    """The same for the same key and `Idempotency-Key`."""
    request: bytes
    """The same for the same request."""
    _cipher: AESGCM = field(repr=False)

    def close(self, plain: bytes) -> bytes:
        """`plain` as it may be stored, in less room."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(plain, FAST), self.request)

    def open(self, closed: bytes) -> bytes:
        """What was closed for the same request; raises `Unreadable`."""
        try:
            return zlib.decompress(self._cipher.decrypt(closed[:NONCE], closed[NONCE:], self.request))
        except (InvalidTag, ValueError, zlib.error) as error:
            raise Unreadable("what was kept cannot be read") from error


def seal(asked: Asked, purpose: bytes = ONCE) -> Seal:
    """The seal of a request; hashing a large one takes its time."""
    derived = HKDF(SHA256(), length=3 * SIZE, salt=None, info=purpose + asked.name.encode()).derive(
        asked.token.encode("utf-8", "surrogatepass")
    )
    request = hmac.new(derived[SIZE : 2 * SIZE], digestmod=hashlib.sha256)
    for part in asked.content:
        request.update(part)
    return Seal(name=derived[:SIZE].hex(), request=request.digest(), _cipher=AESGCM(derived[2 * SIZE :]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A cipher and names, from an operator's secret: without it nothing is read, and no name is guessed."""

    _cipher: AESGCM = field(repr=False)
    _names: bytes = field(repr=False)

    def close(self, plain: bytes, name: str) -> bytes:
        """`plain` as it may be written under a name, and no other, in less room."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(plain), name.encode())

    def open(self, closed: bytes, name: str) -> bytes:
        """What was closed under this name; raises `Unreadable`."""
        try:
            return zlib.decompress(self._cipher.decrypt(closed[:NONCE], closed[NONCE:], name.encode()))
        except (InvalidTag, ValueError, zlib.error) as error:
            raise Unreadable("what was kept cannot be read") from error

    def tag(self, *parts: str) -> str:
        """The same name for the same texts; nobody else can tell which."""
        text = "\0".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self._names, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:SIZE]


def box(secret: str) -> Box:
    """The box that a secret opens."""
    derived = HKDF(SHA256(), length=2 * SIZE, salt=None, info=CAPTURE).derive(secret.encode())
    return Box(_cipher=AESGCM(derived[:SIZE]), _names=derived[SIZE:])
