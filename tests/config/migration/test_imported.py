"""LiteLLM configurations as people have them, and what becomes of them."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from routergate.config.load import load
from routergate.config.migration.imported import Imported, imported
from routergate.config.spec import Config, ProviderKind
from routergate.domain.decision import RoutePolicy
from routergate.domain.errors import ConfigError
from routergate.domain.model import Capability, ModelCard, ModelClass, ModelId

HERE = Path(__file__).parent
NAMES = ("starter", "regions", "own-servers")
SECRETS = (
    "sk-ant-this-stands-in-the-file",
    "sk-1234-the-master-key",
    "very-secret-redis-password",
    "sk-azure-in-the-file",
    "a-secret-in-a-header",
)


def one(written: Any, folder: Path) -> Imported:
    """What becomes of a configuration; JSON is YAML."""
    path = folder / "litellm.yaml"
    path.write_text(written if isinstance(written, str) else json.dumps(written))
    return imported(path)


def deployed(model: str, group: str = "m", info: Any = None, **params: Any) -> dict[str, Any]:
    return {"model_name": group, "litellm_params": {"model": model, **params}, "model_info": info or {}}


def checked(found: Imported, folder: Path) -> Config:
    """The configuration, as the gateway takes it up."""
    path = folder / "routergate.yaml"
    path.write_text(found.text)
    return load(path, {name: f"https://{name.lower().replace('_', '-')}.example" for name in found.variables})


@pytest.fixture(params=NAMES)
def found(request: pytest.FixtureRequest) -> Imported:
    return imported(HERE / f"{request.param}.yaml")


def the(name: str, folder: Path) -> tuple[Config, Imported]:
    found = imported(HERE / f"{name}.yaml")
    return checked(found, folder), found


def card(config: Config, name: str) -> ModelCard:
    return config.catalogue.models[ModelId(name)]


def route(config: Config, name: str) -> RoutePolicy:
    return config.catalogue.routes[name]


def test_the_result_is_a_configuration_without_a_mistake(found: Imported, tmp_path: Path) -> None:
    assert checked(found, tmp_path).catalogue.models


def test_no_secret_is_in_the_result_or_in_what_is_said_of_it(found: Imported) -> None:
    told = f"{found}"
    assert [secret for secret in SECRETS if secret in told] == []


def test_every_note_has_its_line(found: Imported) -> None:
    numbers = [int(note.split(":")[1]) for note in found.warnings]
    assert numbers == sorted(numbers)
    assert min(numbers) > 0


def test_names_are_models_and_fallbacks_are_routes_in_their_order(tmp_path: Path) -> None:
    config, _ = the("starter", tmp_path)
    policy = route(config, "claude")
    assert (policy.candidates, policy.as_written, policy.limits.attempts) == (("claude", "gpt-4o"), True, 5)
    assert card(config, "claude").upstream == "claude-sonnet-4-5"
    kinds = {spec.id: spec.kind for spec in config.providers}
    assert kinds == {
        "openai": ProviderKind.OPENAI,
        "anthropic": ProviderKind.ANTHROPIC,
        "mistral": ProviderKind.OPENAI,
    }
    assert {card.prices[0].source[:7] for card in config.catalogue.models.values()} == {"litellm"}
    assert Capability.EMBEDDINGS in card(config, "embed").capabilities


def test_limits_budgets_and_alerts_are_taken_over(tmp_path: Path) -> None:
    config, found = the("starter", tmp_path)
    assert "{scope: organisation, usd: 500, window: month}" in found.text
    assert "{scope: model, of: gpt-4o, requests: 480, per: minute}" in found.text
    assert len(config.alerts) == 1


def test_deployments_that_are_alike_are_servers_of_one_provider(tmp_path: Path) -> None:
    config, _ = the("regions", tmp_path)
    azure = config.providers[0]
    assert [(it.base_url, it.weight) for it in azure.replicas] == [
        ("https://acme-sweden.openai.azure.com", 2.0),
        ("https://acme-france.openai.azure.com", 1.0),
    ]
    assert len({it.api_key for it in azure.replicas}) == 2
    assert (azure.kind, azure.api_version) == (ProviderKind.AZURE, "2024-10-21")
    assert card(config, "gpt-4o@azure").prices[0].source.startswith("litellm")


def test_deployments_that_are_not_alike_are_candidates_in_their_order(tmp_path: Path) -> None:
    config, found = the("regions", tmp_path)
    assert route(config, "gpt-4o").candidates == ("gpt-4o@azure", "gpt-4o@openai", "legal")
    assert route(config, "default").candidates == route(config, "gpt-4o").candidates
    assert any("nothing is spread" in note for note in found.warnings)


def test_a_deployments_own_limits_are_its_providers(tmp_path: Path) -> None:
    config, _ = the("regions", tmp_path)
    own = next(spec for spec in config.providers if spec.id == card(config, "gpt-4o-mini").provider)
    assert own.places is not None
    assert (own.places.concurrent, own.timeouts.total, own.timeouts.first_token) == (20, 30.0, 5.0)


def test_what_litellm_alone_speaks_to_goes_through_its_library(tmp_path: Path) -> None:
    config, _ = the("regions", tmp_path)
    legal = card(config, "legal")
    assert legal.upstream == "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0"
    assert (legal.provider, legal.region, bool(legal.prices)) == ("bedrock", "eu-central-1", True)


def test_own_servers_are_told_by_what_they_are(tmp_path: Path) -> None:
    config, _ = the("own-servers", tmp_path)
    contracts, house = card(config, "contracts"), card(config, "house")
    assert (contracts.model_class, contracts.context_tokens) == (ModelClass.SELF_HOSTED, 32768)
    assert Capability.JSON_SCHEMA in contracts.capabilities
    assert [len(spec.replicas) for spec in config.providers] == [2, 1, 1, 1]
    assert config.providers[0].api_key is None
    assert (str(house.prices[0].input), str(house.prices[0].output)) == ("0.9", "7.25")
    assert route(config, "llama").candidates == ("llama", "gemini")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (deployed("gpt-4o", "gpt-*"), "is a wildcard"),
        (deployed("whisper-1", info={"mode": "audio_transcription"}), "no models of the mode"),
        ({"model_name": "m"}, "has no model_name, or no litellm_params.model"),
        (7, "has no model_name, or no litellm_params.model"),
        (deployed("gpt-4o", tags=["a"]), "tags: has no equivalent"),
        (deployed("vertex_ai/gemini-x", vertex_project="p"), "vertex_project: is left out: set it in the"),
        (deployed("openai/x", api_base="https://x.example/v1"), "where LiteLLM would send OPENAI_API_KEY"),
        (deployed("openai/unheard-of"), "no price is known for it"),
    ],
)
def test_what_has_no_equivalent_is_told(tmp_path: Path, entry: Any, said: str) -> None:
    found = one({"model_list": [entry, deployed("gpt-4o", "known")]}, tmp_path)
    assert any(said in note for note in found.warnings), found.warnings
    assert checked(found, tmp_path).catalogue.models


def test_different_keys_in_the_file_become_different_variables(tmp_path: Path) -> None:
    keys = ("sk-one", "sk-two", "sk-one", "os.environ/OPENAI_API_KEY")
    entries = [deployed("gpt-4o", f"m{index}", api_key=key) for index, key in enumerate(keys)]
    found = one({"model_list": entries}, tmp_path)
    assert found.variables == ("OPENAI_API_KEY", "OPENAI_API_KEY_2", "OPENAI_API_KEY_3")
    config = checked(found, tmp_path)
    assert card(config, "m0").provider == card(config, "m2").provider != card(config, "m1").provider


def test_an_address_with_a_secret_in_it_is_not_copied(tmp_path: Path) -> None:
    entry = deployed("hosted_vllm/x", api_base="https://user:pass@gpus.example/v1")
    found = one({"model_list": [entry]}, tmp_path)
    assert ("pass" in found.text, found.variables) == (False, ("HOSTED_VLLM_API_BASE",))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("model_list: {", "2: not valid YAML"),
        ("providers: {}", "has no 'model_list'"),
        ("model_list: []", "has no model that can be imported"),
        ("model_list: [{a: 1, a: 2}]", "written twice"),
    ],
)
def test_what_is_no_configuration_of_litellm_is_told_with_its_place(
    tmp_path: Path, written: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        one(written, tmp_path)
    assert str(tmp_path / "litellm.yaml") in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        imported(tmp_path / "none.yaml")


def places(tree: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value."""
    if way:
        yield way
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, inner in pairs:
        yield from places(inner, (*way, step))


CONFIGURATIONS = [yaml.safe_load((HERE / f"{name}.yaml").read_text()) for name in NAMES]
PLACES = [(tree, way) for tree in CONFIGURATIONS for way in places(tree)]
JUNK: Any = st.sampled_from(
    [None, "", "x y", -1, 1e400, True, [], {}, [[1]], {"a": {"b": []}}, "os.environ/", "${"]
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACES), JUNK)
def test_whatever_stands_in_a_file_it_is_imported_or_told_of(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[Any, tuple[Any, ...]], junk: Any
) -> None:
    tree, (*steps, last) = deepcopy(place[0]), place[1]
    inner = tree
    for step in steps:
        inner = inner[step]
    inner[last] = junk
    folder = tmp_path_factory.getbasetemp()
    try:
        assert checked(one(tree, folder), folder).catalogue.models
    except ConfigError as error:
        assert error.problems  # noqa: PT017 - either way is good
