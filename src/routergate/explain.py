"""`routergate explain`: a decision from the command line, by the very functions that serve requests."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from routergate.api.caller import read_call
from routergate.app import router
from routergate.config.load import load
from routergate.domain.capacity import Health
from routergate.domain.identity import Identity
from routergate.ledger.lengths import LearnedLengths
from routergate.ledger.volumes import LearnedVolumes
from routergate.route.explain import explain
from routergate.tokens import TiktokenCounter
from routergate.tokens import load as load_tokens

NOBODY = Identity(key="explain", organisation="explain")


def explained(
    config: Path, environment: Mapping[str, str], body: bytes, headers: Mapping[str, str]
) -> dict[str, Any]:
    """The decision for a request body under a configuration, as `POST /v1/route` gives it."""
    call = read_call(NOBODY, headers, body)
    counter = TiktokenCounter(load_tokens())
    way = router(load(config, environment), counter, LearnedLengths(), LearnedVolumes())
    decision = asyncio.run(way.decide("explain", call, time.time_ns(), Health()))
    return explain(decision, way.estimator.moved)


def table(decision: Mapping[str, Any]) -> tuple[str, Table]:
    """The same for people: what was read of the request, and every model with its figures or its reason."""
    features = decision["features"]
    heading = (
        f"[bold]{decision['model']}[/bold]: {decision['rule']}.\n"
        f"Read as {features['task']}, {features['level']} ({features['complexity']:.2f}), "
        f"{features['domain']}, {features['language']}, {features['input_tokens']} tokens"
        + (f", needs {', '.join(features['needs'])}" if features["needs"] else "")
        + (f". Baseline: {decision['baseline']}" if decision["baseline"] else "")
    )
    rows = Table(
        "model",
        "class",
        "quality",
        "± s.e.",
        "taken for",
        "good enough",
        "tokens out",
        "cost USD",
        "moved by",
    )
    for candidate in decision["candidates"]:
        rows.add_row(
            candidate["model"],
            candidate["class"],
            f"{candidate['quality']:.3f}",
            f"{candidate['stderr']:.3f}",
            f"{candidate['lower']:.3f}",
            "yes" if candidate["adequate"] else "no",
            str(candidate["output_tokens"]),
            _cost(candidate),
            ", ".join(f"{name} {amount:+.2f}" for name, amount in candidate["moved"].items()),
        )
    for rejection in decision["rejected"]:
        rows.add_row(rejection["model"], "", "", "", "", rejection["reason"], "", "", "", style="dim")
    return heading, rows


def _cost(candidate: Mapping[str, Any]) -> str:
    """What a request is expected to cost; where answers are checked, with its share of a second answer."""
    cost, then = candidate["cost_usd"] or "unknown", candidate["escalation"]
    if then is None:
        return cost
    whole = then["expected_cost_usd"] or "unknown"
    return f"{whole}: {cost} and {then['probability']:.0%} of {then['model']}"
