"""A provider whose models are right or wrong as the test says, on a real socket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class Examinees:
    """Each model answers 42, or 41 while it is among the `wrong`; the judge tells them apart."""

    wrong: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Model and prompt of every call."""
    verdict: str | None = None
    """What the judge says, whatever it is asked; `None`: what is right."""

    async def answer(self, request: web.Request) -> web.Response:
        body: Any = await request.json()
        model, prompt = body["model"], body["messages"][-1]["content"]
        self.asked.append((model, prompt))
        text = self._judged(prompt) if model == "judge" else "41" if model in self.wrong else "42"
        return web.json_response(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "model": model,
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": text},
                        "finish_reason": "stop",
                    }
                ],
                "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
            }
        )

    def _judged(self, prompt: str) -> str:
        if self.verdict is not None:
            return self.verdict
        one, two = (prompt.split(f"<answer-{n} ")[1].split("</", maxsplit=1)[0] for n in (1, 2))
        good = ["42" in text.partition(">")[2] for text in (one, two)]
        return json.dumps({"better": 0 if good[0] == good[1] else 1 if good[0] else 2})


@asynccontextmanager
async def examined() -> AsyncIterator[tuple[Examinees, str]]:
    """The models, and where they are asked."""
    models, app = Examinees(), web.Application()
    app.router.add_post("/v1/chat/completions", models.answer)
    async with TestServer(app) as server:
        yield models, str(server.make_url("/v1"))
