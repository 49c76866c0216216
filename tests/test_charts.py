import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.charts import BAR_WIDTH, Scale, interval_bar, reliability, reliability_bins, scale_over, share_bar
from evalkit.stats import ece

SCALE = Scale(low=-0.2, high=1.0, mark=0.0)
finite = st.floats(-2, 2, allow_nan=False)


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


@given(finite, finite, finite)
def test_bars_stay_inside_their_drawing(value, one, other):
    drawn = parsed(interval_bar(value, min(one, other), max(one, other), SCALE, title="t"))
    for rect in drawn.iter("rect"):
        assert 0 <= float(rect.get("x", "")) <= float(rect.get("x", "")) + float(rect.get("width", "")) <= BAR_WIDTH + 0.02
    dot = next(drawn.iter("circle"))
    assert 0 <= float(dot.get("cx", "")) <= BAR_WIDTH


def test_a_bar_is_where_its_numbers_are():
    drawn = parsed(interval_bar(0.4, 0.2, 0.6, SCALE, title="0.400 [0.200 – 0.600]"))
    dot = float(next(drawn.iter("circle")).get("cx", ""))
    span = next(rect for rect in drawn.iter("rect") if rect.get("class") == "span")
    low = float(span.get("x", ""))
    assert dot == pytest.approx(4 + 0.5 * 152)  # 0.4 is half way from -0.2 to 1.0
    assert low == pytest.approx(4 + (0.4 / 1.2) * 152, abs=0.01)
    assert low + float(span.get("width", "")) == pytest.approx(4 + (0.8 / 1.2) * 152, abs=0.02)


def test_no_value_no_bar_and_no_interval_no_span():
    assert interval_bar(None, 0.1, 0.2, SCALE, title="t") == ""
    assert 'class="span"' not in interval_bar(0.3, None, None, SCALE, title="t")
    open_above = parsed(interval_bar(0.3, 0.1, None, SCALE, title="t"))
    span = next(rect for rect in open_above.iter("rect") if rect.get("class") == "span")
    assert float(span.get("x", "")) + float(span.get("width", "")) == pytest.approx(BAR_WIDTH - 4)


def test_drawings_carry_escaped_text_alternatives_and_no_colour():
    bar = interval_bar(0.3, 0.1, 0.5, SCALE, title="<b>&", desc='"x"')
    shares = share_bar([("answered", 3), ("refused", 1)], title="t")
    plot = reliability(reliability_bins([0.2, 0.9], [0, 1]), title="t", desc="d")
    assert parsed(bar).findtext("title") == "<b>&"
    assert "<b>" not in bar
    for drawn in (bar, shares, plot):
        assert parsed(drawn).get("role") == "img"
        assert parsed(drawn).findtext("title")
        assert not re.search(r"#[0-9a-f]{3}|rgb|style=|fill=", drawn)


def test_the_same_numbers_give_the_same_bytes():
    made = [interval_bar(1 / 3, 0.1, 2 / 3, SCALE, title="t") + share_bar([("answered", 1), ("errored", 2)], title="t") for _ in range(2)]
    assert made[0] == made[1]


def test_shares_fill_the_bar_in_proportion():
    widths = [
        float(rect.get("width", ""))
        for rect in parsed(share_bar([("answered", 3), ("refused", 0), ("errored", 1)], title="t")).iter("rect")
    ]
    assert widths == [120.0, 40.0]
    assert share_bar([("answered", 0)], title="t") == ""


@given(st.lists(st.one_of(st.none(), st.floats(-0.5, 1.5)), max_size=8))
def test_scales_hold_their_values_in_tenths(values):
    scale = scale_over(values)
    had = [value for value in values if value is not None]
    assert scale.low <= min([0.0, *had]) + 1e-6
    assert scale.high >= max([1.0, *had]) - 1e-6
    assert scale.low * 10 == pytest.approx(round(scale.low * 10))
    assert scale.low >= min([0.0, *had]) - 0.1 - 1e-6


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_bins_are_those_of_the_calibration_error(rows):
    sure, right = [row[0] for row in rows], [float(row[1]) for row in rows]
    bins = reliability_bins(sure, right)
    assert sum(part.n for part in bins) == len(rows)
    gap = sum(part.n * abs(part.confidence - part.right) for part in bins) / len(rows)
    assert gap == pytest.approx(ece(np.array(sure), np.array(right)).value, abs=1e-9)


def test_a_plot_of_nothing_is_nothing():
    assert reliability((), title="t") == ""
