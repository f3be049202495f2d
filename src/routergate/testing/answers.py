"""What the simulator answers: made from the request alone, and plainly said to be simulated."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from routergate.testing.asked import Asked
from routergate.testing.profile import Profile
from routergate.testing.schema import draw, example
from routergate.testing.tokens import count, pieces, text_of

_SENTENCES = (
    "Nobody has thought about this; the words only fill the space that an answer would take.",
    "Ein echtes Modell würde hier wahrscheinlich ausführlicher antworten.",
    "Token counts, latency and the shape of the reply are meant seriously – the content is not.",
    "これはシミュレーションです。",
    "Une vraie réponse dépendrait du modèle ; celle-ci dépend seulement de la requête.",
    "Numbers such as 3.14 € or 42 % appear so that punctuation is met as well.",
    "Ask again with the same words, and the same words come back. 🙂",
    "Esta frase está aquí para que aparezcan letras como ñ, á y ¿por qué no?",
    "A longer question gets a longer reply, up to a point.",
    "Это предложение проверяет, что кириллица доходит целой.",
)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function that the answer wants called."""

    id: str
    name: str
    arguments: tuple[str, ...]
    """JSON, token by token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers to a request, token by token."""

    text: tuple[str, ...] = ()
    tools: tuple[ToolCall, ...] = ()
    finish: str = "stop"
    reasoning_tokens: int = 0

    @property
    def tokens(self) -> int:
        """All that is billed for this choice."""
        named = sum(count(call.name) + len(call.arguments) for call in self.tools)
        return self.reasoning_tokens + len(self.text) + named


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything that the simulator has to say to a request."""

    asked: Asked
    profile: Profile
    choices: tuple[Choice, ...]

    @property
    def prompt_tokens(self) -> int:
        """Billed for the prompt: nothing for an error."""
        return 0 if "error200" in self.asked.faults else self.asked.prompt_tokens

    @property
    def tokens(self) -> int:
        """Billed for all choices."""
        return sum(choice.tokens for choice in self.choices)

    def usage(self) -> dict[str, Any] | None:
        """The usage object, `None` where usage is not reported."""
        if not self.profile.reports_usage or "nousage" in self.asked.faults:
            return None
        prompt, reasoning = self.asked.prompt_tokens, sum(choice.reasoning_tokens for choice in self.choices)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": self.tokens,
            "total_tokens": prompt + self.tokens,
            "prompt_tokens_details": {"cached_tokens": int(prompt * self.profile.cached_share)},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }


def answer(asked: Asked, profile: Profile) -> Answer:
    """The answer of `profile` to a request: the same every time."""
    if "empty" in asked.faults or "error200" in asked.faults:
        return Answer(asked=asked, profile=profile, choices=())
    if "mute" in asked.faults:
        return Answer(asked=asked, profile=profile, choices=(Choice(),) * asked.choices)
    seeds = (f"{asked.digest}#{place}" for place in range(asked.choices))
    return Answer(
        asked=asked,
        profile=profile,
        choices=tuple(
            _filtered(_limited(_differing(_choice(asked, profile, seed), asked), asked), asked)
            for seed in seeds
        ),
    )


def _choice(asked: Asked, profile: Profile, seed: str) -> Choice:
    if calls := tuple(_call(function, seed) for function in _called(asked)):
        choice = Choice(tools=calls, finish="tool_calls")
    else:
        choice = Choice(text=pieces(_from(asked.prefill, _content(asked, profile, seed))))
    reasoning = round(choice.tokens * profile.reasoning_share) if asked.reasons else 0
    return Choice(text=choice.text, tools=choice.tools, finish=choice.finish, reasoning_tokens=reasoning)


def _from(beginning: str, whole: str) -> str:
    """What comes after a beginning; after one that is not its own, it says all that it has to say."""
    return whole.removeprefix(beginning) if whole.startswith(beginning) else f" {whole}"


def _differing(choice: Choice, asked: Asked) -> Choice:
    if (token := asked.faults.argument("differs")) is None:
        return choice
    return replace(choice, text=(*choice.text[: int(token)], " Another", " answer", "."))


def _limited(choice: Choice, asked: Asked) -> Choice:
    """`choice` cut to the length that the request allows; reasoning is spent first."""
    limit = asked.max_tokens
    if limit is None or choice.tokens <= limit:
        return choice
    reasoning = min(choice.reasoning_tokens, limit)
    return Choice(text=choice.text[: limit - reasoning], finish="length", reasoning_tokens=reasoning)


def _filtered(choice: Choice, asked: Asked) -> Choice:
    if "filter" not in asked.faults:
        return choice
    half = choice.text[: len(choice.text) // 2]
    return Choice(text=half, finish="content_filter", reasoning_tokens=choice.reasoning_tokens)


def _content(asked: Asked, profile: Profile, seed: str) -> str:
    form = asked.body.get("response_format") or {}
    match form.get("type"):
        case "json_schema":
            return _json(example((form.get("json_schema") or {}).get("schema") or {}, seed))
        case "json_object":
            return _json({"simulated": True, "answer": _prose(asked, profile, seed)})
        case _:
            return _prose(asked, profile, seed)


def _prose(asked: Asked, profile: Profile, seed: str) -> str:
    """Says what it is, then goes on for two to a dozen sentences."""
    prompt = asked.prompt_tokens - count(asked.prefill)
    length = 2 + draw(seed, 5) + min(5, prompt // 100)
    start = draw(f"{seed}/start", len(_SENTENCES))
    filler = (_SENTENCES[(start + place) % len(_SENTENCES)] for place in range(length))
    honest = (
        f"This is a simulated answer from “{asked.model}” (profile “{profile.name}”); no model was asked."
        f" The prompt had {prompt} tokens."
    )
    return " ".join([honest, *filler])


def _called(asked: Asked) -> list[Mapping[str, Any]]:
    """The functions that the request makes the answer call."""
    functions = [tool["function"] for tool in asked.body.get("tools") or ()]
    choice = asked.body.get("tool_choice")
    if isinstance(choice, Mapping):
        wanted = (choice.get("function") or {}).get("name")
        return [function for function in functions if function["name"] == wanted]
    if choice == "none":
        return []
    called = _mentioned(asked, functions) or (functions[:1] if choice == "required" else [])
    return called if asked.body.get("parallel_tool_calls", True) else called[:1]


def _mentioned(asked: Asked, functions: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Named in the last message, unless that is a tool's result, which wants an answer in words."""
    last = asked.body["messages"][-1]
    said = text_of(last) if last["role"] == "user" else ""
    return [function for function in functions if function["name"] in said]


def _call(function: Mapping[str, Any], seed: str) -> ToolCall:
    name = function["name"]
    arguments = _json(example(function.get("parameters") or {"type": "object"}, f"{seed}/{name}"))
    return ToolCall(f"call_sim{draw(f'{seed}/{name}/id', 16**12):012x}", name, pieces(arguments))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
