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
        ("ttl: 31d", "ttl", "no more than 30d"),
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


HOOK = "guardrails: {one: {use: '%s'}}\nroutes: {auto: {candidates: [gpt-4o-mini], guardrails: [one]}}"


def test_a_guardrail_is_loaded_with_its_options(tmp_path: Path) -> None:
    written = HOOK.replace(
        "'%s'", "'routergate.guardrails.pii:Redaction', options: {kinds: [card]}, direct: true"
    )
    config = loaded(tmp_path, SMALL + written)
    [rail] = config.guardrails["auto"]
    assert config.guardrails["direct"] == (rail,)
    assert (rail.id, rail.timeout, rail.passes) == ("one", 2.0, False)
    assert rail.hook.after("a@b.example 4111111111111111") == "a@b.example [card]"


@pytest.mark.parametrize(
    ("use", "words"),
    [
        ("nonsense", "expected a module, a colon and a name in it"),
        ("no.such.module:Hook", "there is no module 'no'; install it, or put its folder on PYTHONPATH"),
        ("routergate.guardrails.pii:Nobody", "has no Nobody; correct the name behind the colon"),
        ("support.hooks:nothing", "nothing has neither a method before nor a method after"),
        ("support.hooks:GuardrailRefused", "cannot be made with its options (TypeError: "),
    ],
)
def test_a_guardrail_that_cannot_be_loaded_is_told_with_place_and_remedy(
    tmp_path: Path, use: str, words: str
) -> None:
    [problem] = problems(tmp_path, SMALL + HOOK % use)
    assert problem.startswith("6: guardrails.one.use: ")
    assert words in problem


def test_a_module_that_fails_to_load_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hook_that_fails.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    [problem] = problems(tmp_path, SMALL + HOOK % "hook_that_fails:Hook")
    assert "the module hook_that_fails fails to load (ZeroDivisionError: division by zero)" in problem


def test_a_route_can_have_no_guardrail_that_is_not_declared(tmp_path: Path) -> None:
    text = "guardrails: {pii: {use: 'routergate.guardrails.pii:Redaction'}}\n"
    [problem] = problems(tmp_path, SMALL + text + "routes: {auto: {candidates: [gpt-4o], guardrails: [pi]}}")
    assert problem == "7: routes.auto.guardrails[0]: no guardrail is called 'pi'; did you mean 'pii'?"
