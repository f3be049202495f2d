"""The commands as they are typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from routergate.cli import main
from routergate.domain.decision import Arm
from support.books import shelved
from support.traffic import asked, many

PERIOD = ("--since", "2026-01-05", "--until", "2026-02-03")
CONFIG = """\
providers: {openai: {kind: openai}, gpus: {kind: vllm, base_url: http://gpus/v1}}
models:
  mini:
    provider: openai
    class: economy
    context_tokens: 128000
    prices: [{from: 2020-01-01, input: 0.15, output: 0.6}]
  large:
    provider: openai
    class: frontier
    context_tokens: 128000
    prices: [{from: 2020-01-01, input: 2.5, output: 10}]
  own:
    provider: gpus
    class: self_hosted
    context_tokens: 32768
    asset: {hosting: {gpus: 1, gpu_hour: 2.25}, maintenance: {retraining: 900, retraining_months: 9}}
  bare:
    provider: gpus
    class: self_hosted
    context_tokens: 32768
    asset: {hosting: {gpus: 1, gpu_hour: 2.25}}
routes: {auto: {candidates: [mini, large], baseline: large, quality: 0.9}}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whatif")
    (folder / "routergate.yaml").write_text(CONFIG)
    held = many(20, days=20, prefix="h", arm=Arm.BASELINE)
    routed = many(40, days=20, prefix="r", arm=Arm.ROUTED)
    shelved(folder / "ledger", [*held, *routed, asked("hard", quality=0.8)])
    return folder


def ran(place: Path, *arguments: str) -> Result:
    settings = {"ROUTERGATE_DATA_DIR": str(place), "ROUTERGATE_CONFIG": str(place / "routergate.yaml")}
    return CliRunner().invoke(main, [*arguments, *PERIOD], env=settings)


def told(place: Path, *arguments: str) -> Any:
    result = ran(place, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize(
    ("command", "title"),
    [
        ("whatif price large --input 1 --output 2", "If large had other rates"),
        ("whatif price large --change -20 --reroute", "If large had other rates"),
        ("whatif price own --input 1 --output 2 --cache-read 0.5", "If own had other rates"),
        ("whatif threshold --route auto --to 0.7", "If auto promised 0.7"),
        (
            "whatif model nova --route auto --input 0.1 --output 0.2 --quality 0.9 --quality code=0.5",
            "If auto had nova",
        ),
        ("whatif model own --route auto", "If auto had own"),
        ("whatif migrate --feature search --from large --to mini", "If what large answers went to mini"),
        ("whatif breakeven --model own", "If own answered what is bought"),
        ("whatif retrain --model own --every 3 --decay 0.1", "If own were trained every 3 months, not 9"),
        (
            "whatif retrain --model bare --every 3 --decay 0.1 --cost 5",
            "If bare were trained every 3 months, not 12",
        ),
        ("report holdout", "Hold-out"),
        ("opportunities --least 0.001", "Opportunities"),
    ],
)
def test_every_question_has_an_answer(place: Path, command: str, title: str) -> None:
    report = told(place, *command.split())

    assert report["title"] == title
    assert report["notes"]


def test_a_fall_in_price_is_the_same_share_of_what_was_paid(place: Path) -> None:
    total = told(place, "whatif", "price", "large", "--change", "-20", "--where", "model=large")["total"]

    assert float(total["then_usd"]) == pytest.approx(0.8 * float(total["now_usd"]))


def test_an_answer_can_be_drawn(place: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    command = (
        "whatif",
        "threshold",
        "--route",
        "auto",
        "--to",
        "0.7",
        "--format",
        "html",
        "--out",
        str(page),
    )

    assert ran(place, *command).exit_code == 0
    assert "<svg" in page.read_text()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("whatif price larg --change 5", "No model is called 'larg'; did you mean 'large'?"),
        ("whatif price large", "Say what it would cost: --input, --output, --cache-read, or --change."),
        ("whatif price large --input -1", "-1 is not a number from zero on"),
        ("whatif price large --input many", "'many' is no number"),
        ("whatif threshold --route aut --to 1", "No route is called 'aut'; did you mean 'auto'?"),
        ("whatif model nova --route auto", "Nobody knows what nova costs; say it with --input and --output."),
        (
            "whatif model nova --route auto --input 1 --output 1 --quality 2",
            "a quality is a probability, 0 to 1",
        ),
        (
            "whatif model nova --route auto --input 1 --output 1 --needs magic",
            "'magic' is not a valid Capability",
        ),
        ("whatif breakeven --model mini", "mini has no fixed costs; declare models.mini.asset in "),
        (
            "whatif retrain --model bare --every 3",
            "Nobody has said what training bare costs; say it with --cost.",
        ),
        ("whatif retrain --model own --every 3", "own could answer on 0 days"),
    ],
)
def test_what_cannot_be_answered_names_the_remedy(place: Path, command: str, why: str) -> None:
    result = ran(place, *command.split())

    assert result.exit_code == 2
    assert why in " ".join(result.output.split())
