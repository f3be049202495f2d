"""What is written of guardrails → those that each route has, loaded."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from routergate.config import schema
from routergate.config.answers import Guardrail
from routergate.config.findings import Findings, Place, hint
from routergate.config.spec import GuardrailSpec
from routergate.domain.decision import DIRECT

SHAPE = "expected a module, a colon and a name in it, such as routergate.guardrails.pii:Redaction"


def guardrails(file: schema.File, findings: Findings) -> Mapping[str, tuple[GuardrailSpec, ...]]:
    """By route; those of requests that name a model under `direct`."""
    known = {name: found for name, it in file.guardrails.items() if (found := _loaded(name, it, findings))}
    for name, route in file.routes.items():
        for index, one in enumerate(route.guardrails):
            if one not in file.guardrails:
                text = f"no guardrail is called '{one}'{hint(one, file.guardrails)}"
                findings.problem(("routes", name, "guardrails", index), text)
    return {
        DIRECT: tuple(known[name] for name, it in file.guardrails.items() if it.direct and name in known),
        **{name: tuple(_of(it, known)) for name, it in file.routes.items()},
    }


def redactions(file: schema.File, findings: Findings) -> Mapping[str, tuple[GuardrailSpec, ...]]:
    """Those of the texts that routes keep."""
    found: dict[str, tuple[GuardrailSpec, ...]] = {}
    for route, it in file.routes.items():
        for index, one in enumerate(it.capture.redact if it.capture else ()):
            if one not in file.guardrails:
                text = f"no guardrail is called '{one}'{hint(one, file.guardrails)}"
                findings.problem(("routes", route, "capture", "redact", index), text)
        redact = it.capture.redact if it.capture else ()
        names = [one for one in redact if one in file.guardrails]
        told = Findings()  # `guardrails` has told of them
        loaded = (_loaded(name, file.guardrails[name], told) for name in names)
        found[route] = tuple(one for one in loaded if one)
    return found


def _of(route: schema.Route, known: Mapping[str, GuardrailSpec]) -> Iterator[GuardrailSpec]:
    return (known[name] for name in route.guardrails if name in known)


def _loaded(name: str, written: Guardrail, findings: Findings) -> GuardrailSpec | None:
    place: Place = ("guardrails", name)
    try:
        hook = _hook(written)
    except (ImportError, LookupError, ValueError, TypeError) as error:
        findings.problem((*place, "use"), str(error))
        return None
    return GuardrailSpec(id=name, hook=hook, timeout=written.timeout, passes=written.on_error == "pass")


def _hook(written: Guardrail) -> Any:
    """Raises what says in a sentence why there is none."""
    module, colon, attribute = written.use.partition(":")
    if not (module and colon and attribute):
        raise ValueError(SHAPE)
    found = getattr(_module(module), attribute, None)
    if found is None:
        raise LookupError(f"the module {module} has no {attribute}; correct the name behind the colon")
    hook = _made(found, written) if callable(found) else found
    if not any(callable(getattr(hook, moment, None)) for moment in ("before", "after")):
        raise TypeError(f"{attribute} has neither a method before nor a method after; give it one of them")
    return hook


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"there is no module '{error.name}'; install it, or put its folder on PYTHONPATH"
        ) from None
    except Exception as error:
        raise ImportError(f"the module {name} fails to load ({type(error).__name__}: {error})") from error


def _made(found: Any, written: Guardrail) -> Any:
    try:
        return found(**written.options)
    except Exception as error:
        raise ValueError(f"cannot be made with its options ({type(error).__name__}: {error})") from error
