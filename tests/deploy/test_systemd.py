"""The units for a machine without containers."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from routergate.cli import main
from routergate.config.spec import ServerSpec

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
LOOSEST = 25
"""Tenths of systemd's score of exposure that a service may have: from 0, locked in, to 100."""

each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.stem)


@pytest.fixture
def analyze() -> str:
    return shutil.which("systemd-analyze") or pytest.skip("systemd is not installed")


def test_systemd_takes_the_units(analyze: str, tmp_path: Path) -> None:
    program = tmp_path / "routergate"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = [tmp_path / path.name for path in sorted(UNITS.iterdir())]
    for unit in units:
        text = (UNITS / unit.name).read_text()
        unit.write_text(text.replace("/opt/routergate/bin/routergate", str(program)))
    found = subprocess.run(
        [analyze, "verify", "--man=no", *units], capture_output=True, text=True, timeout=60, check=False
    )
    said = [line for line in found.stderr.splitlines() if "routergate" in line]
    assert (found.returncode, said) == (0, [])


@each_service
def test_a_service_is_locked_in(analyze: str, service: Path) -> None:
    found = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", f"--threshold={LOOSEST}", service],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-600:] + found.stderr


@each_service
def test_commands_of_a_service_exist(service: Path) -> None:
    lines = re.findall(r"^ExecStart=/opt/routergate/bin/routergate (.+)$", service.read_text(), re.MULTILINE)
    assert lines
    for line in lines:
        command: click.Command = main
        arguments = line.split()
        while isinstance(command, click.Group):
            command = command.commands[arguments.pop(0)]
        command.make_context("routergate", arguments)


def test_a_stopped_gateway_has_the_time_that_it_gives_to_running_requests() -> None:
    [given] = re.findall(r"^TimeoutStopSec=(\d+)$", (UNITS / "routergate.service").read_text(), re.MULTILINE)
    assert int(given) >= ServerSpec().grace_seconds + 10


def test_the_timer_starts_what_there_is() -> None:
    assert [path.stem for path in UNITS.glob("*.timer")] == ["routergate-compact"]
    assert (UNITS / "routergate-compact.service").exists()
