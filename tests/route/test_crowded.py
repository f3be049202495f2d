"""What is said of queues in front of models."""

from routergate.domain.capacity import Crowd
from routergate.domain.decision import Shadow
from routergate.domain.model import ModelId
from routergate.domain.money import Nanos
from routergate.route.crowded import left_for
from support.builders import a_candidate

QUEUE = Shadow(
    crowd=Crowd(waiting=3, seconds=None, level=0.5), model=ModelId("large"), pressure=0.5, price=Nanos(1)
)


def test_nobody_is_said_to_be_left_for_another_where_none_will_do() -> None:
    assert left_for([a_candidate(adequate=False, shadow=QUEUE)], loaded=False) == ""
