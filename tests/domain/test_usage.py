import pytest

from routergate.domain.usage import KINDS, Usage


@pytest.mark.parametrize("kind", KINDS)
def test_no_bucket_is_negative(kind: str) -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        Usage(**{kind: -1})


def test_the_totals_are_the_sums_of_the_buckets() -> None:
    usage = Usage(**{kind: 10**place for place, kind in enumerate(KINDS)})
    assert (usage.input_total, usage.output_total) == (1_001_111, 10_110_000)


def test_the_kinds_name_every_bucket_in_order() -> None:
    usage = Usage(input_uncached=1, cache_read=2, cache_write=3, output=4, reasoning=5, audio_output=7)
    assert usage.by_kind() == {
        "input_uncached": 1,
        "cache_read": 2,
        "cache_write": 3,
        "cache_write_1h": 0,
        "output": 4,
        "reasoning": 5,
        "audio_input": 0,
        "audio_output": 7,
    }
