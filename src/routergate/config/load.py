"""A YAML file → the checked configuration, or everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
    read = examined(text_of(path), path, env, calibrated=calibrated)
    if read.config is None:
        raise ConfigError(_lines(path, read.source, read.findings.problems))
    return read.config


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A text, and what was made of it."""

    config: Config | None
    """`None`: there are problems."""
    file: File
    source: Source
    findings: Findings

    @property
    def secrets(self) -> Iterator[tuple[Place, str]]:
        """Those that stand in the text itself."""
        for place, text in _secrets(self.file):
            if text and place not in self.source.expanded:
                yield place, text


def examined(text: str, path: Path, env: Mapping[str, str], *, calibrated: bool = True) -> Examined:
    """What a text would be as the file at `path`, which need not be there."""
    findings = Findings()
    source = parse(text, Expander(env, path.parent), findings)
    file = check(source.tree, findings)
    if not calibrated:
        file = _without_calibrations(file)
    read = Examined(config=None, file=file, source=source, findings=findings)
    for place, _ in read.secrets:
        findings.warn(place, OPEN)
    # With a section misspelt, everything that refers to it would look wrong too.
    if all(len(problem.place) > 1 for problem in findings.problems):
        config = build(file, Names.of(source.tree), path, findings)
        if not findings.problems:
            return replace(read, config=config)
    return read


def retention_days(path: Path, env: Mapping[str, str]) -> int | None:
    """What the file at `path` says of the ledger's files, if there is one. The rest of it is not looked at.

    Who moves events to files needs no provider's secrets, and may have none.
    """
    if not path.exists():
        return None
    findings, books = Findings(), Findings()
    source = parse(text_of(path), Expander(env, path.parent), findings)
    file = check({"ledger": source.tree.get("ledger", {})}, books)
    ours = [problem for problem in findings.problems if problem.place[:1] in {(), ("ledger",)}]
    if wrong := [*ours, *books.problems]:
        raise ConfigError(_lines(path, source, wrong))
    return file.ledger.retention_days


def _without_calibrations(file: File) -> File:
    routes = {name: route.model_copy(update={"calibration": None}) for name, route in file.routes.items()}
    return file.model_copy(update={"routes": routes})


def text_of(path: Path) -> str:
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


def _secrets(file: File) -> Iterator[tuple[Place, str | None]]:
    """Everything that must be known to nobody else, and where it stands."""
    for name, provider in file.providers.items():
        yield from _keys(("providers", name), provider)
    yield ("server", "cache_secret"), file.server.cache_secret
    for index, alert in enumerate(file.alerts):
        yield ("alerts", index, "url"), str(alert.url)


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
