import errno
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.energy import RaplMeter, Ticking, not_measured
from evalkit.energy.rapl import counted, domains
from evalkit.errors import ConfigError, UsageError

RANGE = 262_143_328_850  # microjoules, as a server's package says
JOULE = 1_000_000
WINDOW_S = 100.0


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Tree:
    """A powercap folder like the kernel's: flat, a folder a domain."""

    def __init__(self, root: Path):
        self.root, self.clock = root, Clock()
        (root / "intel-rapl").mkdir()  # the control type itself has no name and no counter

    def add(self, folder, name, start=0, range_uj=RANGE):
        place = self.root / folder
        place.mkdir()
        (place / "name").write_text(f"{name}\n")
        (place / "max_energy_range_uj").write_text(f"{range_uj}\n")
        self.set(folder, start)
        return self

    def set(self, folder, value):
        (self.root / folder / "energy_uj").write_text(f"{value}\n")

    def move(self, folder, joules):
        place = self.root / folder
        value = int((place / "energy_uj").read_text()) + round(joules * JOULE)
        self.set(folder, value % int((place / "max_energy_range_uj").read_text()))

    def meter(self, **more):
        return RaplMeter(self.root, clock=self.clock, **more)

    def measure(self, joules, seconds=WINDOW_S, **more):
        """Energy of a window in which each folder's counter moved as said."""
        meter = self.meter(**more)
        meter.start()
        for folder, amount in joules.items():
            self.move(folder, amount)
        self.clock.now += seconds
        return meter.stop()


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def server(tree):
    """Two sockets, with what is inside each, memory beside each, and the same counters shown twice."""
    for socket in (0, 1):
        tree.add(f"intel-rapl:{socket}", f"package-{socket}").add(f"intel-rapl:{socket}:0", "core").add(f"intel-rapl:{socket}:1", "dram")
        tree.add(f"intel-rapl-mmio:{socket}", f"package-{socket}")
    return tree


def laptop(tree):
    tree.add("intel-rapl:0", "package-0").add("intel-rapl:0:0", "core").add("intel-rapl:0:1", "uncore")
    return tree.add("intel-rapl:1", "psys")


MOVES = {"intel-rapl:0": 500, "intel-rapl:0:0": 300, "intel-rapl:0:1": 50, "intel-rapl-mmio:0": 500}
SECOND = {"intel-rapl:1": 400, "intel-rapl:1:0": 200, "intel-rapl:1:1": 40, "intel-rapl-mmio:1": 400}


def test_a_server_is_its_packages_and_their_memory_each_once(tree):
    energy = server(tree).measure({**MOVES, **SECOND})
    assert energy.joules == pytest.approx(500 + 50 + 400 + 40)
    assert (energy.level, energy.window_s, energy.covers, energy.readings) == ("L2", WINDOW_S, {"processor", "memory"}, 2)
    assert energy.source == "RAPL: package-0 + package-1 + dram of package-0 + dram of package-1"


def test_the_platform_is_taken_alone_unless_it_is_left_out(tree):
    moves = {"intel-rapl:0": 500, "intel-rapl:0:0": 300, "intel-rapl:0:1": 100, "intel-rapl:1": 900}
    whole = laptop(tree).measure(moves)
    assert (whole.joules, whole.covers) == (900.0, {"platform"})
    packages = tree.measure(moves, platform=False)
    assert (packages.joules, packages.covers) == (500.0, {"processor"})
    assert any("memory has no counter" in note for note in packages.notes)


def test_amd_has_a_package_and_cores(tree):
    tree.add("intel-rapl:0", "package-0", range_uj=65_532_610_987).add("intel-rapl:0:0", "core", range_uj=65_532_610_987)
    energy = tree.measure({"intel-rapl:0": 250, "intel-rapl:0:0": 20}, seconds=60.0)
    assert (energy.joules, energy.source) == (250.0, "RAPL: package-0")


def test_dies_of_one_package_are_added_and_a_counter_shown_only_once_elsewhere_is_taken(tree):
    tree.add("intel-rapl:0", "package-0-die-0").add("intel-rapl:1", "package-0-die-1").add("intel-rapl-mmio:2", "package-1-die-0")
    energy = tree.measure({"intel-rapl:0": 100, "intel-rapl:1": 200, "intel-rapl-mmio:2": 400})
    assert energy.joules == 700.0


def test_memory_at_the_top_of_the_tree_is_beside_the_package_too(tree):
    tree.add("intel-rapl:0", "package-0").add("intel-rapl:1", "dram")
    assert tree.measure({"intel-rapl:0": 100, "intel-rapl:1": 10}).joules == 110.0


def test_a_core_without_its_package_is_no_machine(tree):
    tree.add("intel-rapl:0", "core")
    assert "no package" in tree.measure({}).reason
    assert counted(domains(tree.root)) == ()


@pytest.mark.parametrize("moved", [1.0, 500.0, 20_000.0])
def test_a_counter_that_goes_round_once_is_followed(tree, moved):
    tree.add("intel-rapl:0", "package-0", start=RANGE - JOULE // 2)
    energy = tree.measure({"intel-rapl:0": moved})
    assert energy.joules == pytest.approx(moved)


def test_going_round_many_times_is_followed_when_it_is_polled(tree):
    tree.add("intel-rapl:0", "package-0", range_uj=1000 * JOULE)
    meter = tree.meter()
    meter.start()
    assert meter.longest_interval_s == pytest.approx(1.0)
    for _ in range(70):
        tree.clock.now += 0.9
        tree.move("intel-rapl:0", 90.0)
        meter.poll()
    energy = meter.stop()
    assert energy.joules == pytest.approx(70 * 90.0)
    assert energy.readings == 72


def test_readings_too_far_apart_to_count_the_rounds_void_the_window(tree):
    tree.add("intel-rapl:0", "package-0", range_uj=1000 * JOULE)
    energy = tree.measure({"intel-rapl:0": 90.0}, seconds=1.1)
    assert (energy.joules, energy.level) == (None, "L4")
    assert "may go round once in 1 s" in energy.reason
    assert "poll it more often" in energy.reason
    assert tree.measure({"intel-rapl:0": 90.0}, seconds=1.1, highest_watts=500.0).joules == 90.0


def test_a_fault_within_the_window_is_not_healed_by_later_readings(tree):
    tree.add("intel-rapl:0", "package-0", start=50 * JOULE)
    meter = tree.meter()
    meter.start()
    tree.set("intel-rapl:0", 0)
    tree.clock.now += 1.0
    meter.poll()
    tree.set("intel-rapl:0", 100 * JOULE)
    tree.clock.now += 1.0
    energy = meter.stop()
    assert energy.joules is None
    assert "ran backwards" in energy.reason
    meter.start()  # the next window is its own
    tree.move("intel-rapl:0", 5.0)
    tree.clock.now += 1.0
    assert meter.stop().joules == 5.0


def test_a_counter_faster_than_its_highest_power_voids_the_window(tree):
    tree.add("intel-rapl:0", "package-0")
    assert "more than 1000 W" in tree.measure({"intel-rapl:0": 2000.0}, seconds=1.0).reason


def test_a_counter_that_stands_still_is_no_figure(tree):
    energy = laptop(tree).measure({"intel-rapl:0": 100.0})
    assert energy.joules is None
    assert "psys did not move" in energy.reason
    assert "count the packages" in energy.reason
    assert tree.measure({"intel-rapl:0": 100.0}, platform=False).joules == 100.0


@pytest.mark.parametrize("text", ["", "many", "-5", str(RANGE + 1)])
def test_what_is_no_count_voids_the_window(tree, text):
    tree.add("intel-rapl:0", "package-0")
    meter = tree.meter()
    meter.start()
    tree.set("intel-rapl:0", text)
    tree.clock.now += 1.0
    assert "RAPL cannot be read" in meter.stop().reason
    assert "RAPL cannot be read" in tree.measure({}).reason


def test_a_range_that_is_none_voids_the_window(tree):
    tree.add("intel-rapl:0", "package-0", range_uj=0)
    assert "max_energy_range_uj" in tree.measure({}).reason


def test_a_missing_permission_is_told_with_the_command_that_grants_it(tree, monkeypatch):
    server(tree)
    read = Path.read_text

    def refuse(path, *args, **more):  # root may read anything: the kernel's refusal is played
        if path.name == "energy_uj":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(path, *args, **more)

    monkeypatch.setattr(Path, "read_text", refuse)
    meter = tree.meter()
    meter.start()
    energy = meter.stop()
    assert (energy.joules, energy.level) == (None, "L4")
    assert f"sudo chmod o+r {tree.root}/intel-rapl*:*/energy_uj" in energy.reason
    matched = {path.parent.name for path in tree.root.glob("intel-rapl*:*/energy_uj")}  # the command names every counter
    assert matched == {path.name for path in tree.root.iterdir() if path.name != "intel-rapl"}


def test_a_counter_that_goes_away_within_the_window_voids_it(tree):
    tree.add("intel-rapl:0", "package-0")
    meter = tree.meter()
    meter.start()
    (tree.root / "intel-rapl:0" / "energy_uj").unlink()
    tree.clock.now += 1.0
    assert "RAPL cannot be read" in meter.stop().reason


def test_a_machine_without_the_tree_says_so(tmp_path):
    meter = RaplMeter(tmp_path / "powercap", clock=Clock())
    meter.start()
    assert meter.longest_interval_s is None
    assert "is not there" in meter.stop().reason


def test_a_window_of_no_length_and_a_stop_without_start(tree):
    tree.add("intel-rapl:0", "package-0")
    assert "no length" in tree.measure({}, seconds=0.0).reason
    with pytest.raises(UsageError, match="without start"):
        tree.meter().stop()
    for bad in (0.0, -1.0, float("nan")):
        with pytest.raises(ConfigError, match="highest power"):
            tree.meter(highest_watts=bad)


def test_a_short_window_is_noted(tree):
    tree.add("intel-rapl:0", "package-0")
    assert any("shorter than the 60 s" in note for note in tree.measure({"intel-rapl:0": 1.0}, seconds=5.0).notes)
    assert not any("shorter" in note for note in tree.measure({"intel-rapl:0": 1.0}, seconds=60.0).notes)


@given(st.integers(0, RANGE - 1), st.lists(st.tuples(st.integers(1, 10**9), st.floats(1.5, 200)), min_size=1, max_size=8))
def test_windows_polled_in_any_way_add_up_to_what_was_drawn(tmp_path_factory, start, steps):
    tree = Tree(tmp_path_factory.mktemp("powercap")).add("intel-rapl:0", "package-0", start=start)
    meter = tree.meter()
    meter.start()
    value = start
    for moved_uj, seconds in steps:
        value = (value + moved_uj) % RANGE
        tree.set("intel-rapl:0", value)
        tree.clock.now += seconds
        meter.poll()
    energy = meter.stop()
    assert energy.joules == pytest.approx(sum(moved for moved, _ in steps) / 1e6)
    assert energy.window_s == pytest.approx(sum(seconds for _, seconds in steps))


class Counting:
    """A meter that counts its polls; `breaks`: a fault of the program, which no meter should have."""

    def __init__(self, breaks=False, refuses=False):
        self.polls, self.breaks, self.refuses = 0, breaks, refuses

    def start(self):
        if self.refuses:
            raise ConfigError("not here")

    def poll(self):
        self.polls += 1
        if self.breaks:
            raise RuntimeError("a fault of the meter")

    def stop(self):
        return not_measured(f"{self.polls > 0}")


def _until(condition):
    end = time.monotonic() + 5.0
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    assert condition()


def test_ticking_polls_between_start_and_stop():
    meter = Counting()
    ticking = Ticking(meter, every_s=0.001)
    ticking.start()
    with pytest.raises(UsageError, match="twice"):
        ticking.start()
    ticking.poll()
    _until(lambda: meter.polls >= 3)
    assert ticking.stop().reason == "True"
    seen = meter.polls
    with pytest.raises(UsageError, match="not started"):
        ticking.stop()
    assert meter.polls == seen
    ticking.start()
    ticking.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_ticking_that_broke_off_gives_no_figure():
    meter = Counting(breaks=True)
    ticking = Ticking(meter, every_s=0.001)
    ticking.start()
    _until(lambda: not ticking._thread.is_alive())
    assert "broke off" in ticking.stop().reason


def test_ticking_leaves_no_thread_where_the_meter_refuses():
    ticking = Ticking(Counting(refuses=True))
    with pytest.raises(ConfigError, match="not here"):
        ticking.start()
    with pytest.raises(UsageError, match="not started"):
        ticking.stop()
    with pytest.raises(UsageError, match="above 0"):
        Ticking(Counting(), every_s=0.0)


def test_ticking_follows_a_real_clock(tree):
    tree.add("intel-rapl:0", "package-0")
    meter = RaplMeter(tree.root)
    ticking = Ticking(meter, every_s=0.002)
    ticking.start()
    _until(lambda: meter._readings >= 3)
    tree.move("intel-rapl:0", 0.5)
    energy = ticking.stop()
    assert energy.joules == 0.5
    assert energy.readings >= 4
