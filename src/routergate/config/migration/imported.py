"""A LiteLLM configuration → one of ours, and what has to be known about the difference."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routergate.config.findings import Place
from routergate.config.migration import settings
from routergate.config.migration.foreign import Deployment, Notes, deployments, read, whole
from routergate.config.migration.models import Catalogue, Model, served
from routergate.config.migration.servers import usual_key
from routergate.config.writing import block
from routergate.domain.errors import ConfigError

HEAD = "# Imported from a configuration of LiteLLM. Check it with: routergate check --config FILE\n"
VARIABLE = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SEVERAL = "has models that are not alike: the first is asked, and the others when it fails; nothing is spread"


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file."""

    text: str
    """Our configuration."""
    warnings: tuple[str, ...]
    """What has no equivalent or needs a decision, each with file and line."""
    variables: tuple[str, ...]
    """What has to be set in the environment."""


def imported(path: Path) -> Imported:
    """What the LiteLLM configuration at `path` comes to; raises `ConfigError` if it is none."""
    tree, notes = read(path)
    catalogue = Catalogue(notes, settings.patience(tree))
    found = list(served(deployments(tree, notes), notes))
    for variable in filter(None, map(usual_key, found)):
        notes.reserve(variable)
    for group, members in _grouped(found).items():
        catalogue.add(group, members)
    if not catalogue.groups:
        raise ConfigError([f"{path}: has no model that can be imported", *notes.lines])
    rules = _rules(tree, catalogue, notes)
    whole_file = {
        "version": 1,
        "providers": catalogue.providers,
        "models": {model.id: model.entry for model in catalogue.models()},
        "routes": _routes(tree, catalogue, notes),
        "organisations": {"*": rules} if rules else {},
        "alerts": list(settings.alerts(tree)),
    }
    settings.remark(tree, notes)
    text = HEAD + block({name: part for name, part in whole_file.items() if part})
    return Imported(text, notes.lines, tuple(sorted(set(VARIABLE.findall(text)))))


def _grouped(found: Iterable[Deployment]) -> dict[str, list[Deployment]]:
    groups: dict[str, list[Deployment]] = {}
    for it in found:
        groups.setdefault(it.group, []).append(it)
    return groups


def _routes(tree: Mapping[str, Any], catalogue: Catalogue, notes: Notes) -> dict[str, Any]:
    """A route for every name that stands for several models, or for another name."""
    groups = catalogue.groups
    chains, calls = settings.chains(tree, groups, notes), settings.calls(tree)
    routes: dict[str, Any] = {}
    for group, models in groups.items():
        if len(models) > 1:
            notes.add(models[0].deployments[0].place, f"'{group}' {SEVERAL}")
        if len(models) > 1 or chains.after[group] or calls:
            routes[group] = _route(group, chains.after[group], groups, calls)
    for alias, (meant, place) in chains.aliases.items():
        if meant in groups:
            routes[alias] = _route(meant, chains.after[meant], groups, calls)
        else:
            notes.add(place, f"no model is called '{meant}': the alias is left out")
    return routes


def _route(
    group: str, after: Sequence[str], groups: Mapping[str, Sequence[Model]], calls: int | None
) -> dict[str, Any]:
    candidates = [model.id for name in (group, *after) for model in groups[name]]
    attempts = {"attempts": min(max(calls + len(candidates) - 1, 1), 100)} if calls else {}
    return {"candidates": candidates, "order": "written", **attempts}


def _rules(tree: Mapping[str, Any], catalogue: Catalogue, notes: Notes) -> dict[str, Any]:
    """Budgets and limits for everybody."""
    budgets = [*_checked(settings.budgets(tree, notes), catalogue, notes), *_budgets(catalogue, notes)]
    rules = {"budgets": budgets, "limits": list(_limits(catalogue, notes))}
    return {name: rule for name, rule in rules.items() if rule}


def _checked(
    budgets: Iterator[dict[str, Any]], catalogue: Catalogue, notes: Notes
) -> Iterator[dict[str, Any]]:
    """A vendor's budget is that of each provider that it became."""
    for budget in budgets:
        if budget["scope"] != "provider":
            yield budget
            continue
        ours = [name for name, vendor in catalogue.vendors.items() if vendor == budget["of"]]
        yield from ({**budget, "of": name} for name in ours)
        if len(ours) != 1:
            place: Place = ("router_settings", "provider_budget_config", budget["of"])
            notes.add(place, f"{len(ours)} providers came of this vendor, each with this budget")


def _budgets(catalogue: Catalogue, notes: Notes) -> Iterator[dict[str, Any]]:
    for model in catalogue.models():
        for it in model.deployments:
            place, params = (*it.place, "litellm_params", "max_budget"), it.params
            most, span = params.get("max_budget"), params.get("budget_duration")
            yield from settings.budget("model", model.id, most, span, place, notes)


def _limits(catalogue: Catalogue, notes: Notes) -> Iterator[dict[str, Any]]:
    """What all deployments of a model may take in a minute; unknown as soon as one of them has no limit."""
    for model in catalogue.models():
        for param, measure in (("rpm", "requests"), ("tpm", "tokens")):
            told = [whole(it.params.get(param)) for it in model.deployments]
            most = [limit for limit in told if limit is not None]
            if len(most) == len(told):
                place = (*model.deployments[0].place, "litellm_params", param)
                notes.add(place, f"became a limit of the model {model.id}; {settings.EACH}")
                yield {"scope": "model", "of": model.id, measure: sum(most), "per": "minute"}
