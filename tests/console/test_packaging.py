"""The console in what is installed."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "src" / "routergate" / "console" / "assets"


def test_the_wheel_has_the_page_and_all_that_it_loads(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {str(path.relative_to(ROOT / "src")) for path in ASSETS.rglob("*") if path.is_file()}
    assert len(wanted) >= 5
    assert wanted <= names
    assert not any(name.startswith("console/") for name in names)
