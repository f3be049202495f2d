"""The trained router that a configuration names."""

from pathlib import Path

from routergate.classify.artifact import Artifact, load
from routergate.config.findings import Findings
from routergate.domain.errors import ArtifactDamaged


def trained(path: Path, findings: Findings) -> Artifact | None:
    """The artifact at `path`. If it cannot be used, that is told, and the built-in one serves."""
    try:
        return load(path)
    except ArtifactDamaged as damaged:
        findings.warn(("router", "artifact"), f"{damaged} The built-in one serves.")
        return None
