import os
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from evalkit.energy import NvmlMeter
from evalkit.errors import ConfigError, UsageError

ME = os.getpid()


class NVMLError(Exception):
    def __init__(self, value):
        super().__init__(f"error {value}")
        self.value = value


class Driver:
    """NVML as the reader uses it; `boards` in index order."""

    NVMLError = NVMLError
    NVML_ERROR_NOT_SUPPORTED = 3
    NVML_ERROR_NO_PERMISSION = 4
    NVML_ERROR_FUNCTION_NOT_FOUND = 13
    NVML_ERROR_DRIVER_NOT_LOADED = 9

    def __init__(self, *boards):
        self.boards, self.open, self.broken = list(boards), 0, None

    def nvmlInit(self):  # noqa: N802 (NVML's own names)
        if self.broken == "init":
            raise NVMLError(self.NVML_ERROR_DRIVER_NOT_LOADED)
        self.open += 1

    def nvmlShutdown(self):  # noqa: N802
        self.open -= 1
        if self.broken == "shutdown":
            raise NVMLError(999)

    def nvmlDeviceGetCount(self):  # noqa: N802
        return len(self.boards)

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        return self.boards[index]

    def nvmlDeviceGetHandleByUUID(self, uuid):  # noqa: N802
        for board in self.boards:
            if board.uuid == uuid:
                return board
        raise NVMLError(6)

    def nvmlDeviceGetIndex(self, board):  # noqa: N802
        return self.boards.index(board)

    def nvmlDeviceGetName(self, board):  # noqa: N802
        return board.name

    def nvmlDeviceGetMigMode(self, board):  # noqa: N802
        if isinstance(board.mig, NVMLError):
            raise board.mig
        return [board.mig, board.mig]

    def nvmlDeviceGetTotalEnergyConsumption(self, board):  # noqa: N802
        if isinstance(board.millijoules, NVMLError):
            raise board.millijoules
        return board.millijoules

    def nvmlDeviceGetComputeRunningProcesses(self, board):  # noqa: N802
        if isinstance(board.computing, NVMLError):
            raise board.computing
        return [SimpleNamespace(pid=pid) for pid in board.computing]

    def nvmlDeviceGetGraphicsRunningProcesses(self, board):  # noqa: N802
        return [SimpleNamespace(pid=pid) for pid in board.drawing]


def board(name="H100", uuid="GPU-1", start=10**9, mig=None, computing=(), drawing=()):
    return SimpleNamespace(
        name=name,
        uuid=uuid,
        millijoules=start,
        mig=NVMLError(3) if mig is None else mig,
        computing=list(computing) if not isinstance(computing, NVMLError) else computing,
        drawing=list(drawing),
    )


class Bench:
    def __init__(self, *boards, **more):
        self.driver, self.now = Driver(*boards), 50.0
        self.meter = NvmlMeter(more.pop("devices", None), module=self.driver, clock=lambda: self.now, **more)

    def go(self, *moved_mj, seconds=100.0):
        self.now += seconds
        for place, moved in enumerate(moved_mj):
            self.driver.boards[place].millijoules += moved

    def measure(self, *moved_mj, seconds=100.0):
        self.meter.start()
        self.go(*moved_mj, seconds=seconds)
        return self.meter.stop()


def two(**more):
    return Bench(board("H100", "GPU-1"), board(b"A100", "GPU-2", start=7), **more)


def test_all_devices_are_summed():
    bench = two()
    energy = bench.measure(30_000_000, 12_500_000)
    assert (energy.joules, energy.level, energy.window_s, energy.readings) == (42_500.0, "L2", 100.0, 2)
    assert energy.source == "NVML: H100 (0), A100 (1)"
    assert energy.covers == {"accelerator"}
    assert bench.driver.open == 0


@pytest.mark.parametrize(("devices", "joules"), [((1,), 2000.0), (("GPU-2",), 2000.0), ((0,), 1000.0), ((1, "GPU-1"), 3000.0)])
def test_chosen_devices_alone_are_counted(devices, joules):
    assert two(devices=devices).measure(1_000_000, 2_000_000).joules == joules


@pytest.mark.parametrize("devices", [(), (0, 0)])
def test_no_device_and_a_device_twice_are_refused(devices):
    with pytest.raises(ConfigError, match="at least one, and each once"):
        two(devices=devices)


@pytest.mark.parametrize(("devices", "word"), [((2,), "has 2"), ((-1,), "no device -1"), (("GPU-9",), "nvidia-smi -L")])
def test_a_device_that_is_not_there_is_refused_and_the_driver_closed(devices, word):
    bench = two(devices=devices)
    with pytest.raises(ConfigError, match=word):
        bench.meter.start()
    assert bench.driver.open == 0


def test_polls_add_up():
    bench = two()
    bench.meter.start()
    for _ in range(5):
        bench.go(1_000_000, 500_000, seconds=20.0)
        bench.meter.poll()
    energy = bench.meter.stop()
    assert (energy.joules, energy.readings) == (7500.0, 7)


def test_a_device_without_a_counter_gives_no_figure_and_no_power_in_its_place():
    bench = two()
    bench.driver.boards[1].millijoules = NVMLError(Driver.NVML_ERROR_NOT_SUPPORTED)
    bench.meter.start()
    energy = bench.meter.stop()
    assert (energy.joules, energy.level) == (None, "L4")
    assert "A100 (1) has no energy counter" in energy.reason
    assert "power readings are no energy" in energy.reason
    assert bench.driver.open == 0


@pytest.mark.parametrize("mig", [NVMLError(3), NVMLError(13), 0])
def test_a_device_that_is_not_split_is_counted(mig):
    assert Bench(board(mig=mig)).measure(1_000_000).joules == 1000.0


def test_a_split_device_is_refused_also_where_it_cannot_be_told():
    assert "split into MIG parts" in Bench(board(mig=1)).measure(1_000_000).reason
    assert "cannot be read" in Bench(board(mig=NVMLError(Driver.NVML_ERROR_NO_PERMISSION))).measure(1_000_000).reason


def test_a_counter_that_runs_backwards_voids_the_window_for_good():
    bench = two()
    bench.meter.start()
    bench.go(-5, 100)
    bench.meter.poll()
    bench.go(10**6, 10**6)
    energy = bench.meter.stop()
    assert energy.joules is None
    assert "H100 (0) ran backwards" in energy.reason


def test_a_counter_faster_than_any_device_or_standing_still_voids_the_window():
    assert "more than 5000 W" in Bench(board()).measure(10**9).reason
    assert "did not move" in two().measure(1_000_000, 0).reason


def test_an_error_within_the_window_voids_it():
    bench = Bench(board())
    bench.meter.start()
    bench.driver.boards[0].millijoules = NVMLError(15)
    bench.now += 1.0
    energy = bench.meter.stop()
    assert "within the window: error 15" in energy.reason
    assert bench.driver.open == 0


def test_this_process_may_use_the_devices_and_others_may_not():
    assert Bench(board(computing=[ME])).measure(1_000_000).joules == 1000.0
    for busy in ({"computing": [ME, 4_999_999]}, {"drawing": [4_999_999]}):
        energy = Bench(board(**busy)).measure(1_000_000)
        assert energy.joules is None
        assert "4999999" in energy.reason


def test_workers_may_be_named_as_they_come():
    workers = {ME}
    bench = Bench(board(), own_processes=lambda: frozenset(workers))
    bench.meter.start()
    workers.add(4_999_998)
    bench.driver.boards[0].computing = [4_999_998]
    bench.go(1_000_000)
    assert bench.meter.stop().joules == 1000.0


def test_a_process_that_comes_within_the_window_is_seen_when_polled():
    bench = Bench(board())
    bench.meter.start()
    bench.driver.boards[0].computing = [4_999_999]
    bench.go(1_000_000)
    bench.meter.poll()
    bench.driver.boards[0].computing = []
    assert "other processes" in bench.meter.stop().reason


def test_exclusive_use_can_be_declared_and_is_said_to_be():
    energy = Bench(board(computing=[4_999_999]), declared_exclusive=True).measure(1_000_000)
    assert energy.joules == 1000.0
    assert "exclusive use of the devices is declared, not checked" in energy.notes
    assert "cannot be asked" in Bench(board(computing=NVMLError(3))).measure(1_000_000).reason


def test_a_modules_counter_is_named_as_one():
    assert any("module" in note for note in Bench(board("NVIDIA GH200 480GB")).measure(1_000_000).notes)
    assert not any("module" in note for note in Bench(board()).measure(1_000_000).notes)


def test_no_driver_and_no_device_give_a_reason():
    bench = Bench(board())
    bench.driver.broken = "init"
    bench.meter.start()
    assert "NVML does not start" in bench.meter.stop().reason
    assert Bench().measure().reason == "NVML finds no device"
    broken = Bench(board())
    broken.driver.broken = "shutdown"
    assert "did not close" in broken.measure(1_000_000).reason


def test_a_window_of_no_length_and_a_stop_without_start():
    assert Bench(board()).measure(1, seconds=0.0).reason == "a window of no length"
    with pytest.raises(UsageError, match="without start"):
        Bench(board()).meter.stop()


def test_the_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)  # import then raises ImportError
    with pytest.raises(ConfigError, match=r"evalkit\[gpu\]"):
        NvmlMeter().start()


def test_the_package_is_loaded_when_a_meter_starts(monkeypatch):
    driver = Driver(board())
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    meter = NvmlMeter()
    assert driver.open == 0
    meter.start()
    assert driver.open == 1
    assert meter.stop().joules is None  # the counter did not move
    assert driver.open == 0


if find_spec("pynvml") is not None:  # the extra `gpu`; what it is like does not depend on a driver

    def test_the_real_package_has_every_name_that_is_used():
        import pynvml

        for name in (name for name in dir(Driver) if name.startswith(("nvml", "NVML"))):
            assert hasattr(pynvml, name), name
        assert issubclass(pynvml.NVMLError, Exception)
        assert pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED).value == Driver.NVML_ERROR_NOT_SUPPORTED
        assert pynvml.NVML_ERROR_FUNCTION_NOT_FOUND == Driver.NVML_ERROR_FUNCTION_NOT_FOUND
