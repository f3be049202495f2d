"""vLLM's page of metrics, as far as a gateway reads it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import blake2b

from routergate.testing.calls import Call, Ended
from routergate.testing.faults import split_name
from routergate.testing.profile import Profile

_REASONS = {Ended.ANSWERED: "stop", Ended.ABORTED: "abort"}
_HELP = {
    "num_requests_running": ("gauge", "Number of requests in model execution batches."),
    "num_requests_waiting": ("gauge", "Number of requests waiting to be processed."),
    "kv_cache_usage_perc": ("gauge", "KV-cache usage. 1 means 100 percent usage."),
    "prefix_cache_queries_total": ("counter", "Prefix cache queries, in terms of number of queried tokens."),
    "prefix_cache_hits_total": ("counter", "Prefix cache hits, in terms of number of cached tokens."),
    "prompt_tokens_total": ("counter", "Number of prefill tokens processed."),
    "generation_tokens_total": ("counter", "Number of generation tokens processed."),
    "request_success_total": ("counter", "Count of successfully processed requests."),
    "e2e_request_latency_seconds": ("histogram", "Histogram of e2e request latency in seconds."),
    "request_inference_time_seconds": ("histogram", "Histogram of time spent in RUNNING phase for request."),
}
_OLD = {
    "kv_cache_usage_perc": "gpu_cache_usage_perc",
    "prefix_cache_queries_total": "gpu_prefix_cache_queries_total",
    "prefix_cache_hits_total": "gpu_prefix_cache_hits_total",
}
"""What versions before 0.9 call it."""


@dataclass(slots=True)
class Load:
    """What one simulated vLLM server counts, per model."""

    profile: Profile
    running: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    prompt: Counter[str] = field(default_factory=Counter)
    generated: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    """Prompt tokens that were in the prefix cache."""
    finished: Counter[tuple[str, str]] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    """Requests that had a slot and gave it back."""
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    """That they took in all, by model and histogram."""
    _prefixes: set[tuple[str, bytes]] = field(default_factory=set)
    """What the cache holds: it forgets nothing."""

    @asynccontextmanager
    async def slot(self, slots: asyncio.Semaphore | None, model: str) -> AsyncIterator[None]:
        """Wait in line for one of the slots, if they are counted, and have it for a while."""
        clock = asyncio.get_running_loop().time
        came = clock()
        if slots is not None:
            self.waiting[model] += 1
            try:
                await slots.acquire()
            finally:
                self.waiting[model] -= 1
        self.running[model] += 1
        began = clock()
        try:
            yield
        finally:
            self.running[model] -= 1
            self._took(model, clock() - came, clock() - began)
            if slots is not None:
                slots.release()

    def _took(self, model: str, whole: float, inference: float) -> None:
        self.served[model] += 1
        for name, seconds in (
            ("e2e_request_latency_seconds", whole),
            ("request_inference_time_seconds", inference),
        ):
            self.seconds[model, name] = self.seconds.get((model, name), 0.0) + seconds

    def count(self, call: Call) -> None:
        """Add a call that has ended."""
        model, _ = split_name(call.model)
        self.prompt[model] += call.prompt_tokens
        self.generated[model] += call.output_tokens
        self.found[model] += self._cached(model, call)
        if call.ended in _REASONS:
            self.finished[model, _REASONS[call.ended]] += 1

    def _cached(self, model: str, call: Call) -> int:
        """Tokens of the messages with which an earlier prompt began, too."""
        beginnings = [(model, name) for name in _beginnings(call.body)]
        known = sum(beginning in self._prefixes for beginning in beginnings)
        self._prefixes.update(beginnings)
        return call.prompt_tokens * known // max(len(beginnings), 1)

    def report(self, wanted: str | None) -> dict[str, str]:
        """The header that tells the load beside an answer, to whoever asks for JSON."""
        if not self.profile.vllm or (wanted or "").lower() != "json":
            return {}
        figures = {
            "kv_cache_usage_perc": self.running.total() / (self.profile.slots or 256),
            "num_requests_waiting": float(self.waiting.total()),
        }
        return {"endpoint-load-metrics": f"JSON {json.dumps({'named_metrics': figures})}"}

    def page(self) -> str:
        """All metrics in Prometheus' text format."""
        return "".join(line for name in _HELP for line in self._lines(name))

    def _lines(self, name: str) -> Iterable[str]:
        kind, said = _HELP[name]
        told = _OLD.get(name, name) if self.profile.old_metrics else name
        engine = "" if self.profile.old_metrics else 'engine="0",'
        yield f"# HELP vllm:{told} {said}\n# TYPE vllm:{told} {kind}\n"
        for model in self.profile.models:
            for suffix, extra, value in self._values(name, model):
                labels = f'{engine}model_name="{model}"{extra}'
                yield f"vllm:{told}{suffix}{{{labels}}} {float(value)}\n"

    def _values(self, name: str, model: str) -> list[tuple[str, str, float]]:
        if name == "request_success_total":
            reasons = _REASONS.values()
            return [("", f',finished_reason="{reason}"', self.finished[model, reason]) for reason in reasons]
        if _HELP[name][0] == "histogram":
            count, total = self.served[model], self.seconds.get((model, name), 0.0)
            return [("_bucket", ',le="+Inf"', count), ("_count", "", count), ("_sum", "", total)]
        values: dict[str, float] = {
            "num_requests_running": self.running[model],
            "num_requests_waiting": self.waiting[model],
            "kv_cache_usage_perc": self.running[model] / (self.profile.slots or 256),
            "prefix_cache_queries_total": self.prompt[model],
            "prefix_cache_hits_total": self.found[model],
            "prompt_tokens_total": self.prompt[model],
            "generation_tokens_total": self.generated[model],
        }
        return [("", "", values[name])]


def _beginnings(body: Mapping[str, object]) -> Iterator[bytes]:
    """A name for each number of messages with which a prompt begins."""
    messages = body.get("messages")
    digest = blake2b(digest_size=16)
    for message in messages if isinstance(messages, list) else ():
        digest.update(json.dumps(message, sort_keys=True).encode())
        yield digest.digest()
