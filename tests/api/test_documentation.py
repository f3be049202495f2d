import re
from pathlib import Path
from typing import Any

from routergate.api.server import application
from routergate.api.services import Services
from routergate.domain.errors import ClientError
from support.stage import Caller

PAGE = Path(__file__, "../../../docs/http.md").resolve().read_text(encoding="utf-8")
NOTHING: Any = None


def test_the_page_has_every_endpoint() -> None:
    services = Services(**dict.fromkeys(Services.__slots__, NOTHING))
    routes = application(services, 1).router.routes()
    served = {f"{r.method} {r.resource.canonical}" for r in routes if r.resource and r.method != "HEAD"}
    assert served == set(re.findall(r"^\| `((?:GET|POST|DELETE) [^`]+)`", PAGE, re.MULTILINE))


def test_the_page_has_every_code_that_a_caller_can_put_right() -> None:
    codes = {cls.code for cls in ClientError.__subclasses__() if cls.code}
    assert codes <= set(re.findall(r"^\| \d+ \| `(\w+)`", PAGE, re.MULTILINE))


async def test_the_page_has_every_header_of_an_answer(caller: Caller) -> None:
    reply = await caller.chat()
    sent = {name.lower() for name in reply.headers if name.lower().startswith("x-")}
    assert sent == set(
        re.findall(r"^\| `(x-[a-z-]+)` \|", PAGE.partition("What an answer says")[2], re.MULTILINE)
    )
