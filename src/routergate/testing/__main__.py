"""`python -m routergate.testing --port 9001 --models a,b`: a simulated provider, until it is stopped."""

import asyncio
from contextlib import suppress

import click

from routergate.testing.profile import Profile
from routergate.testing.simulator import Simulator


@click.command()
@click.option("--port", default=0, show_default=True, help="0: a free one, which is printed.")
@click.option("--models", default="sim-mini", show_default=True, help="Names, separated by commas.")
def main(*, port: int, models: str) -> None:
    """Serve simulated models without waiting, on 127.0.0.1, until Ctrl-C."""
    profile = Profile(models=tuple(models.split(",")))
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(profile, port))


async def _serve(profile: Profile, port: int) -> None:
    try:
        async with Simulator(profile, port=port) as sim:
            click.echo(f"{', '.join(profile.models)}, simulated, at {sim.base_url}")
            await asyncio.Event().wait()
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be had: {error.strerror}; choose another with --port"
        ) from error


if __name__ == "__main__":
    main()
