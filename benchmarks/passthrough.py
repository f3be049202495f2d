"""The yardstick: aiohttp's server and client, passing bytes through and doing nothing else."""

import sys

import aiohttp
import uvloop
from aiohttp import web


async def application(upstream: str) -> web.Application:
    """Relays every chat completion."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
    )

    async def relay(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {"Content-Type": "application/json"}
        async with session.post(upstream, data=body, headers=headers) as answer:
            if answer.content_type != "text/event-stream":
                return web.Response(body=await answer.read(), content_type="application/json")
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            async for data in answer.content.iter_any():
                await response.write(data)
            await response.write_eof()
            return response

    async def closing(_: web.Application) -> None:
        await session.close()

    app = web.Application()
    app.on_cleanup.append(closing)
    app.router.add_post("/v1/chat/completions", relay)
    return app


if __name__ == "__main__":
    uvloop.install()
    port, upstream = int(sys.argv[1]), sys.argv[2]
    web.run_app(application(f"{upstream}/chat/completions"), port=port, host="127.0.0.1", print=None)
