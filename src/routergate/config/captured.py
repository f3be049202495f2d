"""What is written of captured texts → where they go, and which they are."""

from pathlib import Path

from routergate.config import schema
from routergate.config.findings import Findings
from routergate.config.rails import redactions
from routergate.config.spec import CapturedRoute, CaptureSpec, Secret


def captures(file: schema.File, beside: Path, findings: Findings) -> CaptureSpec | None:
    """`None`: no route keeps any, or nobody says where."""
    redacted = redactions(file, findings)
    routes = {
        name: CapturedRoute(share=it.capture.share, days=it.capture.days, redactions=redacted[name])
        for name, it in file.routes.items()
        if it.capture
    }
    if file.capture is None:
        for name in routes:
            text = "nobody says where texts are kept; add a section `capture` with a key and a folder"
            findings.problem(("routes", name, "capture", "share"), text)
        return None
    return CaptureSpec(
        key=Secret(file.capture.key),
        folder=beside / file.capture.folder,
        most_bytes=file.capture.max_mb * 1024 * 1024,
        routes=routes,
    )
