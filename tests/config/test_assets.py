"""Fixed costs as written, and what they become."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from routergate.config.spec import Config
from routergate.domain.asset import Allocation, Asset, Hosting, Maintenance, Method, Revision, Training
from routergate.domain.model import ModelCard, ModelId
from support.configs import OUTLINE, SMALL, loaded, problems


def model(config: Config, name: str = "m") -> ModelCard:
    return config.catalogue.models[ModelId(name)]


def asset_of(folder: Path, written: str) -> Asset | None:
    text = SMALL + f"  m: {{provider: openai, class: self_hosted, context_tokens: 1, asset: {written}}}\n"
    return model(loaded(folder, text)).asset


def test_an_asset_is_what_the_outline_says(tmp_path: Path) -> None:
    assert model(loaded(tmp_path, OUTLINE), "contracts-7b").asset == Asset(
        training=Training(
            cost=Decimal(400_000),
            in_service=date(2026, 1, 15),
            method=Method.UNITS_OF_PRODUCTION,
            expected_requests=10_000_000,
            life_months=18,
        ),
        hosting=Hosting(units=2, unit_hour=Decimal("2.50")),
        maintenance=Maintenance(monthly=Decimal(12_000), retraining_months=1),
    )


def test_everything_that_may_be_said_is_heard(tmp_path: Path) -> None:
    written = (
        "{training: {cost: 90, in_service: 2026-01-01, method: declining_balance, life_months: 12,"
        " factor: 1.5, salvage: 9}, hosting: {monthly: 7, tokens_per_second: 50},"
        " maintenance: {monthly: 1, retraining: 6, retraining_months: 3},"
        " from: 2025-11-01, retired: 2027-01-01, requests_per_month: 10, owner: acme}"
    )
    assert asset_of(tmp_path, written) == Asset(
        training=Training(
            cost=Decimal(90),
            in_service=date(2026, 1, 1),
            method=Method.DECLINING_BALANCE,
            life_months=12,
            factor=Decimal("1.5"),
            salvage=Decimal(9),
        ),
        hosting=Hosting(monthly=Decimal(7), tokens_per_second=Decimal(50)),
        maintenance=Maintenance(monthly=Decimal(1), retraining=Decimal(6), retraining_months=3),
        start=date(2025, 11, 1),
        retired=date(2027, 1, 1),
        requests_per_month=10,
        owner="acme",
    )


def test_hosting_may_go_by_busy_seconds(tmp_path: Path) -> None:
    written = "{hosting: {measured: busy_seconds, gpus: 2, gpu_hour: 2.5, at_once: 16}}"
    hosting = Hosting(units=2, unit_hour=Decimal("2.5"), measured=True, at_once=16)
    assert asset_of(tmp_path, written) == Asset(hosting=hosting)


def test_hosting_may_be_what_opencost_says(tmp_path: Path) -> None:
    part = "{url: 'http://opencost:9003', aggregate: 'label:app', name: m}"
    allocation = Allocation(url="http://opencost:9003", aggregate="label:app", name="m")
    assert asset_of(tmp_path, f"{{hosting: {{opencost: {part}}}}}") == Asset(
        hosting=Hosting(allocation=allocation)
    )
    thought = f"{{hosting: {{gpus: 2, gpu_hour: 2.5, opencost: {part}}}}}"
    assert asset_of(tmp_path, thought) == Asset(
        hosting=Hosting(units=2, unit_hour=Decimal("2.5"), allocation=allocation)
    )


def test_revisions_are_put_in_order(tmp_path: Path) -> None:
    asset = asset_of(
        tmp_path,
        "{training: {cost: 1, in_service: 2026-01-01, method: units_of_production, expected_requests: 9,"
        " revisions: [{served: 5, remaining_requests: 1}, {served: 2, remaining_requests: 6}]}}",
    )
    assert asset is not None
    assert asset.training is not None
    assert asset.training.revisions == (
        Revision(served=2, remaining_requests=6),
        Revision(served=5, remaining_requests=1),
    )


def test_provisioned_throughput_is_paid_for_by_the_unit_and_not_by_the_token(tmp_path: Path) -> None:
    text = SMALL + (
        "  m: {provider: openai, name: gpt-4o, class: frontier,"
        " asset: {provisioned: {units: 50, unit_hour: 1, unit_tokens_per_second: 40}}}\n"
    )
    bought = model(loaded(tmp_path, text))

    assert bought.asset is not None
    assert bought.asset.hosting == Hosting(units=50, unit_hour=Decimal(1), tokens_per_second=Decimal(2_000))
    assert [card.source for card in bought.prices] == ["owned"]


def test_throughput_of_unknown_capacity_stays_so(tmp_path: Path) -> None:
    asset = asset_of(tmp_path, "{provisioned: {units: 50, unit_hour: 1}}")
    assert asset == Asset(hosting=Hosting(units=50, unit_hour=Decimal(1)))


def test_a_vendors_variant_costs_a_multiple_of_its_base(tmp_path: Path) -> None:
    tiers = (
        "context_tiers: [{above_input_tokens: 9, input: 3, output: 4}],"
        " service_tiers: {priority: {input: 5, output: 6, context_tiers:"
        " [{above_input_tokens: 9, input: 7, output: 8}]}}"
    )
    text = SMALL + (
        f"  base: {{provider: openai, class: economy, context_tokens: 1,"
        f" prices: [{{from: 2026-01-01, input: 1, output: 2, per_request: 0.1, {tiers}}}]}}\n"
        "  m: {provider: openai, class: economy, context_tokens: 1,"
        " asset: {hosting: {monthly: 1500}, premium: {base: base, times: 1.5}}}\n"
    )
    [card] = model(loaded(tmp_path, text)).prices
    [tier], priority = card.context_tiers, card.service_tiers["priority"]

    assert (card.start, card.cache_read, card.per_request) == (date(2026, 1, 1), None, Decimal("0.15"))
    assert (card.input, card.output) == (Decimal("1.5"), Decimal(3))
    assert (tier.above_input_tokens, tier.input, tier.output) == (9, Decimal("4.5"), Decimal(6))
    assert (priority.input, priority.context_tiers[0].output) == (Decimal("7.5"), Decimal(12))


def test_a_multiple_of_an_unknown_price_is_unknown_and_is_said(tmp_path: Path) -> None:
    text = SMALL + (
        "  base: {provider: openai, class: economy, context_tokens: 1}\n"
        "  m: {provider: openai, class: economy, context_tokens: 1,"
        " asset: {premium: {base: base, times: 2}}}\n"
    )
    config = loaded(tmp_path, text)

    assert model(config).prices == ()
    assert config.warnings[-1] == (
        "models.m.asset.premium: no price is known of 'base'; its cost will be shown as unknown"
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "{training: {cost: 1, in_service: 2026-01-01}}",
            ".training: straight_line needs life_months",
        ),
        (
            "{training: {cost: 1, in_service: 2026-01-01, method: declining_balance}}",
            ".training: declining_balance needs life_months",
        ),
        (
            "{training: {cost: 1, in_service: 2026-01-01, method: units_of_production, life_months: 3}}",
            ".training: units_of_production needs expected_requests",
        ),
        (
            "{training: {cost: 1, in_service: 2026-01-01, life_months: 3, salvage: 2}}",
            ".training: salvage is more than cost; write what it will be worth in the end",
        ),
        (
            (
                "{training: {cost: 1, in_service: 2026-01-01, life_months: 3,"
                " revisions: [{served: 1, remaining_requests: 1}]}}"
            ),
            ".training: revisions are for units_of_production; remove them",
        ),
        (
            (
                "{training: {cost: 1, in_service: 2026-01-01, method: units_of_production,"
                " expected_requests: 9,"
                " revisions: [{served: 1, remaining_requests: 1}, {served: 1, remaining_requests: 2}]}}"
            ),
            ".training: two revisions have the same served; keep one of them",
        ),
        ("{hosting: {gpus: 2}}", ".hosting: gpus and gpu_hour belong together; write both"),
        ("{hosting: {}}", ".hosting: costs nothing yet; write gpus and gpu_hour, or monthly"),
        (
            "{hosting: {measured: busy_seconds, opencost: {url: 'http://o', aggregate: pod, name: m}}}",
            ".hosting: has both measured and opencost; keep one of them",
        ),
        (
            "{hosting: {measured: busy_seconds, monthly: 5}}",
            ".hosting: measured is for gpus and gpu_hour alone; write both, and no monthly",
        ),
        (
            "{hosting: {gpus: 1, gpu_hour: 2, at_once: 5}}",
            ".hosting: at_once is for measured: busy_seconds; write that, or remove it",
        ),
        ("{maintenance: {retraining: 5}}", ".maintenance: retraining needs retraining_months"),
        ("{spread: weights}", ": spread: weights and weights belong together; write both"),
        ("{weights: {acme: 1}}", ": spread: weights and weights belong together; write both"),
        (
            "{hosting: {monthly: 1}, provisioned: {units: 1, unit_hour: 1}}",
            ": has both hosting and provisioned; keep one of them",
        ),
        (
            "{from: 2026-01-01, retired: 2026-01-01}",
            ": retired is not after its first day; write a later day, or remove the asset",
        ),
        (
            "{premium: {base: gpt-4o-mni, times: 2}}",
            ".premium: no model is called 'gpt-4o-mni'; did you mean 'gpt-4o-mini'?",
        ),
        (
            "{premium: {base: m, times: 2}}",
            ".premium: 'm' is a multiple of another model itself; name that one",
        ),
    ],
)
def test_an_asset_that_makes_no_sense_is_refused(tmp_path: Path, written: str, expected: str) -> None:
    text = SMALL + f"  m: {{provider: openai, class: self_hosted, context_tokens: 1, asset: {written}}}\n"
    assert problems(tmp_path, text) == [f"6: models.m.asset{expected}"]


def test_a_multiple_and_prices_of_its_own_are_one_too_many(tmp_path: Path) -> None:
    text = SMALL + (
        "  m: {provider: openai, class: economy, context_tokens: 1, prices: [{from: 2026-01-01, input: 1,"
        " output: 1}], asset: {premium: {base: gpt-4o-mini, times: 2}}}\n"
    )
    assert problems(tmp_path, text) == ["6: models.m.asset.premium: there are prices too; keep one of them"]
