"""What a hold-out shows."""

import click

from routergate.cli.asking import Asked, asking


@click.command("holdout")
@asking(by="")
def report_holdout(asked: Asked) -> None:
    """What routing is worth, by the requests that chance sent to the baseline (`holdout` of a route).

    \b
    Examples:
      routergate report holdout --by route --since 2026-01-01
    """
    from routergate.reporting.holdout import compared_arms

    asked.answer(compared_arms)
