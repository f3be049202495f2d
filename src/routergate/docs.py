"""`python -m routergate.docs` writes the files that are made from code; `--check` names the stale ones."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from routergate.api.reference import errors_reference
from routergate.cli import main as commands
from routergate.cli.reference import cli_reference
from routergate.config import reference
from routergate.telemetry.reference import metrics_reference

GENERATED: Mapping[str, Callable[[], str]] = {
    "config/routergate.schema.json": reference.json_schema,
    "docs/cli.md": lambda: cli_reference(commands),
    "docs/configuration.md": reference.markdown,
    "docs/errors.md": errors_reference,
    "docs/metrics.md": metrics_reference,
}
"""Files, relative to the checkout, and what makes each of them."""


def stale(root: Path) -> list[str]:
    """The generated files under `root` that are missing or not what the code would make."""
    return [name for name, make in GENERATED.items() if _content(root / name) != make()]


def write(root: Path) -> None:
    """Make all of them anew."""
    for name, make in GENERATED.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a file is stale.")
def main(*, check: bool) -> None:
    """Write the generated files of the checkout in the working directory."""
    root = Path.cwd()
    if not check:
        write(root)
    elif names := stale(root):
        raise click.ClickException(f"stale: {', '.join(names)}; run: python -m routergate.docs")


if __name__ == "__main__":
    main()
