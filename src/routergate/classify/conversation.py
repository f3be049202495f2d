"""What makes one conversation out of several requests."""

from collections.abc import Iterable
from hashlib import blake2b

from routergate.domain.format import Format
from routergate.domain.identity import Attribution
from routergate.domain.request import ChatRequest, Message

READ = 4096
"""Characters of a message that tell it from others."""


def conversation(request: ChatRequest, account: Attribution) -> str:
    """A name that all requests of a conversation share, with no way back to its text; empty: there is none.

    It is the session, where one is given; else whatever was said up to the user's first message, which every
    later request repeats.
    """
    if request.format is Format.EMBEDDINGS:
        return ""
    digest = blake2b(account.identity.organisation.encode(errors="replace"), digest_size=8)
    said = [account.session] if account.session else _opening(request.messages)
    for text in said:
        digest.update(b"\0" + text[:READ].encode(errors="replace"))
    return digest.hexdigest()


def _opening(messages: Iterable[Message]) -> Iterable[str]:
    for message in messages:
        yield message.text
        if message.role == "user":
            return
