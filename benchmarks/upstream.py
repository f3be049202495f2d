"""A provider that costs almost nothing: fixed answers, for measuring what stands in front of it."""

import asyncio
import json
import sys
from typing import cast

ANSWER = json.dumps(
    {
        "id": "chatcmpl-fixed",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "fixed",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "word " * 20}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 212, "completion_tokens": 23, "total_tokens": 235},
    }
).encode()
PLAIN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER)
) + ANSWER
EVENTS = 50


def _event(**fields: object) -> bytes:
    return b"data: " + json.dumps({"id": "c", "object": "chat.completion.chunk", **fields}).encode() + b"\n\n"


def _streamed() -> bytes:
    events = [_event(choices=[{"index": 0, "delta": {"content": f" word{n}"}}]) for n in range(EVENTS)]
    events.append(_event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    events.append(_event(choices=[], usage={"prompt_tokens": 212, "completion_tokens": EVENTS}))
    events.append(b"data: [DONE]\n\n")
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + chunks + b"0\r\n\r\n"


STREAMED = _streamed()


class Upstream(asyncio.Protocol):
    """Answers each request as soon as its body is there."""

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            length = int(self.buffer[:end].lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            whole = end + 4 + length
            if len(self.buffer) < whole:
                return
            body, self.buffer = self.buffer[end + 4 : whole], self.buffer[whole:]
            self.transport.write(STREAMED if b'"stream":true' in body else PLAIN)


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1])))
