from typing import Any

import pytest

from routergate.api.catalogue import listed
from routergate.domain.decision import Catalogue, RoutePolicy
from routergate.domain.identity import Identity
from routergate.domain.model import Category, ModelCard, ModelClass, ModelId, ProviderId
from support.stage import SMALL_ONLY_KEY, Caller, Stage, a_caller


def a_card(name: str) -> ModelCard:
    return ModelCard(
        id=ModelId(name),
        provider=ProviderId("openai"),
        upstream=name,
        model_class=ModelClass.ECONOMY,
        category=Category.INSTRUCT,
        context_tokens=1,
    )


CATALOGUE = Catalogue(
    models={ModelId(name): a_card(name) for name in ("small", "large")},
    routes={name: RoutePolicy(id=name, candidates=(ModelId("small"),)) for name in ("auto", "large")},
)


@pytest.mark.parametrize(
    ("allow", "names"),
    [
        (None, ["auto", "large", "small"]),
        (frozenset({"small"}), ["small"]),
        (frozenset({"auto", "nobody"}), ["auto"]),
        (frozenset[str](), []),
    ],
)
def test_a_key_sees_what_it_may_use_routes_first(allow: frozenset[str] | None, names: list[str]) -> None:
    identity = Identity(key="k", organisation="acme", allow=allow)
    assert [name for name, _ in listed(CATALOGUE, identity)] == names


def test_a_route_hides_the_model_whose_name_it_has() -> None:
    anyone = Identity(key="k", organisation="acme")
    assert dict(listed(CATALOGUE, anyone)) == {"auto": "routergate", "large": "routergate", "small": "openai"}


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ({"classes": frozenset({ModelClass.ECONOMY})}, ["auto", "large", "small"]),
        ({"classes": frozenset({ModelClass.FRONTIER})}, []),
        ({"regions": frozenset({"eu"})}, []),
    ],
)
def test_a_key_does_not_see_names_behind_which_its_classes_and_regions_leave_no_model(
    scope: dict[str, Any], names: list[str]
) -> None:
    identity = Identity(key="k", organisation="acme", **scope)
    assert [name for name, _ in listed(CATALOGUE, identity)] == names


async def test_models_are_listed_as_openai_lists_them(caller: Caller) -> None:
    reply = await caller.get("/v1/models")
    assert reply.json["object"] == "list"
    auto, *_ = reply.json["data"]
    assert auto["id"] == "auto"
    assert {"object", "created", "owned_by"} <= auto.keys()
    assert (await caller.get("/v1/models/auto")).json == auto


async def test_a_model_that_a_key_may_not_use_is_unknown_to_it(stage: Stage) -> None:
    async with a_caller(stage.gateway.url, SMALL_ONLY_KEY) as caller:
        assert [entry["id"] for entry in (await caller.get("/v1/models")).json["data"]] == ["small"]
        reply = await caller.get("/v1/models/large")
        assert (reply.status, reply.error["code"]) == (404, "model_not_found")
        assert (await caller.chat("small")).status == 200
        refused = await caller.chat("large")
        assert (refused.status, refused.error["type"]) == (403, "permission_error")


async def test_models_are_for_those_with_a_key(stage: Stage) -> None:
    async with a_caller(stage.gateway.url, "rg-nobody") as caller:
        assert (await caller.get("/v1/models")).status == 401
