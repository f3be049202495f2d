"""How many calls to a provider may be second ones, so that a failing provider does not meet a storm."""

from dataclasses import dataclass, field

from routergate.domain.model import ProviderId

SHARE = 0.2
"""Retries that each call allows."""
MOST = 10.0
"""Retries that can be saved up; a provider that has never been asked has half of them."""


@dataclass(slots=True)
class Retries:
    """A purse for each provider: calls pay in, retries are paid from it."""

    _saved: dict[ProviderId, float] = field(default_factory=dict)

    def earn(self, provider: ProviderId) -> None:
        """One more request has called the provider."""
        self._saved[provider] = min(self.left(provider) + SHARE, MOST)

    def spend(self, provider: ProviderId) -> bool:
        """Whether one more retry is allowed; if so, it is paid for."""
        left = self.left(provider)
        if left < 1:
            return False
        self._saved[provider] = left - 1
        return True

    def left(self, provider: ProviderId) -> float:
        """What is in the provider's purse."""
        return self._saved.get(provider, MOST / 2)
