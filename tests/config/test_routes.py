from pathlib import Path

from routergate.domain.model import ModelId
from support.configs import SMALL, loaded, problems


def held(candidates: str, share: float) -> str:
    return SMALL + f"routes: {{auto: {{candidates: [{candidates}], baseline: gpt-4o, holdout: {share}}}}}\n"


def test_a_hold_out_is_a_share_of_the_requests(tmp_path: Path) -> None:
    policy = loaded(tmp_path, held("gpt-4o-mini, gpt-4o", 0.05)).catalogue.routes["auto"]

    assert (policy.baseline, policy.holdout) == (ModelId("gpt-4o"), 0.05)


def test_a_hold_out_without_a_baseline_to_send_to_is_told(tmp_path: Path) -> None:
    [told] = problems(tmp_path, held("gpt-4o-mini", 0.05))

    assert told == "6: routes.auto.holdout: needs a baseline that is among the candidates; add it to them"


def test_more_than_half_is_no_hold_out(tmp_path: Path) -> None:
    [told] = problems(tmp_path, held("gpt-4o-mini, gpt-4o", 0.6))

    assert told == "6: routes.auto.holdout: must be at most 0.5"
