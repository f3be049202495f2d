import hashlib

import pytest

from routergate.accounts.keys import KeyBudget, digest, key_id, masked, new_token
from routergate.domain.budget import Away, Measure, Scope, Window


def test_every_key_is_new_and_says_whose_it_is() -> None:
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(token.startswith("rg-") and len(token) == 46 for token in tokens)


def test_a_key_is_named_after_its_digest() -> None:
    full = digest("rg-something")

    assert full == hashlib.sha256(b"rg-something").hexdigest()
    assert key_id(full) == f"key_{full[:16]}"


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("rg-1abcdefghijklmnopcd34", "rg-1a****cd34"),
        ("rg-short", "****"),
        ("", "****"),
        ("rg-1abcdefgh\r\nSet-Cookie: x", "****"),
        ("rg-1abcdefghijklmnopqrst\u202e", "****"),
    ],
)
def test_a_token_is_shown_only_as_far_as_its_owner_needs(token: str, shown: str) -> None:
    assert masked(token) == shown


def test_a_token_of_bytes_that_are_no_text_has_a_digest_too() -> None:
    assert len(digest(b"rg-\xff\xfe".decode("utf-8", "surrogateescape"))) == 64


def test_a_keys_budget_is_a_rule_about_the_key() -> None:
    budget = KeyBudget(nanos=5, window=Window.DAY, strict=True).rule
    assert (budget.scope, budget.measure, budget.limit) == (Scope.KEY, Measure.CASH, 5)
    assert (budget.strict, budget.when_store_away) == (True, Away.REFUSE)
    assert KeyBudget(nanos=5, window=Window.DAY).rule.when_store_away is Away.SERVE
