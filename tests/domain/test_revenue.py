from datetime import date

from routergate.domain.money import Nanos
from routergate.domain.revenue import Earned


def test_revenue_is_earned_on_each_day_the_last_one_included() -> None:
    one = Earned(id="a", amount=Nanos(7), first=date(2026, 2, 27), last=date(2026, 3, 1))
    assert one.days == 3
