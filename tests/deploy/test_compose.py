"""The compose file: what an operator gets from one command."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))


def environment(service: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in service.get("environment", {}).items()}


def test_it_brings_up_the_gateway_its_store_its_books_and_its_monitoring() -> None:
    assert set(SERVICES) == {"gateway", "ledger", "redis", "prometheus", "grafana"}


@each_service
def test_ports_are_open_on_this_machine_only(service: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@each_service
def test_images_have_a_version(service: dict[str, Any]) -> None:
    version = service["image"].partition(":")[2]
    assert version
    assert version != "latest"


@each_service
def test_nothing_runs_as_root_or_may_become_it(service: dict[str, Any]) -> None:
    assert "build" in service or not service["user"].startswith("0")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@each_service
def test_everything_that_is_waited_for_has_a_health_check(service: dict[str, Any]) -> None:
    for name, how in service.get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[name] or "build" in SERVICES[name]


@each_service
def test_secrets_come_from_the_environment_and_are_missed_with_a_sentence(service: dict[str, Any]) -> None:
    secret = {name: value for name, value in environment(service).items() if re.search("KEY|PASSWORD", name)}
    assert all(re.fullmatch(r"\$\{\w+:\?set it to .+\}", value) for value in secret.values())


@each_service
def test_what_is_mounted_exists(service: dict[str, Any]) -> None:
    for volume in service["volumes"]:
        source = volume.partition(":")[0]
        assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_the_store_keeps_everything_it_is_told() -> None:
    command = SERVICES["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_the_gateway_gets_what_its_configuration_refers_to() -> None:
    needed = set(re.findall(r"\$\{(\w+)\}", (DEPLOY / "routergate.yaml").read_text()))
    assert needed <= set(environment(SERVICES["gateway"]))


def test_a_fresh_volume_of_the_gateway_can_be_written_though_the_rest_cannot() -> None:
    gateway = SERVICES["gateway"]
    assert gateway["read_only"] is True
    assert gateway["tmpfs"] == ["/tmp"]  # noqa: S108 - the container's own, not ours
    assert "gateway-data:/data" in gateway["volumes"]
