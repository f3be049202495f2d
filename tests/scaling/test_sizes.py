"""The arithmetic of sizes, by hand; and the table that the documents show."""

from pathlib import Path

import pytest
from benchmarks.scaling.sizes import Load, cores, one_organisation, primaries, table


def test_cores_are_rate_times_processor_time_with_room_to_spare() -> None:
    assert cores(1_000, 2.0, busy=0.5) == pytest.approx(4.0)


def test_one_organisation_has_one_node_and_all_have_as_many_as_it_takes() -> None:
    load = Load(rate=4_000, redis_ms=0.5, busy=0.5)
    assert one_organisation(load) == pytest.approx(1_000)
    assert primaries(load) == 4


def test_what_is_zero_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="above zero"):
        Load(redis_ms=0)


def test_the_documents_show_this_arithmetic() -> None:
    page = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
    assert "\n".join(table(Load())) in page
