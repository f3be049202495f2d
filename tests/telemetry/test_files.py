"""Counting in files: several workers, restarts, damage."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from routergate.telemetry.files import Slot, exposition, prepare
from routergate.telemetry.table import OVERHEAD, QUALITY, RELOAD_SUCCESSFUL, UNCOMPARED
from routergate.telemetry.wellness import CIRCUIT
from support.exposition import scraped, value

TESTS = Path(__file__).parents[1]

SUPERVISOR = """
import os, signal, sys
from pathlib import Path
from support.events import an_event
from routergate.telemetry.metrics import Metrics

directory = Path(sys.argv[1])
own = Metrics(directory, 0)  # opened before the forks, as a supervisor has it

def work(slot, requests):
    if not (child := os.fork()):
        metrics = Metrics(directory, slot)
        for _ in range(requests):
            metrics.record(an_event())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)

work(1, 3)
work(2, 4)
own.worker_restarted()
work(1, 5)
"""


@contextmanager
def slot(directory: Path, number: int = 0) -> Iterator[Slot]:
    with closing(Slot(directory, number)) as opened:
        yield opened


def count(directory: Path, number: int, times: int = 1, route: str = "auto") -> None:
    with slot(directory, number) as opened:
        opened.cells(UNCOMPARED)[(route,)].add(times)


def test_forked_workers_add_up_and_a_killed_one_is_carried_on_in_its_slot(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path)]
    subprocess.run(command, check=True, cwd=TESTS, timeout=60)
    assert value(tmp_path, "routergate_requests_total", route="auto", outcome="ok") == 12
    assert value(tmp_path, "routergate_overhead_seconds_count") == 12
    assert value(tmp_path, "routergate_workers_restarted_total") == 1


def test_counts_go_on_from_the_last_holder_of_a_slot(tmp_path: Path) -> None:
    count(tmp_path, 1, 2)
    count(tmp_path, 1, 3)
    assert value(tmp_path, "routergate_uncompared_requests_total", route="auto") == 5


def test_histograms_go_on_from_the_last_holder_of_a_slot(tmp_path: Path) -> None:
    for seconds in (0.0003, 0.0007):
        with slot(tmp_path) as opened:
            opened.histograms(OVERHEAD)[()].observe(seconds)
    assert value(tmp_path, "routergate_overhead_seconds_count") == 2
    assert value(tmp_path, "routergate_overhead_seconds_sum") == pytest.approx(0.001)


def test_gauges_begin_anew_with_the_next_holder_of_a_slot(tmp_path: Path) -> None:
    with slot(tmp_path) as opened:
        opened.cells(CIRCUIT)[("acme-ai",)].set(1)
    with slot(tmp_path):
        assert value(tmp_path, "routergate_circuit_state") is None


def test_a_circuit_is_open_when_it_is_open_in_one_worker(tmp_path: Path) -> None:
    with slot(tmp_path, 1) as one, slot(tmp_path, 2) as two:
        one.cells(CIRCUIT)[("acme-ai",)].set(1)
        two.cells(CIRCUIT)[("acme-ai",)].set(0)
        assert value(tmp_path, "routergate_circuit_state", provider="acme-ai") == 1


def test_a_reload_has_succeeded_when_it_has_in_every_worker(tmp_path: Path) -> None:
    with slot(tmp_path, 1) as one, slot(tmp_path, 2) as two:
        one.cells(RELOAD_SUCCESSFUL)[()].set(1)
        two.cells(RELOAD_SUCCESSFUL)[()].set(0)
        assert value(tmp_path, "routergate_config_last_reload_successful") == 0


def test_a_value_on_a_bound_belongs_to_the_bucket_below(tmp_path: Path) -> None:
    with slot(tmp_path) as opened:
        for quality in (0.9, 0.91, 1.5):
            opened.histograms(QUALITY)[("auto",)].observe(quality)
    bounds = ("0.9", "0.95", "1.0", "+Inf")
    buckets = {bound: value(tmp_path, "routergate_quality_estimate_bucket", le=bound) for bound in bounds}
    assert buckets == {"0.9": 1, "0.95": 2, "1.0": 2, "+Inf": 3}


def test_label_values_must_fit_their_metric(tmp_path: Path) -> None:
    with (
        slot(tmp_path) as opened,
        pytest.raises(ValueError, match="routergate_uncompared_requests_total has the labels"),
    ):
        opened.cells(UNCOMPARED)["auto", "mini"].add()


def test_help_and_type_survive_the_files(tmp_path: Path) -> None:
    count(tmp_path, 1)
    family = scraped(tmp_path)["routergate_uncompared_requests"]
    assert (family.documentation, family.type) == (UNCOMPARED.help, "counter")


def test_whoever_accepts_openmetrics_is_told_a_request_of_each_bucket(tmp_path: Path) -> None:
    with slot(tmp_path) as opened:
        overheads = opened.histograms(OVERHEAD)
        for request, seconds in (("req_1", 0.0004), ("req_2", 0.0003), ("req_3", 7.0)):
            overheads[()].observe(seconds, (request, 1_700_000_000.0, None))
        text, content_type = exposition(
            tmp_path, "application/openmetrics-text; version=1.0.0", dict(overheads.traces())
        )
    families = {family.name: family for family in text_string_to_metric_families(text.decode())}  # type: ignore[no-untyped-call]
    named = {
        sample.labels["le"]: sample.exemplar.labels["request_id"]
        for sample in families["routergate_overhead_seconds"].samples
        if sample.exemplar
    }
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert named == {"0.0005": "req_2", "+Inf": "req_3"}
    assert b"req_2" not in exposition(tmp_path)[0]


def test_the_exposition_says_what_it_is(tmp_path: Path) -> None:
    assert exposition(tmp_path)[1] == "text/plain; version=0.0.4; charset=utf-8"


DAMAGED = {
    "empty": b"",
    "unused": b"\0" * 100,
    "short": b"\xff\xff",
    "garbage": b"\xff\x00\x00\x00" + b"\x01" * 300,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_does_not_break_a_scrape(tmp_path: Path, content: bytes) -> None:
    count(tmp_path, 1)
    (tmp_path / "counter_2.db").write_bytes(content)
    assert value(tmp_path, "routergate_uncompared_requests_total") == 1


def test_a_file_cut_short_is_left_out_and_said_to_be(tmp_path: Path) -> None:
    count(tmp_path, 1)
    assert value(tmp_path, "routergate_metrics_unreadable_files") == 0
    count(tmp_path, 2)
    whole = (tmp_path / "counter_2.db").read_bytes()
    (tmp_path / "counter_2.db").write_bytes(whole[:60])
    assert value(tmp_path, "routergate_uncompared_requests_total") == 1
    assert value(tmp_path, "routergate_metrics_unreadable_files") == 1


def test_a_worker_sets_a_damaged_file_aside_and_counts_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "counter_1.db").write_bytes(DAMAGED["garbage"])
    count(tmp_path, 1)
    assert value(tmp_path, "routergate_uncompared_requests_total") == 1
    assert value(tmp_path, "routergate_metrics_unreadable_files") == 0
    assert (tmp_path / "counter_1.db.damaged").exists()
    assert "is damaged" in caplog.text


def test_a_file_that_grew_is_read_whole(tmp_path: Path) -> None:
    with slot(tmp_path) as opened:
        cells = opened.cells(UNCOMPARED)
        for number in range(500):
            cells[(f"route-{number}",)].add()
        assert value(tmp_path, "routergate_uncompared_requests_total") == 500
    assert (tmp_path / "counter_0.db").stat().st_size > 1 << 16


def test_a_run_begins_with_an_empty_directory(tmp_path: Path) -> None:
    directory = tmp_path / "data" / "metrics"
    prepare(directory)
    count(directory, 1)
    prepare(directory)
    assert not list(directory.iterdir())
