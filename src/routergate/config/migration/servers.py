"""A LiteLLM deployment → the server that it is asked at."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from routergate.config.migration.foreign import Deployment, Notes, mapping, number, whole
from routergate.config.migration.references import header, key, plain, url
from routergate.config.migration.vendors import OTHERS, VENDORS, Vendor, split
from routergate.config.spec import ProviderKind
from routergate.domain.model import ModelClass

COSTS: Final[Mapping[str, str]] = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
}
READ: Final = frozenset(
    {
        "model", "custom_llm_provider", "api_base", "base_url", "api_key", "api_version", "organization",
        "extra_headers", "headers", "region_name", "aws_region_name", "timeout", "stream_timeout", "weight",
        "order", "rpm", "tpm", "max_parallel_requests", "max_budget", "budget_duration", *COSTS,
    }
)  # fmt: skip
CALLERS: Final = frozenset(
    {
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed", "n", "user", "stream",
        "presence_penalty", "frequency_penalty", "reasoning_effort", "thinking", "response_format",
        "extra_body", "additional_drop_params", "drop_params",
    }
)  # fmt: skip
CREDENTIALS: Final = re.compile("aws_|vertex_|azure_|watsonx_|oci_|tenant_id|client_id|client_secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a deployment is, with its key."""

    url: str | None
    key: str | None
    weight: str | None = field(default=None)

    def written(self) -> Any:
        """As a replica."""
        extras = {"weight": self.weight, "api_key": self.key}
        kept = {name: value for name, value in extras.items() if value is not None}
        return {"url": self.url, **kept} if kept else self.url


Pairs = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a vendor is spoken to: deployments that have this in common can be one provider."""

    vendor: str
    kind: ProviderKind
    settings: Pairs
    headers: Pairs = ()
    timeouts: Pairs = ()

    def written(self) -> dict[str, Any]:
        """As a provider, without its servers."""
        settings = dict(self.settings)
        concurrent = settings.pop("concurrent", None)
        nested = {
            "limit": {"concurrent": concurrent} if concurrent else None,
            "headers": dict(self.headers),
            "timeouts": dict(self.timeouts),
        }
        return {"kind": self.kind.value, **settings, **{name: it for name, it in nested.items() if it}}


def vendor_of(it: Deployment) -> tuple[str, str, Vendor]:
    """The vendor's name, the vendor's own name of the model, and what is known of the vendor."""
    named = it.params.get("custom_llm_provider")
    vendor, name = split(plain(it.params["model"]), str(named) if named else None)
    return vendor, name, VENDORS.get(vendor, OTHERS)


def server(it: Deployment, notes: Notes) -> Server:
    """Where it is."""
    name, _, vendor = vendor_of(it)
    base = _url(it, name, notes) or vendor.base_url
    if name.startswith("ollama") and base and not base.endswith("/v1"):
        base = f"{base}/v1"
    weight = number(it.params.get("weight"))
    return Server(url=base, key=_key(it, vendor, notes), weight=None if weight is None else f"{weight:f}")


def manner(it: Deployment, timeouts: Mapping[str, str], notes: Notes) -> Manner:
    """How it is spoken to; `timeouts` hold where it names none itself."""
    name, _, vendor = vendor_of(it)
    own = {"total": number(it.params.get("timeout")), "first_token": number(it.params.get("stream_timeout"))}
    told = {**timeouts, **{name: f"{seconds:f}" for name, seconds in own.items() if seconds is not None}}
    _note_the_rest(it, notes)
    return Manner(
        vendor=name,
        kind=vendor.kind,
        settings=(*vendor.settings.items(), *_settings(it, vendor)),
        headers=tuple(_headers(it, notes)),
        timeouts=tuple(told.items()),
    )


def host(address: str | None) -> str:
    """A word for a URL: its number, or the first part of its name."""
    name = _hostname(address or "")
    return re.sub("[^a-z0-9]+", "-", name if re.fullmatch(r"[\d.]+", name) else name.split(".")[0])


def _hostname(address: str) -> str:
    try:
        return "" if "$" in address else urlsplit(address).hostname or ""
    except ValueError:  # `routergate check` will say what is wrong with it
        return ""


def usual_key(it: Deployment) -> str | None:
    """The variable that holds its key, if it names none itself."""
    return vendor_of(it)[2].key if it.params.get("api_key") is None else None


def bought(it: Deployment) -> ModelClass | None:
    """Its class, where its vendor says it."""
    return ModelClass.SELF_HOSTED if vendor_of(it)[2].own else None


def _url(it: Deployment, vendor: str, notes: Notes) -> str | None:
    param = next((name for name in ("api_base", "base_url") if it.params.get(name)), None)
    if param is None:
        return None
    place = (*it.place, "litellm_params", param)
    return url(it.params[param], _variable(f"{vendor}_API_BASE"), place, notes)


def _key(it: Deployment, vendor: Vendor, notes: Notes) -> str | None:
    """As written; else the vendor's usual one, which is not sent to anybody else's address."""
    place = (*it.place, "litellm_params")
    if it.params.get("api_key") is not None:
        variable = vendor.key or _variable(f"{vendor_of(it)[0]}_API_KEY")
        return key(it.params["api_key"], variable, (*place, "api_key"), notes)
    if vendor.key is None:
        return None
    if vendor.kind is ProviderKind.OPENAI and it.params.get("api_base"):
        notes.add(place, f"has no api_key: none is written, where LiteLLM would send {vendor.key}")
        return None
    return f"${{{vendor.key}}}"


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper())


def _settings(it: Deployment, vendor: Vendor) -> Iterator[tuple[str, Any]]:
    if vendor.kind is ProviderKind.AZURE and it.params.get("api_version"):
        yield "api_version", plain(it.params["api_version"])
    if region := it.params.get("region_name") or it.params.get("aws_region_name"):
        yield "region", plain(region)
    if calls := whole(it.params.get("max_parallel_requests")):
        yield "concurrent", calls


def _headers(it: Deployment, notes: Notes) -> Iterator[tuple[str, str]]:
    for param in ("extra_headers", "headers"):
        for name, value in mapping(it.params.get(param)).items():
            yield name, header(name, value, (*it.place, "litellm_params", param, name), notes)
    if it.params.get("organization"):
        yield "OpenAI-Organization", plain(it.params["organization"])


def _note_the_rest(it: Deployment, notes: Notes) -> None:
    for name in it.params.keys() - READ:
        notes.add((*it.place, "litellm_params", name), _about(name))


def _about(param: str) -> str:
    if param in CALLERS:
        return "is left out: callers say it themselves, and their parameters are relayed as they are"
    if CREDENTIALS.match(param):
        return "is left out: set it in the environment, where LiteLLM's library looks for it"
    return "has no equivalent and is left out"
