"""Models as written → model cards, with what the price map knows filled in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from routergate.config import schema
from routergate.config.assets import asset
from routergate.config.findings import Findings, Place, hint
from routergate.config.pricemap import Listing, look_up
from routergate.config.ratecards import declared
from routergate.config.spec import ProviderKind
from routergate.domain.format import CONVERSATIONS, Format
from routergate.domain.model import (
    Capability,
    Category,
    ModelCard,
    ModelClass,
    ModelId,
    ProviderId,
    RateCard,
    TaskId,
)

CATEGORY: dict[ModelClass, Category] = {
    ModelClass.ECONOMY: Category.COMMERCIAL_SMALL,
    ModelClass.SELF_HOSTED: Category.OPEN_SOURCE,
    ModelClass.FRONTIER: Category.COMMERCIAL_LARGE,
}

BUILT_IN_TASKS = frozenset(
    {
        "chat", "code", "math", "extraction", "summarisation",
        "translation", "classification", "reasoning", "creative", "tools",
    }
)  # fmt: skip

OWNED = RateCard(start=date.min, input=Decimal(0), output=Decimal(0), source="owned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model as written, and where it belongs."""

    id: str
    written: schema.Model
    provider: schema.Provider | None
    """`None`: unknown, or wrong itself."""

    @property
    def place(self) -> Place:
        return ("models", self.id)

    @property
    def upstream(self) -> str:
        return self.written.name or self.id

    @property
    def listed(self) -> str:
        """Its name in the price map."""
        return self.written.listed_as or self.upstream

    @property
    def own(self) -> bool:
        """Whether it runs on the operator's GPUs, so that nobody else's price is its price."""
        served = self.provider is not None and self.provider.kind is ProviderKind.VLLM
        return served or self.written.model_class is ModelClass.SELF_HOSTED

    @property
    def multiplied(self) -> bool:
        """Whether its rates are a multiple of another model's."""
        return self.written.asset is not None and self.written.asset.premium is not None

    @property
    def all_fixed(self) -> bool:
        """Whether nothing is paid for a request, but all for having the model."""
        capital = self.written.asset
        return capital is not None and (self.own or capital.provisioned is not None)


def card(entry: Entry, tasks: Collection[str], findings: Findings) -> ModelCard | None:
    """The model's card, or `None` where something essential is wrong."""
    written, listing = entry.written, _listing(entry)
    _check_tasks(entry, tasks, findings)
    context = written.context_tokens or (listing.context_tokens if listing else None)
    if context is None:
        remedy = f"is missing, and the price map does not know '{entry.listed}'; write it, such as 32768"
        findings.problem((*entry.place, "context_tokens"), remedy)
        return None
    return ModelCard(
        id=ModelId(entry.id),
        provider=ProviderId(written.provider),
        upstream=entry.upstream,
        model_class=written.model_class,
        category=written.category or CATEGORY[written.model_class],
        capabilities=(capabilities := _capabilities(written, listing)),
        formats=_formats(entry, capabilities),
        context_tokens=context,
        max_output_tokens=written.max_output_tokens or (listing.max_output_tokens if listing else None),
        prices=_prices(entry, listing, findings),
        serves=frozenset(map(TaskId, written.serves)),
        region=written.region or (entry.provider.region if entry.provider else None),
        quality=written.quality or {},
        asset=asset(written.asset) if written.asset else None,
    )


def _listing(entry: Entry) -> Listing | None:
    written = entry.written
    facts = (written.prices, written.context_tokens, written.capabilities, written.max_output_tokens)
    if entry.provider is None or None not in facts:
        return None
    return look_up(entry.listed, written.provider, entry.provider.kind)


def _check_tasks(entry: Entry, tasks: Collection[str], findings: Findings) -> None:
    known = {*BUILT_IN_TASKS, *tasks}
    for index, task in enumerate(entry.written.serves):
        if task not in known:
            findings.problem(
                (*entry.place, "serves", index), f"no task is called '{task}'{hint(task, known)}"
            )
    for task in set(entry.written.quality or {}) - known - {"default"}:
        findings.problem((*entry.place, "quality", task), f"no task is called '{task}'{hint(task, known)}")


def _capabilities(written: schema.Model, listing: Listing | None) -> frozenset[Capability]:
    listed = listing.capabilities if listing else frozenset()
    capabilities = listed if written.capabilities is None else frozenset(written.capabilities)
    implied = {Capability.JSON_MODE} if Capability.JSON_SCHEMA in capabilities else set()
    return capabilities | implied


def _formats(entry: Entry, capabilities: Collection[Capability]) -> frozenset[Format]:
    """What it can be asked for, by what it is and by how its provider is spoken to."""
    kind = entry.provider.kind if entry.provider else None
    if Capability.EMBEDDINGS in capabilities:
        return frozenset({Format.EMBEDDINGS} if kind is not ProviderKind.ANTHROPIC else ())
    if kind in {ProviderKind.OPENAI, ProviderKind.AZURE, ProviderKind.VLLM}:
        return CONVERSATIONS | {Format.COMPLETIONS, Format.RESPONSES}
    return CONVERSATIONS


def _prices(entry: Entry, listing: Listing | None, findings: Findings) -> tuple[RateCard, ...]:
    """Declared, or owned, or listed, or unknown; a multiple of another model's is not known here."""
    if entry.written.prices:
        return declared(entry.written.prices, entry.place, findings)
    if entry.multiplied:
        return ()
    if entry.all_fixed and entry.written.prices is None:
        return (OWNED,)
    if entry.own or listing is None or listing.rates is None or entry.written.prices is not None:
        findings.warn(entry.place, "no price is known; its cost will be shown as unknown")
        return ()
    return (listing.rates,)
