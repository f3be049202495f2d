"""Model cards for the names in outcome files, from the configuration or else from the price map."""

from collections.abc import Iterable, Mapping

from routergate.config.pricemap import Listing, look_up
from routergate.config.spec import Config, ProviderKind
from routergate.domain.model import Category, ModelCard, ModelClass, ModelId, ProviderId

HOSTS = ("openai", "anthropic", "together_ai", "deepinfra", "nebius", "hyperbolic", "anyscale", "azure_ai")
"""Under which the price map is asked, in this order; they bill open models at about the same rates."""


def named_cards(names: Iterable[str], config: Config | None) -> Mapping[str, ModelCard]:
    """A card for every name whose price is known: the configuration's if it has one, or else a listed one."""
    own = {} if config is None else _by_name(config)
    found = {name: own.get(name) or _listed(name) for name in names}
    return {name: card for name, card in found.items() if card is not None and card.prices}


def _by_name(config: Config) -> dict[str, ModelCard]:
    cards = config.catalogue.models
    return {card.upstream: card for card in cards.values()} | {
        str(name): card for name, card in cards.items()
    }


def _listed(name: str) -> ModelCard | None:
    """What the price map says; `model@host` is the model at any host."""
    bare = name.partition("@")[0]
    listings = ((host, look_up(bare, host, ProviderKind.OPENAI)) for host in HOSTS)
    return next(
        (_card(name, host, found) for host, found in listings if found is not None and found.rates), None
    )


def _card(name: str, host: str, found: Listing) -> ModelCard:
    return ModelCard(
        id=ModelId(name),
        provider=ProviderId(host),
        upstream=name,
        model_class=ModelClass.ECONOMY,
        category=Category.COMMERCIAL_SMALL,
        context_tokens=found.context_tokens or 1,
        prices=(found.rates,) if found.rates else (),
    )
