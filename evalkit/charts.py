"""Figures as inline SVG: interval bars, a stacked bar of shares, a reliability plot. Pure: the same numbers give the same bytes.

Colours are CSS custom properties of the page (`--bar`, `--track`, ...), so that light, dark and print need one drawing.
Each drawing has a <title> and a <desc> as its text alternative; the numbers also stand in a table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

BAR_WIDTH, BAR_HEIGHT = 160.0, 16.0
PLOT = 240.0  # side of the reliability plot's square
_EDGE = 4.0  # room for half a dot at either end of a bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """From a figure to a place along a bar; `mark` is a figure drawn as a thin line (None: no line)."""

    low: float
    high: float
    mark: float | None = None

    def place(self, value: float) -> float:
        """Distance from the left in drawing units, held inside the bar."""
        share = (value - self.low) / (self.high - self.low)
        return _EDGE + min(max(share, 0.0), 1.0) * (BAR_WIDTH - 2 * _EDGE)


def scale_over(values: Sequence[float | None], *, low: float = 0.0, high: float = 1.0, mark: float | None = None) -> Scale:
    """A scale from `low` to `high`, widened in steps of a tenth to hold all `values`.

    >>> scale_over([0.2, -0.13, None])
    Scale(low=-0.2, high=1.0, mark=None)
    """
    had = [value for value in values if value is not None]
    lowest, highest = min([low, *had]), max([high, *had])
    # rounding before the step: -0.1 is -1 tenth, not -2
    return Scale(low=_floor(round(lowest * 10, 6)) / 10, high=-_floor(round(-highest * 10, 6)) / 10, mark=mark)


def interval_bar(value: float | None, low: float | None, high: float | None, scale: Scale, *, title: str, desc: str = "") -> str:
    """A track with the interval and the value on it; "" where there is no value. An open end runs to the scale's end."""
    if value is None:
        return ""
    parts = [_rect("track", _EDGE, BAR_HEIGHT / 2 - 1, BAR_WIDTH - 2 * _EDGE, 2)]
    if scale.mark is not None:
        parts.append(_rect("mark", scale.place(scale.mark) - 0.5, 1, 1, BAR_HEIGHT - 2))
    if low is not None or high is not None:
        start = scale.place(scale.low if low is None else low)
        end = scale.place(scale.high if high is None else high)
        parts.append(_rect("span", start, BAR_HEIGHT / 2 - 3, max(end - start, 1.0), 6))
    parts.append(f'<circle class="dot" cx="{scale.place(value):.2f}" cy="{BAR_HEIGHT / 2:.2f}" r="3.5"/>')
    return _svg("bar", BAR_WIDTH, BAR_HEIGHT, title, desc, parts)


def share_bar(counts: Sequence[tuple[str, int]], *, title: str, desc: str = "") -> str:
    """Counts as parts of one bar, each with the class "part <name>"; "" where they sum to nothing."""
    total = sum(count for _, count in counts)
    if total == 0:
        return ""
    parts, left = [], 0
    for name, count in counts:
        if count:
            parts.append(_rect(f"part {name}", BAR_WIDTH * left / total, 3, BAR_WIDTH * count / total, BAR_HEIGHT - 6))
            left += count
    return _svg("shares", BAR_WIDTH, BAR_HEIGHT, title, desc, parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One bin of the reliability plot: bounds of the confidence, its mean, the share right, and how many items."""

    low: float
    high: float
    confidence: float
    right: float
    n: int


def reliability_bins(confidences: Sequence[float], right: Sequence[float], *, bins: int = 10) -> tuple[Bin, ...]:
    """The filled bins of equal width over [0, 1], closed above (0 falls in the first), as in the calibration error.

    >>> reliability_bins([0.1, 0.95], [0.0, 1.0])[0].n
    1
    """
    held: dict[int, list[tuple[float, float]]] = {}
    for sure, hit in sorted(zip(confidences, right, strict=True)):
        held.setdefault(min(max(-_floor(-sure * bins) - 1, 0), bins - 1), []).append((sure, hit))
    return tuple(
        Bin(
            low=place / bins,
            high=(place + 1) / bins,
            confidence=sum(sure for sure, _ in rows) / len(rows),
            right=sum(hit for _, hit in rows) / len(rows),
            n=len(rows),
        )
        for place, rows in sorted(held.items())
    )


def reliability(bins: Sequence[Bin], *, title: str, desc: str = "") -> str:
    """Share right over mean confidence, a circle a bin with its area by items, and the diagonal; "" for no bins."""
    if not bins:
        return ""
    left, top = 34.0, 10.0
    most = max(part.n for part in bins)
    drawn = [f'<path class="frame" d="M{left:g} {top:g}V{top + PLOT:g}H{left + PLOT:g}"/>']
    drawn.append(f'<path class="diagonal" d="M{left:g} {top + PLOT:g}L{left + PLOT:g} {top:g}"/>')
    for tick in (0.0, 0.5, 1.0):
        drawn.append(f'<text x="{left - 8:g}" y="{top + PLOT * (1 - tick) + 4:.2f}" text-anchor="end">{tick:g}</text>')
        drawn.append(f'<text x="{left + PLOT * tick:.2f}" y="{top + PLOT + 18:g}" text-anchor="middle">{tick:g}</text>')
    for part in bins:
        radius = 3 + 11 * (part.n / most) ** 0.5
        x, y = left + PLOT * part.confidence, top + PLOT * (1 - part.right)
        drawn.append(f'<circle class="bin" cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}"/>')
    return _svg("reliability", left + PLOT + 16, top + PLOT + 28, title, desc, drawn)


def _floor(value: float) -> int:
    return int(value // 1)


def _rect(name: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{escape(name)}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"/>'


def _svg(name: str, width: float, height: float, title: str, desc: str, parts: Sequence[str]) -> str:
    told = f"<title>{escape(title)}</title>" + (f"<desc>{escape(desc)}</desc>" if desc else "")
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    size += ' preserveAspectRatio="none"' if name == "shares" else ""  # only rectangles: it may be stretched
    return f'<svg class="{name}" role="img" {size}>{told}{"".join(parts)}</svg>'
