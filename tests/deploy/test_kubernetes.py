"""The manifests for Kubernetes: what it would take, and what they promise."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import pytest
import yaml

from routergate.cli import main
from routergate.config.load import load
from routergate.telemetry.table import METRICS
from support.rules import RULES

KUBERNETES = Path(__file__).parents[2] / "deploy" / "kubernetes"
BASE = KUBERNETES / "base"
MONITORING = KUBERNETES / "components" / "monitoring"
OVERLAYS = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())
VERSIONS = ("1.30", "1.33")
OTHERS = {"ServiceMonitor", "PrometheusRule"}
"""Kinds of the Prometheus operator, which Kubernetes' own schemas do not know."""
FILES = [
    path
    for path in sorted(KUBERNETES.rglob("*.yaml"))
    if path.name not in {"kustomization.yaml", "routergate.yaml", "adapter.yaml"}
]


def manifests(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def one(kind: str, name: str) -> dict[str, Any]:
    """The base's object of this kind and name."""
    [found] = [
        each
        for path in FILES
        for each in manifests(path)
        if path.parent == BASE and (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return found


def pods() -> Iterator[Any]:
    """What every pod is made from, with the name of its maker."""
    for each in (each for path in FILES for each in manifests(path)):
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            yield pytest.param(template["spec"], id=each["metadata"]["name"])


def accepted(manifest: dict[str, Any]) -> None:
    """Raise if some version of Kubernetes that we name would not take it."""
    for version in VERSIONS:
        kubernetes_validate.validate(manifest, version, strict=True)


def rendered(overlay: str) -> list[dict[str, Any]]:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed: overlays are not put together")
    made = subprocess.run(
        ["kubectl", "kustomize", KUBERNETES / "overlays" / overlay],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return list(yaml.safe_load_all(made.stdout))


each_pod = pytest.mark.parametrize("pod", list(pods()))
each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
GATEWAY = one("Deployment", "routergate")["spec"]["template"]["spec"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_kubernetes_takes_every_manifest(path: Path) -> None:
    for manifest in manifests(path):
        if manifest["kind"] not in OTHERS:
            accepted(manifest)


@each_overlay
def test_kubernetes_takes_what_an_overlay_comes_to(overlay: str) -> None:
    for manifest in rendered(overlay):
        if manifest["kind"] not in OTHERS:
            accepted(manifest)


@each_overlay
def test_every_volume_claim_and_configuration_that_is_named_is_there_or_in_the_documents(
    overlay: str,
) -> None:
    made = rendered(overlay)
    there = {(each["kind"], each["metadata"]["name"]) for each in made}
    text = yaml.safe_dump_all(made)
    claims = {("PersistentVolumeClaim", name) for name in re.findall(r"claimName: (\S+)", text)}
    configs = {
        ("ConfigMap", name) for name in re.findall(r"(?:configMapRef|configMap):\n\s+name: (\S+)", text)
    }
    assert configs
    assert claims | configs <= there
    secrets = set(re.findall(r"secretName: (\S+)", text)) | {"routergate"}
    said = (KUBERNETES.parents[1] / "docs" / "deployment.md").read_text()
    assert all(f"kubectl -n routergate create secret generic {name} " in said for name in secrets)


@each_overlay
def test_the_autoscaler_scales_what_there_is(overlay: str) -> None:
    made = rendered(overlay)
    [scaler] = [each["spec"] for each in made if each["kind"] == "HorizontalPodAutoscaler"]
    asked = scaler["scaleTargetRef"]
    assert (asked["kind"], asked["name"]) in {(each["kind"], each["metadata"]["name"]) for each in made}
    pods = [metric["pods"]["metric"]["name"] for metric in scaler["metrics"] if metric["type"] == "Pods"]
    assert set(pods) <= {metric.name for metric in METRICS}
    assert scaler["metrics"][0]["type"] == "Resource"


@each_overlay
def test_events_that_wait_are_on_a_volume_of_their_own_where_the_spool_shall_last(overlay: str) -> None:
    names = (KUBERNETES / "overlays" / overlay / "kustomization.yaml").read_text()
    sets = {each["metadata"]["name"]: each for each in rendered(overlay) if each["kind"] == "StatefulSet"}
    assert ("routergate" in sets) == ("components/spool" in names)
    if "routergate" in sets:
        spec = sets["routergate"]["spec"]
        assert [claim["metadata"]["name"] for claim in spec["volumeClaimTemplates"]] == ["data"]
        assert "data" not in [volume["name"] for volume in spec["template"]["spec"]["volumes"]]


@each_pod
def test_a_pod_may_do_nothing_that_it_need_not(pod: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@each_pod
def test_a_pod_says_what_it_takes_and_is_never_throttled(pod: dict[str, Any]) -> None:
    for container in pod["containers"]:
        resources = container["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys()
        assert "memory" in resources["limits"]
        assert "cpu" not in resources["limits"]


@each_pod
def test_a_pod_can_write_where_it_must(pod: dict[str, Any]) -> None:
    for container in pod["containers"]:
        writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert "/data" in writable
        assert "/tmp" in writable or container["name"] == "redis"  # noqa: S108 - the container's own


@each_pod
def test_images_have_a_version(pod: dict[str, Any]) -> None:
    for container in pod["containers"]:
        assert container["image"].partition(":")[2] not in {"", "latest"}


@each_pod
def test_what_is_run_of_ours_exists(pod: dict[str, Any]) -> None:
    [container] = pod["containers"]
    if container["image"].startswith("routergate:") and "args" in container:
        command: click.Command = main
        arguments = list(container["args"])
        while isinstance(command, click.Group):
            command = command.commands[arguments.pop(0)]
        command.make_context("routergate", arguments)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """The configuration, with the providers' keys where the test has them."""
    (tmp_path / "openai").write_text("sk-of-the-test")
    written = tmp_path / "routergate.yaml"
    text = (BASE / "routergate.yaml").read_text()
    [mount] = [
        each["mountPath"] for each in GATEWAY["containers"][0]["volumeMounts"] if each["name"] == "providers"
    ]
    assert mount in text
    written.write_text(text.replace(mount, str(tmp_path)))
    return written


def test_a_stopped_gateway_has_the_time_that_it_gives_to_running_requests(configuration: Path) -> None:
    grace = load(configuration, {}).server.grace_seconds
    command = GATEWAY["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert command[0] == "sleep"
    assert GATEWAY["terminationGracePeriodSeconds"] >= float(command[1]) + grace + 10


def test_metrics_are_scraped_where_the_gateway_has_them(configuration: Path) -> None:
    [container] = GATEWAY["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": 8080, "metrics": load(configuration, {}).server.metrics_port}
    [monitor] = manifests(MONITORING / "scrape.yaml")
    service = one("Service", "routergate")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_scraped_series_have_the_job_that_the_rules_ask_for() -> None:
    [monitor] = manifests(MONITORING / "scrape.yaml")
    job = one("Service", "routergate")["metadata"]["labels"][monitor["spec"]["jobLabel"]]
    jobs = {name for path in RULES for name in re.findall(r'job="(\w+)"', path.read_text())}
    assert jobs == {job}


def test_probes_ask_what_the_gateway_answers() -> None:
    [container] = GATEWAY["containers"]
    asked = {
        name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")
    }
    assert asked == {"startup": "/healthz", "readiness": "/readyz", "liveness": "/healthz"}


def test_the_operators_rules_are_those_of_prometheus(tmp_path: Path) -> None:
    copied = tmp_path / "deploy" / "kubernetes" / "components" / "monitoring"
    copied.mkdir(parents=True)
    shutil.copy(MONITORING / "generate", copied)
    shutil.copytree(RULES[0].parent, tmp_path / "deploy" / "prometheus" / "rules")
    subprocess.run([sys.executable, copied / "generate"], check=True, timeout=60, env=os.environ)
    assert (copied / "rules.yaml").read_text() == (MONITORING / "rules.yaml").read_text(), "run ./generate"


def test_the_adapter_gives_the_autoscaler_the_metric_that_it_asks_for() -> None:
    folder = KUBERNETES / "components" / "concurrency"
    [rule] = yaml.safe_load((folder / "adapter.yaml").read_text())["rules"]["custom"]
    asked = re.findall(r"name: (routergate_\w+)", (folder / "kustomization.yaml").read_text())
    assert asked == [rule["seriesQuery"].partition("{")[0]]


def test_every_label_by_which_something_is_chosen_is_on_a_pod() -> None:
    labels = [
        one("Deployment", name)["spec"]["template"]["metadata"]["labels"]
        for name in ("routergate", "routergate-ledger")
    ]
    chosen = [
        one("NetworkPolicy", "routergate")["spec"]["podSelector"]["matchLabels"],
        one("NetworkPolicy", "routergate-callers")["spec"]["podSelector"]["matchLabels"],
        one("PodDisruptionBudget", "routergate")["spec"]["selector"]["matchLabels"],
        one("Service", "routergate")["spec"]["selector"],
    ]
    assert all(any(wanted.items() <= each.items() for each in labels) for wanted in chosen)
