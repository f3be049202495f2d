"""LiteLLM's deployments → providers and models."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from routergate.config.migration.foreign import Deployment, Notes, number, whole
from routergate.config.migration.servers import COSTS, Manner, Server, bought, host, manner, server, vendor_of
from routergate.config.pricemap import Listing, look_up
from routergate.config.spec import ProviderKind
from routergate.domain.model import Capability, ModelClass

ROOM: Final = 8192
"""Tokens that are written where nobody knows how much room a model has."""
FRONTIER: Final = Decimal(5)
"""Dollars per million output tokens from which a model is taken for a frontier model."""
SUPPORTS: Final[Mapping[str, Capability]] = {
    "supports_function_calling": Capability.TOOLS,
    "supports_vision": Capability.VISION,
    "supports_audio_input": Capability.AUDIO,
    "supports_response_schema": Capability.JSON_SCHEMA,
    "supports_reasoning": Capability.REASONING,
}
MODES: Final = frozenset({"chat", "completion", "responses", "embedding"})


@dataclass(frozen=True, slots=True)
class Model:
    """A model of ours, and the deployments that it was made of."""

    id: str
    provider: str
    entry: Mapping[str, Any]
    deployments: Sequence[Deployment]


@dataclass(slots=True)
class Catalogue:
    """Providers and models, as they are made; the models of each name that applications call."""

    notes: Notes
    timeouts: Mapping[str, str]
    providers: dict[str, dict[str, Any]] = field(default_factory=dict)
    vendors: dict[str, str] = field(default_factory=dict)
    """Of each provider."""
    groups: dict[str, list[Model]] = field(default_factory=dict)
    _known: dict[tuple[Manner, tuple[Server, ...]], str] = field(default_factory=dict)

    def add(self, group: str, deployments: Sequence[Deployment]) -> None:
        """All deployments of one name: those alike become servers of one provider, others models."""
        alike: dict[tuple[Manner, str], dict[Server, list[Deployment]]] = {}
        for it in sorted(deployments, key=lambda one: number(one.params.get("order")) or Decimal("Infinity")):
            at, how = server(it, self.notes), manner(it, self.timeouts, self.notes)
            apart = at if how.kind is ProviderKind.LITELLM else None
            alike.setdefault((how, f"{upstream(it)} {apart}"), {}).setdefault(at, []).append(it)
        several = len(alike) > 1
        for (how, _), servers in alike.items():
            provider = self._provider(how, tuple(servers))
            members = [it for each in servers.values() for it in each]
            name = self._free(f"{group}@{provider}") if several else group
            entry = _entry(name, provider, how, members[0], self.notes)
            self.groups.setdefault(group, []).append(Model(name, provider, entry, members))

    def models(self) -> Iterator[Model]:
        """All of them."""
        for models in self.groups.values():
            yield from models

    def _free(self, name: str) -> str:
        taken = {model.id for model in self.models()}
        return next(each for each in _numbered(name) if each not in taken)

    def _provider(self, how: Manner, servers: tuple[Server, ...]) -> str:
        if (known := self._known.get((how, servers))) is not None:
            return known
        where = host(servers[0].url)
        first = (how.vendor, f"{how.vendor}-{where}") if where else (how.vendor,)
        names = chain(first, _numbered(how.vendor))
        name = self._known[how, servers] = next(each for each in names if each not in self.providers)
        self.vendors[name] = how.vendor
        self.providers[name] = {**how.written(), **_placed(servers)}
        return name


def upstream(it: Deployment) -> str:
    """The vendor's own name; LiteLLM's library wants the vendor's before it."""
    vendor, name, known = vendor_of(it)
    if known.kind is not ProviderKind.LITELLM:
        return name
    named = it.params.get("custom_llm_provider")
    return f"{vendor}/{name}" if named else str(it.params["model"])


def served(deployments: Iterable[Deployment], notes: Notes) -> Iterator[Deployment]:
    """Those that answer in words or vectors; about the others there is a note."""
    for it in deployments:
        mode = str(it.info.get("mode") or "chat")
        if mode in MODES:
            yield it
        else:
            notes.add(it.place, f"is left out: RouterGate has no models of the mode '{mode}'")


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _placed(servers: Sequence[Server]) -> dict[str, Any]:
    if len(servers) > 1:
        return {"replicas": [each.written() for each in servers]}
    pairs = {"base_url": servers[0].url, "api_key": servers[0].key}
    return {name: value for name, value in pairs.items() if value is not None}


def _entry(name: str, provider: str, how: Manner, it: Deployment, notes: Notes) -> dict[str, Any]:
    theirs, place = upstream(it), (*it.place, "litellm_params", "model")
    natural = look_up(theirs, provider, how.kind)
    listed_as = None if natural and not it.info.get("base_model") else _listed_as(it)
    listing = look_up(listed_as, provider, how.kind) if listed_as else natural
    prices = _prices(it)
    model_class = bought(it) or _class(prices, listing)
    if (
        model_class is not ModelClass.SELF_HOSTED
        and not prices
        and (listing is None or listing.rates is None)
    ):
        notes.add(place, "no price is known for it: write its 'prices', or its cost will be shown as unknown")
    return {
        "provider": provider,
        **({"name": theirs} if theirs != name else {}),
        **({"listed_as": listed_as} if listed_as else {}),
        "class": model_class.value,
        **_abilities(it, listing, notes),
        **({"prices": [prices]} if prices else {}),
    }


def _listed_as(it: Deployment) -> str | None:
    """The first of its names that the price map knows."""
    names = (it.info.get("base_model"), it.params["model"])
    return next((str(name) for name in names if name and look_up(str(name), "", ProviderKind.OPENAI)), None)


def _class(prices: Mapping[str, Any], listing: Listing | None) -> ModelClass:
    listed = listing.rates.output if listing and listing.rates else None
    dear = Decimal(str(prices["output"])) if prices else listed
    return ModelClass.FRONTIER if dear is not None and dear >= FRONTIER else ModelClass.ECONOMY


def _prices(it: Deployment) -> dict[str, Any]:
    """Its own rates, per million tokens, where both that are needed are written."""
    told = {ours: number(it.info.get(name) or it.params.get(name)) for name, ours in COSTS.items()}
    if told["input"] is None or told["output"] is None:
        return {}
    rates = {rate: (cost * 1_000_000).normalize() + 0 for rate, cost in told.items() if cost is not None}
    return {"from": "2020-01-01", **{rate: f"{cost:f}" for rate, cost in rates.items()}}


def _abilities(it: Deployment, listing: Listing | None, notes: Notes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    room = whole(it.info.get("max_input_tokens")) or whole(it.info.get("max_tokens"))
    if room or listing is None or listing.context_tokens is None:
        found["context_tokens"] = room or ROOM
        if not room:
            told = f"nobody knows its room: {ROOM} was written as context_tokens; write what it has"
            notes.add((*it.place, "litellm_params", "model"), told)
    if wrote := whole(it.info.get("max_output_tokens")):
        found["max_output_tokens"] = wrote
    if capabilities := _capabilities(it, listing, notes):
        found["capabilities"] = capabilities
    return found


def _capabilities(it: Deployment, listing: Listing | None, notes: Notes) -> list[str]:
    """As written, or as listed, which need not be written; requests that need more are not sent there."""
    if it.info.get("mode") == "embedding":
        return (
            [] if listing and Capability.EMBEDDINGS in listing.capabilities else [Capability.EMBEDDINGS.value]
        )
    told = [ability for flag, ability in SUPPORTS.items() if str(it.info.get(flag)).lower() == "true"]
    if not told and listing is None:
        text = "nobody knows its capabilities: requests with tools, pictures or schemas are not sent to it"
        notes.add((*it.place, "litellm_params", "model"), f"{text} until you write them")
    listed = listing.capabilities if listing else frozenset()
    return sorted(ability.value for ability in {*told, *listed}) if told else []
