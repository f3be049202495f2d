"""A gateway with an organisation for each rule that is tried, so that no test spends another one's budget."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from support.gateway import RunningGateway, a_model, configuration, sha256
from support.stage import Caller, a_caller

HEADERS = {
    "x-routergate-customer": "globex",
    "x-routergate-feature": "search",
    "x-routergate-tags": "night",
    "x-routergate-session": "talk-1",
}
"""What the requests of these tests say of themselves."""
NAMES: Mapping[str, str] = {
    "organisation": "each-organisation",
    "team": "research",
    "feature": "search",
    "customer": "globex",
    "tag": "night",
    "session": "talk-1",
    "route": "auto",
    "model": "small",
    "provider": "sim",
}
"""Under which name a request of these tests counts in each scope; of keys only the gateway knows."""


def a_budget(**changes: Any) -> dict[str, Any]:
    """So much money for the organisation, once and for all."""
    return {"scope": "organisation", "usd": 0.00002, "window": "total", **changes}


def once(scope: str) -> dict[str, Any]:
    """One request for each of a scope."""
    return {"budgets": [{"scope": scope, "requests": 1, "window": "total"}]}


RULES: Mapping[str, Mapping[str, Any]] = {
    **{f"each-{scope}": once(scope) for scope in (*NAMES, "key")},
    "refused": {"budgets": [a_budget(usd=0)]},
    "warned": {"budgets": [a_budget(usd=0, when_reached="warn")]},
    "thrifty": {"budgets": [a_budget(usd=0, when_reached="downgrade")]},
    "homely": {"budgets": [a_budget(usd=0, when_reached="own_models")]},
    "strict": {"budgets": [a_budget(usd=0.0001, mode="strict")]},
    "unpriced": {"budgets": [a_budget(usd=5)]},
    "daring": {"budgets": [a_budget(usd=5, unpriced="serve")]},
    "fiscal": {
        "timezone": "Asia/Tokyo",
        "fiscal_month_start": 26,
        "budgets": [{"scope": "organisation", "requests": 1, "window": "fiscal_month"}],
    },
    "quick": {"limits": [{"scope": "key", "requests": 3, "per": "day"}]},
    "wordy": {"limits": [{"scope": "organisation", "output_tokens": 60, "per": "minute"}]},
    "crowded": {"limits": [{"scope": "organisation", "concurrent": 1}]},
    "holding": {"budgets": [{"scope": "organisation", "tokens": 150, "window": "total"}]},
    "careful": {"budgets": [a_budget(usd=5, mode="strict")]},
    "shared": {"limits": [{"scope": "organisation", "requests": 10, "per": "day"}]},
    "listed": {
        "budgets": [
            {"scope": "team", "of": "research", "usd": 1, "window": "month"},
            {"scope": "customer", "requests": 100, "window": "day"},
        ],
        "limits": [{"scope": "organisation", "tokens": 5000, "per": "minute"}],
    },
    "plain": {},
    "*": {"budgets": [{"scope": "organisation", "requests": 2, "window": "total"}]},
}


def key_of(organisation: str) -> str:
    return f"rg-test-key-of-the-organisation-{organisation}"


def spenders(base_url: str) -> dict[str, Any]:
    """The configuration: every organisation has one key, of its team `research`."""
    plain = configuration(base_url)
    names = [*(name for name in RULES if name != "*"), "undeclared"]
    own = a_model("sim-mini", "self_hosted", 0.0, 0.0)
    unpriced = {**a_model("sim-mini", "economy", 0.0, 0.0), "name": "sim-nobody-knows"}
    del unpriced["prices"]
    return {
        **plain,
        "models": {
            **plain["models"],
            "own": own,
            "unpriced": unpriced,
            "stalling": a_model("sim-mini!stall:3", "economy", 0.15, 0.60),
        },
        "routes": {
            **plain["routes"],
            "best": {"candidates": ["large", "small"], "quality": 0.99},
            "hybrid": {"candidates": ["small", "own"], "quality": 0.0},
        },
        "organisations": RULES,
        "keys": [{"hash": sha256(key_of(name)), "organisation": name, "team": "research"} for name in names],
    }


def a_spender(gateway: RunningGateway, organisation: str) -> AbstractAsyncContextManager[Caller]:
    return a_caller(gateway.url, key_of(organisation))
