"""A dispatcher whose providers never answer."""

from routergate.dispatch.checked import Checker
from routergate.dispatch.dispatch import Dispatcher
from routergate.dispatch.fleet import Replica
from routergate.domain.model import ProviderId
from routergate.providers.reading import ChatReader
from support.events import MINI
from support.fakes import SEAMS, FakeProvider
from support.redis import HandClock


def a_dispatcher(*servers: str, provider: ProviderId = MINI.provider) -> Dispatcher:
    """One provider with these servers, or with one."""
    return Dispatcher(
        fleet={
            provider: [
                Replica(provider=provider, name=name, api=FakeProvider()) for name in servers or ("only",)
            ]
        },
        chance=lambda: 0.0,
        sleep=HandClock().sleep,
        checker=Checker(ChatReader()),
        seams=SEAMS,
    )
