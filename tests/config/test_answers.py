"""What is written of answers: which are kept, and who looks at them."""

from pathlib import Path

import pytest

from routergate.domain.caching import Caching, Sharing
from support.configs import SMALL, loaded, problems

ROUTE = "routes: {auto: {candidates: [gpt-4o-mini], cache: {%s}}}"


@pytest.mark.parametrize(
    ("written", "caching"),
    [
        ("ttl: 90s", Caching(ttl=90)),
        ("ttl: 1h, max_bytes: 1000", Caching(ttl=3_600, max_bytes=1_000)),
        ("ttl: 30d, scope: key", Caching(ttl=30 * 86_400)),
    ],
)
def test_a_route_keeps_answers_for_as_long_as_it_says(tmp_path: Path, written: str, caching: Caching) -> None:
    config = loaded(tmp_path, SMALL + ROUTE % written)
    assert config.catalogue.routes["auto"].caching == caching
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("written", "place", "words"),
    [
        ("ttl: soon", "ttl", "expected a duration such as 30s, 15m, 1h or 7d"),
        ("ttl: 31d", "ttl", "2592000"),
        ("ttl: 1h, scope: world", "scope", "organisation"),
        ("scope: key", "ttl", "is missing"),
    ],
)
def test_a_cache_that_is_wrong_is_told_with_its_place(
    tmp_path: Path, written: str, place: str, words: str
) -> None:
    [problem] = problems(tmp_path, SMALL + ROUTE % written)
    assert problem.startswith(f"6: routes.auto.cache.{place}: ")
    assert words in problem


def test_shared_answers_without_a_secret_are_warned_of(tmp_path: Path) -> None:
    text = SMALL + ROUTE % "ttl: 1h, scope: organisation"
    [warning] = loaded(tmp_path, text).warnings
    assert warning.startswith("routes.auto.cache: whoever reads the store can test")
    config = loaded(tmp_path, text + "\nserver: {cache_secret: '${SECRET}'}", {"SECRET": "0123456789abcdef"})
    assert config.catalogue.routes["auto"].caching == Caching(ttl=3_600, scope=Sharing.ORGANISATION)
    assert config.warnings == ()
    assert config.server.cache_secret is not None
    assert config.server.cache_secret.reveal() == "0123456789abcdef"


def test_a_secret_in_the_file_is_warned_of(tmp_path: Path) -> None:
    [warning] = loaded(tmp_path, SMALL + "server: {cache_secret: 0123456789abcdefg}").warnings
    assert warning.startswith("server.cache_secret: stands in the file")
