"""A YAML file → the checked configuration, or everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from routergate.config.build import build
from routergate.config.check import check
from routergate.config.expansion import Expander
from routergate.config.findings import Findings, Place, Problem, dotted
from routergate.config.names import Names
from routergate.config.schema import File, Provider
from routergate.config.source import Source, parse
from routergate.config.spec import Config
from routergate.domain.errors import ConfigError

LARGEST = 4 * 1024 * 1024
OPEN = "stands in the file for everybody to read; write ${NAME} or ${file:/path}"


def load(path: Path, env: Mapping[str, str], *, calibrated: bool = True) -> Config:
    """The configuration at `path`; raises `ConfigError` with every problem in it, each with its line.

    `${NAME}` is looked up in `env`, and in nothing else. Who is about to calibrate a route does without
    the calibrations that there are: they may be out of date.
    """
    findings = Findings()
    source = parse(_text(path), Expander(env, path.parent), findings)
    file = check(source.tree, findings)
    if not calibrated:
        file = _without_calibrations(file)
    _warn_of_open_secrets(file, source, findings)
    # With a section misspelt, everything that refers to it would look wrong too.
    if all(len(problem.place) > 1 for problem in findings.problems):
        config = build(file, Names.of(source.tree), path, findings)
        if not findings.problems:
            return config
    raise ConfigError(_lines(path, source, findings.problems))


def retention_days(path: Path, env: Mapping[str, str]) -> int | None:
    """What the file at `path` says of the ledger's files, if there is one. The rest of it is not looked at.

    Who moves events to files needs no provider's secrets, and may have none.
    """
    if not path.exists():
        return None
    findings, books = Findings(), Findings()
    source = parse(_text(path), Expander(env, path.parent), findings)
    file = check({"ledger": source.tree.get("ledger", {})}, books)
    ours = [problem for problem in findings.problems if problem.place[:1] in {(), ("ledger",)}]
    if wrong := [*ours, *books.problems]:
        raise ConfigError(_lines(path, source, wrong))
    return file.ledger.retention_days


def _without_calibrations(file: File) -> File:
    routes = {name: route.model_copy(update={"calibration": None}) for name, route in file.routes.items()}
    return file.model_copy(update={"routes": routes})


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        remedy = "; name another with --config or ROUTERGATE_CONFIG"
        raise ConfigError([f"{path}: cannot be read: {error.strerror}{remedy}"]) from None
    if len(raw) > LARGEST:
        raise ConfigError([f"{path}: larger than {LARGEST // 1024 // 1024} MiB"])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}:{line}: not UTF-8 text"]) from None


def _warn_of_open_secrets(file: File, source: Source, findings: Findings) -> None:
    for name, provider in file.providers.items():
        for place, key in _keys(("providers", name), provider):
            if key and place not in source.expanded:
                findings.warn(place, OPEN)
    if file.server.cache_secret and ("server", "cache_secret") not in source.expanded:
        findings.warn(("server", "cache_secret"), OPEN)
    for index, _ in enumerate(file.alerts):
        if ("alerts", index, "url") not in source.expanded:
            findings.warn(("alerts", index, "url"), OPEN)


def _keys(place: Place, provider: Provider) -> Iterator[tuple[Place, str | None]]:
    """The keys of a provider and of its servers, and where they stand."""
    yield (*place, "api_key"), provider.api_key
    for index, replica in enumerate(provider.replicas or ()):
        yield (*place, "replicas", index, "api_key"), replica.api_key


def _lines(path: Path, source: Source, problems: list[Problem]) -> list[str]:
    """One line per problem, in the order of the file, without anything that came from outside it."""
    numbered = [(problem.line or source.line(problem.place), problem) for problem in problems]
    numbered.sort(key=lambda pair: pair[0] or 0)
    return [_line(path, number, problem, source) for number, problem in numbered]


def _line(path: Path, number: int | None, problem: Problem, source: Source) -> str:
    where = f"{path}:{number}" if number else f"{path}"
    return ": ".join(filter(None, [where, dotted(problem.place), source.redact(problem.text)]))
