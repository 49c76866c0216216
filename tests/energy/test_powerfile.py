from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evalkit.energy import Energy, PowerFileMeter, PowerReadings, PowerSource, energy_between, read_power, total
from evalkit.errors import ConfigError, UsageError

T0 = 1_750_000_000.0
SOURCE = PowerSource(path=Path("power.csv"), kind="pdu", meter="Maker M1, class 1")


def readings(rows, t0=T0):
    return PowerReadings(at=tuple(t0 + at for at, _ in rows), watts=tuple(watts for _, watts in rows))


def steady(watts=100.0, seconds=200, first=-5):
    return readings([(float(at), watts) for at in range(first, seconds)])


def between(made, began, ended, **declared):
    return energy_between(made, T0 + began, T0 + ended, replace(SOURCE, **declared))


def test_a_constant_power_is_power_times_time():
    energy = between(steady(250.0), 0.0, 100.0)
    assert energy.joules == pytest.approx(25_000.0)
    assert (energy.level, energy.window_s, energy.source, energy.readings) == ("L0", 100.0, "power distribution unit Maker M1, class 1", 101)
    assert energy.covers == {"system"}
    assert energy.ranked


def test_a_trapezoid_with_its_ends_cut_by_hand():
    # 0 W at 0 s, 10 W at 1 s, 30 W at 2 s; from 0.5 s (5 W) to 1.5 s (20 W): 0.5 x 7.5 + 0.5 x 15
    energy = between(readings([(0.0, 0.0), (1.0, 10.0), (2.0, 30.0)]), 0.5, 1.5)
    assert energy.joules == pytest.approx(11.25)
    assert energy.readings == 1
    inside_one = between(readings([(0.0, 0.0), (1.0, 10.0)]), 0.25, 0.75)  # no reading within: 2.5 W to 7.5 W
    assert inside_one.joules == pytest.approx(2.5)


rows = st.lists(st.tuples(st.floats(0.05, 1.4), st.floats(0.5, 3000)), min_size=3, max_size=40)


def _file(steps):
    at, made = 0.0, []
    for gap, watts in steps:
        made.append((at, watts))
        at += gap
    return readings(made), made[-1][0]


@given(rows, st.floats(0.05, 0.95))
def test_energy_adds_over_windows_that_meet(steps, share):
    made, end = _file(steps)
    cut = end * share
    assume(min(cut, end - cut) > 1e-3)
    whole, parts = between(made, 0.0, end), [between(made, 0.0, cut), between(made, cut, end)]
    assert total(parts).joules == pytest.approx(whole.joules, rel=1e-5)  # unix seconds hold a quarter of a microsecond


@given(rows, st.floats(1.0, 2000.0), st.floats(0.05, 0.4), st.floats(0.6, 0.95))
def test_how_often_a_constant_power_is_read_changes_nothing(steps, watts, began, ended):
    made, end = _file([(gap, watts) for gap, _ in steps])
    energy = between(made, began * end, ended * end)
    assert energy.joules == pytest.approx(watts * energy.window_s, rel=1e-9)


@given(rows, st.floats(0.1, 10.0))
def test_energy_lies_between_lowest_and_highest_power_and_scales(steps, factor):
    made, end = _file(steps)
    energy = between(made, 0.0, end)
    assert min(made.watts) * end * (1 - 1e-6) <= energy.joules <= max(made.watts) * end * (1 + 1e-6)
    scaled = PowerReadings(at=made.at, watts=tuple(watts * factor for watts in made.watts))
    assert between(scaled, 0.0, end).joules == pytest.approx(energy.joules * factor)


def void(made, began=0.0, ended=100.0, **declared):
    energy = between(made, began, ended, **declared)
    assert (energy.joules, energy.level) == (None, "L4")
    assert energy.reason.startswith("power.csv: ")
    return energy.reason


def test_a_gap_within_the_window_voids_it_and_one_outside_does_not():
    made = [(float(at), 100.0) for at in range(-5, 200) if at not in (50, 51)]
    assert "no reading for 3 s" in void(readings(made))
    assert between(readings(made), 0.0, 49.0).joules == pytest.approx(4900.0)
    assert between(readings(made), 52.0, 100.0).joules == pytest.approx(4800.0)
    assert "no reading for 3 s" in void(readings(made), 0.0, 50.5)  # the gap reaches into the window's end
    assert between(readings(made), 0.0, 100.0, longest_gap_s=3.0).joules == pytest.approx(10_000.0)


def test_readings_rarer_than_one_a_second_are_not_the_system_measured():
    made = readings([(float(at), 100.0) for at in range(-10, 210, 10)])
    assert "no reading for 10 s" in void(made)
    energy = between(made, 0.0, 100.0, longest_gap_s=10.0)
    assert (energy.level, energy.ranked) == ("L2", False)
    assert "a reading every 10 s" in energy.notes[0]


@pytest.mark.parametrize("later", [20.0, 19.0, -100.0])
def test_time_that_does_not_rise_voids_the_window(later):
    made = [(float(at), 100.0) for at in range(-5, 200)]
    made[26] = (later, 100.0)
    made = made if later > 0 else [*made, (later, 100.0)]
    assert "time does not rise" in void(readings(made))


def test_negative_power_and_none_at_all_void_the_window():
    made = [(float(at), 100.0 if at != 60 else -3.0) for at in range(-5, 200)]
    assert "-3 W in the window" in void(readings(made))
    assert between(readings(made), 0.0, 59.0).joules == pytest.approx(5900.0)
    assert "nothing hangs on the meter" in void(steady(0.0))


@pytest.mark.parametrize(("began", "ended", "share"), [(-10.0, 100.0, "95.5%"), (100.0, 300.0, "49.5%"), (-105.0, 295.0, "51.0%")])
def test_a_window_that_is_not_covered_is_void(began, ended, share):
    assert f"covers {share} of the window" in void(steady(), began, ended)


def test_a_file_of_another_time_is_a_clock_that_differs():
    assert "199 s" not in void(steady(), 400.0, 500.0)
    assert "201 s before the window" in void(steady(), 400.0, 500.0)
    assert "after the window" in void(steady(), -300.0, -200.0)
    assert "local time" in void(steady(), 8 * 3600.0, 8 * 3600.0 + 100)
    assert "local time" not in void(steady(), 400.0, 500.0)


def test_a_declared_offset_moves_the_readings_or_voids_the_window():
    ramp = readings([(float(at), 100.0 + at) for at in range(-5, 200)])
    moved = between(ramp, 0.0, 100.0, offset_s=0.5)  # the meter's clock is ahead: its 0.5 s is our 0
    assert moved.joules == pytest.approx(between(ramp, 0.5, 100.5).joules)
    assert moved.joules == pytest.approx(100 * 150.5)
    assert "by declaration" in moved.notes[-1]
    assert "clock is -2 s off" in void(ramp, offset_s=-2.0)


def test_accuracy_gives_an_interval_and_idle_power_is_kept_beside():
    energy = between(steady(200.0), 0.0, 100.0, accuracy=0.01, idle_watts=50.0)
    assert (energy.joules, energy.low, energy.high) == (pytest.approx(20_000.0), pytest.approx(19_800.0), pytest.approx(20_200.0))
    assert (energy.idle_watts, energy.net_joules) == (50.0, pytest.approx(15_000.0))
    assert not any("accuracy" in note for note in energy.notes)
    assert any("accuracy is not declared" in note for note in between(steady(), 0.0, 100.0).notes)
    assert any("average" in note for note in between(steady(), 0.0, 100.0, kind="ipmi").notes)


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "guess"},
        {"meter": " "},
        {"accuracy": 0.0},
        {"accuracy": 1.0},
        {"offset_s": float("nan")},
        {"longest_gap_s": 0.0},
        {"longest_gap_s": float("inf")},
        {"idle_watts": -1.0},
    ],
)
def test_a_declaration_that_cannot_be_is_refused(bad):
    with pytest.raises(ConfigError, match="power file"):
        replace(SOURCE, **bad)


def test_a_window_needs_a_length():
    for ended in (0.0, -1.0, float("nan")):
        with pytest.raises(UsageError, match="window"):
            between(steady(), 0.0, ended)


@pytest.mark.parametrize(
    "text",
    [
        "1750000000,100\n1750000001.5,101.25\n",
        "unix,watts\n1750000000,100\n1750000001.5,101.25\n",
        "\ufeffTimestamp;Outlet;Power_W\n1750000000;7;100\n1750000001.5;7;101.25\n",
        "# meter M1\n\nwatts\tvolts\ttime\n100\t230\t1750000000\n101.25\t230\t1750000001.5\n",
        '"unix","watts"\r\n"1750000000","100"\r\n"1750000001.5","101.25"\r\n',
        "1750000000,100\n1750000001.5,101.25\n17500000",  # the last line is being written
    ],
)
def test_files_in_the_ways_meters_write_them(tmp_path, text):
    path = tmp_path / "power.csv"
    path.write_bytes(text.encode())
    assert read_power(path) == PowerReadings(at=(1750000000.0, 1750000001.5), watts=(100.0, 101.25))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no readings"),
        ("1750000000,100", "no readings"),
        ("unix,watts\n", "header and no readings"),
        ("a,b\n1,2\n", "header 'a, b'"),
        ("unix,time,watts\n1,2,3\n", "header"),
        ("watts\n100\n", "header"),
        ("1750000000,100,230\n", "3 columns and no header"),
        ("1750000000,100\n1750000001\n", "line 2 has 1"),
        ("1750000000,100\n1750000001,N/A\n", "line 2 reads '1750000001', 'N/A'"),
        ("1750000000,100\n1750000001,nan\n", "line 2 reads"),
        ("unix,watts\n2025-06-15T12:00:00,100\n", "line 2 reads"),
        ("1750000000000,100\n", "milliseconds"),
        ("0.5,100\n", "since the log began"),
        ("unix,watts\n1750000000,1\0" + "x" * 200_000 + "\n", "line 2"),
    ],
)
def test_what_is_no_power_file_is_refused_with_its_line(tmp_path, text, word):
    path = tmp_path / "power.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=word) as caught:
        read_power(path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="start the meter's log"):
        read_power(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_power(tmp_path / "bytes.csv")


class Room:
    """A machine's clocks, and a meter that logs a reading a second, `lag` seconds late."""

    def __init__(self, path, watts=100.0, lag=0.0, offset=0.0):
        self.path, self.watts, self.lag, self.offset = path, watts, lag, offset
        self.wall_s, self.steady_s, self.logged = T0, 10.0, T0 - 3
        path.write_text("unix,watts\n")
        self.advance(0.0)

    def advance(self, seconds):
        self.wall_s += seconds
        self.steady_s += seconds
        with self.path.open("a") as log:
            while self.logged <= self.wall_s - self.lag:
                log.write(f"{self.logged + self.offset:.3f},{self.watts}\n")
                self.logged += 1

    def meter(self, **declared):
        source = replace(SOURCE, path=self.path, **declared)
        return PowerFileMeter(source, wall=lambda: self.wall_s, clock=lambda: self.steady_s, sleep=self.advance)

    def measure(self, seconds=60.5, **declared) -> Energy:
        meter = self.meter(**declared)
        meter.start()
        meter.poll()
        self.advance(seconds)
        return meter.stop()


def test_a_meter_takes_its_window_from_the_file(tmp_path):
    energy = Room(tmp_path / "p.csv").measure(60.5)
    assert energy.joules == pytest.approx(6050.0)
    assert (energy.window_s, energy.level) == (60.5, "L0")


@pytest.mark.parametrize("lag", [0.5, 2.0])
def test_a_log_that_is_late_is_waited_for(tmp_path, lag):
    room = Room(tmp_path / "p.csv", lag=lag)
    assert room.measure(60.5).joules == pytest.approx(6050.0)
    assert room.wall_s > T0 + 60.5


def test_a_log_that_stopped_is_not_waited_for_forever(tmp_path):
    room = Room(tmp_path / "p.csv")
    meter = room.meter()
    meter.start()
    room.lag = 30.0
    room.advance(60.5)
    assert "of the window" in meter.stop().reason
    assert room.wall_s < T0 + 60.5 + 6


@pytest.mark.parametrize(("offset", "word"), [(-7200.0, "local time"), (7200.0, "in the future"), (2.0, "in the future"), (-8.0, "covers")])
def test_a_meters_clock_that_differs_is_found(tmp_path, offset, word):
    energy = Room(tmp_path / "p.csv", offset=offset).measure()
    assert energy.joules is None
    assert word in energy.reason


def test_a_small_offset_is_taken_as_declared(tmp_path):
    assert Room(tmp_path / "p.csv", offset=0.8).measure(60.5, offset_s=0.8).joules == pytest.approx(6050.0)


def test_this_machines_clock_set_within_the_window_voids_it(tmp_path):
    room = Room(tmp_path / "p.csv")
    meter = room.meter()
    meter.start()
    room.advance(60.0)
    room.wall_s -= 3.0
    assert "was set by -3 s" in meter.stop().reason


def test_a_log_that_breaks_within_the_window_gives_a_reason_and_no_error(tmp_path):
    room = Room(tmp_path / "p.csv")
    meter = room.meter()
    meter.start()
    with room.path.open("a") as log:
        log.write("meter rebooted\n")
    room.advance(10.0)
    energy = meter.stop()
    assert energy.level == "L4"
    assert "line 6" in energy.reason


def test_a_meter_without_its_file_is_a_mistake_of_the_user(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        PowerFileMeter(replace(SOURCE, path=tmp_path / "none.csv")).start()
    room = Room(tmp_path / "p.csv")
    with pytest.raises(UsageError, match="without start"):
        room.meter().stop()
    assert "no length" in room.measure(0.0).reason
