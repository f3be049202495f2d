"""Trained routers in a folder: which one is in force, and which ones were."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from routergate.classify.artifact import load
from routergate.domain.errors import DataUnusable

CURRENT: Final = "current.npz"
"""What a configuration names: always the one that is in force."""
LOG: Final = "promotions.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A trained router that came into force."""

    checksum: str
    at: str
    """ISO 8601, UTC."""
    said: str = ""
    """What for."""
    back: bool = False
    """Whether it came back because the one after it was taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A trained router of the folder."""

    checksum: str
    provenance: Mapping[str, Any]
    """From which outcomes, when, and from which artifacts it descends."""
    in_force: bool
    promotions: tuple[Promotion, ...]


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The folder. Nothing in it is ever overwritten but `current.npz`."""

    folder: Path

    def promote(self, path: Path, at: str, said: str) -> Promotion:
        """Keep a copy and put it in force; raises `ArtifactDamaged`, and changes nothing then."""
        checksum = load(path).checksum
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self._of(checksum)
        if not kept.exists():
            _copied(path, kept)
        return self._enforce(Promotion(checksum=checksum, at=at, said=said))

    def rollback(self, at: str, said: str) -> Promotion:
        """Put the one in force again that was before; raises `DataUnusable` if there was none."""
        stack = self._stack()
        if len(stack) < 2:
            raise DataUnusable(f"{self.folder}: nothing was in force before; promote another one")
        return self._enforce(Promotion(checksum=stack[-2].checksum, at=at, said=said, back=True))

    def all(self) -> Iterator[Kept]:
        """In the order in which they first came into force."""
        log, stack = self._log(), self._stack()
        for checksum in dict.fromkeys(one.checksum for one in log):
            yield Kept(
                checksum=checksum,
                provenance=load(self._of(checksum)).provenance,
                in_force=stack[-1].checksum == checksum,
                promotions=tuple(one for one in log if one.checksum == checksum),
            )

    def _enforce(self, promotion: Promotion) -> Promotion:
        _copied(self._of(promotion.checksum), self.folder / CURRENT)
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(promotion)) + "\n")
        return promotion

    def _stack(self) -> list[Promotion]:
        """What was in force, less what was taken back; the last one is."""
        stack: list[Promotion] = []
        for one in self._log():
            if one.back:
                stack.pop()
            else:
                stack.append(one)
        return stack

    def _log(self) -> list[Promotion]:
        path = self.folder / LOG
        if not path.exists():
            return []
        try:
            return [Promotion(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
        except (ValueError, TypeError):
            raise DataUnusable(f"{path}: damaged; restore it, or begin with another folder") from None

    def _of(self, checksum: str) -> Path:
        return self.folder / f"{checksum[:16]}.npz"


def _copied(source: Path, target: Path) -> None:
    """All of it or nothing: whoever reads meanwhile sees the one before."""
    unfinished = target.with_suffix(".new")
    shutil.copyfile(source, unfinished)
    unfinished.replace(target)
