"""What chance alone gives to a request: whether it goes to the baseline, to measure routing against it."""

from collections.abc import Iterable
from hashlib import blake2b

from routergate.domain.decision import Arm, Assignment, Candidate, RoutePolicy
from routergate.domain.identity import Attribution

_BYTES = 6  # 48 bits: as many as a float holds exactly


def draw(policy: RoutePolicy, account: Attribution, request_id: str) -> float:
    """A number from 0 to below 1 that chance alone gave to a session, or to a request that is in none.

    Always the same for the same route and session: a conversation stays in its arm, on every replica. The
    lower half is for hold-outs, the upper one for probes of models that are no longer trusted.
    """
    unit = account.session or request_id
    text = "\0".join((policy.id, account.identity.organisation, unit))
    digest = blake2b(text.encode(errors="surrogatepass"), digest_size=_BYTES).digest()
    return int.from_bytes(digest) / (1 << 8 * _BYTES)


def assignment(policy: RoutePolicy, candidates: Iterable[Candidate], drawn: float) -> Assignment | None:
    """The arm of a request; none where the baseline could not serve it, whatever was drawn."""
    if not policy.holdout or all(one.card.id != policy.baseline for one in candidates):
        return None
    if drawn < policy.holdout:
        return Assignment(arm=Arm.BASELINE, propensity=policy.holdout)
    return Assignment(arm=Arm.ROUTED, propensity=1 - policy.holdout)
