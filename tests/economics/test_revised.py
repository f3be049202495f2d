from decimal import Decimal

from routergate.domain.rates import ContextTier, Tariff
from routergate.domain.usage import Usage
from routergate.economics.price import cost
from routergate.economics.revised import revised
from support.builders import a_rate_card

TIER = ContextTier(input=Decimal(4), output=Decimal(8), above_input_tokens=1000)
CARD = a_rate_card(
    "1",
    "2",
    context_tiers=(TIER,),
    service_tiers={"flex": Tariff(input=Decimal("0.5"), output=Decimal(1), context_tiers=(TIER,))},
    per_request=Decimal("0.001"),
    per_second=Decimal("0.01"),
    minimum=Decimal("0.0001"),
    markup=Decimal("0.1"),
)


def test_whatever_a_request_costs_it_costs_that_much_less() -> None:
    cheaper = revised(CARD, Decimal("0.8"))
    for usage in (Usage(), Usage(input_uncached=500, output=100), Usage(input_uncached=5000, output=100)):
        for tier in (None, "flex"):
            before, after = (cost(usage, card, told=tier, seconds=1.0) for card in (CARD, cheaper))

            assert before is not None
            assert after == before * 8 // 10


def test_what_has_no_rate_of_its_own_has_none_afterwards() -> None:
    assert revised(a_rate_card(), Decimal(2)).cache_read is None
