from datetime import date
from decimal import Decimal
from pathlib import Path

from routergate.config.named import named_cards
from support.configs import SMALL, loaded


def test_a_listed_model_has_the_listed_price() -> None:
    found = named_cards(["gpt-4o-mini-2024-07-18"], None)
    rates = found["gpt-4o-mini-2024-07-18"].rates(date(2026, 1, 1))
    assert rates is not None
    assert rates.input == Decimal("0.15")


def test_an_open_model_has_the_price_of_a_host() -> None:
    card = named_cards(["mistralai/Mixtral-8x7B-Instruct-v0.1"], None)["mistralai/Mixtral-8x7B-Instruct-v0.1"]
    assert card.provider == "together_ai"
    assert named_cards(["gpt-4o@somewhere"], None)["gpt-4o@somewhere"].prices


def test_the_configurations_price_comes_first_under_either_name(tmp_path: Path) -> None:
    rates = "{from: 2024-01-01, input: 7, output: 9}"
    mine = f"  mine: {{provider: openai, name: gpt-4-0613, class: economy, prices: [{rates}]}}\n"
    config = loaded(tmp_path, SMALL + mine)
    found = named_cards(["mine", "gpt-4-0613"], config)
    assert [card.prices[0].input for card in found.values()] == [7, 7]


def test_a_model_that_nobody_knows_has_no_card() -> None:
    assert named_cards(["nobody-knows-it"], None) == {}
