"""The energy counters of NVIDIA devices, through NVML (package nvidia-ml-py, extra `gpu`).

nvmlDeviceGetTotalEnergyConsumption: millijoules of the whole board since the driver was loaded, Volta and newer (NVML API
reference). Where a device has no such counter there is no figure: power readings are not put in its place, because they
see only a part of the time (a quarter of it on A100 and H100; Yang, Adamek, Armour 2023, arXiv 2312.02741). A device that
is split (MIG) or that other processes use has no energy of its own for one run.
"""

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from evalkit.energy.levels import Energy, measured, not_measured
from evalkit.errors import ConfigError, UsageError

HIGHEST_WATTS = 5000.0  # of one device; a counter that moves faster was set, not fed
_UPDATE_S = 0.2  # counters move every 20 to 100 ms: a reading may hold that much more than its interval
_SOURCE = "NVML"
_MODULE_SCOPE = ("GH200", "GB200")  # names of modules whose counter holds the processor beside the accelerator


@dataclass(slots=True)
class _Device:
    """One device while it is measured."""

    title: str
    handle: Any
    last_mj: int
    total_mj: int = 0


class NvmlMeter:
    """Energy of the chosen devices (all of the machine by default) between `start` and `stop`, summed.

    `devices`: indices in NVML's order (which CUDA_VISIBLE_DEVICES does not change) or UUIDs. `own_processes`: called at
    each reading for the ids of the processes that may use them (default: this one alone); any other voids the window.
    `declared_exclusive`: somebody answers for it
    that nobody else used the devices; not checked then, and said so (for containers, where NVML numbers processes
    otherwise). Alone it is level L2; `components` knows when it is L1.
    """

    def __init__(
        self,
        devices: Sequence[int | str] | None = None,
        *,
        own_processes: Callable[[], frozenset[int]] | None = None,
        declared_exclusive: bool = False,
        module: Any = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if devices is not None and (not devices or len(set(devices)) != len(devices)):
            raise ConfigError(f"NVML: devices {list(devices)!r}; name at least one, and each once, or leave them out for all")
        self._wanted, self._module, self._clock = devices, module, clock
        self._own = own_processes or _this_process
        self._declared = declared_exclusive
        self._started = False

    def start(self) -> None:
        """Opens the devices and reads each once. Raises ConfigError without the package, or for a device that is not there."""
        module = self._module = self._module or load()
        self._fault, self._readings, self._started = "", 0, True
        self._devices: list[_Device] = []
        self._began = self._at = self._clock()
        try:
            module.nvmlInit()
        except module.NVMLError as error:
            self._fault = f"NVML does not start (no driver, or no right to use it): {error}"
            self._opened = False
            return
        self._opened = True
        try:
            self._devices = [self._open(handle) for handle in self._handles()]
            self._check_processes()
        except module.NVMLError as error:
            self._fault = self._fault or f"NVML cannot be read: {error}"
        except ConfigError:
            self._close()
            raise
        if not self._devices and not self._fault:
            self._fault = "NVML finds no device"
        self._began = self._at = self._clock()
        self._readings = 1

    def poll(self) -> None:
        """Reads every counter, and looks for other processes on the devices."""
        if not self._started or self._fault:
            return
        now = self._clock()
        elapsed = now - self._at
        try:
            for device in self._devices:
                self._add(device, int(self._module.nvmlDeviceGetTotalEnergyConsumption(device.handle)), elapsed)
            self._check_processes()
        except self._module.NVMLError as error:
            self._fault = f"NVML could not be read within the window: {error}"
        self._at, self._readings = now, self._readings + 1

    def stop(self) -> Energy:
        """Joules since `start`, or level L4 with the reason."""
        if not self._started:
            raise UsageError("NVML: stop without start")
        self.poll()
        self._close()
        window_s = self._at - self._began
        source = f"{_SOURCE}: {', '.join(device.title for device in self._devices)}" if self._devices else _SOURCE
        still = [device.title for device in self._devices if device.total_mj <= 0]
        reason = self._fault
        if not reason and window_s <= 0:
            reason = "a window of no length"
        if not reason and still:
            reason = f"the energy counter of {still[0]} did not move in {window_s:.3g} s"
        if reason:
            return not_measured(reason, source=source, window_s=window_s)
        return measured(
            Energy(
                level="L2",
                joules=sum(device.total_mj for device in self._devices) / 1e3,
                source=source,
                window_s=window_s,
                covers=frozenset({"accelerator"}),
                readings=self._readings,
                notes=self._notes(),
            )
        )

    def _handles(self) -> list[Any]:
        module = self._module
        count = int(module.nvmlDeviceGetCount())
        wanted: Sequence[int | str] = range(count) if self._wanted is None else self._wanted
        handles = []
        for device in wanted:
            if isinstance(device, int):
                if not 0 <= device < count:
                    raise ConfigError(f"NVML: no device {device}; this machine has {count}, counted from 0")
                handles.append(module.nvmlDeviceGetHandleByIndex(device))
                continue
            try:
                handles.append(module.nvmlDeviceGetHandleByUUID(device))
            except module.NVMLError as error:
                raise ConfigError(f"NVML: no device {device!r} ({error}); nvidia-smi -L lists them") from error
        return handles

    def _open(self, handle: Any) -> _Device:
        module = self._module
        name = module.nvmlDeviceGetName(handle)
        title = f"{name.decode() if isinstance(name, bytes) else name} ({module.nvmlDeviceGetIndex(handle)})"
        if _split(module, handle):
            self._fault = f"{title} is split into MIG parts: its counter is of the whole board, and a part has none"
            return _Device(title=title, handle=handle, last_mj=0)
        try:
            count = int(module.nvmlDeviceGetTotalEnergyConsumption(handle))
        except module.NVMLError as error:
            if not _not_supported(module, error):
                raise
            self._fault = f"{title} has no energy counter (they came with Volta); power readings are no energy and not put in its place"
            count = 0
        return _Device(title=title, handle=handle, last_mj=count)

    def _add(self, device: _Device, count: int, elapsed: float) -> None:
        moved = count - device.last_mj
        if moved < 0:
            self._fault = f"the energy counter of {device.title} ran backwards, from {device.last_mj} to {count} mJ (driver loaded anew?)"
        elif moved > HIGHEST_WATTS * (elapsed + _UPDATE_S) * 1e3:
            self._fault = f"the energy counter of {device.title} moved {moved} mJ in {elapsed:.4g} s, more than {HIGHEST_WATTS:g} W"
        device.total_mj += moved
        device.last_mj = count

    def _check_processes(self) -> None:
        if self._declared or self._fault:
            return
        own = self._own()
        for device in self._devices:
            try:
                others = sorted(self._processes(device) - own)
            except self._module.NVMLError as error:
                self._fault = f"which processes use {device.title} cannot be asked ({error}); exclusive use would have to be declared"
                return
            if others:
                self._fault = (
                    f"other processes use {device.title} (ids {', '.join(map(str, others))}): the board's energy is not this run's alone; "
                    "in a container, where ids differ, exclusive use can be declared"
                )
                return

    def _processes(self, device: _Device) -> set[int]:
        module = self._module
        computing = module.nvmlDeviceGetComputeRunningProcesses(device.handle)
        drawing = module.nvmlDeviceGetGraphicsRunningProcesses(device.handle)
        return {int(process.pid) for process in (*computing, *drawing)}

    def _notes(self) -> tuple[str, ...]:
        notes: tuple[str, ...] = ("whole boards, memory included",)
        if self._declared:
            notes += ("exclusive use of the devices is declared, not checked",)
        if any(name in device.title for device in self._devices for name in _MODULE_SCOPE):
            notes += ("the counter may be that of the module, processor included",)
        return notes

    def _close(self) -> None:
        self._started = False
        if self._opened:
            self._opened = False
            try:
                self._module.nvmlShutdown()
            except self._module.NVMLError as error:
                self._fault = self._fault or f"NVML did not close: {error}"


def _this_process() -> frozenset[int]:
    return frozenset({os.getpid()})


def load() -> Any:
    """The module pynvml of nvidia-ml-py. Raises ConfigError, naming the extra, where it is not installed."""
    try:
        return import_module("pynvml")
    except ImportError as error:
        raise ConfigError("energy from NVML needs the package nvidia-ml-py: pip install 'evalkit[gpu]'") from error


def _split(module: Any, handle: Any) -> bool:
    try:
        current, _ = module.nvmlDeviceGetMigMode(handle)
    except module.NVMLError as error:
        if _not_supported(module, error):
            return False  # a device that cannot be split, or a driver from before there was MIG
        raise
    return bool(current)


def _not_supported(module: Any, error: Exception) -> bool:
    value = getattr(error, "value", math.nan)
    return value in (module.NVML_ERROR_NOT_SUPPORTED, module.NVML_ERROR_FUNCTION_NOT_FOUND)
