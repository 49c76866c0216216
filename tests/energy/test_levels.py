import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.energy import (
    ComponentMeter,
    Consumer,
    Energy,
    EstimateMeter,
    NoMeter,
    Pue,
    components,
    estimate,
    idle_power,
    lowest,
    not_measured,
    site_energy,
    total,
    with_idle,
)
from evalkit.errors import ConfigError, UsageError

LEVELS = ("L0", "L1", "L2", "L3", "L4")


def window(joules=100.0, level="L0", window_s=100.0, **more):
    return Energy(level=level, joules=joules, window_s=window_s, source=more.pop("source", "wall meter"), **more)


def cpu(joules=100.0, covers=("processor",), **more):
    return window(joules, "L2", source="RAPL", covers=frozenset(covers), **more)


def gpu(joules=300.0, **more):
    return window(joules, "L2", source="NVML", covers=frozenset({"accelerator"}), **more)


@pytest.mark.parametrize(
    "bad",
    [
        {"level": "L4", "reason": ""},
        {"level": "L4", "joules": 1.0, "reason": "none"},
        {"level": "L4", "low": 0.0, "high": 1.0, "reason": "none"},
        {"level": "L0", "joules": 0.0, "window_s": 1.0},
        {"level": "L1", "joules": None, "window_s": 1.0},
        {"level": "L2", "joules": -1.0, "window_s": 1.0},
        {"level": "L0", "joules": float("nan"), "window_s": 1.0},
        {"level": "L0", "joules": 1.0, "window_s": None},
        {"level": "L0", "joules": 1.0, "window_s": 0.0},
        {"level": "L0", "joules": 1.0, "window_s": 1.0, "low": 0.5},
        {"level": "L0", "joules": 1.0, "window_s": 1.0, "low": 2.0, "high": 3.0},
        {"level": "L3", "joules": 1.0, "window_s": 1.0},
        {"level": "L3", "window_s": 1.0, "low": 2.0, "high": 1.0},
    ],
)
def test_a_record_that_contradicts_itself_is_refused(bad):
    with pytest.raises(UsageError, match="energy"):
        Energy(**bad)


def test_only_system_and_components_are_ranked():
    made = [window(level="L0"), window(level="L1"), window(level="L2"), window(level="L3", low=1.0, high=200.0), not_measured("no counter")]
    assert [energy.ranked for energy in made] == [True, True, False, False, False]


@given(st.lists(st.sampled_from(LEVELS), min_size=1))
def test_the_level_of_a_sum_is_its_worst(levels):
    assert LEVELS.index(lowest(levels)) == max(LEVELS.index(level) for level in levels)


@given(st.lists(st.tuples(st.floats(0.001, 1e6), st.floats(0.001, 1e5)), min_size=1, max_size=6))
def test_windows_add_up_and_mean_power_lies_between_theirs(rows):
    windows = [window(joules, window_s=seconds) for joules, seconds in rows]
    added = total(windows)
    assert added.joules == pytest.approx(sum(joules for joules, _ in rows))
    assert added.window_s == pytest.approx(sum(seconds for _, seconds in rows))
    powers = [energy.mean_watts for energy in windows]
    assert min(powers) * (1 - 1e-9) <= added.mean_watts <= max(powers) * (1 + 1e-9)


def test_a_sum_keeps_what_all_its_windows_share():
    first = window(10.0, low=9.0, high=11.0, idle_watts=0.05, readings=3, notes=("a",))
    second = window(20.0, "L2", idle_watts=0.05, readings=4, notes=("a", "b"), source="RAPL")
    added = total([first, second])
    assert (added.level, added.joules, added.low, added.high) == ("L2", 30.0, 29.0, 31.0)
    assert (added.idle_watts, added.readings, added.notes, added.source) == (0.05, 7, ("a", "b"), "wall meter; RAPL")
    assert total([first, window(20.0, idle_watts=0.06)]).idle_watts is None
    assert added.net_joules == pytest.approx(30.0 - 0.05 * 200)


def test_one_window_without_a_figure_leaves_the_sum_without_one():
    added = total([window(), not_measured("the log stopped"), window()])
    assert (added.joules, added.level, added.reason) == (None, "L4", "window 2 of 3: the log stopped")
    with pytest.raises(UsageError):
        total([])


def test_idle_is_kept_beside_the_gross_figure():
    energy = with_idle(window(100.0, window_s=100.0), 0.4)
    assert (energy.joules, energy.idle_watts, energy.net_joules) == (100.0, 0.4, pytest.approx(60.0))
    above = with_idle(window(100.0, window_s=100.0), 1.5)
    assert (above.joules, above.net_joules) == (100.0, None)
    assert "more than the mean" in above.notes[-1]
    assert window().net_joules is None
    for bad in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="idle power"):
            with_idle(window(), bad)


def test_idle_power_is_the_mean_over_both_windows():
    assert idle_power(window(60.0, window_s=60.0), window(240.0, window_s=120.0)) == pytest.approx(300 / 180)
    assert idle_power(window(), not_measured("gap")) is None
    with pytest.raises(UsageError, match="two meters"):
        idle_power(window(), window(level="L1", source="RAPL"))


def test_both_counters_are_components_and_one_is_a_part():
    both = components(cpu(), gpu(), accelerators_present=True)
    assert (both.level, both.joules, both.covers) == ("L1", 400.0, {"processor", "accelerator"})
    alone = components(cpu(), None, accelerators_present=False)
    assert (alone.level, alone.joules) == ("L1", 100.0)
    unread = components(cpu(), None, accelerators_present=True)
    assert (unread.level, unread.notes[-1]) == ("L2", "without the accelerators: not read")
    lost = components(not_measured("only root may read"), gpu(), accelerators_present=True)
    assert (lost.level, lost.joules, lost.notes[-1]) == ("L2", 300.0, "without the processors: only root may read")
    none = components(not_measured("a"), not_measured("b"), accelerators_present=True)
    assert (none.level, none.joules, none.reason) == ("L4", None, "a; b")
    with pytest.raises(UsageError, match="counters"):
        components(window(level="L0"), gpu(), accelerators_present=True)


def test_the_platforms_counter_is_never_added_to_the_accelerators():
    whole = components(cpu(covers=("platform",)), gpu(), accelerators_present=True)
    assert (whole.level, whole.joules) == ("L4", None)
    assert "psys" in whole.reason
    assert components(cpu(covers=("platform",)), None, accelerators_present=False).level == "L1"


class Fixed:
    def __init__(self, energy, refuses=False):
        self.energy, self.refuses, self.calls = energy, refuses, []

    def start(self):
        if self.refuses:
            raise ConfigError("no such device")
        self.calls.append("start")

    def poll(self):
        self.calls.append("poll")

    def stop(self):
        self.calls.append("stop")
        return self.energy


def test_a_meter_of_components_runs_both_over_one_window():
    processors, accelerators = Fixed(cpu()), Fixed(gpu())
    meter = ComponentMeter(processors, accelerators, accelerators_present=True)
    meter.start()
    meter.poll()
    assert meter.stop().joules == 400.0
    assert processors.calls == accelerators.calls == ["start", "poll", "stop"]


def test_a_meter_that_refuses_to_start_leaves_the_other_stopped():
    processors = Fixed(cpu())
    with pytest.raises(ConfigError, match="no such device"):
        ComponentMeter(processors, Fixed(gpu(), refuses=True), accelerators_present=True).start()
    assert processors.calls == ["start", "stop"]


def test_components_need_a_meter_and_a_machine_that_fits():
    with pytest.raises(UsageError):
        ComponentMeter(None, None, accelerators_present=False)
    with pytest.raises(UsageError, match="none"):
        ComponentMeter(Fixed(cpu()), Fixed(gpu()), accelerators_present=False)


def test_where_nothing_can_be_read_there_is_a_reason():
    meter = NoMeter("a model behind an API")
    meter.start()
    meter.poll()
    assert (meter.stop().joules, meter.stop().level, meter.stop().reason) == (None, "L4", "a model behind an API")


CARD = Consumer(name="accelerator", limit_watts=300.0, idle_watts=20.0, utilisation=0.5, source="data sheet, 2024")
CHIP = Consumer(name="processor", limit_watts=100.0, source="data sheet, 2023")


def test_an_estimate_is_an_interval_and_its_centre_needs_the_utilisation():
    made = estimate([CARD], 10.0)
    assert (made.level, made.low, made.joules, made.high) == ("L3", 200.0, pytest.approx(1600.0), 3000.0)
    assert not made.ranked
    open_ended = estimate([CARD, CHIP], 10.0)
    assert (open_ended.low, open_ended.joules, open_ended.high) == (200.0, None, 4000.0)
    assert "processor" in open_ended.reason
    assert open_ended.idle_watts is None


@given(st.floats(0, 99), st.floats(100, 1000), st.floats(0, 1), st.floats(0.1, 1e5), st.floats(0.1, 1e5))
def test_an_estimate_holds_its_centre_and_adds_over_windows(idle, limit, utilisation, first, second):
    consumer = Consumer(name="x", limit_watts=limit, idle_watts=idle, utilisation=utilisation, source="y")
    parts, whole = total([estimate([consumer], first), estimate([consumer], second)]), estimate([consumer], first + second)
    assert whole.low <= whole.joules <= whole.high
    for name in ("low", "joules", "high"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))


@pytest.mark.parametrize(
    "bad",
    [
        {"limit_watts": 10.0, "idle_watts": 10.0},
        {"limit_watts": 0.0},
        {"limit_watts": float("inf")},
        {"limit_watts": 10.0, "idle_watts": -1.0},
        {"limit_watts": 10.0, "utilisation": 1.1},
        {"limit_watts": 10.0, "utilisation": float("nan")},
        {"limit_watts": 10.0, "source": " "},
    ],
)
def test_a_declaration_that_cannot_be_is_refused(bad):
    with pytest.raises(ConfigError, match="estimate"):
        Consumer(**{"name": "x", "source": "y", **bad})


def test_an_estimating_meter_takes_the_windows_length():
    ticks = iter([5.0, 15.0])
    meter = EstimateMeter([CARD], clock=lambda: next(ticks))
    with pytest.raises(UsageError, match="without start"):
        meter.stop()
    meter.start()
    meter.poll()
    assert meter.stop().window_s == 10.0
    with pytest.raises(ConfigError):
        EstimateMeter([])
    with pytest.raises(UsageError):
        estimate([], 1.0)
    with pytest.raises(UsageError):
        estimate([CARD], 0.0)


PUE = Pue(value=1.4, source="operator's report", year=2025)


def test_the_sites_energy_needs_a_declared_pue_and_a_whole_machine():
    site = site_energy(window(100.0, low=99.0, high=101.0), PUE)
    assert (site.joules, site.low, site.high) == (pytest.approx(140.0), pytest.approx(138.6), pytest.approx(141.4))
    assert "declared (operator's report, 2025)" in site.wording
    assert site_energy(window(), None).reason == "no PUE is declared"
    assert site_energy(window(level="L2"), PUE).joules is None
    assert site_energy(estimate([CARD], 10.0), PUE).joules is None
    assert site_energy(not_measured("gap"), PUE).reason == "gap"


def test_components_need_the_power_supplys_efficiency_first():
    assert "efficiency" in site_energy(window(level="L1"), PUE).reason
    assert site_energy(window(100.0, "L1"), PUE, supply_efficiency=0.8).joules == pytest.approx(175.0)
    for bad in (0.0, 1.1, -0.5, float("nan")):
        with pytest.raises(ConfigError, match="efficiency"):
            site_energy(window(level="L1"), PUE, supply_efficiency=bad)


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ({"value": 0.99}, "from 1 up"),
        ({"value": 140.0}, "140 %"),
        ({"value": float("nan")}, "from 1 up"),
        ({"source": " "}, "source"),
        ({"year": 1999}, "year"),
        ({"year": 2999}, "year"),
        ({"year": 2024.5}, "year"),
    ],
)
def test_a_pue_that_cannot_be_is_refused(bad, word):
    with pytest.raises(ConfigError, match=word):
        Pue(**{"value": 1.2, "source": "report", "year": 2024, **bad})


def test_a_pue_of_one_is_allowed():
    assert site_energy(window(100.0), Pue(value=1.0, source="x", year=2024)).joules == 100.0
