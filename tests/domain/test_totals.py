from routergate.domain.totals import MEASURES, Measures


def test_measures_add_up_each_by_its_own() -> None:
    one = Measures(**{name: place for place, name in enumerate(MEASURES)})
    other = Measures(**dict.fromkeys(MEASURES, 100))
    assert one + other == Measures(**{name: 100 + place for place, name in enumerate(MEASURES)})
    assert one + Measures() == one
