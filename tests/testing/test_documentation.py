import re
import runpy
from pathlib import Path

from routergate.testing import PROMPTS

PAGE = Path(__file__, "../../../docs/simulator.md").resolve().read_text(encoding="utf-8")


async def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    assert "simulated" in await runpy.run_path(str(tmp_path / "example.py"))["ask"]()


def test_the_page_knows_how_many_prompts_there_are() -> None:
    assert f"{len(PROMPTS)} prompts" in PAGE
