"""Metrics in files: each worker writes its own, a scrape adds them up. The one home of prometheus_client.

A worker is known by its slot, not by its process id, so that the one that takes over a dead worker's
slot goes on counting where that ended. The files have the library's own format for several processes; they
are opened here and not by its `Counter` and the like, because those settle at import, for the whole process,
whether there are files and where.
"""

import logging
import struct
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from prometheus_client import Metric as MetricFamily
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar, Sample

from routergate.telemetry.metric import Kind, Metric
from routergate.telemetry.table import UNREADABLE

log = logging.getLogger(__name__)

Labels = tuple[str, ...]
"""Label values, in the order of the metric's labels."""

Place = tuple[str, frozenset[tuple[str, str]]]
"""A sample: its name and its labels."""

Request = tuple[str, float, str | None]
"""Its id, when it was (seconds since the epoch), and the id of its trace."""

_DAMAGE = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, OSError, struct.error)


def prepare(directory: Path) -> None:
    """Make `directory` exist and empty of counts; once per run, before the first worker starts."""
    directory.mkdir(parents=True, exist_ok=True)
    for file in directory.glob("*.db*"):
        file.unlink()


class Trace(NamedTuple):
    """One request that fell into a bucket."""

    value: float
    request: str
    at: float
    """Seconds since the epoch."""
    trace: str | None = None
    """The id of the trace that it is in, if anybody will find it there."""

    @property
    def labels(self) -> dict[str, str]:
        """By which it is found elsewhere."""
        return {"request_id": self.request, **({"trace_id": self.trace} if self.trace else {})}


def exposition(
    directory: Path, accept: str = "", traces: Mapping[Place, Trace] | None = None
) -> tuple[bytes, str]:
    """All slots' metrics, added up, and their content type. Reads files: not for the event loop.

    `traces` are told to those who accept OpenMetrics; the other format has no words for them.
    """
    encode, content_type = choose_encoder(accept)
    return encode(_AllSlots(directory, traces or {})), content_type


class Cell:
    """One number in a file. It goes on from what is there."""

    __slots__ = ("_key", "_value", "_write")

    def __init__(self, file: MmapedDict, key: str) -> None:
        self._key = key
        self._value: float = file.read_value(key)[0]  # type: ignore[no-untyped-call]
        self._write: Callable[[str, float, float], None] = file.write_value

    def add(self, amount: float = 1.0) -> None:
        self._value += amount
        self._write(self._key, self._value, 0.0)

    def set(self, value: float) -> None:
        self._value = value
        self._write(self._key, value, 0.0)


class Histogram:
    """The buckets and the sum of one label set, and the latest request of each bucket that was named."""

    __slots__ = ("_bounds", "_buckets", "_sum", "latest")

    def __init__(self, bounds: Sequence[float], buckets: Sequence[Cell], total: Cell) -> None:
        self._bounds, self._buckets, self._sum = bounds, buckets, total
        self.latest: dict[int, tuple[float, Request]] = {}

    def observe(self, value: float, request: Request | None = None) -> None:
        """Count a value, and whose it is."""
        bucket = bisect_left(self._bounds, value)
        self._buckets[bucket].add()
        self._sum.add(value)
        if request is not None:
            self.latest[bucket] = value, request


class Cells(dict[Labels, Cell]):
    """The cells of a counter or a gauge by label values, each made when it is first asked for."""

    def __init__(self, file: MmapedDict, metric: Metric, names: Labels) -> None:
        super().__init__()
        self._file, self._metric, self._names = file, metric, names

    def __missing__(self, labels: Labels) -> Cell:
        key = _key(self._metric, self._metric.name, self._names, labels)
        cell = self[labels] = Cell(self._file, key)
        return cell


class Histograms(dict[Labels, Histogram]):
    """The histograms of a metric by label values, each made when it is first asked for."""

    def __init__(self, file: MmapedDict, metric: Metric) -> None:
        super().__init__()
        self._file, self._metric = file, metric

    def __missing__(self, labels: Labels) -> Histogram:
        metric, names = self._metric, self._metric.labels
        buckets = [
            _key(metric, f"{metric.name}_bucket", (*names, "le"), (*labels, bound))
            for bound in (*map(str, metric.buckets), "+Inf")
        ]
        total = _key(metric, f"{metric.name}_sum", names, labels)
        cells = [Cell(self._file, key) for key in (*buckets, total)]
        histogram = self[labels] = Histogram(metric.buckets, cells[:-1], cells[-1])
        return histogram

    def traces(self) -> Iterator[tuple[Place, Trace]]:
        """The requests that were named, by their buckets. Each bucket has one at most."""
        bounds = (*map(str, self._metric.buckets), "+Inf")
        for labels, histogram in list(self.items()):
            own = (*zip(self._metric.labels, labels, strict=True),)
            for n, (value, request) in list(histogram.latest.items()):
                place = f"{self._metric.name}_bucket", frozenset((*own, ("le", bounds[n])))
                yield place, Trace(value, *request)


class Slot:
    """The files of one slot. Counts go on from the slot's last holder, gauges begin anew.

    One living process per slot, and one `Slot` in it: the files know no lock.
    """

    def __init__(self, directory: Path, number: int) -> None:
        self._directory, self._number = directory, number
        self._files: dict[str, MmapedDict] = {}
        for stale in directory.glob(f"gauge_*_{number}.db"):
            stale.unlink()

    def cells(self, metric: Metric, opt_in: Labels = ()) -> Cells:
        """The cells of a counter or gauge whose labels are its own and the `opt_in` ones."""
        return Cells(self._file(metric), metric, (*metric.labels, *opt_in))

    def histograms(self, metric: Metric) -> Histograms:
        return Histograms(self._file(metric), metric)

    def close(self) -> None:
        """Let the files go. What was counted stays in them."""
        for file in self._files.values():
            file.close()  # type: ignore[no-untyped-call]
        self._files.clear()

    def _file(self, metric: Metric) -> MmapedDict:
        kind = f"gauge_{metric.across}" if metric.kind is Kind.GAUGE else metric.kind.value
        if kind not in self._files:
            self._files[kind] = _opened(self._directory / f"{kind}_{self._number}.db")
        return self._files[kind]


def _opened(path: Path) -> MmapedDict:
    """The file, or a new one in its place if it is damaged."""
    if path.exists() and path.stat().st_size and not _readable(path):
        log.warning("metrics file %s is damaged: set aside as *.db.damaged, its counts begin anew", path)
        path.rename(path.with_suffix(".db.damaged"))
    return MmapedDict(str(path))  # type: ignore[no-untyped-call]


def _key(metric: Metric, name: str, names: Labels, values: Labels) -> str:
    if len(names) != len(values):
        raise ValueError(f"{name} has the labels {names}, not {values}")
    return mmap_key(metric.family, name, list(names), list(values), metric.help)


class _AllSlots(Collector):
    """What all slots of a directory have counted."""

    def __init__(self, directory: Path, traces: Mapping[Place, Trace]) -> None:
        self._directory, self._traces = directory, traces

    def collect(self) -> Iterable[MetricFamily]:
        paths = sorted(self._directory.glob("*.db"))
        try:
            families = _merged(paths)
        except _DAMAGE:
            # One by one only now: to read every file twice would double the price of each scrape.
            sound = [path for path in paths if _readable(path)]
            return [*_merged(sound), _unreadable(len(paths) - len(sound))]
        return [*map(self._traced, families), _unreadable(0)]

    def _traced(self, family: MetricFamily) -> MetricFamily:
        if self._traces and family.type == Kind.HISTOGRAM:
            family.samples = [self._exemplified(sample) for sample in family.samples]
        return family

    def _exemplified(self, sample: Sample) -> Sample:
        trace = self._traces.get((sample.name, frozenset(sample.labels.items())))
        if trace is None:
            return sample
        return sample._replace(exemplar=Exemplar(trace.labels, trace.value, trace.at))


def _unreadable(count: int) -> MetricFamily:
    return GaugeMetricFamily(UNREADABLE.name, UNREADABLE.help, value=count)


def _readable(path: Path) -> bool:
    try:
        _merged([path])
    except _DAMAGE:
        return False
    return True


def _merged(paths: Sequence[Path]) -> Iterable[MetricFamily]:
    families: Iterable[MetricFamily] = MultiProcessCollector.merge([str(path) for path in paths])  # type: ignore[no-untyped-call]
    return families
