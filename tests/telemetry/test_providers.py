"""How providers fare."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from math import isnan
from pathlib import Path

import pytest

from routergate.dispatch.breaker import Entry, Target
from routergate.domain.decision import Catalogue
from routergate.domain.model import ProviderId
from routergate.telemetry.files import Slot
from routergate.telemetry.providers import ProviderMetrics
from support.dispatching import a_dispatcher
from support.events import LARGE, MINI
from support.exposition import value

ACME = ProviderId("acme-ai")
CATALOGUE = Catalogue(models={card.id: card for card in (MINI, LARGE)})


@pytest.fixture
def providers(tmp_path: Path) -> Iterator[ProviderMetrics]:
    with closing(Slot(tmp_path, 0)) as slot:
        yield ProviderMetrics(slot)


def test_circuits_that_open_are_counted_once_with_their_cause(
    providers: ProviderMetrics, tmp_path: Path
) -> None:
    dispatcher = a_dispatcher()
    circuit = dispatcher.experience.circuits[Target(ACME, "only", MINI.id)]
    circuit.failed(Entry.PLAIN, 0.0, retry_after=5.0)
    for _ in range(2):
        providers.show(dispatcher, CATALOGUE, 0.0)
    opened = {"provider": "acme-ai", "cause": "asked"}
    assert value(tmp_path, "routergate_circuits_opened_total", **opened) == 1
    assert value(tmp_path, "routergate_circuit_state", provider="acme-ai") == 2
    circuit.answered(Entry.FORCED, 6.0)
    circuit.spent(9.0, 6.0)
    providers.show(dispatcher, CATALOGUE, 6.0)
    assert value(tmp_path, "routergate_circuits_opened_total", provider="acme-ai") == 2


def test_a_model_is_up_that_some_server_is_known_to_serve(providers: ProviderMetrics, tmp_path: Path) -> None:
    dispatcher = a_dispatcher("one", "two")
    circuits = dispatcher.experience.circuits
    circuits[Target(ACME, "one", MINI.id)].spent(5.0, 0.0)
    providers.show(dispatcher, CATALOGUE, 0.0)
    assert value(tmp_path, "routergate_model_up", model="mini", provider="acme-ai") == 1
    circuits[Target(ACME, "two", MINI.id)].spent(5.0, 0.0)
    providers.show(dispatcher, CATALOGUE, 60.0)  # they may be asked again, but nobody has done so
    assert value(tmp_path, "routergate_model_up", model="mini") == 0
    assert value(tmp_path, "routergate_model_up", model="large") == 1


def test_a_model_that_is_gone_is_neither_up_nor_down(providers: ProviderMetrics, tmp_path: Path) -> None:
    dispatcher, fewer = a_dispatcher(), Catalogue(models={MINI.id: MINI})
    for catalogue in (CATALOGUE, fewer):
        providers.announce(catalogue)
        providers.show(dispatcher, catalogue, 0.0)
    assert isnan(value(tmp_path, "routergate_model_up", model="large") or 0)
    assert isnan(value(tmp_path, "routergate_model_info", model="large") or 0)
    assert value(tmp_path, "routergate_model_info", model="mini", **{"class": "economy"}) == 1


def test_a_model_that_moves_is_at_its_new_provider_only(providers: ProviderMetrics, tmp_path: Path) -> None:
    moved = replace(MINI, provider=ProviderId("elsewhere"))
    for card in (MINI, moved):
        providers.announce(Catalogue(models={card.id: card}))
    assert isnan(value(tmp_path, "routergate_model_info", provider="acme-ai") or 0)
    assert value(tmp_path, "routergate_model_info", provider="elsewhere") == 1


def test_calls_and_looks_are_counted(providers: ProviderMetrics, tmp_path: Path) -> None:
    dispatcher = a_dispatcher("one", "two")
    for replica in dispatcher.fleet[ACME]:
        dispatcher.loads.begin(replica)
    providers.show(dispatcher, CATALOGUE, 0.0)
    providers.looked(ACME, well=False)
    assert value(tmp_path, "routergate_calls_running", provider="acme-ai") == 2
    assert value(tmp_path, "routergate_probes_total", provider="acme-ai", result="unwell") == 1
