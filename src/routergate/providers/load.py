"""How full a server is, as the head of an answer says: the load report that Envoy calls ORCA."""

import re
from collections.abc import Mapping
from typing import Final

from routergate.domain.capacity import Load

HEADER: Final = "endpoint-load-metrics"
WAITING: Final = "num_requests_waiting"
CACHE: Final = "kv_cache_usage_perc"
FIGURE: Final = re.compile(
    rf'\b({WAITING}|{CACHE})"?\s*[=:]\s*(\d{{1,9}}(?:\.\d{{1,20}})?(?:e-\d{{1,3}})?)(?![\w.])'
)
"""In either of its formats: `named_metrics.NAME=0.4`, or JSON."""


def load_told(headers: Mapping[str, str]) -> Load | None:
    """What is said; `None` if nothing is, or nothing of a queue."""
    found = {name: float(number) for name, number in FIGURE.findall(headers.get(HEADER, ""))}
    if WAITING not in found:
        return None
    return Load(waiting=int(found[WAITING]), cache=found.get(CACHE))
