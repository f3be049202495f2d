"""The kinds of single value that may be written, each saying in words what it expects."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from routergate.config.findings import hint
from routergate.domain.identity import network

MONTH = 30 * 86_400
KEY_HASH = re.compile("sha256:[0-9a-f]{64}")


def _name(text: str) -> str:
    if not re.fullmatch(r"[!-~]{1,256}", text):
        raise ValueError("a name is 1 to 256 letters, digits or signs, without spaces")
    return text


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable, on one line")
    return text


def _key_hash(text: str) -> str:
    if not KEY_HASH.fullmatch(text):
        raise ValueError("expected 'sha256:' and 64 hexadecimal digits in lower case")
    return text


def _url(text: str) -> str:
    parts = _parts(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected a URL such as https://api.example.com/v1")
    if parts.username or parts.password:
        raise ValueError("credentials do not belong in a URL; use api_key or headers")
    if parts.query or parts.fragment or not re.fullmatch("[!-~]+", text):
        raise ValueError("expected a URL without query, fragment or spaces")
    return text.rstrip("/")


def _webhook(text: str) -> str:
    parts = _parts(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected a URL such as https://hooks.example.com/alerts")
    if parts.username or parts.fragment or not re.fullmatch("[!-~]+", text):
        raise ValueError("expected a URL without credentials, fragment or spaces")
    return text


def _path(text: str) -> str:
    if not re.fullmatch("/[!-~]*", text) or set(text) & {"#", "\\"}:
        raise ValueError("expected a path such as /health")
    return text


def _parts(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # of the port, or of an address in brackets
        return None
    return None if port == 0 else parts


def _network(text: str) -> str:
    return str(network(text))


def _day(written: Any) -> date:
    try:
        return written if isinstance(written, date) else date.fromisoformat(str(written))
    except ValueError:
        raise ValueError("expected a date such as 2026-01-31") from None


def _duration(written: Any) -> float:
    found = re.fullmatch("([0-9]{1,7})([smhd])", str(written))
    if found is None:
        raise ValueError("expected a duration such as 30s, 15m, 1h or 7d")
    seconds = int(found[1]) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[found[2]]
    if not 0 < seconds <= MONTH:
        raise ValueError("expected more than nothing and no more than 30d")
    return seconds


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (LookupError, OSError, ValueError):
        remedy = hint(text, available_timezones()).partition("; known")[0]
        raise ValueError(
            f"there is no time zone '{text}'{remedy or '; expected one such as Europe/Berlin'}"
        ) from None
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression ({error})") from None
    return text


def _currency(text: str) -> str:
    if not re.fullmatch("[A-Z]{3}", text):
        raise ValueError("expected three capital letters, such as EUR")
    return text


Pattern = Annotated[
    str, Field(min_length=1), AfterValidator(_pattern), WithJsonSchema({"type": "string", "format": "regex"})
]
Name = Annotated[str, AfterValidator(_name)]
CurrencyCode = Annotated[str, AfterValidator(_currency)]
Line = Annotated[str, AfterValidator(_line)]
Url = Annotated[str, AfterValidator(_url), WithJsonSchema({"type": "string", "format": "uri"})]
Path = Annotated[str, AfterValidator(_path), WithJsonSchema({"type": "string", "pattern": "^/"})]
Webhook = Annotated[str, AfterValidator(_webhook), WithJsonSchema({"type": "string", "format": "uri"})]
KeyHash = Annotated[
    str, AfterValidator(_key_hash), WithJsonSchema({"type": "string", "pattern": f"^{KEY_HASH.pattern}$"})
]
Network = Annotated[str, AfterValidator(_network)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]

Dollars = Annotated[
    Decimal,
    Field(ge=0, le=10**12, max_digits=24, decimal_places=12),
    PlainSerializer(str),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 10**12}),
]
Share = Annotated[
    Decimal,
    Field(ge=0, le=1, decimal_places=6),
    PlainSerializer(str),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]
Markup = Annotated[
    Decimal,
    Field(ge=0, le=100, decimal_places=6),
    PlainSerializer(str),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]
Threshold = Annotated[
    Decimal,
    Field(gt=0, le=1, decimal_places=6),
    PlainSerializer(str),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Holdout = Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)]
Confidence = Annotated[float, Field(ge=0.5, lt=1, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0, le=10**15)]
MonthDay = Annotated[int, Field(ge=1, le=28)]
Attempts = Annotated[int, Field(gt=0, le=100)]
Weight = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=86400, allow_inf_nan=False)]
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,7}[smhd]$"}),
]
Bytes = Annotated[int, Field(gt=0, le=16 * 1024**2)]
Grace = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
Megabytes = Annotated[int, Field(gt=0, le=1024)]
Port = Annotated[int, Field(ge=0, le=65535)]


def _by_task(written: Any) -> Any:
    return written if isinstance(written, dict) else {"default": written}


Quality = Annotated[
    dict[str, Probability],
    BeforeValidator(_by_task),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {
                    "type": "object",
                    "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
                },
            ]
        }
    ),
]
