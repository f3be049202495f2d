"""What a simulated provider is like: its models, its pace, its habits."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A simulated provider. The defaults answer at once, to anyone, and report usage."""

    name: str = "sim"
    models: tuple[str, ...] = ("sim-mini",)
    first_token_seconds: float = 0.0
    seconds_per_token: float = 0.0
    reports_usage: bool = True
    vllm: bool = False
    """Offers vLLM's `/metrics` at the root of the server."""
    old_metrics: bool = False
    """Whether they have the names of versions before 0.9."""
    azure: bool = False
    """Answers at Azure OpenAI's paths and in its words: the newer API, as OpenAI's, and the classic one."""
    slots: int | None = None
    """Requests that are answered at the same time, the others wait in line; `None`: all of them."""
    context_tokens: int | None = None
    """Longest prompt and answer together; `None`: any length."""
    api_keys: frozenset[str] | None = field(default=None, repr=False)
    """The keys that are let in; `None`: anyone, with a key or without."""
    cached_share: float = 0.0
    """Part of every prompt that counts as read from the cache, 0 to 1."""
    reasoning_share: float = 1.0
    """Hidden reasoning tokens per token of the answer, for a request that reasons."""

    def __post_init__(self) -> None:
        if not 0 <= self.cached_share <= 1:
            raise ValueError(f"profile {self.name!r}: cached_share must lie between 0 and 1")
        if min(self.first_token_seconds, self.seconds_per_token, self.reasoning_share) < 0:
            raise ValueError(f"profile {self.name!r}: seconds and shares cannot be negative")
        if self.slots is not None and self.slots < 1:
            raise ValueError(f"profile {self.name!r}: slots must be positive, or None for no limit")
        if marked := [model for model in self.models if "!" in model]:
            raise ValueError(f"profile {self.name!r}: '!' in {marked} would be read as a fault; rename it")

    def at_speed(self, speed: float) -> "Profile":
        """The same provider, `speed` times as fast; `math.inf` takes all waiting away."""
        if not speed > 0:
            raise ValueError(f"speed must be positive, not {speed}")
        return replace(
            self,
            first_token_seconds=self.first_token_seconds / speed,
            seconds_per_token=self.seconds_per_token / speed,
        )


ECONOMY = Profile(
    name="economy",
    models=("sim-mini", "sim-mini-reason"),
    first_token_seconds=0.35,
    seconds_per_token=0.008,
    context_tokens=128_000,
)
VLLM = Profile(
    name="vllm",
    models=("sim-contracts-7b",),
    first_token_seconds=0.12,
    seconds_per_token=0.015,
    vllm=True,
    slots=64,
    context_tokens=32_768,
)
FRONTIER = Profile(
    name="frontier",
    models=("sim-large", "sim-reason"),
    first_token_seconds=0.8,
    seconds_per_token=0.02,
    context_tokens=200_000,
    reasoning_share=3.0,
)
