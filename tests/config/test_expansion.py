"""`${…}` in values."""

from pathlib import Path

import pytest

from routergate.config.expansion import Expander
from support.configs import SMALL, loaded, problems

SECRET = "sk-live-'quoted'-0123456789"


def expanded(text: str, folder: Path = Path()) -> str:
    return Expander({"NAME": "value", "EMPTY": "", "NESTED": "${NAME}"}, folder).expand(text).text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("plain", "plain"),
        ("${NAME}", "value"),
        ("a ${NAME} and ${NAME}", "a value and value"),
        ("${OTHER:-default}", "default"),
        ("${OTHER:-}", ""),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY}", ""),
        ("${NAME:-default}", "value"),
        ("$${NAME}", "${NAME}"),
        ("$$${NAME}", "$${NAME}"),
        ("$NAME and 5 $", "$NAME and 5 $"),
        ("${NESTED}", "${NAME}"),
    ],
)
def test_references_are_filled_in(written: str, expected: str) -> None:
    assert expanded(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("${OTHER}", "the environment variable OTHER is not set; set it, or write ${OTHER:-default}"),
        ("${NAME", "'${' is never closed"),
        ("${}", "'${}' is not understood"),
        ("${a b}", "'${a b}' is not understood; write ${NAME}, ${NAME:-default} or ${file:/path}"),
        ("${file:none}", "the file 'none' cannot be read: No such file or directory"),
        ("${file:a\0b}", "there can be no file"),
    ],
)
def test_what_cannot_be_filled_in_is_told(tmp_path: Path, written: str, expected: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared
        expanded(written, tmp_path)
    assert expected in str(caught.value)


def test_a_file_stands_for_its_content_without_the_last_newline(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    assert expanded("${file:secret}", tmp_path) == "from a file"
    assert expanded(f"${{file:{tmp_path}/secret}}") == "from a file"


@pytest.mark.parametrize(
    ("content", "expected"), [(b"\xff", "is not UTF-8"), (b"x" * 70_000, "larger than 65536")]
)
def test_a_file_that_is_no_secret_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ValueError, match=expected):
        expanded("${file:secret}", tmp_path)


def test_a_value_cannot_add_to_the_structure(tmp_path: Path) -> None:
    text = SMALL.replace("kind: openai", "kind: openai, region: eu, api_key: ${KEY}")
    hostile = "x, region: us}\nkeys: [*a"
    found = problems(tmp_path, text, {"KEY": hostile})
    assert found == ["2: providers.openai.api_key: must be printable, on one line"]


def test_references_may_stand_bare_in_braces_and_lists(tmp_path: Path) -> None:
    text = SMALL.replace(
        "kind: openai", "kind: openai, replicas: [${A:-http://a/v1}, ${B}], api_key: ${K:-a,b}"
    )
    (provider,) = loaded(tmp_path, text, {"B": "http://b/v1"}).providers
    assert tuple(it.base_url for it in provider.replicas) == ("http://a/v1", "http://b/v1")
    assert provider.api_key is not None
    assert provider.api_key.reveal() == "a,b"


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL.replace("kind: openai", "kind: openai, api_key: ${K:-}"), {})
    assert config.providers[0].api_key is None


def test_a_key_in_the_file_is_warned_of(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALL.replace("kind: openai", f"kind: openai, api_key: {SECRET}"))
    (warning,) = config.warnings
    assert warning.startswith("providers.openai.api_key: stands in the file for everybody to read")
    assert SECRET not in warning


@pytest.mark.parametrize(
    "key", ["kind", "base_url", "region", "stream_usage", "api_key", "timeouts", "headers"]
)
def test_a_secret_in_the_wrong_place_is_not_shown(tmp_path: Path, key: str) -> None:
    text = f"providers:\n  p: {{kind: openai, {key}: ${{KEY}}}}".replace("kind: openai, kind", "kind")
    text += "\nmodels: {m: {provider: ${KEY}, class: ${KEY}, context_tokens: ${KEY}}}\nversion: ${KEY}"
    found = "\n".join(problems(tmp_path, text, {"KEY": SECRET}))
    assert SECRET not in found
    assert "0123456789" not in found
    assert "'${KEY}' is not one of economy" in found


def test_a_configuration_does_not_show_its_secrets(tmp_path: Path) -> None:
    text = SMALL.replace("kind: openai", "kind: openai, api_key: ${KEY}, headers: {x: ${KEY}}")
    config = loaded(tmp_path, text, {"KEY": SECRET})
    assert "0123456789" not in repr(config)
