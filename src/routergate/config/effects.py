"""What one configuration would change of another, in sentences."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from routergate.config.spec import Config


def effects(before: Config, after: Config) -> list[str]:
    """Everything that would be added, removed or different; nothing, if only the wording is."""
    sections = zip(_sections(before), _sections(after), strict=True)
    found = [line for (what, old), (_, new) in sections for line in _compared(what, old, new)]
    if before.server != after.server:
        found.append("What 'server' says holds from the next start on.")
    return found


def _sections(config: Config) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "Provider", {str(one.id): one for one in config.providers}
    yield "Model", {str(name): card for name, card in config.catalogue.models.items()}
    yield "Route", config.catalogue.routes
    yield "Task", {str(name): task for name, task in config.catalogue.tasks.items()}
    yield "Key", {one.identity.key: one for one in config.keys}
    yield "Organisation", config.rules.organisations
    yield "The section", {"alerts": config.alerts, "revenue": config.revenue, "billing": config.billing}


def _compared(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in old:
        if name not in new:
            yield f"{what} '{name}' is removed."
        elif old[name] != new[name]:
            yield f"{what} '{name}' changes{_where(old[name], new[name])}."
    for name in new:
        if name not in old:
            yield f"{what} '{name}' is added."


def _where(old: Any, new: Any) -> str:
    """The fields that are different, never what is in them: it may be a secret."""
    if not is_dataclass(old) or not is_dataclass(new):
        return ""
    names = [one.name for one in fields(old) if getattr(old, one.name) != getattr(new, one.name)]
    return f": {', '.join(names)}"
