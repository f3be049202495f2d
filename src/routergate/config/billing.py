"""Plans, customers and currencies as written → the core's, with the contradictions that they may have."""

from collections.abc import Mapping, Sequence
from datetime import date

from routergate.config import plans as written
from routergate.config.findings import Findings, Place
from routergate.config.names import Names, refer
from routergate.config.schema import File
from routergate.domain import plan as domain
from routergate.domain.rates import RATES

OTHERS = "*"


def billing(file: File, names: Names, findings: Findings) -> domain.Billing:
    """Who is charged what. It is only good if there are no problems in `findings` afterwards."""
    plans = {name: _plan(name, it) for name, it in file.plans.items()}
    for name, it in file.plans.items():
        for route in it.rates.routes if it.rates else ():
            place: Place = ("plans", name, "rates", "routes", route)
            refer(route, "route or model", names.routes | names.models, place, findings)
    return domain.Billing(
        customers=_customers(file, plans, names, findings),
        issuers={name: _issuer(name, it.issuer) for name, it in file.organisations.items() if name != OTHERS},
        currencies={code: _rates(code, rates, findings) for code, rates in file.currencies.items()},
    )


def _plan(name: str, it: written.Plan) -> domain.Plan:
    return domain.Plan(
        id=name,
        usage=_usage(it),
        fee=it.fee,
        seats=domain.Seats(**dict(it.seats)) if it.seats else None,
        included=it.included,
        minimum=it.minimum,
    )


def _usage(it: written.Plan) -> domain.CostPlus | domain.RateSheet | domain.Tiers | None:
    if it.cost_plus:
        return domain.CostPlus(**dict(it.cost_plus))
    if it.rates:
        routes = {name: _tokens(rates) for name, rates in it.rates.routes.items()}
        return domain.RateSheet(rates=_tokens(it.rates), routes=routes)
    return _tiers(it.tiers) if it.tiers else None


def _tokens(it: written.Charged) -> domain.Tokens:
    return domain.Tokens(**{name: getattr(it, name) for name in (*RATES, "per_request")})


def _tiers(it: written.Tiers) -> domain.Tiers:
    usual = 1 if it.unit is domain.Unit.REQUESTS else 1_000_000
    steps = tuple(domain.Tier(**dict(step)) for step in it.steps)
    return domain.Tiers(unit=it.unit, per=it.per or usual, steps=steps, whole=it.whole)


def _issuer(name: str, it: written.Issuer) -> domain.Issuer:
    return domain.Issuer(name=it.name or name, address=it.address, prefix=it.prefix)


def _customers(
    file: File, plans: Mapping[str, domain.Plan], names: Names, findings: Findings
) -> tuple[domain.Customer, ...]:
    found: dict[tuple[str, str], domain.Customer] = {}
    for key, it in file.customers.items():
        place: Place = ("customers", key)
        if names.organisations and OTHERS not in names.organisations:
            refer(it.organisation, "organisation", names.organisations, (*place, "organisation"), findings)
        if it.currency != domain.USD and it.currency not in file.currencies:
            text = (
                f"there is no rate; add currencies.{it.currency}, such as [{{from: 2026-01-01, usd: 1.08}}]"
            )
            findings.problem((*place, "currency"), text)
        customer = _customer(key, it, _terms(it.plans, plans, names, place, findings))
        if found.setdefault((customer.organisation, customer.id), customer) is not customer:
            findings.problem(
                place, f"is a customer '{customer.id}' of '{customer.organisation}' again; keep one"
            )
    return tuple(found.values())


def _customer(key: str, it: written.Customer, terms: tuple[domain.Term, ...]) -> domain.Customer:
    return domain.Customer(
        id=it.customer or key,
        organisation=it.organisation,
        name=it.name or key,
        address=it.address,
        currency=it.currency,
        detail=it.detail,
        terms=terms,
        credits=tuple(
            domain.Credit(amount=one.amount, since=one.start, until=one.expires) for one in it.credits
        ),
    )


def _terms(
    terms: tuple[written.Term, ...],
    plans: Mapping[str, domain.Plan],
    names: Names,
    place: Place,
    findings: Findings,
) -> tuple[domain.Term, ...]:
    """In the order of their days; one without an end ends where the next begins."""
    order = sorted(range(len(terms)), key=lambda at: terms[at].start)
    found: list[domain.Term] = []
    for at, after in zip(order, [*order[1:], None], strict=True):
        term, here = terms[at], (*place, "plans", at)
        refer(term.plan, "plan", names.plans, (*here, "plan"), findings)
        plan, limit = plans.get(term.plan), None if after is None else terms[after].start
        if problem := _overlap(term, after, limit) or _seatless(term, plan):
            findings.problem(here, problem)
        elif plan:
            until = term.ends or limit
            found.append(domain.Term(plan=plan, since=term.start, until=until, seats=term.seats))
    return tuple(found)


def _overlap(term: written.Term, after: int | None, limit: date | None) -> str | None:
    if limit == term.start:
        return f"begins on {term.start}, as plans[{after}] does; keep one of them"
    if limit and term.ends and term.ends > limit:
        return f"overlaps plans[{after}], which begins on {limit}; let it end then, or leave ends out"
    if term.ends and term.ends <= term.start:
        return f"ends on {term.ends}, which is not after its first day; write a later day"
    return None


def _seatless(term: written.Term, plan: domain.Plan | None) -> str | None:
    if plan and plan.seats and not term.seats:
        return f"has no seats, and plan '{plan.id}' charges by them; write how many"
    if plan and term.seats and not plan.seats:
        return f"has seats, and plan '{plan.id}' does not charge by them; remove them"
    return None


def _rates(code: str, rates: Sequence[written.Rate], findings: Findings) -> tuple[domain.ExchangeRate, ...]:
    first: dict[date, int] = {}
    for index, one in enumerate(rates):
        if first.setdefault(one.start, index) != index:
            text = f"{code}[{first[one.start]}] starts on {one.start} too; keep one of them"
            findings.problem(("currencies", code, index, "from"), text)
    found = [domain.ExchangeRate(since=one.start, usd=one.usd) for one in rates]
    return tuple(sorted(found, key=lambda one: one.since))
