"""The documentation as a site: every page has its place, and a reader asks no other host."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.documents import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    pages = {page.relative_to(ROOT / "docs").with_suffix(".html") for page in (ROOT / "docs").rglob("*.md")}
    assert pages <= {page.relative_to(site) for page in site.rglob("*.html")}


def test_no_page_has_anything_fetched_from_another_host(site: Path) -> None:
    fetched = re.compile(r"<(?:script|img|iframe|source)[^>]*\bsrc=\"?(?:https?:)?//|<link[^>]*\bhref=\"?//")
    linked = re.compile(r"<link(?![^>]*rel=\"?canonical)[^>]*href=\"?https?://")
    asking = [
        page.name
        for page in site.rglob("*.html")
        if fetched.search(text := page.read_text(encoding="utf-8")) or linked.search(text)
    ]
    assert not asking


def test_no_style_asks_another_host(site: Path) -> None:
    styles = [style.read_text(encoding="utf-8") for style in site.rglob("*.css")]
    assert styles
    assert not [
        found for text in styles for found in re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", text)
    ]
