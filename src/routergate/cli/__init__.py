"""The command line. Each command imports what it needs when it is called, so that `--help` is quick."""

import click

from routergate import __version__
from routergate.cli.artifacts import listed, promote, rollback
from routergate.cli.budgets import budgets
from routergate.cli.captured import captured
from routergate.cli.common import Commands
from routergate.cli.completion import completion
from routergate.cli.export import export
from routergate.cli.focus import report_focus
from routergate.cli.holdout import report_holdout
from routergate.cli.invoices import report_invoice, report_margins
from routergate.cli.keys import keys
from routergate.cli.ledger import ledger
from routergate.cli.migration import import_
from routergate.cli.models import models
from routergate.cli.opportunities import opportunities
from routergate.cli.portfolio import accrue_month, report_portfolio
from routergate.cli.prices import prices
from routergate.cli.quality import quality
from routergate.cli.reconcile import reconcile
from routergate.cli.report import report
from routergate.cli.reports import REPORTS
from routergate.cli.router import router
from routergate.cli.serving import check, demo, explain, serve
from routergate.cli.whatif import whatif


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """An OpenAI-compatible gateway that sends each request to the cheapest model that is good enough.

    Settings come from ROUTERGATE_* environment variables; docs/configuration.md lists them.

    \b
    Examples:
      routergate demo
      routergate check
      routergate serve --config config/routergate.yaml
      routergate explain "Prove that there are infinitely many primes"
      eval "$(routergate completion bash)"
    """


ledger.add_command(accrue_month)
for command in (listed, promote, rollback):
    router.add_command(command)
for command in (report_holdout, report_portfolio, report_invoice, report_margins, report_focus, *REPORTS):
    report.add_command(command)
for command in (
    serve,
    demo,
    check,
    explain,
    budgets,
    captured,
    export,
    completion,
    import_,
    keys,
    ledger,
    models,
    opportunities,
    prices,
    quality,
    reconcile,
    report,
    router,
    whatif,
):
    main.add_command(command)
