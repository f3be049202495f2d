"""Which providers fail at the moment, by what the last calls to them were like."""

from dataclasses import dataclass, field

from routergate.domain.model import ProviderId

PATIENCE = 3
"""Failures in a row after which a provider is passed over."""
REST = 10.0
"""Seconds for which it is."""


@dataclass(slots=True)
class Health:
    """Failures in a row and, for those passed over, until when. Told the time, like everything here."""

    _failures: dict[ProviderId, int] = field(default_factory=dict)
    _until: dict[ProviderId, float] = field(default_factory=dict)

    def succeeded(self, provider: ProviderId) -> None:
        """Forget what was held against it."""
        if provider in self._failures:
            del self._failures[provider]
            self._until.pop(provider, None)

    def failed(self, provider: ProviderId, now: float) -> None:
        """Count one more; the last straw sends it to rest, and each further one again."""
        self._failures[provider] = self._failures.get(provider, 0) + 1
        if self._failures[provider] >= PATIENCE:
            self._until[provider] = now + REST

    def down(self, now: float) -> frozenset[ProviderId]:
        """Who is to be passed over now."""
        if not self._until:
            return frozenset()
        return frozenset(provider for provider, until in self._until.items() if now < until)
