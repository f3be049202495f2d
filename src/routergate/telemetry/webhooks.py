"""Alerts, posted to whoever wants them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import aiohttp

from routergate.domain.alert import Alert, Told
from routergate.domain.money import usd_text
from routergate.domain.quality import Transition

PATIENCE = aiohttp.ClientTimeout(total=10)
Payload = Callable[[Alert, int], Mapping[str, Any]]
"""What is sent of an alert, given the limit that it is about."""


def listener(url: str) -> str:
    """A name for whoever is at `url`, which may hold a secret."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


async def posted(session: aiohttp.ClientSession, url: str, payload: Mapping[str, Any]) -> str | None:
    """Why the other end did not take it; `None`: it did. Nothing of the URL is in the answer."""
    try:
        async with session.post(url, json=payload, timeout=PATIENCE, allow_redirects=False) as response:
            return None if response.status < 300 else f"it answered with status {response.status}"
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        return f"it cannot be reached ({type(error).__name__})"


def as_object(alert: Alert, limit: int) -> Mapping[str, Any]:
    """Every detail. Money is text with all its digits, as in the reports."""
    counter = alert.counter
    return {
        "id": alert.id,
        "type": f"budget.{alert.what}",
        "time": datetime.fromtimestamp(alert.at // 1000, UTC).isoformat().replace("+00:00", "Z"),
        "organisation": alert.organisation,
        "scope": counter.scope.value,
        "name": counter.value,
        "measure": counter.measure.spoken,
        "window": counter.window,
        "label": counter.label,
        "threshold": _plain(alert, alert.amount),
        "limit": _plain(alert, limit),
        "spent": _plain(alert, alert.spent),
    }


def as_slack(alert: Alert, limit: int) -> Mapping[str, Any]:
    """A sentence, for Slack's incoming webhooks."""
    counter = alert.counter
    whose = f"The budget of {counter.scope.value} '{counter.value}' ({counter.window} {counter.label})"
    spent = f"{_amount(alert, alert.spent)} of {_amount(alert, limit)}"
    return {"text": _escaped(f"{alert.organisation}: {whose} {_news(alert, limit)}: {spent} spent.")}


def move_as_object(moved: Transition) -> Mapping[str, Any]:
    """Every detail of a model's move from one state of trust into another."""
    return {
        "type": f"quality.{moved.after}",
        "time": datetime.fromtimestamp(moved.at // 10**9, UTC).isoformat().replace("+00:00", "Z"),
        "route": moved.subject.route,
        "model": moved.subject.model,
        "task": moved.subject.task,
        "from": moved.before.value,
        "to": moved.after.value,
        "cause": moved.cause.value,
        "quality": asdict(moved.quality),
        "threshold": moved.threshold,
        "dry_run": moved.dry_run,
        "why": moved.why,
    }


def move_as_slack(moved: Transition) -> Mapping[str, Any]:
    """The same in a sentence."""
    return {"text": _escaped(moved.why)}


def _escaped(text: str) -> str:
    for sign, meant in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, meant)
    return text


def _news(alert: Alert, limit: int) -> str:
    if alert.what is Told.REACHED:
        return "has no room for a request"
    if alert.amount >= limit:
        return "is used up"
    return f"has passed {alert.amount / limit:.0%}"


def _amount(alert: Alert, amount: int) -> str:
    if alert.counter.measure.money:
        return f"{usd_text(amount)} USD"
    return f"{amount:,} {alert.counter.measure.value.replace('_', ' ')}"


def _plain(alert: Alert, amount: int) -> str | int:
    return usd_text(amount) if alert.counter.measure.money else amount
