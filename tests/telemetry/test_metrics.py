"""What usage events become."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from decimal import Decimal
from math import isnan
from pathlib import Path

import pytest

from routergate.dispatch.line import Places
from routergate.dispatch.queue import Queue, Queues
from routergate.domain.asset import Loaded
from routergate.domain.caching import Recalled
from routergate.domain.capacity import Fill
from routergate.domain.decision import Catalogue, RoutePolicy
from routergate.domain.event import Attempt, Outcome
from routergate.domain.feedback import Feedback
from routergate.domain.model import ModelId, ProviderId
from routergate.domain.money import Nanos, nanos
from routergate.domain.quality import Trust
from routergate.domain.turn import Priority, Turn
from routergate.domain.usage import Usage
from routergate.quality.watch import Hand, begun, put
from routergate.telemetry.capital import GONE, Capital
from routergate.telemetry.metrics import LABEL_LENGTH, OWNERS_LIMIT, Metrics
from routergate.telemetry.purses import Purse
from routergate.telemetry.table import METRICS
from support.comparisons import SUBJECT, a_plan
from support.dispatching import a_dispatcher
from support.events import LARGE, MINI, an_attribution, an_event
from support.exposition import scraped, value

ACME, OTHER = ProviderId("acme-ai"), ProviderId("other-ai")
CATALOGUE = Catalogue(
    models={card.id: card for card in (MINI, LARGE)},
    routes={"auto": RoutePolicy(id="auto", candidates=(MINI.id, LARGE.id))},
)


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Callable[..., Metrics]]:
    """Makes a worker's metrics in `tmp_path`."""
    with ExitStack() as stack:
        yield lambda *labels: stack.enter_context(closing(Metrics(tmp_path, 0, labels)))


@pytest.fixture
def metrics(counting: Callable[..., Metrics]) -> Metrics:
    return counting()


def test_an_answered_request_is_counted_everywhere(metrics: Metrics, tmp_path: Path) -> None:
    metrics.record(an_event())
    counted = {"route": "auto", "model": "mini", "class": "economy", "outcome": "ok"}
    assert value(tmp_path, "routergate_requests_total", **counted) == 1
    assert value(tmp_path, "routergate_attempts_total", model="mini", provider="acme-ai", result="ok") == 1
    assert value(tmp_path, "routergate_tokens_total", model="mini", kind="input_uncached") == 100
    assert value(tmp_path, "routergate_tokens_total", model="mini", kind="output") == 20
    assert value(tmp_path, "routergate_cost_usd_total", model="mini", basis="marginal") == pytest.approx(
        0.002
    )
    assert value(tmp_path, "routergate_request_duration_seconds_sum", route="auto", streamed="true") == 1.5
    assert value(tmp_path, "routergate_time_to_first_token_seconds_sum", model="mini") == 0.4
    assert value(tmp_path, "routergate_stream_seconds_sum", model="mini") == pytest.approx(1.1)
    assert value(tmp_path, "routergate_overhead_seconds_sum") == 0.0008
    assert value(tmp_path, "routergate_decision_seconds_sum") == 0.0003
    assert value(tmp_path, "routergate_quality_estimate_sum", route="auto") == 0.93


def test_money_saved_and_money_lost_are_two_counters(metrics: Metrics, tmp_path: Path) -> None:
    metrics.record(an_event(cost=Nanos(2_000_000), baseline_cost=Nanos(10_000_000)))
    metrics.record(an_event(cost=Nanos(13_000_000), baseline_cost=Nanos(10_000_000)))
    assert value(tmp_path, "routergate_savings_usd_total", route="auto") == pytest.approx(0.008)
    assert value(tmp_path, "routergate_losses_usd_total", route="auto") == pytest.approx(0.003)
    assert value(tmp_path, "routergate_baseline_cost_usd_total", route="auto") == pytest.approx(0.020)


def test_an_unknown_cost_is_counted_as_unknown_and_not_as_zero(metrics: Metrics, tmp_path: Path) -> None:
    metrics.record(an_event(cost=None))
    assert value(tmp_path, "routergate_unpriced_requests_total", model="mini") == 1
    assert value(tmp_path, "routergate_uncompared_requests_total", route="auto") == 1
    assert value(tmp_path, "routergate_cost_usd_total") is None
    assert value(tmp_path, "routergate_baseline_cost_usd_total") is None


def test_an_unknown_baseline_cost_is_neither_saved_nor_lost(metrics: Metrics, tmp_path: Path) -> None:
    metrics.record(an_event(baseline_cost=None))
    assert value(tmp_path, "routergate_uncompared_requests_total", route="auto") == 1
    assert value(tmp_path, "routergate_savings_usd_total") is None


def test_a_route_without_a_baseline_has_nothing_to_compare(metrics: Metrics, tmp_path: Path) -> None:
    metrics.record(an_event(baseline=None, baseline_cost=None))
    assert value(tmp_path, "routergate_uncompared_requests_total") is None


def test_a_request_that_nobody_answered_has_no_model(metrics: Metrics, tmp_path: Path) -> None:
    failed = Attempt(model="mini", provider="acme-ai", result="unreachable", seconds=0.1)
    metrics.record(
        an_event(
            card=None, outcome=Outcome.FAILED, attempts=(failed,), usage=Usage(), cost=Nanos(0), quality=None
        )
    )
    assert (
        value(tmp_path, "routergate_requests_total", model="none", outcome="failed", **{"class": "none"}) == 1
    )
    assert value(tmp_path, "routergate_attempts_total", result="unreachable") == 1
    assert value(tmp_path, "routergate_escalations_total") is None
    assert value(tmp_path, "routergate_unpriced_requests_total") is None
    assert value(tmp_path, "routergate_quality_estimate_count") is None


def test_an_answer_by_another_model_than_the_first_is_an_escalation(metrics: Metrics, tmp_path: Path) -> None:
    first = Attempt(model="mini", provider="acme-ai", result="throttled", seconds=0.1)
    second = Attempt(model="large", provider="acme-ai", result="ok", seconds=0.1)
    metrics.record(an_event(card=LARGE, attempts=(first, second)))
    assert value(tmp_path, "routergate_escalations_total", route="auto", reason="failure") == 1


def test_a_rejected_answer_is_an_escalation_for_its_flaw_and_its_tokens_count(
    metrics: Metrics, tmp_path: Path
) -> None:
    paid = Usage(input_uncached=7)
    first = Attempt(model="mini", provider="acme-ai", result="refusal", seconds=0.1, usage=paid)
    second = Attempt(model="large", provider="acme-ai", result="ok", seconds=0.1)
    metrics.record(an_event(card=LARGE, attempts=(first, second)))
    assert value(tmp_path, "routergate_escalations_total", route="auto", reason="refusal") == 1
    assert value(tmp_path, "routergate_tokens_total", model="mini", kind="input_uncached") == 7


def test_an_answer_that_went_on_elsewhere_is_no_rejected_one(metrics: Metrics, tmp_path: Path) -> None:
    broken = Attempt(model="mini", provider="acme-ai", result="cut", seconds=0.1, usage=Usage(output=7))
    second = Attempt(model="large", provider="acme-ai", result="ok", seconds=0.1, billed=True)
    metrics.record(an_event(card=LARGE, attempts=(broken, second)))
    metrics.record(an_event(card=LARGE, attempts=(broken, second), outcome=Outcome.FAILED))
    metrics.record(an_event())
    assert value(tmp_path, "routergate_continued_answers_total", route="auto") == 1
    assert value(tmp_path, "routergate_escalations_total", route="auto", reason="failure") == 2


def test_calls_beside_others_are_counted_by_what_became_of_them(metrics: Metrics, tmp_path: Path) -> None:
    call = Attempt(model="mini", provider="acme-ai", result="ok", seconds=0.1, billed=True)
    for result, billed in (("ok", True), ("refusal", True), ("outrun", None), ("broken", False)):
        beside = replace(call, result=result, billed=billed, hedge=True)
        metrics.record(an_event(attempts=(call, beside)))
    results = {name: value(tmp_path, "routergate_hedges_total", result=name) for name in ("won", "lost")}
    assert results == {"won": 2, "lost": 1}
    assert value(tmp_path, "routergate_hedges_total", route="auto", result="failed") == 1


def test_what_was_paid_without_an_answer_is_counted(metrics: Metrics, tmp_path: Path) -> None:
    metrics.record(an_event(card=None, cost=Nanos(2_000_000)))
    assert value(tmp_path, "routergate_cost_usd_total", model="none", basis="marginal") == 0.002


def test_only_streamed_answers_have_a_first_token(metrics: Metrics, tmp_path: Path) -> None:
    metrics.record(an_event(streamed=False))
    assert value(tmp_path, "routergate_time_to_first_token_seconds_count") is None


def test_opt_in_labels_are_on_requests_tokens_and_cost(
    counting: Callable[..., Metrics], tmp_path: Path
) -> None:
    owner = an_attribution("acme", team="search", customer="c-7", feature="faq")
    counting("feature", "customer", "key", "team", "organisation").record(an_event(attribution=owner))
    labels = {"organisation": "acme", "team": "search", "key": "key-1", "customer": "c-7", "feature": "faq"}
    for sample in ("routergate_requests_total", "routergate_tokens_total", "routergate_cost_usd_total"):
        assert value(tmp_path, sample, **labels) is not None
    assert value(tmp_path, "routergate_attempts_total", **labels) is None


def test_an_owner_without_a_value_is_none(counting: Callable[..., Metrics], tmp_path: Path) -> None:
    counting("customer").record(an_event())
    assert value(tmp_path, "routergate_requests_total", customer="none") == 1


def test_too_many_owners_are_counted_together_and_said_to_be(
    counting: Callable[..., Metrics], tmp_path: Path
) -> None:
    metrics = counting("customer")
    for number in range(OWNERS_LIMIT + 3):
        metrics.record(an_event(attribution=an_attribution(customer=f"c-{number}")))
    metrics.record(an_event(attribution=an_attribution(customer="c-0")))
    assert value(tmp_path, "routergate_requests_total", customer="other") == 3
    assert value(tmp_path, "routergate_requests_total", customer="c-0") == 2
    assert value(tmp_path, "routergate_label_overflow_total") == 3
    cost = value(tmp_path, "routergate_cost_usd_total", basis="marginal")
    assert cost == pytest.approx(0.002 * (OWNERS_LIMIT + 4))


@pytest.mark.parametrize("customer", ['a"b\\c\nd', "grün 🎉", "half \ud83d", "x" * 5000], ids=repr)
def test_what_a_caller_writes_cannot_break_a_scrape(
    counting: Callable[..., Metrics], tmp_path: Path, customer: str
) -> None:
    counting("customer").record(an_event(attribution=an_attribution(customer=customer)))
    (sample,) = scraped(tmp_path)["routergate_requests"].samples
    assert sample.labels["customer"] == customer[:LABEL_LENGTH].replace("\ud83d", "?")


def test_recording_never_raises_and_says_so_once(
    metrics: Metrics, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    impossible = an_event(usage=Usage(output=10**400))
    metrics.record(impossible)
    metrics.record(impossible)
    assert value(tmp_path, "routergate_unrecorded_requests_total") == 2
    assert caplog.text.count("missing from the metrics") == 1


def test_a_request_that_ends_after_the_worker_has_closed_does_no_harm(
    metrics: Metrics, tmp_path: Path
) -> None:
    metrics.record(an_event())
    metrics.close()
    metrics.record(an_event())
    assert value(tmp_path, "routergate_requests_total") == 1


def test_known_series_begin_at_zero(metrics: Metrics, tmp_path: Path) -> None:
    metrics.announce(CATALOGUE)
    metrics.record(an_event())
    assert value(tmp_path, "routergate_requests_total", model="large", outcome="ok") == 0
    assert value(tmp_path, "routergate_requests_total", model="mini", outcome="ok") == 1
    assert value(tmp_path, "routergate_cost_usd_total", model="large") == 0
    assert value(tmp_path, "routergate_tokens_total", model="large", kind="cache_read") == 0
    assert value(tmp_path, "routergate_losses_usd_total", route="auto") == 0
    assert value(tmp_path, "routergate_circuit_state", provider="acme-ai") == 0


def test_owners_cannot_be_announced(counting: Callable[..., Metrics], tmp_path: Path) -> None:
    counting("team").announce(CATALOGUE)
    assert value(tmp_path, "routergate_requests_total") is None
    assert value(tmp_path, "routergate_savings_usd_total") == 0


def test_how_full_servers_are_is_shown_as_long_as_they_tell_it(metrics: Metrics, tmp_path: Path) -> None:
    metrics.fullness.show({"own": Fill(utilisation=0.5, waiting=3, prefix_hits=0.25), "api": Fill()})
    shown = ("utilisation", "queue", "prefix_hit_ratio")
    assert [value(tmp_path, f"routergate_capacity_{name}", model="own") for name in shown] == [0.5, 3, 0.25]
    assert value(tmp_path, "routergate_capacity_queue", model="api") is None
    metrics.fullness.show({})
    assert all(isnan(value(tmp_path, f"routergate_capacity_{name}") or 0) for name in shown)


def test_a_provider_that_recovers_has_its_circuit_closed(metrics: Metrics, tmp_path: Path) -> None:
    metrics.providers.circuits({ACME: 2, OTHER: 2})
    metrics.providers.circuits({OTHER: 1})
    assert value(tmp_path, "routergate_circuit_state", provider="acme-ai") == 0
    assert value(tmp_path, "routergate_circuit_state", provider="other-ai") == 1


def test_queues_are_shown_as_they_stand(metrics: Metrics, tmp_path: Path) -> None:
    queues = Queues(told=metrics.queues.waited)
    queues.take_up({ACME: Places(concurrent=1, queue=5, wait=1.0)}, 0.0)
    line = queues[ACME].line
    assert line.take()
    assert line.join(Turn(), 0.0) is not None
    metrics.queues.show(queues)
    metrics.queues.waited(ACME, Priority.LOW, 0.3)
    assert value(tmp_path, "routergate_queue_length", provider="acme-ai") == 1
    assert value(tmp_path, "routergate_queue_running", provider="acme-ai") == 1
    assert value(tmp_path, "routergate_queue_wait_seconds_sum", provider="acme-ai", priority="low") == 0.3


def test_a_rejected_configuration_leaves_the_time_of_the_one_in_force(
    metrics: Metrics, tmp_path: Path
) -> None:
    metrics.config_read(at=1_700_000_000)
    metrics.config_rejected()
    assert value(tmp_path, "routergate_config_last_reload_successful") == 0
    assert value(tmp_path, "routergate_config_reload_timestamp_seconds") == 1_700_000_000


def test_the_state_of_the_process_is_counted(metrics: Metrics, tmp_path: Path) -> None:
    metrics.refused(401, "invalid_api_key")
    metrics.refused(400, None)
    metrics.events_waiting(7, 5)
    metrics.events_dropped()
    metrics.events_spooled(6)
    metrics.spool_damaged(1)
    metrics.store(up=False, failures=3)
    assert value(tmp_path, "routergate_http_errors_total", status="401", code="invalid_api_key") == 1
    assert value(tmp_path, "routergate_http_errors_total", status="400", code="none") == 1
    assert value(tmp_path, "routergate_events_pending") == 7
    assert value(tmp_path, "routergate_events_on_disk") == 5
    assert value(tmp_path, "routergate_events_spooled_total") == 6
    assert value(tmp_path, "routergate_spool_damaged_lines_total") == 1
    assert value(tmp_path, "routergate_events_dropped_total") == 1
    assert value(tmp_path, "routergate_store_up") == 0
    assert value(tmp_path, "routergate_store_failures_total") == 3
    assert value(tmp_path, "routergate_build_info") == 1


def test_everything_that_is_exposed_is_in_the_table_and_the_other_way_round(
    metrics: Metrics, tmp_path: Path
) -> None:
    metrics.announce(CATALOGUE)
    metrics.record(an_event(recalled=Recalled.MISS))
    metrics.refused(404, "model_not_found")
    metrics.events_waiting(0, 0)
    metrics.store(up=True, failures=0)
    metrics.config_read(at=1.0)
    metrics.capital.show({"mini": Capital(unamortised=Nanos(5))})
    metrics.ledger(0.0, 0)
    metrics.opinions.heard([Feedback(decision="event-1", rating=1.0, source="user")])
    metrics.providers.looked(ACME, well=True)
    metrics.providers.show(a_dispatcher(), CATALOGUE, 0.0)
    metrics.fullness.show({"mini": Fill(utilisation=0.5, waiting=0, prefix_hits=0.1)})
    metrics.not_admitted("team", "budget")
    metrics.purses.show({("acme", "team", "research", "month"): Purse(limit=1, spent=0)})
    metrics.queues.show([Queue(ACME)])
    metrics.queues.waited(ACME, Priority.LOW, 0.3)
    metrics.comparisons.count("auto", "mini", "worse")
    metrics.comparisons.refused(429, "budget_exceeded")
    metrics.comparisons.record(an_event())
    metrics.comparisons.show([(SUBJECT, Trust.WATCHED)])
    _, moved = put(begun(0), SUBJECT, Trust.WATCHED, a_plan().rules, Hand(said="", at=1))
    assert moved is not None
    metrics.comparisons.moved(moved)
    exposed = {(name, family.type, family.documentation) for name, family in scraped(tmp_path).items()}
    assert exposed == {(metric.family, metric.kind, metric.help) for metric in METRICS}


def test_a_loaded_cost_stands_beside_the_marginal_one(metrics: Metrics, tmp_path: Path) -> None:
    metrics.record(an_event(share=Loaded(hosting=nanos(Decimal("0.5")))))
    metrics.record(an_event(share=None))
    metrics.record(an_event(cost=None))

    assert value(tmp_path, "routergate_cost_usd_total", basis="marginal") == pytest.approx(0.004)
    assert value(tmp_path, "routergate_cost_usd_total", basis="loaded") == pytest.approx(0.502)


def test_a_model_that_is_no_asset_any_more_has_nothing_to_write_off(metrics: Metrics, tmp_path: Path) -> None:
    metrics.capital.show({"mini": Capital(unamortised=Nanos(5_000_000_000)), "large": GONE})
    metrics.capital.show({"large": Capital(unamortised=Nanos(2_000_000_000))})

    assert value(tmp_path, "routergate_asset_unamortised_usd", model="mini") == 0
    assert value(tmp_path, "routergate_asset_unamortised_usd", model="large") == 2


def test_models_of_a_class_can_be_told_apart(metrics: Metrics, tmp_path: Path) -> None:
    metrics.record(an_event(card=replace(MINI, id=ModelId("tiny"))))
    metrics.record(an_event())
    assert value(tmp_path, "routergate_requests_total", **{"class": "economy"}) == 2
    assert value(tmp_path, "routergate_requests_total", model="tiny") == 1


def test_a_budget_that_is_declared_no_more_has_no_number(metrics: Metrics, tmp_path: Path) -> None:
    team = {"organisation": "acme", "scope": "team", "name": "research", "window": "month"}
    labels = tuple(team.values())
    purse = Purse(limit=5_000_000_000, spent=1_500_000_000, reserved=250_000_000, resets=1_800_000_000)
    metrics.purses.show({labels: purse})
    assert value(tmp_path, "routergate_budget_reserved_usd", **team) == 0.25
    assert value(tmp_path, "routergate_budget_resets_timestamp_seconds", **team) == 1_800_000_000
    assert value(tmp_path, "routergate_budget_limit_usd", **team) == 5
    assert value(tmp_path, "routergate_budget_spent_usd", **team) == 1.5
    metrics.purses.show({})
    assert isnan(value(tmp_path, "routergate_budget_limit_usd", **team) or 0)
    assert isnan(value(tmp_path, "routergate_budget_spent_usd", **team) or 0)
    assert isnan(value(tmp_path, "routergate_budget_resets_timestamp_seconds", **team) or 0)


def test_refusals_sweeps_and_corrections_are_counted(metrics: Metrics, tmp_path: Path) -> None:
    metrics.not_admitted("team", "budget")
    metrics.reservations_swept(2)
    metrics.events_corrected(1)
    refused = value(tmp_path, "routergate_admissions_refused_total", scope="team", reason="budget")
    assert refused == 1
    assert value(tmp_path, "routergate_reservations_swept_total") == 2
    assert value(tmp_path, "routergate_events_corrected_total") == 1


def test_durations_and_overheads_name_a_request(metrics: Metrics) -> None:
    metrics.record(an_event())
    text, _ = metrics.exposition("application/openmetrics-text; version=1.0.0")
    named = [line for line in text.decode().splitlines() if 'request_id="event-1"' in line]
    assert [line.partition("{")[0] for line in named] == [
        "routergate_overhead_seconds_bucket", "routergate_request_duration_seconds_bucket",
    ]  # fmt: skip


def test_what_waits_for_the_ledger_and_the_log_are_shown(metrics: Metrics, tmp_path: Path) -> None:
    metrics.ledger(90.0, 12)
    metrics.logged("error")
    assert value(tmp_path, "routergate_ledger_lag_seconds") == 90
    assert value(tmp_path, "routergate_ledger_waiting_events") == 12
    assert value(tmp_path, "routergate_log_lines_total", level="error") == 1
    assert value(tmp_path, "routergate_log_lines_total", level="warning") == 0
