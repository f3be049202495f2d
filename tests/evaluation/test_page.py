import re
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from rich.console import Console

from routergate.evaluation.evaluate import Report, evaluate
from routergate.evaluation.page import page
from routergate.evaluation.plot import Series, plot
from routergate.evaluation.sheet import Sheet, sheet
from routergate.evaluation.tables import summary, tables
from support.builders import DAY
from support.quizzes import LARGE, MINI, Guess, a_quiz


@pytest.fixture(scope="module")
def quiz() -> Sheet:
    tasks = [f"task-{n}" for n in range(21)]
    return sheet(a_quiz(640, tasks=tasks), Guess(), {"mini": MINI, "large": LARGE}, DAY)


@pytest.fixture(scope="module")
def report(quiz: Sheet) -> Report:
    return evaluate(quiz)


def svg(text: str) -> ET.Element:
    return ET.fromstring(text)


def test_the_page_stands_alone(report: Report) -> None:
    text = page(report, "An <evaluation>", ["2 prompts & more"])
    assert "An &lt;evaluation&gt;" in text
    assert "2 prompts &amp; more" in text
    assert not re.search(r"https?:|src=|href=|<script", text)


def test_the_page_has_every_picture_and_table(report: Report) -> None:
    text = page(report, "Evaluation")
    pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    labels = [svg(picture).get("aria-label") for picture in pictures]
    assert labels == [
        "mean quality by USD per 1,000 prompts",
        "mean quality by calls to large, %",
        "came true by estimated",
    ]
    assert text.count("<table>") == 4
    assert all(f"<td>{each.task}</td>" in text for each in report.tasks)


def test_what_is_not_known_is_left_out_of_the_page(quiz: Sheet) -> None:
    few = replace(quiz.rows(np.arange(20)), costs=np.full((20, 2), np.nan), labels=np.ones((20, 2)))
    text = page(evaluate(few), "Evaluation")
    assert text.count("<svg") == 1
    assert "Cost and quality" not in text
    assert "Tasks" not in text
    assert "<td>unknown</td>" in text
    assert "No cost–quality curve" in text


def test_every_point_lies_within_its_picture() -> None:
    points = [(0.001, -5.0), (0.002, 5.0), (0.0015, 0.0)]
    drawn = svg(
        plot([Series("a", points), Series("b", [(0.001, 1.0)], joined=False, labelled=True)], "x", "y")
    )
    circles = list(drawn.iter("circle"))
    assert all(0 < float(c.get("cx", 0)) < 720 and 0 < float(c.get("cy", 0)) < 420 for c in circles)
    assert len(list(drawn.iter("polyline"))) == 1


def test_a_picture_of_one_point_can_be_drawn() -> None:
    assert len(list(svg(plot([Series("a", [(0.0, 0.0)])], "x", "y")).iter("polyline"))) == 0


def shown(report: Report) -> str:
    console = Console(width=200, file=StringIO())
    for table in tables(report):
        console.print(table)
    return console.file.getvalue() if isinstance(console.file, StringIO) else ""


def test_the_terminal_shows_the_same(report: Report) -> None:
    text = shown(report)
    assert "prompt length" in text
    assert "large" in text
    assert "Tasks (the 20 most frequent of 21)" in text
    assert "95 % of the quality of large" in summary(report)


def test_a_figure_that_is_unknown_is_a_dash(quiz: Sheet) -> None:
    few = evaluate(replace(quiz.rows(np.arange(20)), labels=np.ones((20, 2))))
    assert "│ router        │    - │" in shown(few)
