"""The office of one process: what its admin API works with."""

from collections.abc import Mapping

from routergate.accounts.audit import AuditLog
from routergate.accounts.desk import KeyDesk
from routergate.accounts.sessions import Sessions
from routergate.api.admin.office import Office
from routergate.config.draft import Draft, Reload
from routergate.domain.operator import Role
from routergate.ledger.revenue import RevenueBook
from routergate.office import catalogue
from routergate.office.books import OpenBooks
from routergate.office.budgets import budgets
from routergate.office.clerk import Clerk
from routergate.office.events import Events
from routergate.office.live import Live
from routergate.office.prices import prices
from routergate.office.providers import providers
from routergate.office.quality import Quality
from routergate.office.view import View


def furnished(view: View, clerk: Clerk, reload: Reload, keys: Mapping[Role, str]) -> Office:
    """Everything that operators may see and change; `keys` are theirs."""
    store, clock = view.store, view.clock
    audit = AuditLog(store, clock)
    path = view.config().path
    draft = Draft(path=path, env=view.environment, in_force=view.config, reload=reload)
    return Office(
        sessions=Sessions(store=store, clock=clock, audit=audit, keys=keys),
        audit=audit,
        keys=lambda by: KeyDesk(store, clock, by=by),
        revenue=RevenueBook(store, clock).book,
        reload=reload,
        budgets=lambda *asked: budgets(view, *asked),
        books=OpenBooks(
            view=view, day=Live(view), single=Events(view, clerk.ask), worth=Quality(view, clerk.ask)
        ),
        draft=draft,
        providers=lambda: providers(view),
        prices=lambda: prices(view.config().catalogue, view.today()),
        models=lambda: catalogue.models(view.config().catalogue),
        routes=lambda: catalogue.routes(view.config().catalogue),
    )
