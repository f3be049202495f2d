from collections import Counter
from random import Random

import pytest

from routergate.quality.traffic import OTHER, Traffic, kinds, usual
from support.builders import a_reading, some_features

COUNTS = Counter(chat=600, code=300, math=80, poems=20)


def seen(traffic: Traffic, shares: dict[str, float], count: int, seed: int = 1) -> Traffic:
    chance = Random(seed)
    for kind in chance.choices(list(shares), list(shares.values()), k=count):
        traffic = traffic.after(kind)
    return traffic


def test_traffic_that_stays_as_it_was_raises_no_alarm() -> None:
    same = seen(usual(COUNTS), {"chat": 0.6, "code": 0.3, "math": 0.08, "new": 0.02}, 2_000)

    assert same.ever < 1
    assert same.lately < 50


@pytest.mark.parametrize("before", [0, 1_000])
def test_traffic_that_moves_is_told_with_what_moved(before: int) -> None:
    was = seen(usual(COUNTS), {"chat": 0.6, "code": 0.3, "math": 0.1}, before, seed=2)
    now = seen(was, {"chat": 0.2, "code": 0.3, "math": 0.5}, 300)

    assert now.ever > 100
    assert now.lately > 1_000
    assert now.moved == ("math", "risen")


def test_rare_kinds_are_one() -> None:
    traffic = usual(Counter(a=500, b=300, other=100, c=60, d=40), most=2)

    assert {name: kind.usual for name, kind in traffic.kinds.items()} == {
        "a": 0.5,
        "b": 0.3,
        OTHER: pytest.approx(0.2),
    }
    assert traffic.after("d").kinds[OTHER].risen.lately > traffic.after("a").kinds[OTHER].risen.lately


def test_what_is_usual_is_not_known_from_a_few_requests() -> None:
    with pytest.raises(ValueError, match=r"399 requests do not say what is usual to 0\.05"):
        usual(Counter(chat=399))


@pytest.mark.parametrize(
    ("tokens", "length"), [(10, "short"), (200, "medium"), (19_999, "long"), (90_000, "huge")]
)
def test_a_request_is_of_a_kind_by_task_level_and_length(tokens: int, length: str) -> None:
    features = some_features(input_tokens=tokens, reading=a_reading())

    assert kinds(features) == {"task": "chat", "level": "simple", "length": length}
