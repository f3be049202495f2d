from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.dispatch.policy import FIRST_PAUSE, LONGEST_PAUSE, RULES, Rule, Then, pause_before_again
from routergate.domain.errors import AllProvidersFailed, ProviderRefused, UpstreamError

NOW = Rule(again=1, pause=False)
TWICE = Rule(again=2)
ALONE = Rule(again=2, alone=True)


def pause(
    rule: Rule,
    failures: int = 1,
    retry_after: float | None = None,
    *,
    alone: bool = False,
    wait: float = 2.0,
    draw: float = 1.0,
) -> float | None:
    return pause_before_again(rule, failures, retry_after, alone=alone, wait=wait, draw=draw)


def test_every_failure_of_a_provider_has_its_rule() -> None:
    upstream = [it for it in UpstreamError.__subclasses__() if it is not AllProvidersFailed]
    refused: list[type[ProviderRefused]] = [ProviderRefused, *ProviderRefused.__subclasses__()]
    assert set(RULES) == {it.kind for it in upstream} | {it.kind for it in refused}


@pytest.mark.parametrize("kind", ["refused", "filtered", "deadline"])
def test_what_asking_again_would_not_change_is_final(kind: str) -> None:
    assert RULES[kind] == Rule(then=Then.FINAL)


@pytest.mark.parametrize(
    ("rule", "failures", "alone", "expected"),
    [
        (Rule(), 1, True, None),
        (NOW, 1, False, 0.0),
        (NOW, 2, False, None),
        (TWICE, 1, False, FIRST_PAUSE),
        (TWICE, 2, False, FIRST_PAUSE * 2),
        (TWICE, 3, False, None),
        (ALONE, 1, False, None),
        (ALONE, 1, True, FIRST_PAUSE),
    ],
)
def test_a_model_is_asked_again_as_often_as_its_rule_says(
    rule: Rule, failures: int, alone: bool, expected: float | None
) -> None:
    assert pause(rule, failures, alone=alone) == expected


@pytest.mark.parametrize(
    ("retry_after", "alone", "wait", "expected"),
    [
        (1.0, True, 2.0, 1.0),
        (2.0, True, 2.0, 2.0),
        (2.1, True, 2.0, None),
        (0.5, False, 2.0, None),
        (0.5, True, 0.0, None),
        (0.0, True, 0.0, 0.0),
    ],
)
def test_a_wish_to_be_left_alone_is_granted_if_it_is_short_and_nobody_else_can_answer(
    retry_after: float, alone: bool, wait: float, expected: float | None
) -> None:
    assert pause(TWICE, 1, retry_after, alone=alone, wait=wait, draw=0.0) == expected


@given(st.integers(1, 20), st.floats(0, 1), st.none() | st.floats(0, 2))
def test_a_pause_is_never_shorter_than_the_provider_asks_nor_longer_than_the_longest(
    failures: int, draw: float, retry_after: float | None
) -> None:
    found = pause(Rule(again=20), failures, retry_after, alone=True, draw=draw)
    asked = retry_after or 0.0
    assert found is not None
    assert asked <= found <= asked + LONGEST_PAUSE


PAGE = Path(__file__, "../../../docs/failures.md").resolve().read_text(encoding="utf-8")


def test_the_page_has_every_rule() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")] for line in PAGE.splitlines() if line.startswith("| `")
    ]
    told = {cells[1].strip("`"): cells[3] for cells in rows if len(cells) == 7}
    for kind, rule in RULES.items():
        assert told[kind].startswith(str(rule.again))
        assert ("if alone" in told[kind]) == rule.alone
