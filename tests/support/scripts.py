"""Scripts for tests of the store."""

import hashlib

from routergate.store.client import Script


def script(text: str) -> Script:
    """A script with its name."""
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


COUNT = script("return redis.call('INCR', KEYS[1])")
PAIR = script("return redis.call('MSET', KEYS[1], ARGV[1], KEYS[2], ARGV[1])")
