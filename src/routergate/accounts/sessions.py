"""Sessions of people who look at the gateway in a browser: in the store, good for every worker and replica.

The store has a session under its token's hash, with a proof that only who has the operator's key can make. So
whoever has the store can neither use a session nor make one, and another key ends all that were begun.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from routergate.accounts.audit import AuditLog
from routergate.accounts.times import SECOND
from routergate.domain.errors import Unauthenticated
from routergate.domain.operator import Operator, Role, SessionEnded, TooManyTries
from routergate.ports import Clock
from routergate.store.client import Store

IDLE = 12 * 3600 * SECOND
"""Nanoseconds for which a session goes on when nothing is asked."""
LONGEST = 7 * 86_400 * SECOND
NOTED_EVERY = 60 * SECOND
"""How closely the store knows when a session was last used."""
TRIES, WITHIN = 10, 900
"""Wrong keys from one address, and the seconds in which they count."""
ENDED = "The session has ended, or was never one. Log in again."


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    role: Role
    proof: str
    began: int
    seen: int

    @property
    def ends(self) -> int:
        return min(self.seen + IDLE, self.began + LONGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Who has logged in."""

    store: Store
    clock: Clock
    audit: AuditLog
    keys: Mapping[Role, str] = field(repr=False)
    """The operators' keys; without any of them, nobody gets in."""

    def role_of(self, key: str) -> Role | None:
        """Whose key it is; `None`: no operator's."""
        given = key.encode(errors="surrogateescape")
        found = [role for role, own in self.keys.items() if hmac.compare_digest(given, own.encode())]
        return found[0] if found else None

    async def begin(self, key: str, peer: str | None) -> tuple[str, Operator]:
        """A token that nobody else has, and who holds it; raises `Unauthenticated` or `TooManyTries`."""
        tries = f"rg:tries:{_network(peer)}"
        await self._count(tries)
        role = self.role_of(key)
        if role is None:
            raise Unauthenticated("This is neither the admin key nor the viewer key of this gateway.")
        await self.store.call("DEL", tries)
        token, now = secrets.token_urlsafe(32), self.clock.epoch_ns()
        record = _Record(role=role, proof=_proof(self.keys[role], token), began=now, seen=now)
        operator = _operator(token, record)
        await self.audit.note(operator.by, "log in", operator.by, role={"from": None, "to": role.value})
        await self.store.call("SET", _name(token), msgspec.json.encode(record), "PX", _left(record, now))
        return token, operator

    async def find(self, token: str) -> Operator:
        """Who holds it, whose session goes on from now; raises `SessionEnded`."""
        found = await self.store.call("GET", _name(token))
        if found is None:
            raise SessionEnded(ENDED)
        record, now = msgspec.json.decode(found, type=_Record), self.clock.epoch_ns()
        own = self.keys.get(record.role)
        if own is None or not hmac.compare_digest(record.proof, _proof(own, token)) or record.ends <= now:
            raise SessionEnded(ENDED)
        if now - record.seen >= NOTED_EVERY:
            record = msgspec.structs.replace(record, seen=now)
            # Only if it is still there: somebody may be ending it.
            renewed = msgspec.json.encode(record)
            await self.store.call("SET", _name(token), renewed, "XX", "PX", _left(record, now))
        return _operator(token, record)

    async def end(self, token: str) -> None:
        """Let the token open nothing any more, wherever it is shown."""
        by = _called(token)
        await self.audit.note(by, "log out", by)
        await self.store.call("DEL", _name(token))

    async def _count(self, tries: str) -> None:
        counted, _, left = await self.store.together(
            [("INCR", tries), ("EXPIRE", tries, WITHIN, "NX"), ("TTL", tries)]
        )
        if counted > TRIES:
            raise TooManyTries(
                "Too many wrong keys came from this address. Wait, and look up the right one meanwhile.",
                retry_after=left,
            )


def _operator(token: str, record: _Record) -> Operator:
    csrf = hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()
    return Operator(role=record.role, by=_called(token), csrf=csrf, expires=record.ends)


def _called(token: str) -> str:
    return f"console {_digest(token)[:8]}"


def _name(token: str) -> str:
    return f"rg:session:{_digest(token)}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _proof(key: str, token: str) -> str:
    return hmac.new(key.encode(), token.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _left(record: _Record, now: int) -> int:
    """Milliseconds for which the store keeps it."""
    return max((record.ends - now) // 1_000_000, 1)


def _network(peer: str | None) -> str:
    """Whom wrong keys are counted for: an address, or all that one subscriber has of the newer kind."""
    try:
        address = ipaddress.ip_address(peer or "")
    except ValueError:
        return "unknown"
    return str(address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False))
