"""What the container image is made of."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: str) -> set[str]:
    """`name==version`, without extras and markers."""
    return set(re.findall(r"^([a-z0-9.-]+==[^\s;\\]+)", (ROOT / lock).read_text(), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!;~ ]", requirement, maxsplit=1)[0] for requirement in requirements}


RUNTIME = {pin.partition("==")[0] for pin in pins("requirements.runtime.lock")}


def test_the_runtime_lock_agrees_with_the_tested_one() -> None:
    assert pins("requirements.runtime.lock") <= pins("requirements.lock")


def test_the_runtime_lock_has_every_dependency_and_the_embedded_store() -> None:
    project = PROJECT["project"]
    assert names(project["dependencies"]) | names(project["optional-dependencies"]["embedded"]) <= RUNTIME


def test_development_tools_stay_out() -> None:
    tools = {"hatchling", "hypothesis", "import-linter", "mypy", "pytest", "ruff", "uv"}
    assert tools <= names(PROJECT["dependency-groups"]["dev"])
    assert not tools & RUNTIME


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements.runtime.lock"])
def test_locks_name_no_package_index(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


def test_only_what_is_copied_is_sent_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in shlex.split(line)[:-1]
    }
    assert sent == copied
    assert all((ROOT / source).exists() for source in copied)


def test_the_gateway_is_not_root() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)


def test_the_image_starts_the_gateway_for_everyone() -> None:
    assert 'ENTRYPOINT ["routergate"]' in DOCKERFILE
    assert 'CMD ["serve", "--host", "0.0.0.0"]' in DOCKERFILE
