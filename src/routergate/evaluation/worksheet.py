"""What is done of a comparison, so that it can go on where it stopped. It holds no prompt and no answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from routergate.domain.errors import DataUnusable
from routergate.evaluation.outcomes import rows
from routergate.evaluation.questions import Question
from routergate.evaluation.rivals import Compared, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Worksheet:
    """A file with a line for each comparison, of this one and perhaps of others."""

    path: Path
    setting: str
    """Stands for the models, the judge and its rubric: what is done under another one is done anew."""

    def done(self, asked: Sequence[Question]) -> Mapping[str, Compared]:
        """By the question's id; raises `DataUnusable` for a file that is none of ours."""
        if not self.path.exists() or not self.path.stat().st_size:
            return {}
        digests = {question.id: question.digest for question in asked}
        found = rows([self.path], lambda _, row, __: self._read(row))
        return {one.id: one for one in found if one and digests.get(one.id) == one.digest}

    def note(self, one: Compared) -> None:
        """Write one down at once."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"setting": self.setting, **asdict(one)}) + "\n")

    def mend(self) -> None:
        """Drop half a line at the end: whoever wrote it was stopped in the middle."""
        if not self.path.exists():
            return
        whole = self.path.read_bytes()
        if whole and not whole.endswith(b"\n"):
            self.path.write_bytes(whole[: whole.rfind(b"\n") + 1])

    def _read(self, row: Mapping[str, Any]) -> Compared | None:
        if row.get("setting") != self.setting:
            return None
        values = {name: value for name, value in row.items() if name != "setting"}
        try:
            return Compared(**{**values, "new": Side(**values["new"]), "base": Side(**values["base"])})
        except (TypeError, KeyError):
            raise ValueError("not a line of a comparison") from None


def beside(data: Path, new: str, base: str) -> Path:
    """Where a comparison is kept unless somebody says otherwise: beside its questions."""
    folder = data.parent
    if not folder.is_dir():
        raise DataUnusable(f"{data}: there is no such folder")
    named = "".join(sign if sign.isalnum() or sign in "-." else "_" for sign in f"{new}-vs-{base}")
    return folder / f"{data.name.partition('.')[0]}.{named}.done.jsonl"
