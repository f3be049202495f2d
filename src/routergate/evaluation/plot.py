"""Plots as SVG text: lines and points in a frame with ticks and a legend."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 200, 16, 48
COLOURS: Final = ("#0b62a4", "#8a8a8a", "#c77700", "#2a8a4a", "#8e44ad", "#b03a2e")


@dataclass(frozen=True, slots=True)
class Series:
    """Points, joined or not."""

    name: str
    points: Sequence[tuple[float, float]]
    joined: bool = True
    labelled: bool = False
    """Whether its name stands beside its points instead of in the legend."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where values come to lie."""

    x: tuple[float, float]
    y: tuple[float, float]

    def place(self, point: tuple[float, float]) -> tuple[float, float]:
        """Pixels from the left and from the top."""
        across = (point[0] - self.x[0]) / (self.x[1] - self.x[0])
        up = (point[1] - self.y[0]) / (self.y[1] - self.y[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def plot(series: Sequence[Series], across: str, up: str) -> str:
    """The series in one picture; a reader sees the names of the axes, and of what lies between them."""
    frame = _frame([point for each in series for point in each.points])
    coloured = [(each, COLOURS[n % len(COLOURS)]) for n, each in enumerate(series)]
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"{up} by {across}")}">',
        *_axes(frame, across, up),
        *(part for each, colour in coloured for part in _series(each, frame, colour)),
        *_legend([(each.name, colour) for each, colour in coloured if not each.labelled]),
        "</svg>",
    ]
    return "\n".join(parts)


def _frame(points: Sequence[tuple[float, float]]) -> Frame:
    return Frame(_span([x for x, _ in points]), _span([y for _, y in points]))


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.04 or abs(high) * 0.04 or 1.0
    return low - room, high + room


def _ticks(span: tuple[float, float]) -> list[float]:
    """About five round numbers in a span."""
    rough = (span[1] - span[0]) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * next((n for n in (1, 2, 5) if n * unit >= rough), 10)
    first, last = math.ceil(span[0] / step), math.floor(span[1] / step)
    return [n * step for n in range(first, last + 1)]


def _axes(frame: Frame, across: str, up: str) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for value in _ticks(frame.x):
        x, _ = frame.place((value, frame.y[0]))
        yield f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{value:.4g}</text>'
    for value in _ticks(frame.y):
        _, y = frame.place((frame.x[0], value))
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>'
    yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
    yield f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across)}</text>'
    middle = (TOP + bottom) / 2
    turned = f'text-anchor="middle" transform="rotate(-90 14 {middle})"'
    yield f'<text x="14" y="{middle}" {turned}>{escape(up)}</text>'


def _series(series: Series, frame: Frame, colour: str) -> Iterator[str]:
    places = [frame.place(point) for point in series.points]
    if series.joined and len(places) > 1:
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, y in places:
        told = f"<title>{escape(series.name)}</title>"
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}">{told}</circle>'
        if series.labelled:
            yield f'<text x="{x + 6:.1f}" y="{y + 4:.1f}">{escape(series.name)}</text>'


def _legend(names: Sequence[tuple[str, str]]) -> Iterator[str]:
    for n, (name, colour) in enumerate(names):
        y = TOP + 10 + 20 * n
        yield f'<circle cx="{WIDTH - RIGHT + 20}" cy="{y}" r="5" fill="{colour}"/>'
        yield f'<text x="{WIDTH - RIGHT + 32}" y="{y + 4}">{escape(name)}</text>'
