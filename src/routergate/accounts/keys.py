"""Keys: what they look like, and what is kept of them."""

import hashlib
import secrets

import msgspec

from routergate.domain.identity import Identity

KEYS = "rg:keys"
"""The hash in the store: key id to record."""


class KeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the store keeps of a key: never the key itself."""

    id: str
    digest: str
    organisation: str
    team: str | None = None
    customer: str | None = None
    feature: str | None = None
    name: str | None = None
    allow: tuple[str, ...] | None = None
    created_at: int
    """Nanoseconds since the epoch."""
    revoked_at: int | None = None

    @property
    def identity(self) -> Identity:
        """Whom the key speaks for."""
        return Identity(
            key=self.id,
            organisation=self.organisation,
            team=self.team,
            customer=self.customer,
            feature=self.feature,
            name=self.name,
            allow=None if self.allow is None else frozenset(self.allow),
        )


def new_token() -> str:
    """A key for a caller: 256 bits of chance."""
    return f"rg-{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """SHA-256 in hexadecimal digits.

    A slow hash protects words that people choose; among 2^256 tokens there is nothing to guess.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def key_id(token_digest: str) -> str:
    """A name for the key that is safe to log, to store and to show."""
    return f"key_{token_digest[:16]}"


def masked(token: str) -> str:
    """Enough of a token for its owner to recognise it, and nobody to use it."""
    if len(token) < 20 or not (token.isascii() and token.isprintable()):
        return "****"
    return f"{token[:5]}****{token[-4:]}"


def encode(record: KeyRecord) -> bytes:
    """The record as it stands in the store."""
    return msgspec.json.encode(record)


def decode(record: bytes) -> KeyRecord:
    """The record that `encode` wrote."""
    return msgspec.json.decode(record, type=KeyRecord)
