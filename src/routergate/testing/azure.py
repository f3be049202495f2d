"""What Azure OpenAI says otherwise than OpenAI: errors, and a word on the prompt before a stream."""

from typing import Any, Final

import msgspec

from routergate.testing.refusals import Refused

SAFE: Final = {
    name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")
}
FOUND: Final = {**SAFE, "violence": {"filtered": True, "severity": "medium"}}
DENIED: Final = "Access denied due to invalid subscription key or wrong API endpoint."
NOWHERE: Final = "The API deployment for this resource does not exist."


def error_body(refused: Refused) -> bytes:
    """An error in Azure's words."""
    return msgspec.json.encode({"error": _error(refused), "x_simulated": {"unknown": []}})


def _error(refused: Refused) -> dict[str, Any]:
    if refused.status == 401:
        return {"code": "401", "message": DENIED}
    if refused.code == "model_not_found":
        return {"code": "DeploymentNotFound", "message": NOWHERE}
    told = {"message": refused.message, "type": None, "param": refused.param, "code": refused.code}
    if refused.code != "content_filter":
        return told
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": FOUND}
    return {**told, "status": refused.status, "innererror": inner}


def opening() -> bytes:
    """The event before a stream: what was found in the prompt."""
    found = [{"prompt_index": 0, "content_filter_results": SAFE}]
    event = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": found}
    return b"data: " + msgspec.json.encode(event) + b"\n\n"
