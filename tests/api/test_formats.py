"""Every format, on providers that speak it and on those that do not."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any

from support.stage import FORMATS_KEY, Stage, a_caller, usage_of

HELLO = [{"role": "user", "content": "Hello?"}]
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("chat/completions", "small", {"messages": HELLO}),
    ("chat/completions", "claude", {"messages": HELLO}),
    ("messages", "small", {"messages": HELLO, "max_tokens": 99}),
    ("messages", "claude", {"messages": HELLO, "max_tokens": 99}),
    ("responses", "small", {"input": "Hello?"}),
    ("completions", "small", {"prompt": "Hello?"}),
    ("embeddings", "vectors", {"input": "Hello?"}),
]
WRITTEN = ("completion_tokens", "output_tokens")


async def test_every_request_is_one_row_with_all_its_tokens_in_any_format(stage: Stage) -> None:
    requests, tokens, cost = Counter[str](), Counter[str](), Decimal(0)
    async with a_caller(stage.gateway.url, FORMATS_KEY) as caller:
        for path, model, body in CASES:
            asked = {"model": model, **body}
            reply = await caller.ask("POST", f"/v1/{path}", json=asked)
            again = {"stream": True} if path != "embeddings" else {}
            assert (await caller.ask("POST", f"/v1/{path}", json=asked | again)).status == 200
            usage = json.loads(reply.body, parse_float=Decimal)["usage"]
            requests[model] += 2
            tokens[model] += 2 * sum(usage.get(name) or 0 for name in WRITTEN)
            cost += 2 * usage["cost"]
        rows = await usage_of(caller, sum(requests.values()))
    assert {row["model"]: row["requests"] for row in rows} == requests
    assert {row["model"]: row["output"] + row["reasoning"] for row in rows} == tokens
    assert sum(Decimal(row["cost_usd"]) for row in rows) == cost
    assert sum(row["failed"] + row["estimated"] + row["unpriced"] for row in rows) == 0
