"""Commands that run the gateway, or say what it would do."""

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from routergate.cli.common import AS_JSON, CONFIG, settings, show, start_log
from routergate.config.settings import Settings, environment
from routergate.domain.errors import ConfigError


@click.command()
@CONFIG
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, help="0: a free one, told in the log.")
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes. [default: ROUTERGATE_WORKERS or 1]")
def serve(config: Path | None, host: str, port: int, workers: int | None) -> None:
    """Run the gateway in the foreground.

    SIGTERM lets running requests finish within `server.grace_seconds`; a second one cuts them.
    SIGHUP, and every change of the file, takes the configuration up anew.

    \b
    Examples:
      routergate serve
      routergate serve --config config/routergate.yaml --host 0.0.0.0 --port 8080 --workers 4
    """
    run = _supervisor()
    chosen = settings(config)
    start_log(chosen)
    sys.exit(run(chosen, host, port, workers or chosen.workers))


def _supervisor() -> Callable[[Settings, str, int, int], int]:
    """What serves. It stays for good: to look for garbage in it would take a fifth of the start."""
    gc.disable()
    from routergate.supervisor import run

    gc.freeze()
    gc.enable()
    return run


@click.command()
@CONFIG
@AS_JSON
def check(config: Path | None, as_json: bool) -> None:
    """Check the configuration: every problem at once, with file, line and remedy. Exit code 2 if wrong.

    \b
    Examples:
      routergate check
      routergate check --config config/routergate.yaml --json
    """
    from routergate.config.load import load

    path = settings(config).config
    try:
        checked = load(path, environment())
    except ConfigError as error:
        if as_json:
            click.echo(json.dumps({"ok": False, "problems": error.problems, "warnings": []}))
            sys.exit(2)
        raise
    catalogue = checked.catalogue
    if as_json:
        click.echo(json.dumps({"ok": True, "problems": [], "warnings": checked.warnings}))
        return
    for warning in checked.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{path}: good. {len(catalogue.models)} models, {len(catalogue.routes)} routes.")


@click.command()
@click.argument("prompt", required=False)
@CONFIG
@click.option("--model", default="auto", show_default=True, help="A route's name or a model's.")
@click.option("--request", "body", type=click.File("rb"), help="A whole request body in place of PROMPT.")
@click.option("--quality", type=click.FloatRange(0, 1), help="A threshold in place of the route's.")
@click.option("--feature", help="The feature that the request belongs to.")
@AS_JSON
def explain(
    *,
    prompt: str | None,
    config: Path | None,
    model: str,
    body: Any,
    quality: float | None,
    feature: str | None,
    as_json: bool,
) -> None:
    """Show which model a request would go to, and why. Nothing is sent anywhere.

    \b
    Examples:
      routergate explain "Prove that there are infinitely many primes"
      routergate explain --request body.json --json
    """
    from routergate.explain import explained, table

    if (prompt is None) == (body is None):
        raise click.UsageError("Give either PROMPT or --request FILE.")
    raw = (
        body.read()
        if body
        else json.dumps({"model": model, "messages": [{"role": "user", "content": prompt}]}).encode()
    )
    headers = {"x-routergate-feature": feature or ""}
    if quality is not None:
        headers["x-routergate-quality"] = str(quality)
    decision = explained(settings(config).config, environment(), raw, headers)
    if as_json:
        click.echo(json.dumps(decision, indent=2))
    else:
        show(*table(decision))


@click.command()
@click.option("--requests", default=300, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--keep", is_flag=True, help="Leave the gateway and the providers running until Ctrl-C.")
def demo(requests: int, keep: bool) -> None:
    """Start simulated providers and the gateway, send real prompts, and show what it did and saved.

    \b
    Examples:
      routergate demo
      routergate demo --requests 1000 --keep
    """
    from routergate.demo import run

    sys.exit(run(requests, keep=keep))
