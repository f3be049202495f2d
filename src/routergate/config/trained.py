"""The trained router that a configuration names."""

from pathlib import Path

from routergate.classify.artifact import Artifact, load
from routergate.config.findings import Findings
from routergate.domain.errors import ArtifactDamaged


def trained(folder: Path, name: str | None, findings: Findings) -> Artifact | None:
    """The artifact that is named, if one is. Where it is of no use, the built-in one serves."""
    if not name:
        return None
    try:
        return load(folder / name)
    except ArtifactDamaged as damaged:
        findings.warn(("router", "artifact"), f"{damaged} The built-in one serves.")
        return None
