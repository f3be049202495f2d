"""Text that is not YAML, or not to be trusted."""

from pathlib import Path

import pytest

from routergate.config.load import load
from routergate.domain.errors import ConfigError
from support.configs import SMALL, problems


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("routes: {a: &a [*a]}", "more than 32 levels deep, aliases included"),
        ("routes: {a: *b}", "not valid YAML: found undefined alias"),
        ("routes: {? [a] : b}", "routes: a key must be a plain word"),
        ("routes: {a: !!python/name:os.system x}", "is not understood; remove it"),
        ("routes: {<<: a}", "routes: '<<' takes a mapping, or a list of them"),
        ("routes: &a {<<: *a}", "more than 32 levels deep, aliases included"),
        ("routes: {a: {", "7: not valid YAML: while parsing a flow"),
        ("routes: 'a", "6: not valid YAML: while scanning a quoted scalar, found unexpected end of stream"),
        ("---\na: 1", "6: not valid YAML: expected a single document in the stream"),
    ],
)
def test_yaml_that_makes_no_sense_is_refused(tmp_path: Path, written: str, expected: str) -> None:
    found = problems(tmp_path, SMALL + written)
    assert found[0].startswith(("6: ", "7: "))
    assert expected in found[0]


def test_a_key_that_is_written_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    text = SMALL + "routes:\n  a: {candidates: [gpt-4o]}\n  a: {candidates: [gpt-4o-mini]}\n"
    assert problems(tmp_path, text) == ["8: routes.a: written twice, in lines 7 and 8; keep one"]


def test_a_bomb_of_aliases_is_refused(tmp_path: Path) -> None:
    layers = (f"{chr(97 + n)}: &{chr(97 + n)} [{', '.join([f'*{chr(96 + n)}'] * 10)}]" for n in range(1, 9))
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(layers)
    (problem,) = problems(tmp_path, text)
    assert problem.endswith("more than 100000 values, aliases included")


def test_merges_that_multiply_are_refused(tmp_path: Path) -> None:
    wide = ", ".join(f"k{n}: 1" for n in range(1000))
    text = f"a: &a {{{wide}}}\nb: {{<<: [{', '.join(['*a'] * 200)}]}}"
    (problem,) = problems(tmp_path, text)
    assert problem.endswith("more than 100000 values, aliases included")


def test_endless_depth_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "a: " + "[" * 100_000) == ["1: more than 32 levels deep"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a" * (4 * 1024 * 1024 + 1), ": larger than 4 MiB"),
        (b"version: 1\n\xff\n", ":2: not UTF-8 text"),
        (b"version: 1\na\x07: 1", ":2: the character '\\x07' cannot stand in YAML"),
        (b"- a", ":1: the file must be a mapping, such as 'version: 1'"),
    ],
)
def test_a_file_that_is_no_text_of_ours_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert caught.value.problems == (f"{path}{expected}",)
