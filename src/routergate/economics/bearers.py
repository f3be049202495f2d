"""Who bears what of a month's fixed costs, by the method that the asset declares.

What requests have borne stays as it was booked. What is due from each bearer is its part of the true charge
less that, so that all of them together come to the true charge, to the nano-dollar.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routergate.domain.asset import FREE, Asset, Bearer, Loaded, Spread
from routergate.domain.money import Nanos
from routergate.domain.totals import Measures, Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One bearer's part of a month."""

    charged: Loaded
    """What it comes to."""
    borne: Loaded
    """What is booked of it already."""

    @property
    def due(self) -> Loaded:
        """What it still owes, or gets back."""
        return self.charged - self.borne


def parts(asset: Asset, charged: Loaded, totals: Sequence[Total]) -> dict[Bearer, Part]:
    """Every bearer's part of what a month of the model was charged; `totals` are the month's."""
    borne = _borne(asset, totals)
    if asset.spread is Spread.OWNER or not any((weights := _weights(asset, totals)).values()):
        owner = Bearer(organisation=asset.owner)
        return {owner: Part(charged=charged, borne=sum(borne.values(), FREE))}
    found = shared(charged, weights)
    return {
        one: Part(charged=found.get(one, FREE), borne=borne.get(one, FREE))
        for one in dict.fromkeys([*found, *borne])
    }


def shared(amount: Loaded, weights: Mapping[Bearer, int]) -> dict[Bearer, Loaded]:
    """An amount in parts by weight; none of it is lost."""
    whole, upto = sum(weights.values()), 0
    found: dict[Bearer, Loaded] = {}
    for one, weight in sorted(weights.items(), key=lambda pair: _order(pair[0])):
        found[one] = _upto(amount, upto + weight, whole) - _upto(amount, upto, whole)
        upto += weight
    return found


def _upto(amount: Loaded, part: int, whole: int) -> Loaded:
    return Loaded(
        hosting=Nanos(amount.hosting * part // whole),
        depreciation=Nanos(amount.depreciation * part // whole),
        maintenance=Nanos(amount.maintenance * part // whole),
    )


def _borne(asset: Asset, totals: Iterable[Total]) -> dict[Bearer, Loaded]:
    found: dict[Bearer, Loaded] = {}
    for total in totals:
        sums, one = total.measures, _bearer(asset, total)
        found[one] = found.get(one, FREE) + Loaded(
            hosting=Nanos(sums.hosting_nanos),
            depreciation=Nanos(sums.depreciation_nanos),
            maintenance=Nanos(sums.maintenance_nanos),
        )
    return found


def _weights(asset: Asset, totals: Iterable[Total]) -> dict[Bearer, int]:
    if asset.spread is Spread.WEIGHTS:
        return {Bearer(organisation=name): weight for name, weight in asset.weights}
    found: dict[Bearer, int] = {}
    for total in totals:
        one, used = _bearer(asset, total), _used(asset.spread, total.measures)
        found[one] = found.get(one, 0) + used
    if asset.spread is Spread.EQUALLY:
        return {one: int(used > 0) for one, used in found.items()}
    return found


def _used(spread: Spread, sums: Measures) -> int:
    if spread is not Spread.TOKENS:
        return sums.requests
    read = sums.input_uncached + sums.cache_read + sums.cache_write + sums.cache_write_1h + sums.audio_input
    return read + sums.output + sums.reasoning + sums.audio_output


def _bearer(asset: Asset, total: Total) -> Bearer:
    """By what was used, whoever used it is told apart; by the other methods, organisations are."""
    if asset.spread not in {Spread.REQUESTS, Spread.TOKENS}:
        return Bearer(organisation=total.organisation)
    return Bearer(
        organisation=total.organisation, team=total.team, customer=total.customer, feature=total.feature
    )


def _order(one: Bearer) -> tuple[str, ...]:
    return one.organisation, one.team or "", one.customer or "", one.feature or ""
