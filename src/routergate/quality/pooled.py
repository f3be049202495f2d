"""One interval from several."""

from collections.abc import Iterable

from routergate.domain.quality import Interval


def pooled(parts: Iterable[tuple[float, Interval]]) -> Interval:
    """The mean of qualities by their shares of the traffic.

    It holds with the errors of the parts added up: ask each of k for alpha / k. `estimate` is unknown where
    that of any part is.
    """
    found = [(share, one) for share, one in parts if share > 0]
    total = sum(share for share, _ in found)
    if not total:
        raise ValueError("there is nothing to pool: no part has a share")
    estimates = [(share, one.estimate) for share, one in found if one.estimate is not None]
    known = len(estimates) == len(found)
    return Interval(
        estimate=sum(share * one for share, one in estimates) / total if known else None,
        low=sum(share * one.low for share, one in found) / total,
        high=sum(share * one.high for share, one in found) / total,
        count=sum(one.count for _, one in found),
    )
