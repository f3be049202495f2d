import pytest

from routergate.domain.quality import Interval, Trust
from routergate.quality.sampling import Sampling, chosen, inclusion

SAMPLING = Sampling(share=0.02, most=0.26, shadow=0.03)
UNKNOWN = Interval(estimate=None, low=0.0, high=1.0, count=0)
KNOWN = Interval(estimate=0.95, low=0.9, high=1.0, count=900)


@pytest.mark.parametrize(
    ("trust", "known", "share"),
    [
        (Trust.TRUSTED, UNKNOWN, 0.26),
        (Trust.TRUSTED, KNOWN, 0.0224),
        (Trust.WATCHED, KNOWN, 0.26),
        (Trust.DEMOTED, KNOWN, 0.03),
        (Trust.QUARANTINED, KNOWN, 0.0),
        (Trust.PROBING, KNOWN, 1.0),
    ],
)
def test_more_is_compared_where_less_is_known(trust: Trust, known: Interval, share: float) -> None:
    assert inclusion(trust, known, SAMPLING) == pytest.approx(share)


def test_chance_chooses_what_is_compared() -> None:
    assert chosen(0.25, 0.24)
    assert not chosen(0.25, 0.25)
    assert not chosen(0.0, 0.0)


@pytest.mark.parametrize("changes", [{"share": 0.0}, {"share": 0.5}, {"most": 1.5}, {"shadow": -0.1}])
def test_shares_that_make_no_sense_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="0 < share <= most <= 1"):
        Sampling(**{"share": 0.02, "most": 0.25, **changes})
