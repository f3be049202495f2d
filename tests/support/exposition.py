"""What a scrape says."""

from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from routergate.telemetry.files import exposition


def scraped(directory: Path) -> dict[str, Metric]:
    """Metric families by name, as a Prometheus parses them."""
    text, _ = exposition(directory)
    return {family.name: family for family in text_string_to_metric_families(text.decode())}


def value(directory: Path, sample: str, **labels: str) -> float | None:
    """The sum of the samples with this name that have these labels; `None`: there is none."""
    found = [
        found.value
        for family in scraped(directory).values()
        for found in family.samples
        if found.name == sample and labels.items() <= found.labels.items()
    ]
    return sum(found) if found else None
