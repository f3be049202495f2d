"""What holds for every command: help with examples, JSON, exit codes, plain output, completion."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from routergate.cli import main
from routergate.cli.common import EXIT_CODES
from routergate.cli.reference import every, help_of
from routergate.docs import GENERATED
from support.gateway import configuration, run_command

COMMANDS = every(main)
LEAVES = {names: command for names, command in COMMANDS.items() if not isinstance(command, click.Group)}
PRINT_NO_DATA = {("serve",), ("demo",), ("completion",)}
"""A log, a show, and a program for a shell."""


def examples(names: tuple[str, ...]) -> list[str]:
    """The lines below `Examples:`."""
    told = help_of(COMMANDS[names], names).partition("Examples:\n")[2]
    return [line.strip() for line in told.partition("\n\n")[0].splitlines()]


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(names: tuple[str, ...]) -> None:
    told = CliRunner().invoke(main, [*names, "--help"])
    assert told.exit_code == 0
    assert "Examples:" in told.stdout
    assert examples(names)
    assert all("routergate " in line for line in examples(names))
    assert max(map(len, examples(names))) <= 110


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_every_example_is_a_command_with_options_that_it_has(names: tuple[str, ...]) -> None:
    for words in map(typed, examples(names)):
        command, rest = resolved(words)
        command.make_context(words[0], [*rest], resilient_parsing=True, help_option_names=["-h", "--help"])
        known = {name for one in command.params for name in one.opts}
        assert {word for word in rest if word.startswith("--")} <= known


def typed(line: str) -> list[str]:
    """The words after `routergate`, without what is a shell's."""
    command = found.group(1) if (found := re.search(r"\$\((.*)\)", line)) else line.partition(" > ")[0]
    return shlex.split(command, comments=True)[1:]


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that is typed, and what it is given."""
    command, rest = COMMANDS[()], words
    while isinstance(command, click.Group) and rest:
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


@pytest.mark.parametrize("names", sorted(LEAVES.keys() - PRINT_NO_DATA), ids=" ".join)
def test_every_command_that_prints_data_prints_json_if_asked(names: tuple[str, ...]) -> None:
    assert any("--json" in one.opts for one in LEAVES[names].params)


@pytest.fixture
def place(tmp_path: Path) -> Mapping[str, str]:
    """A directory with a configuration, a request and a store of its own."""
    config = tmp_path / "config" / "routergate.yaml"
    config.parent.mkdir()
    config.write_text(json.dumps(configuration("http://127.0.0.1:9/v1")))
    body = {"model": "auto", "messages": [{"role": "user", "content": "Hello?"}]}
    (tmp_path / "body.json").write_text(json.dumps(body))
    return {"ROUTERGATE_DATA_DIR": str(tmp_path / "data")}


@pytest.mark.parametrize(
    "names",
    [
        ("check",),
        ("explain",),
        ("prices", "diff"),
        ("completion",),
        ("report", "savings"),
        ("ledger", "compact"),
    ],
    ids=" ".join,
)
def test_examples_that_need_nothing_run(
    names: tuple[str, ...], place: Mapping[str, str], tmp_path: Path
) -> None:
    for words in map(typed, examples(names)):
        done = subprocess.run(
            [sys.executable, "-m", "routergate.cli", *words],
            cwd=tmp_path,
            env={**os.environ, **place},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (words, done.stderr)
        if "--json" in words:
            json.loads(done.stdout)


def test_exit_codes_are_those_of_the_reference(place: Mapping[str, str], tmp_path: Path) -> None:
    config = str(tmp_path / "config" / "routergate.yaml")
    assert run_command(place, "check", "--config", config).returncode == 0
    for wrong in (
        ["check", "--config", str(tmp_path / "absent.yaml")],
        ["check", "--nonsense"],
        ["nonsense"],
        ["report", "savings", "--format", "csv", "--out", str(tmp_path / "absent" / "savings.csv")],
    ):
        done = run_command(place, *wrong)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.strip()
    assert set(EXIT_CODES) == {0, 1, 2, 130}


def test_a_command_that_is_interrupted_says_so_in_its_code() -> None:
    @main.command("forever", hidden=True)
    def forever() -> None:
        raise KeyboardInterrupt

    try:
        assert CliRunner().invoke(main, ["forever"]).exit_code == 130
    finally:
        del main.commands["forever"]


@pytest.mark.parametrize(("chosen", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_for_terminals_whose_owner_wants_them(
    chosen: Mapping[str, str], *, coloured: bool, place: Mapping[str, str], tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "routergate.cli", "explain", "Hello?"],
        cwd=tmp_path,
        env={**environment, **place, "TERM": "xterm-256color", **chosen},
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # how Linux says that the other side is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(60) == 0
    assert b"small" in shown
    assert (b"\x1b[" in shown) is coloured


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell: str) -> None:
    script = run_command({}, "completion", shell)
    assert script.returncode == 0
    assert "_ROUTERGATE_COMPLETE" in script.stdout
    asked = {"_ROUTERGATE_COMPLETE": f"{shell}_complete", "COMP_WORDS": "routergate led", "COMP_CWORD": "1"}
    offered = run_command({**asked, **({"COMP_CWORD": "led"} if shell == "fish" else {})})
    assert "ledger" in offered.stdout


def test_the_reference_has_every_command() -> None:
    page = GENERATED["docs/cli.md"]()
    assert all(f"## {' '.join(('routergate', *names))}\n" in page for names in COMMANDS)
    assert all(f"| {code} | {meaning} |" in page for code, meaning in EXIT_CODES.items())
