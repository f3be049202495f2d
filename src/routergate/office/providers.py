"""How providers do, as far as one process knows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from routergate.config.spec import Config, ProviderKind, ProviderSpec
from routergate.dispatch.breaker import Circuit, State, Target
from routergate.dispatch.crowd import fill
from routergate.dispatch.dispatch import Dispatcher
from routergate.domain.model import ProviderId
from routergate.office.view import View, instant

WISHED, FAILING, TRYING = (
    "the provider asked to be left alone",
    "calls to it failed, or it was far slower than others",
    "it rested; one call at a time finds out whether it is well again",
)


def providers(view: View) -> Sequence[Mapping[str, Any]]:
    """Every provider of the configuration in force. What circuits know, processes tell each other."""
    config, gateway = view.config(), view.gateway()
    return [_provider(view, config, gateway.dispatcher, spec) for spec in config.providers]


def _provider(view: View, config: Config, dispatcher: Dispatcher, spec: ProviderSpec) -> Mapping[str, Any]:
    return {
        "id": spec.id,
        "kind": spec.kind.value,
        "hosts": sorted({host for one in spec.replicas if (host := _host(one.base_url))}),
        "servers": len(spec.replicas),
        "region": spec.region,
        "credentials": _credentials(spec),
        "models": [str(card.id) for card in config.catalogue.models.values() if card.provider == spec.id],
        "state": dispatcher.states(view.clock.monotonic())[spec.id].name.lower(),
        "circuits": list(_circuits(view, dispatcher, spec.id)),
        "capacity": _capacity(view, dispatcher, spec),
    }


def _host(url: str | None) -> str | None:
    """Where it is, without what may be secret in an address."""
    found = urlsplit(url or "")
    return f"{found.hostname}:{found.port}" if found.port else found.hostname


def _credentials(spec: ProviderSpec) -> bool | None:
    """Whether there are any; `None`: litellm looks for them in the environment."""
    known = spec.api_key is not None or any(one.api_key is not None for one in spec.replicas)
    return None if spec.kind is ProviderKind.LITELLM and not known else known or bool(spec.headers)


def _circuits(view: View, dispatcher: Dispatcher, provider: ProviderId) -> Iterator[Mapping[str, Any]]:
    """Those that are not closed."""
    for target, circuit in dispatcher.experience.circuits.awry():
        if target.provider == provider:
            yield _circuit(view, target, circuit)


def _circuit(view: View, target: Target, circuit: Circuit) -> Mapping[str, Any]:
    now = view.clock.monotonic()
    state = circuit.state(now)
    return {
        "model": target.model,
        "server": _host(target.replica) or target.replica,
        "state": state.name.lower(),
        "since": instant(view.now() - timedelta(seconds=round(now - circuit.changed))),
        "retry_in_seconds": round(max((circuit.until or now) - now, 0.0), 1),
        "reason": TRYING if state is State.HALF_OPEN else WISHED if circuit.wished else FAILING,
    }


def _capacity(view: View, dispatcher: Dispatcher, spec: ProviderSpec) -> Mapping[str, Any]:
    """How full its servers are by their own word, and what waits here; `None`: they do not tell."""
    experience = dispatcher.experience
    found = fill(dispatcher.fleet[spec.id], experience.gauges, view.clock.monotonic())
    return {
        "utilisation": found.utilisation,
        "waiting_there": found.waiting,
        "waiting_here": len(experience.queues[spec.id].line),
        "running_here": sum(map(dispatcher.loads.running, dispatcher.fleet[spec.id])),
    }
