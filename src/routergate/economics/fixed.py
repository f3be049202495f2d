"""The fixed costs of an asset: what a period is charged, and what a request bears of it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache

from routergate.domain.asset import Allocation, Asset, HostingUnmeasured, Loaded, Method, Use, Volume
from routergate.domain.money import Nanos
from routergate.domain.totals import Measures
from routergate.economics.depreciation import book_value, monthly, plan, written_off
from routergate.economics.hosting import (
    active_seconds,
    busy_seconds,
    hosting_charge,
    hosting_month,
    maintenance_charge,
    measured_charge,
    upkeep,
)
from routergate.economics.months import day_of, instant


def share(asset: Asset, at: int, volume: Volume) -> Loaded | None:
    """What one request bears of the fixed costs, told without the future.

    Costs by the month are spread over the requests that a month is expected to have; `None` if nobody knows
    how many, or how long a model will be busy that is paid by it. What that misses of the true charge is
    booked when the month is over.
    """
    return _share(asset, day_of(at), volume)


def charge(
    asset: Asset,
    since: int,
    until: int,
    served: tuple[int, int] = (0, 0),
    hosted: Nanos | None = None,
) -> Loaded:
    """What the time between two instants truly costs; `served` are all requests up to each of them.

    `hosted` is what hosting came to where that was measured; raises `HostingUnmeasured` where it is unknown,
    and was not foreseen either.
    """
    maintenance, training = asset.maintenance, asset.training
    term = since, until, asset.begins, asset.retired
    return Loaded(
        hosting=_hosting(asset, term, hosted),
        maintenance=maintenance_charge(maintenance, *term) if maintenance else Nanos(0),
        depreciation=Nanos(
            written_off(training, until, served[1], asset.retired)
            - written_off(training, since, served[0], asset.retired)
        )
        if training
        else Nanos(0),
    )


def use_of(sums: Measures) -> Use:
    """How long a model answered the requests of these sums."""
    return Use(milliseconds=sums.answer_millis, timed=sums.timed, untimed=sums.requests - sums.timed)


def busy_in(name: str, asset: Asset, sums: Measures) -> Fraction | None:
    """The busy seconds of a measured asset; `None`: it is not measured. Raises `HostingUnmeasured`."""
    hosting = asset.hosting
    if hosting is None or not hosting.measured:
        return None
    busy = busy_seconds(hosting, use_of(sums))
    if busy is None:
        raise HostingUnmeasured(
            f"models.{name}.asset.hosting is measured by busy seconds, and of none of the {sums.requests:,} "
            "requests of the period is known how long they took. Declare gpus and gpu_hour without "
            "`measured` for that period."
        )
    return busy


def hosted(
    name: str, asset: Asset, since: int, until: int, busy: Fraction | None, bills: Mapping[str, Nanos]
) -> Nanos | None:
    """What a time's hosting came to, by its busy seconds or by a cluster's bill; `None`: it goes by the hour.

    Raises `HostingUnmeasured` if there is no bill.
    """
    hosting = asset.hosting
    if hosting is None:
        return None
    if hosting.allocation is not None:
        return _billed(name, hosting.allocation, bills)
    if busy is None:
        return None
    return measured_charge(hosting, busy, active_seconds(since, until, asset.begins, asset.retired))


def unamortised(asset: Asset, at: int, served: int) -> Nanos:
    """What the books say that the model is worth."""
    training = asset.training
    return book_value(training, at, served, asset.retired) if training else Nanos(0)


def expected(asset: Asset, volume: Volume) -> Fraction | None:
    """Requests per month: as declared, else as the life of the model implies, else as seen."""
    training = asset.training
    if asset.requests_per_month is not None:
        return Fraction(asset.requests_per_month)
    if training and training.expected_requests and training.life_months:
        return Fraction(training.expected_requests, training.life_months)
    return None if volume.monthly is None else Fraction(volume.monthly)


def by_requests(asset: Asset) -> bool:
    """Whether what is written off depends on how many requests there were."""
    return asset.training is not None and asset.training.method is Method.UNITS_OF_PRODUCTION


def counted_since(assets: Iterable[Asset]) -> Iterator[date]:
    """The days from which on all requests must be counted, to know what was written off for them."""
    for asset in assets:
        if asset.training and by_requests(asset):
            yield asset.training.in_service


@lru_cache(maxsize=4096)
def _share(asset: Asset, day: date, volume: Volume) -> Loaded | None:
    if asset.hosting and not asset.hosting.foreseen and asset.active(day):
        return None
    month = _month(asset, day)
    each, requests = _per_request(asset, day, volume), expected(asset, volume)
    if not any(month):
        return Loaded(depreciation=Nanos(round(each)))
    if not requests:
        return None
    hosting, depreciation, maintenance = (amount / requests for amount in month)
    return Loaded(
        hosting=Nanos(round(hosting)),
        depreciation=Nanos(round(depreciation + each)),
        maintenance=Nanos(round(maintenance)),
    )


def _hosting(asset: Asset, term: tuple[int, int, date | None, date | None], hosted: Nanos | None) -> Nanos:
    hosting = asset.hosting
    if hosting is None:
        return Nanos(0)
    if hosted is not None:
        return hosted
    if not hosting.foreseen:
        raise HostingUnmeasured(
            "The hosting of the model is measured, and a time to come cannot be. "
            "Declare its gpus and gpu_hour, without `measured`."
        )
    return hosting_charge(hosting, *term)


def _billed(name: str, allocation: Allocation, bills: Mapping[str, Nanos]) -> Nanos:
    if (bill := bills.get(name)) is None:
        raise HostingUnmeasured(
            f"models.{name}.asset.hosting.opencost: nobody asked OpenCost what '{allocation.name}' came to."
        )
    return bill


def _month(asset: Asset, day: date) -> tuple[Fraction, Fraction, Fraction]:
    """What the month of a day costs: hosting, depreciation by time, maintenance."""
    nothing, at = Fraction(0), instant(day)
    there, training = asset.active(day), asset.training
    aging = training is not None and not by_requests(asset) and not asset.retired_on(day)
    return (
        hosting_month(asset.hosting, at) if asset.hosting and there else nothing,
        monthly(training, at) if training and aging else nothing,
        upkeep(asset.maintenance) if asset.maintenance and there else nothing,
    )


def _per_request(asset: Asset, day: date, volume: Volume) -> Fraction:
    """What is written off for each request, until all of it is."""
    training = asset.training
    if training is None or not by_requests(asset):
        return Fraction(0)
    due = training.in_service <= day and not asset.retired_on(day)
    current, begun = plan(training, volume.served)
    return current.each if due and volume.served - begun < current.requests else Fraction(0)
