import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from routergate.api.admin.endpoints import ALIASES
from routergate.api.server import application
from routergate.api.services import Services
from routergate.domain.errors import ClientError
from support.stage import Caller

PAGE, OPERATORS, ERRORS = (
    Path(__file__, f"../../../docs/{name}.md").resolve().read_text(encoding="utf-8")
    for name in ("http", "admin", "errors")
)
NOTHING: Any = None


def test_the_pages_have_every_endpoint() -> None:
    services = Services(**dict.fromkeys(Services.__slots__, NOTHING))
    routes = application(services, 1).router.routes()
    served = {f"{r.method} {r.resource.canonical}" for r in routes if r.resource and r.method != "HEAD"}
    unversioned = {f"{one.method} {one.path}" for one in ALIASES}
    told = re.findall(r"^\| `((?:GET|POST|PUT|DELETE) [^`]+)`", PAGE + OPERATORS, re.MULTILINE)
    assert served == {*told, *unversioned}
    assert all(f"`{one.path}`" in OPERATORS or "{" in one.path for one in ALIASES)


def test_the_page_of_errors_has_every_code_that_a_caller_can_put_right() -> None:
    codes = {cls.code for cls in descendants(ClientError) if cls.code}
    assert codes <= set(re.findall(r"^\| \d+ \| `(\w+)`", ERRORS, re.MULTILINE))


def descendants(cls: type[ClientError]) -> Iterator[type[ClientError]]:
    for child in cls.__subclasses__():
        yield child
        yield from descendants(child)


async def test_the_page_has_every_header_of_an_answer(caller: Caller) -> None:
    reply = await caller.chat()
    sent = {name.lower() for name in reply.headers if name.lower().startswith("x-")}
    assert sent == set(
        re.findall(r"^\| `(x-[a-z-]+)` \|", PAGE.partition("What an answer says")[2], re.MULTILINE)
    )
