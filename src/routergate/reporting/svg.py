"""Charts as pictures that stand in a page by themselves."""

from collections.abc import Iterator, Sequence
from html import escape

from routergate.reporting.report import Chart, Series

WIDTH, HEIGHT = 900, 300
LEFT, TOP, BOTTOM = 80, 12, 60
COLOURS = ("#2563eb", "#d97706", "#059669", "#7c3aed", "#dc2626", "#0891b2")
MOST_LABELS = 15


def drawn(chart: Chart) -> str:
    """An `<svg>` element; nothing of it comes from elsewhere."""
    low, high = _range(chart.series)
    scale = _Scale(low, high, max(1, len(chart.labels)))
    shapes = _bars if chart.kind == "bars" else _lines
    parts = [
        *_axis(scale, chart.unit),
        *(part for n, one in enumerate(chart.series) for part in shapes(scale, one, n, len(chart.series))),
        *_labels(scale, chart.labels),
        *_legend(chart.series),
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" font-size="11" '
        f'aria-label="{escape(chart.title)}">{"".join(parts)}</svg>'
    )


class _Scale:
    """Values to places."""

    def __init__(self, low: float, high: float, number: int) -> None:
        self.low, self.high, self.number = low, high if high > low else low + 1, number

    def x(self, n: float) -> float:
        return round(LEFT + (WIDTH - LEFT) * n / self.number, 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share, 1)


def _range(series: Sequence[Series]) -> tuple[float, float]:
    """From what is least, at most zero, to what is most."""
    every = [value for one in series for value in (*one.values, *one.low, *one.high) if value is not None]
    return min([0.0, *every]), max([0.0, *every])


def _bars(scale: _Scale, one: Series, n: int, of: int) -> Iterator[str]:
    width = (scale.x(1) - scale.x(0)) * 0.8 / of
    for place, value in enumerate(one.values):
        if value is not None:
            top, bottom = sorted((scale.y(value), scale.y(0)))
            left = scale.x(place + 0.1) + n * width
            yield (
                f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{bottom - top:.1f}" '
                f'fill="{_colour(n)}"><title>{escape(one.name)}: {value:,.2f}</title></rect>'
            )


def _lines(scale: _Scale, one: Series, n: int, of: int) -> Iterator[str]:  # noqa: ARG001  as `_bars`
    if one.low and one.high:
        around = [*_points(scale, one.high), *reversed(list(_points(scale, one.low)))]
        yield f'<polygon points="{" ".join(around)}" fill="{_colour(n)}" opacity="0.2"/>'
    points = " ".join(_points(scale, one.values))
    yield f'<polyline points="{points}" fill="none" stroke="{_colour(n)}" stroke-width="2"/>'


def _points(scale: _Scale, values: Sequence[float | None]) -> Iterator[str]:
    for place, value in enumerate(values):
        if value is not None:
            yield f"{scale.x(place + 0.5)},{scale.y(value)}"


def _axis(scale: _Scale, unit: str) -> Iterator[str]:
    for n in range(5):
        value = scale.low + (scale.high - scale.low) * n / 4
        y = scale.y(value)
        yield f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:,.4g}</text>'
    yield f'<text x="0" y="{TOP}" fill="#666">{escape(unit)}</text>'


def _labels(scale: _Scale, labels: Sequence[str]) -> Iterator[str]:
    every = max(1, -(-len(labels) // MOST_LABELS))
    for n, label in enumerate(labels):
        if n % every == 0:
            short = label if len(label) <= 14 else f"{label[:13]}…"
            yield (
                f'<text x="{scale.x(n + 0.5)}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">'
                f"{escape(short)}</text>"
            )


def _legend(series: Sequence[Series]) -> Iterator[str]:
    for n, one in enumerate(series):
        x = LEFT + n * 150
        yield f'<rect x="{x}" y="{HEIGHT - 22}" width="10" height="10" fill="{_colour(n)}"/>'
        yield f'<text x="{x + 15}" y="{HEIGHT - 13}">{escape(one.name)}</text>'


def _colour(n: int) -> str:
    return COLOURS[n % len(COLOURS)]
