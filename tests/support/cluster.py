"""A Redis Cluster on loopback: three primaries, a replica for each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from redis.crc import key_slot

from support.servers import HOST, Server, eventually, free_port

SLOTS = 16_384
NODE_TIMEOUT = 1_000
"""Milliseconds until a node that does not answer counts as failed."""


@dataclass
class RunningCluster:
    """Its nodes: the primaries at the beginning, and their replicas in the same order."""

    primaries: list[Server]
    replicas: list[Server]

    @property
    def nodes(self) -> list[Server]:
        return [*self.primaries, *self.replicas]

    @property
    def url(self) -> str:
        return f"redis+cluster://{','.join(node.address for node in self.nodes)}"

    def primary_of(self, key: str) -> Server:
        """The primary that began with `key`."""
        return self.primaries[key_slot(key.encode()) * len(self.primaries) // SLOTS]

    def replica_of(self, key: str) -> Server:
        return self.replicas[self.primaries.index(self.primary_of(key))]

    def primary_now(self, key: str) -> Server:
        """The one that has taken over by now, or has never handed over."""
        return next(node for node in (self.primary_of(key), self.replica_of(key)) if is_primary(node))

    def hand_over(self, key: str) -> None:
        """Let primary and replica change places, in peace."""
        replica = next(node for node in (self.primary_of(key), self.replica_of(key)) if not is_primary(node))
        eventually(lambda: _linked(replica))
        for _ in range(5):  # the others may not know yet who follows whom: then it comes to nothing
            replica.ask("CLUSTER FAILOVER")
            with suppress(AssertionError):
                eventually(lambda: is_primary(replica), patience=3)
                return
        raise AssertionError("the replica does not take over")

    @contextmanager
    def moving(self, key: str) -> Iterator[None]:
        """The slot of `key`, which holds nothing, is being moved to another node; at the end it is there."""
        slot, source = key_slot(key.encode()), self.primary_now(key)
        target = next(node for node in self.nodes if is_primary(node) and node is not source)
        here, there = (str(node.ask("CLUSTER MYID"), "ascii") for node in (source, target))
        target.ask("CLUSTER SETSLOT", slot, "IMPORTING", here)
        source.ask("CLUSTER SETSLOT", slot, "MIGRATING", there)
        yield
        for node in (target, source):
            node.ask("CLUSTER SETSLOT", slot, "NODE", there)

    def flush(self) -> None:
        """Remove all data; return when every replica follows its primary."""
        for node in filter(is_primary, self.nodes):
            node.client.flushall()
        for node in self.nodes:
            eventually(lambda node=node: is_primary(node) or _linked(node))  # type: ignore[misc]  # mypy and lambdas


def is_primary(node: Server) -> bool:
    """What it takes itself for."""
    return bool(node.client.role()[0] == b"master")


@contextmanager
def running_cluster(folder: Path, replicas: int = 3) -> Iterator[RunningCluster]:
    """Up and whole; killed at the end. It takes about three seconds."""
    with ExitStack() as stack:
        nodes = [_started(folder / str(number)) for number in range(3 + replicas)]
        for node in nodes:
            stack.callback(node.close)
        cluster = RunningCluster(nodes[:3], nodes[3:])
        _join(cluster)
        yield cluster


def _started(folder: Path) -> Server:
    return Server.started(
        folder, "--appendonly", "yes", "--save", "", "--cluster-enabled", "yes",
        "--cluster-port", str(free_port()), "--cluster-node-timeout", str(NODE_TIMEOUT),
        "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0",
    )  # fmt: skip


def _join(cluster: RunningCluster) -> None:
    bounds = [round(number * SLOTS / 3) for number in range(4)]
    for number, node in enumerate(cluster.primaries):
        node.ask("CLUSTER SET-CONFIG-EPOCH", number + 1)
        node.ask("CLUSTER ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
    for node in cluster.nodes:
        for other in cluster.nodes:
            node.ask("CLUSTER MEET", HOST, other.port, _bus_port(other))
    for node in cluster.nodes:
        eventually(lambda node=node: _known(node) == len(cluster.nodes))  # type: ignore[misc]  # mypy and lambdas
    for primary, replica in zip(cluster.primaries, cluster.replicas, strict=False):
        name = primary.ask("CLUSTER MYID")
        replica.ask("CLUSTER REPLICATE", name)
    for node in cluster.nodes:
        eventually(lambda node=node: _whole(node, len(cluster.replicas)))  # type: ignore[misc]  # mypy and lambdas
    for replica in cluster.replicas:
        eventually(lambda replica=replica: _linked(replica))  # type: ignore[misc]  # mypy and lambdas


def _bus_port(node: Server) -> str:
    return node.arguments[node.arguments.index("--cluster-port") + 1]


def _flags(node: Server) -> list[str]:
    """What a node thinks of each one that it has a line to, itself included."""
    known = node.ask("CLUSTER NODES").values()
    return [one["flags"] for one in known if one["connected"]]


def _known(node: Server) -> int:
    return sum("handshake" not in flags for flags in _flags(node))


def _whole(node: Server, replicas: int) -> bool:
    """Whether it knows who has all slots, and every replica."""
    ok = node.ask("CLUSTER INFO")["cluster_state"] == "ok"
    return ok and sum("slave" in flags for flags in _flags(node)) == replicas


def _linked(replica: Server) -> bool:
    return replica.client.info("replication").get("master_link_status") == "up"
