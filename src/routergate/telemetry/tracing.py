"""Whether requests are traced, and where the traces go. OpenTelemetry itself is imported only if they are."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from routergate.domain.errors import ConfigError

if TYPE_CHECKING:
    from routergate.telemetry.otel import Tracing

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
SIGNALS = ("TRACES", "METRICS")
PROTOCOL = "http/protobuf"


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether the standard variables name a collector; raises `ConfigError` if it cannot be had so."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if not (signals := exported(environment)):
        return False
    problems = [*_unknown_exporters(environment), *_unknown_protocols(environment, signals)]
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter.otlp.proto.http") is None:
        problems.append(
            f"{ENDPOINT} is set, but OpenTelemetry is not installed: pip install 'routergate[otel]', "
            "or set OTEL_SDK_DISABLED=true"
        )
    if problems:
        raise ConfigError(problems)
    return True


def exported(environment: Mapping[str, str]) -> frozenset[str]:
    """The signals that go anywhere: `TRACES`, `METRICS`, both or none."""
    return frozenset(
        signal
        for signal in SIGNALS
        if (environment.get(ENDPOINT) or environment.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
        and _exporter(environment, signal) != "none"
    )


@asynccontextmanager
async def traced(environment: Mapping[str, str], instance: str) -> AsyncIterator["Tracing | None"]:
    """What traces requests, if the environment wants it; `instance` tells one process from the others."""
    if not wanted(environment):
        yield None
        return
    tracing: Tracing = import_module("routergate.telemetry.otel").Tracing.opened(
        exported(environment), instance
    )
    try:
        yield tracing
    finally:
        await tracing.close()


def _exporter(environment: Mapping[str, str], signal: str) -> str:
    return environment.get(f"OTEL_{signal}_EXPORTER", "").strip().lower() or "otlp"


def _unknown_exporters(environment: Mapping[str, str]) -> list[str]:
    return [
        f"OTEL_{signal}_EXPORTER is '{chosen}': only otlp and none are known here"
        for signal in SIGNALS
        if (chosen := _exporter(environment, signal)) not in {"otlp", "none"}
    ]


def _unknown_protocols(environment: Mapping[str, str], signals: frozenset[str]) -> list[str]:
    named = (
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        *(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL" for signal in SIGNALS if signal in signals),
    )
    return [
        f"{name} is '{chosen}': only {PROTOCOL} is spoken here; collectors take it on port 4318"
        for name in named
        if (chosen := environment.get(name, "").strip().lower() or PROTOCOL) != PROTOCOL
    ]
