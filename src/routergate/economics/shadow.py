"""What it costs to stand in a queue, though nobody is paid for it."""

from routergate.domain.money import Nanos

MILLION = 1_000_000


def pressure(level: float, patience: float) -> float:
    """How much of its shadow price a queue costs a conversation, 0 to 1.

    `level` is the share of all conversations for which the queue is too long, `patience` this one's place
    among them, 0 (the first to leave) to 1.
    """
    if level <= 0:
        return 0.0
    return 1.0 if level >= patience else level / patience


def shadow_price(pressure: float, elsewhere: Nanos) -> Nanos:
    """Of a place in a queue: so much of what the next adequate model costs."""
    return Nanos(elsewhere * round(pressure * MILLION) // MILLION)
