"""`File` → `Config`, with the checks that no single value can show."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path

from routergate.config import schema
from routergate.config.billing import billing
from routergate.config.captured import captures
from routergate.config.cards import Entry, card
from routergate.config.declared import Key
from routergate.config.findings import Findings, Place, hint
from routergate.config.names import Names, refer
from routergate.config.premiums import with_premiums
from routergate.config.promise import calibrated
from routergate.config.rails import guardrails
from routergate.config.restraints import Alert
from routergate.config.revenue import source
from routergate.config.routes import policy
from routergate.config.rules import OTHERS, rules
from routergate.config.shadows import plans
from routergate.config.spec import (
    AlertSpec,
    Config,
    KeySpec,
    ProbeSpec,
    ProviderKind,
    ProviderSpec,
    ReplicaSpec,
    Secret,
    ServerSpec,
    Timeouts,
)
from routergate.config.trained import trained
from routergate.dispatch.fleet import TOLERATED, Balance
from routergate.dispatch.line import Places
from routergate.dispatch.outliers import Outliers
from routergate.domain.budget import Scope
from routergate.domain.caching import Sharing
from routergate.domain.decision import DIRECT, Catalogue, TaskCard
from routergate.domain.identity import Identity, network
from routergate.domain.model import ModelCard, ModelId, ProviderId, TaskId

VENDORS: Mapping[ProviderKind, str] = {
    ProviderKind.OPENAI: "https://api.openai.com/v1",
    ProviderKind.ANTHROPIC: "https://api.anthropic.com/v1",
}
"""Where providers are that were not told."""
BALANCE: Mapping[ProviderKind, Balance] = {ProviderKind.VLLM: Balance.PREFIX}
"""How servers are chosen where nothing is said, if it is not by their running calls alone."""
MIB = 1024 * 1024

PROVIDER_RULES: tuple[tuple[Callable[[schema.Provider], bool], str], ...] = (
    (
        lambda it: bool(it.base_url and it.replicas),
        "has both base_url and replicas; keep one of them",
    ),
    (
        lambda it: len({(one.url, one.api_key) for one in it.replicas or ()}) < len(it.replicas or ()),
        "names a replica twice; keep each once",
    ),
    (
        lambda it: it.kind is ProviderKind.AZURE and not (it.base_url or it.replicas),
        "is of kind azure and needs base_url or replicas, such as https://NAME.openai.azure.com",
    ),
    (
        lambda it: it.kind is not ProviderKind.AZURE and it.api_version is not None,
        "has an api_version, which only kind azure knows; remove it",
    ),
    (
        lambda it: it.kind is ProviderKind.VLLM and not (it.base_url or it.replicas),
        "is of kind vllm and needs base_url or replicas, such as http://vllm-0:8000/v1",
    ),
    (
        lambda it: it.kind is ProviderKind.LITELLM and bool(it.replicas),
        "is of kind litellm, which knows no replicas; declare a provider for each, or use kind openai",
    ),
    (
        lambda it: it.kind is ProviderKind.LITELLM and it.probe is not None,
        "is of kind litellm, which cannot be probed; remove probe",
    ),
    (
        lambda it: it.kind is not ProviderKind.VLLM and it.spill_after is not None,
        "does not tell its load, as only kind vllm does; remove spill_after",
    ),
)
"""What a provider must not be, and what is said if it is."""


def build(file: schema.File, names: Names, path: Path, findings: Findings) -> Config:
    """What the program uses. It is only good if there are no problems in `findings` afterwards."""
    models = _models(file, names, findings)
    if not file.models:
        findings.warn(("models",), "none is declared, so nothing can be answered")
    routes = {name: policy(name, it, models, names, findings) for name, it in file.routes.items()}
    _warn_of_guesses(file, findings)
    artifact = trained(path.parent, file.router.artifact, findings)
    catalogue = Catalogue(
        models=models,
        routes=calibrated(routes, _calibrations(file, path.parent), artifact, findings),
        tasks={TaskId(name): _task(name, it) for name, it in file.tasks.items()},
    )
    return Config(
        path=path,
        catalogue=catalogue,
        providers=tuple(_provider(name, it, findings) for name, it in file.providers.items()),
        keys=_keys(file.keys, names, models, findings),
        rules=rules(file.organisations, _subjects(names), findings),
        alerts=_alerts(file.alerts, names, findings),
        guardrails=guardrails(file, findings),
        capture=captures(file, path.parent, findings),
        shadows=plans(file, catalogue, names, artifact, findings),
        revenue=tuple(map(source, file.revenue)),
        billing=billing(file, names, findings),
        server=_server(file.server),
        artifact=artifact,
        remembers=file.router.remember,
        listed_as={ModelId(name): it.listed_as for name, it in file.models.items() if it.listed_as},
        warnings=findings.warnings,
    )


def _provider(name: str, written: schema.Provider, findings: Findings) -> ProviderSpec:
    for is_broken, text in PROVIDER_RULES:
        if is_broken(written):
            findings.problem(("providers", name), text)
    return ProviderSpec(
        id=ProviderId(name),
        kind=written.kind,
        replicas=_replicas(written),
        api_key=_secret(written.api_key),
        region=written.region,
        timeouts=Timeouts(**written.timeouts.model_dump()),
        headers=written.headers,
        api_version=written.api_version,
        output_limit=written.output_limit,
        stream_usage=written.stream_usage,
        places=Places(**written.limit.model_dump()) if written.limit else None,
        balance=written.balance or BALANCE.get(written.kind, Balance.LEAST_OUTSTANDING),
        spill_after=TOLERATED if written.spill_after is None else written.spill_after,
        probe=ProbeSpec(**written.probe.model_dump()) if written.probe else None,
        outliers=Outliers(**written.outliers.model_dump()) if written.outliers else None,
    )


def _secret(written: str | None) -> Secret | None:
    return Secret(written) if written else None


def _replicas(written: schema.Provider) -> tuple[ReplicaSpec, ...]:
    if written.replicas:
        return tuple(
            ReplicaSpec(base_url=it.url, weight=it.weight, api_key=_secret(it.api_key))
            for it in written.replicas
        )
    return (ReplicaSpec(base_url=written.base_url or VENDORS.get(written.kind)),)


def _models(file: schema.File, names: Names, findings: Findings) -> dict[ModelId, ModelCard]:
    cards: dict[ModelId, ModelCard] = {}
    for name, written in file.models.items():
        refer(written.provider, "provider", names.providers, ("models", name, "provider"), findings)
        entry = Entry(id=name, written=written, provider=file.providers.get(written.provider))
        if built := _card(entry, names, findings):
            cards[built.id] = built
    return with_premiums(file.models, cards, findings)


def _card(entry: Entry, names: Names, findings: Findings) -> ModelCard | None:
    try:
        return card(entry, names.tasks, findings)
    except ValueError as refusal:  # what the schema lets pass, a domain value may still refuse
        findings.problem(entry.place, str(refusal))
        return None


def _task(name: str, written: schema.Task) -> TaskCard:
    match = written.match
    return TaskCard(id=TaskId(name), features=frozenset(match.features), examples=tuple(match.examples))


def _calibrations(file: schema.File, folder: Path) -> dict[str, Path]:
    return {name: folder / it.calibration for name, it in file.routes.items() if it.calibration}


def _keys(
    written: Iterable[Key], names: Names, models: Mapping[ModelId, ModelCard], findings: Findings
) -> tuple[KeySpec, ...]:
    first: dict[str, int] = {}
    specs: list[KeySpec] = []
    for index, key in enumerate(written):
        place: Place = ("keys", index)
        if first.setdefault(key.hash, index) != index:
            text = f"keys[{first[key.hash]}] has the same hash; keep one of them"
            findings.problem((*place, "hash"), text)
        _check_key(key, place, names, findings)
        if len(models) == len(names.models):  # else it may be the region of a model that is wrong itself
            _check_regions(key, place, models, findings)
        specs.append(_key(key))
    return tuple(specs)


def _check_key(key: Key, place: Place, names: Names, findings: Findings) -> None:
    known = names.routes | names.models
    for index, model in enumerate(key.allow or ()):
        refer(model, "route or model", known, (*place, "allow", index), findings)
    declared = names.organisations
    if declared and OTHERS not in declared and key.organisation not in declared:
        remedy = hint(key.organisation, names.organisations)
        findings.warn((*place, "organisation"), f"'{key.organisation}' is not declared{remedy}")


def _check_regions(key: Key, place: Place, models: Mapping[ModelId, ModelCard], findings: Findings) -> None:
    known = {card.region for card in models.values() if card.region}
    for index, region in enumerate(key.regions or ()):
        if region not in known:
            text = f"no model is in the region '{region}'{hint(region, known)}"
            findings.problem((*place, "regions", index), text)


def _key(key: Key) -> KeySpec:
    digest = key.hash.removeprefix("sha256:")
    identity = Identity(
        key=f"key_{digest[:16]}",
        organisation=key.organisation,
        team=key.team,
        customer=key.customer,
        feature=key.feature,
        name=key.name,
        allow=None if key.allow is None else frozenset(key.allow),
        classes=None if key.classes is None else frozenset(key.classes),
        regions=None if key.regions is None else frozenset(key.regions),
        priority=key.priority,
        networks=None if key.ips is None else tuple(map(network, key.ips)),
        expires_at=None if key.expires is None else _midnight(key.expires),
    )
    return KeySpec(digest=digest, identity=identity)


def _midnight(day: date) -> int:
    """Where a day begins in UTC, nanoseconds since the epoch."""
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1_000_000_000


def _warn_of_guesses(file: schema.File, findings: Findings) -> None:
    for name, route in file.routes.items():
        if route.cache and route.cache.scope is Sharing.ORGANISATION and not file.server.cache_secret:
            text = (
                "whoever reads the store can test whether a guess at a whole request is right; "
                "set server.cache_secret"
            )
            findings.warn(("routes", name, "cache"), text)


def _server(written: schema.Server) -> ServerSpec:
    return ServerSpec(
        max_body_bytes=written.max_body_mb * MIB,
        max_replay_bytes=written.max_replay_mb * MIB,
        max_cache_bytes=written.max_cache_mb * MIB,
        cache_secret=Secret(written.cache_secret) if written.cache_secret else None,
        grace_seconds=written.grace_seconds,
        metric_labels=frozenset(written.metric_labels),
        metrics_port=written.metrics_port,
        console=written.console,
    )


def _subjects(names: Names) -> Mapping[Scope, Collection[str]]:
    """What rules may name, where the file itself says what there is."""
    return {
        Scope.ROUTE: names.routes | {DIRECT},
        Scope.MODEL: names.models,
        Scope.PROVIDER: names.providers,
    }


def _alerts(written: Iterable[Alert], names: Names, findings: Findings) -> tuple[AlertSpec, ...]:
    specs: list[AlertSpec] = []
    for index, alert in enumerate(written):
        spec = AlertSpec(url=Secret(alert.url), format=alert.format, organisation=alert.organisation)
        place: Place = ("alerts", index)
        if spec in specs:
            findings.problem(place, f"is the same as alerts[{specs.index(spec)}]; keep one of them")
        if alert.organisation and OTHERS not in names.organisations:
            refer(alert.organisation, "organisation", names.organisations, (*place, "organisation"), findings)
        specs.append(spec)
    return tuple(specs)
