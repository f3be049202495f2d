"""The blocks of code in the documents, and what is to be done with each."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(
    r"^(?:<!-- (?P<word>not run:|in) (?P<rest>.+?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    why_not: str | None
    """Why it is not run or checked, if the page says so: `<!-- not run: ... -->`."""
    place: str | None
    """Where in a configuration it belongs, if not at the top: `<!-- in models.x -->`."""

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Those of one page, in their order."""
    text = page.read_text(encoding="utf-8")
    return [_block(page, text, found) for found in _BLOCK.finditer(text)]


def to_be_tried(language: str, page: Path | None = None) -> list[Block]:
    """Those of a language that no page excuses."""
    every = [block for one in ([page] if page else PAGES) for block in blocks(one)]
    return [block for block in every if block.language == language and not block.why_not]


def pages_with(language: str) -> list[Path]:
    """The pages that have any of these."""
    return [page for page in PAGES if to_be_tried(language, page)]


def _block(page: Path, text: str, found: re.Match[str]) -> Block:
    rest = found["rest"]
    return Block(
        page=page,
        line=text.count("\n", 0, found.start("language")) + 1,
        language=found["language"],
        text=found["text"],
        why_not=rest if found["word"] == "not run:" else None,
        place=rest if found["word"] == "in" else None,
    )
