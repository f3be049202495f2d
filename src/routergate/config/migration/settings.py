"""LiteLLM's settings outside the models → routes, rules, alerts, or a word on where else they belong."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from routergate.config.findings import Place
from routergate.config.migration.foreign import Notes, mapping, number, settings

READ: Final = frozenset(
    {
        "fallbacks", "default_fallbacks", "context_window_fallbacks", "model_group_alias", "num_retries",
        "timeout", "request_timeout", "stream_timeout", "max_budget", "budget_duration", "alerting",
        "provider_budget_config",
    }
)  # fmt: skip
SILENT: Final = frozenset(
    {
        "enable_pre_call_checks", "set_verbose", "json_logs", "turn_off_message_logging",
        "request_id", "background_health_checks", "store_audit_logs", "use_redis_transaction_buffer",
    }
)  # fmt: skip
"""What RouterGate does in any case, or what changes nothing for anybody."""
_REDIS = "belongs in the environment: ROUTERGATE_REDIS_URL"
_ROUTING = (
    "has no equivalent: servers of one provider are asked by how much they run and by weight; "
    "models of a route by cost, or as written"
)
_CIRCUITS = "has no equivalent: docs/failures.md says when a server is left alone, and for how long"
REMARKS: Final[Mapping[str, str]] = {
    "master_key": "is not copied: the admin key is ROUTERGATE_ADMIN_KEY; callers need `keys create`",
    "database_url": "is not needed; keys and models in LiteLLM's database are not imported",
    "store_model_in_db": "is not needed; keys and models in LiteLLM's database are not imported",
    "routing_strategy": _ROUTING,
    "routing_strategy_args": _ROUTING,
    "allowed_fails": _CIRCUITS,
    "cooldown_time": _CIRCUITS,
    "retry_after": _CIRCUITS,
    "redis_host": _REDIS,
    "redis_port": _REDIS,
    "redis_password": _REDIS,
    "redis_url": _REDIS,
    "cache": "is left out: docs/configuration.md says what a route can keep",
    "cache_params": "is left out: docs/configuration.md says what a route can keep",
    "drop_params": "is left out: parameters are relayed, and the provider says which it does not take",
    "content_policy_fallbacks": "has no equivalent: a content filter's refusal goes to the caller as it is",
    "max_parallel_requests": "is left out: write `limits: [{scope: key, concurrent: N}]` for an organisation",
    "global_max_parallel_requests": "is left out: write a provider's `limit`",
    "success_callback": "is left out: /metrics, usage events and logs are there without it",
    "failure_callback": "is left out: /metrics, usage events and logs are there without it",
    "callbacks": "is left out: /metrics, usage events and logs are there without it",
}
WINDOWS: Final[Mapping[str, str]] = {
    "1h": "hour", "60m": "hour", "1d": "day", "24h": "day", "7d": "week",
    "30d": "month", "31d": "month", "1mo": "month",
}  # fmt: skip
EACH: Final = "each organisation has it for itself here"


@dataclass(frozen=True, slots=True)
class Chains:
    """Who answers when a name's own models do not, by name; and other names for it."""

    after: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, Place]]


def chains(tree: Mapping[str, Any], names: Iterable[str], notes: Notes) -> Chains:
    """All fallbacks, those for every name last."""
    after: dict[str, list[str]] = {name: [] for name in names}
    everyone: list[str] = []
    for place, value in settings(tree):
        if place[1] in {"fallbacks", "context_window_fallbacks"}:
            for group, others in _fallbacks(value):
                _extend(after, group, others, place, notes)
        elif place[1] == "default_fallbacks":
            everyone += _known(value, after, place, notes)
    full = {
        name: tuple(dict.fromkeys(it for it in (*own, *everyone) if it != name))
        for name, own in after.items()
    }
    return Chains(full, dict(_aliases(tree)))


def calls(tree: Mapping[str, Any]) -> int | None:
    """How many calls one request may make to one name, by `num_retries`."""
    told = [number(value) for place, value in settings(tree) if place[1] == "num_retries"]
    return next((int(retries) + 1 for retries in told if retries is not None), None)


def patience(tree: Mapping[str, Any]) -> Mapping[str, str]:
    """How long providers may take, unless a deployment says otherwise."""
    ours = {"timeout": "total", "request_timeout": "total", "stream_timeout": "first_token"}
    found = {ours[str(place[1])]: number(value) for place, value in settings(tree) if place[1] in ours}
    return {name: f"{seconds:f}" for name, seconds in found.items() if seconds is not None}


def budgets(tree: Mapping[str, Any], notes: Notes) -> Iterator[dict[str, Any]]:
    """The budgets outside the models."""
    told = {str(place[1]): (place, value) for place, value in settings(tree)}
    if "max_budget" in told:
        place, most = told["max_budget"]
        yield from budget(
            "organisation", None, most, told.get("budget_duration", (place, None))[1], place, notes
        )
    place, by_provider = told.get("provider_budget_config", ((), None))
    for provider, it in mapping(by_provider).items():
        span = mapping(it).get("time_period")
        yield from budget(
            "provider", provider, mapping(it).get("budget_limit"), span, (*place, provider), notes
        )


def budget(
    scope: str, of: str | None, most: Any, span: Any, place: Place, notes: Notes
) -> Iterator[dict[str, Any]]:
    """A budget of ours, if it can be one."""
    if (usd := number(most)) is None:
        return
    window = "total" if span is None else WINDOWS.get(str(span))
    if window is None:
        known = ", ".join(dict.fromkeys(WINDOWS.values()))
        notes.add(place, f"a budget over '{span}' has no equivalent: write one over one of {known}")
        return
    notes.add(place, f"became a budget; {EACH}, and windows are those of the calendar")
    yield {"scope": scope, **({"of": of} if of else {}), "usd": f"{usd:f}", "window": window}


def alerts(tree: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Who is told of budgets."""
    for place, value in settings(tree):
        if place[1] == "alerting" and "slack" in (value if isinstance(value, list) else [value]):
            yield {"url": "${SLACK_WEBHOOK_URL}", "format": "slack"}


def remark(tree: Mapping[str, Any], notes: Notes) -> None:
    """Say where everything else belongs."""
    for place, _ in settings(tree):
        if place[1] not in READ | SILENT:
            notes.add(place, REMARKS.get(str(place[1]), "has no equivalent and is left out"))
    for section in tree.keys() - {"model_list", "router_settings", "litellm_settings", "general_settings"}:
        notes.add((section,), OUTSIDE.get(section, "has no equivalent and is left out"))


OUTSIDE: Final[Mapping[str, str]] = {
    "environment_variables": "is not copied: set these in the environment of the gateway",
    "include": "is not read: import each of the files, and put the results together",
}


def _aliases(tree: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, Place]]]:
    for place, value in settings(tree):
        if place[1] == "model_group_alias":
            for alias, meant in mapping(value).items():
                yield alias, (str(mapping(meant).get("model") or meant), (*place, alias))


def _fallbacks(written: Any) -> Iterator[tuple[str, list[Any]]]:
    """`[{a: [b, c]}]`, or a mapping alone."""
    for each in written if isinstance(written, list) else [written]:
        for group, others in mapping(each).items():
            yield group, others if isinstance(others, list) else [others]


def _extend(after: dict[str, list[str]], group: str, others: list[Any], place: Place, notes: Notes) -> None:
    if group == "*":
        for own in after.values():
            own.extend(_known(others, after, place, notes))
    elif group in after:
        after[group] += _known(others, after, place, notes)
    else:
        notes.add(place, f"no model is called '{group}': its fallbacks are left out")


def _known(others: Any, names: Iterable[str], place: Place, notes: Notes) -> list[str]:
    known = set(names)
    listed = [
        str(mapping(it).get("model") or it) for it in (others if isinstance(others, list) else [others])
    ]
    for name in listed:
        if name not in known:
            notes.add(place, f"no model is called '{name}': it is left out as a fallback")
    return [name for name in listed if name in known]
