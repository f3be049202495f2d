"""vLLM's page of metrics, as far as a gateway reads it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from routergate.testing.calls import Call, Ended
from routergate.testing.faults import split_name
from routergate.testing.profile import Profile

_REASONS = {Ended.ANSWERED: "stop", Ended.ABORTED: "abort"}
_HELP = {
    "num_requests_running": ("gauge", "Number of requests in model execution batches."),
    "num_requests_waiting": ("gauge", "Number of requests waiting to be processed."),
    "kv_cache_usage_perc": ("gauge", "KV-cache usage. 1 means 100 percent usage."),
    "prompt_tokens_total": ("counter", "Number of prefill tokens processed."),
    "generation_tokens_total": ("counter", "Number of generation tokens processed."),
    "request_success_total": ("counter", "Count of successfully processed requests."),
}


@dataclass(slots=True)
class Load:
    """What one simulated vLLM server counts, per model."""

    profile: Profile
    running: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    prompt: Counter[str] = field(default_factory=Counter)
    generated: Counter[str] = field(default_factory=Counter)
    finished: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, call: Call) -> None:
        """Add a call that has ended."""
        model, _ = split_name(call.model)
        self.prompt[model] += call.prompt_tokens
        self.generated[model] += call.output_tokens
        if call.ended in _REASONS:
            self.finished[model, _REASONS[call.ended]] += 1

    def page(self) -> str:
        """All metrics in Prometheus' text format."""
        return "".join(line for name in _HELP for line in self._lines(name))

    def _lines(self, name: str) -> Iterable[str]:
        kind, said = _HELP[name]
        yield f"# HELP vllm:{name} {said}\n# TYPE vllm:{name} {kind}\n"
        for model in self.profile.models:
            for extra, value in self._values(name, model):
                yield f'vllm:{name}{{engine="0",model_name="{model}"{extra}}} {float(value)}\n'

    def _values(self, name: str, model: str) -> list[tuple[str, float]]:
        if name == "request_success_total":
            reasons = _REASONS.values()
            return [(f',finished_reason="{reason}"', self.finished[model, reason]) for reason in reasons]
        values: dict[str, float] = {
            "num_requests_running": self.running[model],
            "num_requests_waiting": self.waiting[model],
            "kv_cache_usage_perc": self.running[model] / (self.profile.slots or 256),
            "prompt_tokens_total": self.prompt[model],
            "generation_tokens_total": self.generated[model],
        }
        return [("", values[name])]
