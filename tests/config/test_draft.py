"""A configuration's file, looked at and replaced from elsewhere."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from routergate.config.draft import LONGEST_DIFF, Draft
from routergate.config.effects import effects
from routergate.config.load import LARGEST, load
from routergate.domain.errors import ConfigError
from routergate.domain.operator import ConfigChanged, ConfigInvalid, ConfigReadOnly

WRITTEN = """\
version: 1
providers:
  p: {kind: openai, base_url: http://127.0.0.1:9/v1, api_key: "${KEY}", headers: {x-team: research}}
models:
  m: {provider: p, class: economy, context_tokens: 9}
"""
ENV = {"KEY": "sk-secret"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "routergate.yaml"
    path.write_text(WRITTEN)
    return path


def a_draft(file: Path, problems: Sequence[str] = ()) -> Draft:
    async def reload() -> Sequence[str]:
        return problems

    config = load(file, ENV)
    return Draft(path=file, env=ENV, in_force=lambda: config, reload=reload)


def noting(notes: list[str]) -> Callable[[str], Awaitable[None]]:
    async def note(digest: str) -> None:
        notes.append(digest)

    return note


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def test_a_replaced_file_is_noted_before_it_is_there(file: Path) -> None:
    notes: list[str] = []
    text = WRITTEN.replace("context_tokens: 9", "context_tokens: 10")
    told = await a_draft(file).put(text, digest(WRITTEN), noting(notes))
    assert (told["in_force"], file.read_text(), notes) == (True, text, [digest(text)])


async def test_a_file_that_could_not_be_taken_up_says_so(file: Path) -> None:
    told = await a_draft(file, ["of its own"]).put(WRITTEN, digest(WRITTEN), noting([]))
    assert (told["in_force"], told["problems"]) == (False, ["of its own"])


async def test_nothing_is_replaced_that_could_not_be_noted(file: Path) -> None:
    async def note(_: str) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await a_draft(file).put(WRITTEN + "# more\n", digest(WRITTEN), note)
    assert file.read_text() == WRITTEN


async def test_a_link_stays_one(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    await a_draft(link).put(WRITTEN + "# more\n", digest(WRITTEN), noting([]))
    assert (link.is_symlink(), file.read_text()) == (True, WRITTEN + "# more\n")


@pytest.mark.parametrize(
    ("text", "of", "refusal"),
    [
        ("version: 2", WRITTEN, ConfigInvalid),
        (WRITTEN, "another", ConfigChanged),
        ("x" * (LARGEST + 1), WRITTEN, ConfigInvalid),
    ],
)
async def test_what_is_not_taken_changes_nothing(
    file: Path, text: str, of: str, refusal: type[Exception]
) -> None:
    notes: list[str] = []
    with pytest.raises(refusal):
        await a_draft(file).put(text, digest(of), noting(notes))
    assert (file.read_text(), notes) == (WRITTEN, [])


async def test_a_file_that_cannot_be_written_stays_as_it_is(tmp_path: Path) -> None:
    long = tmp_path / f"{'x' * 240}.yaml"  # nothing with a longer name can stand beside it
    long.write_text(WRITTEN)
    with pytest.raises(ConfigReadOnly, match="could not be written"):
        await a_draft(long).put(WRITTEN + "# more\n", digest(WRITTEN), noting([]))
    assert long.read_text() == WRITTEN


async def test_a_file_that_is_gone_is_not_replaced(file: Path) -> None:
    draft = a_draft(file)
    file.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        await draft.put(WRITTEN, digest(WRITTEN), noting([]))


async def test_a_text_can_be_tried_where_there_is_no_file(file: Path) -> None:
    draft = a_draft(file)
    file.unlink()
    told = await draft.check(WRITTEN)
    assert (told["ok"], told["effects"]) == (True, [])
    assert told["diff"].startswith("--- routergate.yaml")


async def test_a_difference_is_told_where_it_is_not_too_long(file: Path) -> None:
    draft = a_draft(file)
    assert (await draft.check(WRITTEN + "# " + "\n# " * LONGEST_DIFF))["diff"] is None
    assert "\\ No newline at end of file" in (await draft.check(WRITTEN.rstrip()))["diff"]
    assert (await draft.check(WRITTEN))["diff"] == ""


async def test_warnings_are_findings_too(file: Path) -> None:
    told = await a_draft(file).check(WRITTEN.replace("${KEY}", "sk-open"))
    found = {(one["path"], one["severity"], one["line"]) for one in told["findings"]}
    assert ("providers.p.api_key", "warning", 3) in found
    assert told["ok"]


async def test_a_secret_from_elsewhere_is_in_no_finding(file: Path) -> None:
    told = await a_draft(file).check(WRITTEN.replace("class: economy", 'class: "${KEY}"'))
    assert not told["ok"]
    assert "sk-secret" not in str(told)


async def test_whoever_only_looks_sees_no_secret_of_a_file(file: Path) -> None:
    draft = a_draft(file)
    file.write_text(WRITTEN.replace("${KEY}", "sk-open"))
    shown = (await draft.show(hidden=True))["yaml"]
    assert ("sk-open" in shown, "research" in shown, shown.count("(hidden)")) == (False, False, 2)
    file.write_text("version: [")
    assert (await draft.show(hidden=True))["yaml"] is None
    assert (await draft.show(hidden=False))["yaml"] == "version: ["


def test_effects_name_what_is_different_and_never_what_is_in_it(file: Path) -> None:
    before = load(file, ENV)
    text = WRITTEN.replace("${KEY}", "sk-another").replace("  m:", "  n:")
    file.write_text(f"{text}alerts: [{{url: https://hooks.example/x}}]\n")
    found = effects(before, load(file, ENV))
    assert found == [
        "Provider 'p' changes: api_key.",
        "Model 'm' is removed.",
        "Model 'n' is added.",
        "The section 'alerts' changes.",
    ]
    assert effects(before, before) == []
