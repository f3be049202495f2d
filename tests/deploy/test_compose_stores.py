"""The compose files with Sentinel and Cluster: what they say is run, on this machine."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis

from routergate.store.client import connect
from support.servers import HOST, Server, eventually, free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
KINDS = ("sentinel", "cluster")


def services(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / f"compose.{kind}.yaml").read_text())["services"]
    return loaded


each_kind = pytest.mark.parametrize("kind", KINDS)


@contextmanager
def started(folder: Path, kind: str, names: list[str], hosts: dict[str, str]) -> Iterator[dict[str, Server]]:
    """These services' servers, with their own commands; `hosts` says by which names others ask for them."""
    with ExitStack() as stack:
        ports = {name: free_port() for name in names}
        found = {}
        for name in names:
            arguments = services(kind)[name]["command"][1:]
            for host, owner in hosts.items():
                arguments = [HOST if word == host else word for word in arguments]
                if host in services(kind)[name]["command"] and "6379" in arguments:
                    arguments[arguments.index("6379")] = str(ports[owner])
            found[name] = Server.started(folder / name, *arguments, port=ports[name])
            stack.callback(found[name].close)
        yield found


async def is_usable(url: str) -> None:
    store = connect(url, timeout=10)
    try:
        assert await store.call("SET", "rg:{acme}:here", "1")
    finally:
        await store.close()


@each_kind
def test_gateway_and_ledger_have_the_same_store(kind: str) -> None:
    found = services(kind)
    urls = {found[name]["environment"]["ROUTERGATE_REDIS_URL"] for name in ("gateway", "ledger")}
    assert len(urls) == 1
    assert next(iter(urls)).startswith(f"redis+{kind}://")


@each_kind
def test_whoever_is_waited_for_can_be_healthy(kind: str) -> None:
    found = services(kind)
    known = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for service in found.values():
        for name, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert any("healthcheck" in each.get(name, {}) for each in (known, found))


@each_kind
def test_nothing_that_is_added_runs_as_root_or_may_become_it(kind: str) -> None:
    known = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for name, service in services(kind).items():
        if name not in known:
            assert not service["user"].startswith("0")
            assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])


async def test_the_clusters_commands_make_a_cluster_that_the_gateway_can_use(tmp_path: Path) -> None:
    found = services("cluster")
    names = [name for name in found if name.startswith("redis")]
    with started(tmp_path, "cluster", names, {}) as servers:
        script = found["cluster"]["command"][2].removesuffix("&& exec sleep infinity\n")
        for name in names:
            address = found[name]["networks"]["redis"]["ipv4_address"]
            script = script.replace(f"{address}:6379", servers[name].address)
            script = script.replace(f"-h {address}", f"-h {HOST} -p {servers[name].port}")
        assert "172." not in script
        made = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=90, check=False)
        assert made.returncode == 0, made.stdout + made.stderr
        eventually(lambda: all(one.ask("CLUSTER INFO")["cluster_state"] == "ok" for one in servers.values()))
        nodes = re.findall(r"(172[\d.]+):6379", found["gateway"]["environment"]["ROUTERGATE_REDIS_URL"])
        assert set(nodes) <= {found[name]["networks"]["redis"]["ipv4_address"] for name in names}
        await is_usable("redis+cluster://" + ",".join(one.address for one in servers.values()))


async def test_sentinels_commands_watch_a_primary_that_the_gateway_finds(tmp_path: Path) -> None:
    with started(
        tmp_path, "sentinel", ["redis", "redis-replica"], {"redis": "redis", "redis-replica": "redis-replica"}
    ) as servers:
        eventually(lambda: servers["redis-replica"].client.info("replication")["master_link_status"] == "up")
        eventually(lambda: servers["redis"].client.info("replication")["min_slaves_good_slaves"] >= 1)
        port = free_port()
        (tmp_path / "data").mkdir()
        [script] = services("sentinel")["sentinel-1"]["command"]
        changes = {
            "/data": str(tmp_path / "data"),
            "redis 6379 2": f"{HOST} {servers['redis'].port} 2",
            "26379": str(port),
        }
        for old, new in changes.items():
            script = script.replace(old, new)
        with subprocess.Popen(
            ["sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as sentinel:
            try:
                sentinel_server = Server(
                    port, sentinel, tmp_path, [], Redis(host=HOST, port=port, socket_timeout=5)
                )
                eventually(sentinel_server.answers)
                await is_usable(f"redis+sentinel://{HOST}:{port}/mymaster")
            finally:
                sentinel.terminate()
