"""Log lines, as the process writes them to standard error."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from routergate.domain.errors import ConfigError
from routergate.telemetry.logs import ConsoleFormatter, configure, counted


@pytest.fixture(autouse=True)
def root() -> Iterator[logging.Logger]:
    """The root logger, put back as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_json_is_one_object_per_line_with_its_extras(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    logging.getLogger("routergate.app").info("up on %s\nand fine", "ünix", extra={"port": 8080})
    (line,) = logged(capsys)
    written = datetime.fromisoformat(line.pop("time"))
    assert written.utcoffset() is not None
    assert line == {
        "level": "info",
        "logger": "routergate.app",
        "message": "up on ünix\nand fine",
        "port": 8080,
    }


def test_a_traceback_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    try:
        int("seven")
    except ValueError:
        logging.getLogger("routergate").exception("no number")
    (line,) = logged(capsys)
    assert line["message"] == "no number"
    assert line["exception"].startswith("Traceback")
    assert "invalid literal" in line["exception"]


def test_extras_cannot_pose_as_the_line_itself(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    logging.getLogger("routergate").warning("so", extra={"level": "debug", "when": datetime(2026, 1, 1)})  # noqa: DTZ001 - any value will do
    (line,) = logged(capsys)
    assert (line["level"], line["when"]) == ("warning", "2026-01-01 00:00:00")


def test_a_stack_is_part_of_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    logging.getLogger("routergate").info("here", stack_info=True)
    assert "test_a_stack_is_part_of_the_line" in logged(capsys)[0]["stack"]


def test_the_console_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "console")
    try:
        int("seven")
    except ValueError:
        logging.getLogger("routergate").exception("no number", extra={"port": 8080}, stack_info=True)
    first, *rest = capsys.readouterr().err.splitlines()
    assert first[12:] == " ERROR   routergate: no number port=8080"
    assert rest[0] == "Traceback (most recent call last):"
    assert any(line.startswith("Stack ") for line in rest)


def test_records_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure("WARNING", "json")
    logging.getLogger("routergate").info("chatter")
    assert logged(capsys) == []


def test_configuring_again_replaces_the_former_and_leaves_others_alone(
    capsys: pytest.CaptureFixture[str], root: logging.Logger
) -> None:
    others = list(root.handlers)
    configure("info", "json")
    configure("info", "console")
    logging.getLogger("routergate").info("once")
    assert capsys.readouterr().err.count("once") == 1
    assert root.handlers[: len(others)] == others
    assert isinstance(root.handlers[-1].formatter, ConsoleFormatter)


def test_an_unknown_level_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'loud' is unknown: use one of debug, info"):
        configure("loud", "json")


def test_standard_output_is_left_to_the_commands() -> None:
    script = (
        "import logging; from routergate.telemetry.logs import configure;"
        "configure('info', 'json'); logging.getLogger().info('up')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout == ""
    assert json.loads(ended.stderr)["message"] == "up"


def test_lines_that_ask_for_attention_are_counted_by_level() -> None:
    levels: list[str] = []
    log = logging.getLogger("routergate.somewhere")
    with counted(levels.append):
        log.info("all is well")
        log.warning("hm")
        log.log(35, "worse than a warning")
        log.error("no")
        log.critical("the end")
    log.error("after it")
    assert levels == ["warning", "warning", "error", "critical"]
