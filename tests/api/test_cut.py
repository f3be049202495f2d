"""How a stream ends that a budget cut, format by format."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from routergate.api.cut import cut_short
from routergate.api.stream import LAST
from routergate.domain.errors import BudgetEnded
from routergate.domain.format import Format
from support.builders import a_candidate, a_decision, a_request

USED_UP = BudgetEnded("The budget for this answer is used up.")
NOTE = {"note": "The budget for this answer is used up.", "code": "budget_ended"}


def cut(spoken: Format, last: bytes = b"", choices: int = 1) -> bytes | None:
    answer: Any = SimpleNamespace(
        call=SimpleNamespace(request=a_request(format=spoken, choices=choices)),
        decision=a_decision(),
        winner=a_candidate(),
        at=5_000_000_000,
        written=42,
    )
    return cut_short(answer, USED_UP, last)


def told(end: bytes | None) -> list[dict[str, Any]]:
    """What the events say, whose last is the format's end of a whole answer."""
    assert end is not None
    assert LAST.search(end)
    lines = [line[6:] for line in end.splitlines() if line.startswith(b"data: ") and b"[DONE]" not in line]
    return [msgspec.json.decode(line) for line in lines]


@pytest.mark.parametrize(
    ("spoken", "kind", "choice"),
    [
        (Format.CHAT, "chat.completion.chunk", {"delta": {}}),
        (Format.COMPLETIONS, "text_completion", {"text": "", "logprobs": None}),
    ],
)
def test_every_choice_ends_as_at_its_limit(spoken: Format, kind: str, choice: dict[str, Any]) -> None:
    [last] = told(cut(spoken, choices=2))
    assert (last["object"], last["model"], last["created"]) == (kind, "mini", 5)
    assert last["choices"] == [{"index": n, "finish_reason": "length", **choice} for n in (0, 1)]
    assert last["routergate"] == NOTE


OPENED = b'event: content_block_start\ndata: {"type":"content_block_start","index":1}\n\n'
WRITTEN = b'data: {"index": 2, "type": "content_block_delta", "delta": {}}\r\n\r\n'
CLOSED = b'data: {"type":"content_block_stop","index":2}\n\n'
ODD = b'event: ping\ndata: {"type":"ping"}\n\ndata: [1]\n\n: alive\n\n'


@pytest.mark.parametrize(
    ("last", "closed"),
    [(b"", []), (OPENED, [1]), (OPENED + WRITTEN + ODD, [2]), (WRITTEN + CLOSED, [])],
    ids=["nothing", "begun", "being written", "complete"],
)
def test_a_message_ends_as_at_its_limit_and_leaves_no_block_open(last: bytes, closed: list[int]) -> None:
    events = told(cut(Format.MESSAGES, last))
    assert [event["index"] for event in events if event["type"] == "content_block_stop"] == closed
    assert events[-2:] == [
        {
            "type": "message_delta",
            "delta": {"stop_reason": "max_tokens", "stop_sequence": None},
            "usage": {"output_tokens": 42},
            "routergate": NOTE,
        },
        {"type": "message_stop"},
    ]


def test_a_response_cannot_end_without_all_that_was_said_once_more() -> None:
    assert cut(Format.RESPONSES) is None
