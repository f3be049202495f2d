"""Where a simulated provider answers what."""

from collections.abc import Iterator

from aiohttp import web

from routergate.testing.refusals import Refused

API = (
    ("POST", "/chat/completions", "chat"),
    ("POST", "/completions", "completions"),
    ("POST", "/responses", "responses"),
    ("GET", "/responses/{id}", "response"),
    ("DELETE", "/responses/{id}", "forget"),
    ("GET", "/responses/{id}/input_items", "items"),
    ("POST", "/messages", "messages"),
    ("POST", "/messages/count_tokens", "count"),
    ("POST", "/embeddings", "embeddings"),
    ("GET", "/models", "models"),
)
"""Method, path below the API's root, and the name of what answers there."""
DEPLOYED = frozenset({"/chat/completions", "/completions", "/embeddings"})
"""Paths that Azure has below a deployment; the others name it in the body."""


def paths(*, azure: bool) -> Iterator[tuple[str, str, str]]:
    """All of them; Azure's in its newer way, as OpenAI's, and in its classic one."""
    for method, path, name in API:
        yield method, f"{'/openai/v1' if azure else '/v1'}{path}", name
        if azure:
            deployment = "/deployments/{deployment}" if path in DEPLOYED else ""
            yield method, f"/openai{deployment}{path}", name


def check_version(request: web.Request) -> None:
    """Azure's classic API is nowhere without a version."""
    path = request.path
    if (
        path.startswith("/openai/")
        and not path.startswith("/openai/v1/")
        and "api-version" not in request.query
    ):
        raise Refused(404, "Resource not found", code="404")


def deployment(request: web.Request) -> dict[str, str]:
    """The model, where the path names it."""
    name = request.match_info.get("deployment")
    return {} if name is None else {"model": name}
