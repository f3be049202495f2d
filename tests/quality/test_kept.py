import json
from dataclasses import replace

import pytest

from routergate.domain.quality import Trust
from routergate.quality.kept import as_json, watch_of
from routergate.quality.rules import Rules
from routergate.quality.watch import begun, observed
from support.comparisons import comparisons

RULES = Rules(threshold=0.9)


def test_a_watch_that_was_written_down_goes_on_as_if_nothing_had_been() -> None:
    kept = whole = replace(begun(5), trust=Trust.PROBING)
    for one in comparisons(1, 0.8, 300):
        whole, told = observed(whole, one, RULES)
        kept, again = observed(watch_of(as_json(kept)), one, RULES)
        assert (kept, again) == (whole, told)

    assert len(as_json(whole)) < 2_500


@pytest.mark.parametrize("text", ["", "[]", "7", "null", '{"trust": "trusted"}', '{"version": 2}'])
def test_what_is_no_watch_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is (not a watch|a watch of version)"):
        watch_of(text)


@pytest.mark.parametrize(
    "changes", [{"trust": "loved"}, {"lost": {"sudden": [0.0], "lasting": [0.0], "count": 1}}, {"recent": 3}]
)
def test_a_watch_that_is_not_whole_is_refused(changes: dict[str, object]) -> None:
    found = {**json.loads(as_json(begun(0))), **changes}

    with pytest.raises(ValueError, match="is not a whole watch; delete it"):
        watch_of(json.dumps(found))
