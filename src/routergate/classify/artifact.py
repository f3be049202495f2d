"""A trained router as one file: tables of numbers, and where they come from.

Arrays are written as a compressed `.npz` beside a JSON header, whose checksum covers every array. Nothing
in it can run: pickles are refused.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from routergate.domain.errors import ArtifactDamaged

VERSION: Final = 2
"""Of the format and of the features. An artifact of another version would misread what it is given."""
BUILTIN: Final = "builtin.npz"
"""The file that ships with the package."""
_HEADER: Final = "header"
READING: Final = frozenset(
    {"words", "word_scale", "rarity", "shapes", "shape_mean", "shape_scale", "latent_mean", "latent_scale"}
)
"""The arrays that make latent numbers of a text."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Artifact:
    """What training leaves: text to latent vector, latent vector to tasks, levels and qualities.

    K latent numbers, of which C are learned and the others are a text's quantities; M models, T tasks,
    S numbers of a text's shape, B buckets of its words.
    """

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    words: NDArray[np.int8]
    """B × C: how a bucket moves each learned number, in units of `word_scale`."""
    word_scale: Floats
    rarity: Floats
    """B: the weight of a bucket in the length of a text's vector."""
    shapes: Floats
    """S × C."""
    shape_mean: Floats
    shape_scale: Floats
    latent_mean: Floats
    latent_scale: Floats
    task_weights: Floats
    """T × K."""
    task_bias: Floats
    counting: Floats
    """T: 1 where a task is a word problem, whose quantities say how hard it is."""
    ability: Floats
    """M × K: what each latent number adds to the log-odds that a model is right."""
    bias: Floats
    """M."""
    table: Floats
    """T × M: log-odds of a model on a task, beyond what the latent numbers say."""
    table_error: Floats
    """T × M: the standard error of the table, in log-odds."""
    centre: Floats
    """M × K: where a model's outcomes lay on average."""
    labels: Floats
    """M: information that a model's outcomes hold, in labels of even odds."""
    residual: Floats
    """M: log-odds by which a model's estimates miss on other traffic, however many labels there are."""
    panel: Floats
    """K + 1: ability and bias of an average model."""
    levels: tuple[float, float, float]
    """Complexities at which medium, hard and frontier begin."""
    calibration: tuple[float, float]
    """Scale of the log-odds, and the residual of a model without outcomes."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Sources and their licences, the day of training, the seed, and the artifacts it descends from."""

    @property
    def checksum(self) -> str:
        """Of all arrays and of what is said about them."""
        return _digest(_arrays(self), _said(self))

    @property
    def reading(self) -> str:
        """Of all that makes latent numbers of a text: artifacts that have it alike read alike."""
        return _digest({name: array for name, array in _arrays(self).items() if name in READING}, {})[:16]


def save(artifact: Artifact, path: Path) -> None:
    """Write an artifact; the same artifact gives the same bytes."""
    arrays, said = _arrays(artifact), _said(artifact)
    header = json.dumps({"checksum": _digest(arrays, said), "said": said}, sort_keys=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in {_HEADER: np.frombuffer(header.encode(), np.uint8), **arrays}.items():
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED, 9)


def load(path: Path) -> Artifact:
    """Read an artifact; raises `ArtifactDamaged`."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise ArtifactDamaged(str(path), f"cannot be read: {error.strerror}") from error


def builtin() -> Artifact:
    """The artifact that ships with the package."""
    found = resources.files("routergate.classify").joinpath(BUILTIN)
    return parse(found.read_bytes(), "of the package")


def parse(content: bytes, name: str) -> Artifact:
    """The artifact in a file's bytes; `name` is what an error calls it."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        header = json.loads(arrays.pop(_HEADER).tobytes())
        said, checksum = header["said"], header["checksum"]
        version = said["version"]
    except (ValueError, KeyError, OSError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise ArtifactDamaged(name, "damaged, or not an artifact. Copy or train it again") from error
    if version != VERSION:
        raise ArtifactDamaged(name, f"of version {version}, this program reads {VERSION}. Train it again")
    if _digest(arrays, said) != checksum:
        raise ArtifactDamaged(name, "damaged, its checksum does not match. Copy or train it again")
    values: dict[str, Any] = {**_widened(arrays), **_told(said)}
    return Artifact(**values)


_ARRAYS: Final = tuple(
    name.name
    for name in fields(Artifact)
    if name.name not in {"models", "tasks", "levels", "calibration", "provenance"}
)


def _arrays(artifact: Artifact) -> dict[str, NDArray[Any]]:
    """Its arrays as they are stored: halves for all but the buckets, which are bytes already."""
    arrays = {name: getattr(artifact, name) for name in _ARRAYS}
    return {name: a if a.dtype == np.int8 else a.astype("<f2") for name, a in arrays.items()}


def _widened(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name: a if a.dtype == np.int8 else a.astype(np.float32) for name, a in arrays.items()}


def _said(artifact: Artifact) -> dict[str, Any]:
    return {
        "version": VERSION,
        "models": list(artifact.models),
        "tasks": list(artifact.tasks),
        "levels": list(artifact.levels),
        "calibration": list(artifact.calibration),
        "provenance": dict(artifact.provenance),
    }


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    tuples = {name: tuple(said[name]) for name in ("models", "tasks", "levels", "calibration")}
    return {**tuples, "provenance": said["provenance"]}


def _digest(arrays: Mapping[str, NDArray[Any]], said: Mapping[str, Any]) -> str:
    """A checksum over the names, shapes and bytes of the arrays, and over what is said."""
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape} {arrays[name].dtype}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
