"""What a good file becomes."""

import subprocess
import sys
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from routergate.config.load import load
from routergate.config.spec import Config, ProbeSpec, ProviderKind, ProviderSpec, Timeouts
from routergate.dispatch.fleet import Balance
from routergate.dispatch.outliers import Outliers
from routergate.domain.answer import Cascade, Flaw
from routergate.domain.decision import Hedge, Limits, RoutePolicy
from routergate.domain.errors import ConfigError
from routergate.domain.model import Capability, Category, ModelClass, ModelId, RateCard, TaskId
from support.configs import ENV, OUTLINE, SMALL, loaded

CHECKOUT = Path(__file__).parents[2]
EVERYTHING = "\n".join([OUTLINE, f"keys: [{{hash: 'sha256:{'a' * 64}', organisation: acme, allow: [auto]}}]"])


@pytest.fixture
def outline(tmp_path: Path) -> Config:
    return loaded(tmp_path, OUTLINE)


def urls(provider: ProviderSpec) -> list[str | None]:
    return [replica.base_url for replica in provider.replicas]


@pytest.mark.parametrize(
    ("written", "balance", "spill_after", "probe"),
    [
        ("kind: openai", Balance.LEAST_OUTSTANDING, 2.0, None),
        ("kind: vllm, base_url: http://a/v1", Balance.PREFIX, 2.0, None),
        (
            "kind: vllm, base_url: http://a/v1, balance: latency, spill_after: 5, probe: {}",
            Balance.LATENCY,
            5.0,
            ProbeSpec(every=10.0),
        ),
        (
            "kind: openai, probe: {every: 30, path: /ready}",
            Balance.LEAST_OUTSTANDING,
            2.0,
            ProbeSpec(every=30.0, path="/ready"),
        ),
    ],
)
def test_servers_are_chosen_left_and_looked_after_as_their_provider_says(
    tmp_path: Path, written: str, balance: Balance, spill_after: float, probe: ProbeSpec | None
) -> None:
    [provider] = loaded(tmp_path, SMALL.replace("kind: openai", written)).providers
    assert (provider.balance, provider.spill_after, provider.probe) == (balance, spill_after, probe)


@pytest.mark.parametrize(
    ("written", "outliers"),
    [
        ("kind: openai", None),
        ("kind: openai, outliers: {}", Outliers(latency=3.0, above=1.0)),
        ("kind: openai, outliers: {latency: 5, above: 0.5}", Outliers(latency=5.0, above=0.5)),
    ],
)
def test_servers_are_late_as_their_provider_says(
    tmp_path: Path, written: str, outliers: Outliers | None
) -> None:
    [provider] = loaded(tmp_path, SMALL.replace("kind: openai", written)).providers
    assert provider.outliers == outliers


def test_a_replica_may_have_a_weight(tmp_path: Path) -> None:
    written = "kind: openai, replicas: ['http://a/v1', {url: 'http://b/v1', weight: 2.5}]"
    [provider] = loaded(tmp_path, SMALL.replace("kind: openai", written)).providers
    assert [(it.base_url, it.weight) for it in provider.replicas] == [
        ("http://a/v1", 1),
        ("http://b/v1", 2.5),
    ]


def test_a_route_says_how_far_its_requests_may_go(tmp_path: Path) -> None:
    route = "routes: {auto: {candidates: [gpt-4o], attempts: 2, deadline: 30, wait: 0}}"
    config = loaded(tmp_path, SMALL + route)
    assert config.catalogue.routes["auto"].limits == Limits(attempts=2, deadline=30, wait=0)


def test_providers_become_specs(outline: Config) -> None:
    openai, anthropic, gpus = outline.providers
    assert (openai.kind, urls(openai)) == (ProviderKind.OPENAI, ["https://api.openai.com/v1"])
    assert openai.api_key is not None
    assert openai.api_key.reveal() == ENV["OPENAI_API_KEY"]
    assert (anthropic.kind, urls(anthropic)) == (ProviderKind.LITELLM, [None])
    assert (urls(gpus), gpus.region) == (["http://vllm-0:8000/v1", "http://vllm-1:8000/v1"], "eu")
    assert gpus.timeouts == Timeouts()


def test_a_declared_model_becomes_a_card(outline: Config) -> None:
    card = outline.catalogue.models[ModelId("gpt-4o-mini")]
    assert (card.provider, card.upstream, card.model_class) == ("openai", "gpt-4o-mini", ModelClass.ECONOMY)
    assert card.category is Category.COMMERCIAL_SMALL
    assert card.context_tokens == 128000
    assert card.prices == (
        RateCard(
            start=date(2024, 7, 18),
            input=Decimal("0.15"),
            cache_read=Decimal("0.075"),
            output=Decimal("0.60"),
        ),
    )


def test_a_schema_implies_json_mode(outline: Config) -> None:
    capabilities = outline.catalogue.models[ModelId("gpt-4o-mini")].capabilities
    assert {Capability.JSON_SCHEMA, Capability.JSON_MODE} < capabilities


def test_an_owned_model_has_no_marginal_price_and_its_providers_region(outline: Config) -> None:
    card = outline.catalogue.models[ModelId("contracts-7b")]
    assert card.prices == (RateCard(start=date.min, input=Decimal(0), output=Decimal(0), source="owned"),)
    assert card.region == "eu"
    assert card.serves == {TaskId("contract-review")}
    assert card.category is Category.FINE_TUNED


def test_routes_and_tasks_become_domain_values(outline: Config) -> None:
    candidates = tuple(map(ModelId, ("contracts-7b", "gpt-4o-mini", "gpt-4o")))
    assert outline.catalogue.routes == {
        "auto": RoutePolicy(
            id="auto",
            candidates=candidates,
            baseline=ModelId("gpt-4o"),
            quality=0.95,
            cascade=Cascade(escalate_when=frozenset({Flaw.INVALID_JSON, Flaw.REFUSAL, Flaw.LOW_CONFIDENCE})),
        )
    }
    task = outline.catalogue.tasks[TaskId("contract-review")]
    assert task.features == {"contracts"}
    assert task.examples == ("Review this NDA for …",)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", (False, None)),
        ("on_break: error", (False, None)),
        ("on_break: continue", (True, None)),
        ("hedge: {}", (False, Hedge())),
        ("hedge: {after: p95}", (False, Hedge())),
        ("hedge: {after: 2.5}", (False, Hedge(after=2.5))),
    ],
)
def test_a_route_says_what_is_done_about_late_and_broken_answers(
    tmp_path: Path, written: str, expected: tuple[bool, Hedge | None]
) -> None:
    config = loaded(tmp_path, SMALL + f"routes: {{auto: {{candidates: [gpt-4o], {written}}}}}")
    route = config.catalogue.routes["auto"]
    assert (route.continues, route.hedge) == expected


def test_a_file_with_everything_in_it_has_no_warnings(outline: Config) -> None:
    assert outline.warnings == ()


def test_a_cascade_of_one_candidate_is_said_to_check_nothing(tmp_path: Path) -> None:
    route = "{candidates: [gpt-4o], cascade: {escalate_when: [empty]}}"
    assert loaded(tmp_path, SMALL + f"routes: {{auto: {route}}}").warnings == (
        "routes.auto.cascade: nobody is left to ask after a bad answer; declare another candidate",
    )


def test_a_route_may_limit_price_and_time_to_first_token(tmp_path: Path) -> None:
    limits = "max_cost_usd: 0.02, first_token_seconds: 1.5"
    policy = loaded(
        tmp_path, SMALL + f"routes: {{auto: {{candidates: [gpt-4o], {limits}}}}}"
    ).catalogue.routes["auto"]
    assert (policy.max_cost, policy.first_token) == (20_000_000, 1.5)


def test_a_route_may_go_by_loaded_cost(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL + "routes: {auto: {candidates: [gpt-4o], cost_basis: loaded}}")
    assert config.catalogue.routes["auto"].loaded
    assert config.warnings == ()


def test_an_unknown_price_stays_unknown_and_is_said(tmp_path: Path) -> None:
    text = SMALL + "  mystery: {provider: openai, class: economy, context_tokens: 4096}"
    config = loaded(tmp_path, text)
    assert config.catalogue.models[ModelId("mystery")].prices == ()
    assert config.warnings == ("models.mystery: no price is known; its cost will be shown as unknown",)


def test_somebody_elses_price_is_not_the_price_of_an_own_server(tmp_path: Path) -> None:
    text = SMALL.replace("kind: openai", "kind: vllm, base_url: http://gpu:8000/v1")
    assert loaded(tmp_path, text).catalogue.models[ModelId("gpt-4o")].prices == ()


def test_rate_cards_are_put_in_order(tmp_path: Path) -> None:
    text = SMALL + (
        "  x:\n    provider: openai\n    class: economy\n    context_tokens: 1\n    prices:\n"
        "      - {from: 2026-02-01, input: 2, output: 2, per_request: 0.01}\n"
        "      - {from: 2025-02-01, input: 1, output: 1}\n"
    )
    older, newer = loaded(tmp_path, text).catalogue.models[ModelId("x")].prices
    assert (older.input, newer.input, newer.per_request) == (Decimal(1), Decimal(2), Decimal("0.01"))


@pytest.mark.parametrize("written", ["0.075", "0.1", "1e-3", "123456.000000000001", "3"])
def test_rates_are_exactly_what_is_written(tmp_path: Path, written: str) -> None:
    text = SMALL + (
        "  x: {provider: openai, class: economy, context_tokens: 1, "
        f"prices: [{{from: 2026-01-01, input: {written}, output: 1}}]}}"
    )
    (rates,) = loaded(tmp_path, text).catalogue.models[ModelId("x")].prices
    assert rates.input == Decimal(written)


def test_keys_and_server_become_specs(tmp_path: Path) -> None:
    config = loaded(tmp_path, EVERYTHING + "\nserver: {max_body_mb: 2, metric_labels: [team]}")
    (key,) = config.keys
    assert key.digest == "a" * 64
    assert (key.identity.key, key.identity.organisation) == ("key_" + "a" * 16, "acme")
    assert key.identity.allow == frozenset({"auto"})
    assert config.server.max_body_bytes == 2 * 1024 * 1024
    assert config.server.metric_labels == {"team"}


def test_a_declared_key_has_limits_like_any_other(tmp_path: Path) -> None:
    limits = "expires: 2027-01-31, classes: [economy], regions: [eu], ips: [10.0.0.0/8, '::1']"
    config = loaded(
        tmp_path, f"{OUTLINE}\nkeys: [{{hash: 'sha256:{'a' * 64}', organisation: acme, {limits}}}]"
    )
    identity = config.keys[0].identity
    assert (identity.classes, identity.regions) == (frozenset({ModelClass.ECONOMY}), frozenset({"eu"}))
    assert [str(network) for network in identity.networks or ()] == ["10.0.0.0/8", "::1/128"]
    assert identity.expires_at == int(datetime(2027, 1, 31, tzinfo=UTC).timestamp()) * 10**9


def test_a_number_is_the_quality_for_every_task(tmp_path: Path) -> None:
    text = SMALL.replace("class: frontier", "class: frontier, quality: 0.9")
    assert loaded(tmp_path, text).catalogue.models[ModelId("gpt-4o")].quality == {"default": 0.9}


def test_a_map_gives_the_quality_by_task(tmp_path: Path) -> None:
    text = SMALL.replace("class: frontier", "class: frontier, quality: {default: 0.8, math: 0.95}")
    assert loaded(tmp_path, text).catalogue.models[ModelId("gpt-4o")].quality == {
        "default": 0.8,
        "math": 0.95,
    }


def test_a_route_may_take_over_a_models_name(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL + "routes: {gpt-4o: {candidates: [gpt-4o-mini, gpt-4o]}}")
    assert "gpt-4o" in config.catalogue.routes
    assert ModelId("gpt-4o") in config.catalogue.models


def test_yaml_has_no_opinion_on_words_that_look_like_values(tmp_path: Path) -> None:
    text = SMALL.replace("{kind: openai}", "{kind: openai, region: no}").replace(
        "gpt-4o: {", "4.10: {name: gpt-4o, "
    )
    config = loaded(tmp_path, text)
    assert config.providers[0].region == "no"
    assert ModelId("4.10") in config.catalogue.models


def test_a_key_without_a_value_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL + "routes:\nkeys:\nserver:\n  grace_seconds:\n")
    assert (config.catalogue.routes, config.keys, config.server.grace_seconds) == ({}, (), 30.0)


def test_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    text = SMALL + (
        "  a: &a {provider: openai, class: economy, context_tokens: 10}\n"
        "  b:\n    <<: [{context_tokens: 20}, *a]\n    class: frontier\n"
    )
    card = loaded(tmp_path, text).catalogue.models[ModelId("b")]
    assert (card.context_tokens, card.model_class, card.provider) == (20, ModelClass.FRONTIER, "openai")


def test_the_example_that_users_start_from_loads_without_a_warning() -> None:
    config = load(CHECKOUT / "config/routergate.yaml", ENV)
    assert config.warnings == ()
    assert set(config.catalogue.routes) == {"auto", "contracts"}


def test_loading_imports_no_heavy_library() -> None:
    script = (
        "import sys; from pathlib import Path; from routergate.config.load import load;"
        "load(Path(sys.argv[1]), {'OPENAI_API_KEY': 'a', 'ANTHROPIC_API_KEY': 'b'});"
        "print({'litellm', 'aiohttp', 'redis', 'pydantic_settings'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", script, str(CHECKOUT / "config/routergate.yaml")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "set()\n"


NOISE = (
    "version: 1\n|models:\n|routes: |keys: |tasks: |server: |quality: |prices|provider|class: economy\n"
    "|  x: |  |- |{|}|[|]|: |, |&a |*a|<<: |'|\"|${|$${|${HOME}|${file:/x}|from: 2024-01-01|input: |1e9|.nan"
    "|null|~|!!binary x|\n|candidates: [a]|\t|\x00|\ue000|? |--- |%YAML|é|99999999999999999999999|#"
)
WORDS = st.sampled_from([*NOISE.split("|"), "|"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, max_size=14).map("".join), st.integers(0, len(EVERYTHING)), st.integers(0, 40))
@example("", 0, 0)
def test_a_file_is_either_loaded_or_refused_in_words(
    tmp_path: Path, noise: str, start: int, cut: int
) -> None:
    for text in (noise, EVERYTHING[:start] + noise + EVERYTHING[start + cut :]):
        with suppress(ConfigError):
            loaded(tmp_path, text)
