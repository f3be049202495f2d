"""Keys: what they look like, and what is kept of them."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

from routergate.accounts.times import shown
from routergate.domain.budget import Away, Budget, Measure, Scope, Window
from routergate.domain.identity import Identity, network
from routergate.domain.model import ModelClass
from routergate.domain.money import usd_text
from routergate.domain.turn import Priority

KEYS = "rg:keys:{keys}"
"""The hash in the store: key id to record."""


class KeyBudget(msgspec.Struct, frozen=True, kw_only=True):
    """The most money that a key may spend in a window of its organisation's calendar."""

    nanos: int
    window: Window
    strict: bool = False

    @property
    def rule(self) -> Budget:
        """The same, as it is held."""
        return Budget(
            scope=Scope.KEY,
            measure=Measure.CASH,
            limit=self.nanos,
            window=self.window,
            strict=self.strict,
            when_store_away=Away.REFUSE if self.strict else Away.SERVE,
        )


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
    classes: tuple[ModelClass, ...] | None = None
    regions: tuple[str, ...] | None = None
    ips: tuple[str, ...] | None = None
    """Addresses and networks; strings, because that is what they are in JSON."""
    priority: Priority | None = None
    created_at: int
    """Nanoseconds since the epoch, like all instants here."""
    expires_at: int | None = None
    disabled_at: int | None = None
    revoked_at: int | None = None
    replaces: str | None = None
    """The key that this one was made for, when that was rotated."""
    replaced_by: str | None = None
    budget: KeyBudget | None = None

    def state(self, now: int) -> str:
        """One word on whether it opens anything."""
        if self.revoked_at is not None:
            return "revoked"
        if self.disabled_at is not None:
            return "disabled"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"

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
            classes=None if self.classes is None else frozenset(self.classes),
            regions=None if self.regions is None else frozenset(self.regions),
            priority=self.priority,
            networks=None if self.ips is None else tuple(map(network, self.ips)),
            expires_at=self.expires_at,
            budgets=() if self.budget is None else (self.budget.rule,),
        )


def terms(record: KeyRecord) -> Mapping[str, Any]:
    """What operators may know of a key, in their words: everything but the digest."""
    budget = record.budget
    return {
        "organisation": record.organisation,
        "team": record.team,
        "customer": record.customer,
        "feature": record.feature,
        "name": record.name,
        "allow": record.allow,
        "classes": record.classes,
        "regions": record.regions,
        "ips": record.ips,
        "priority": record.priority,
        "budget_usd": budget and usd_text(budget.nanos),
        "window": budget and budget.window.value,
        "strict": budget and budget.strict,
        "expires": shown(record.expires_at),
        "disabled": shown(record.disabled_at),
        "revoked": shown(record.revoked_at),
        "replaces": record.replaces,
        "replaced_by": record.replaced_by,
    }


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
