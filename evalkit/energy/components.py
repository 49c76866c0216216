"""Processors' and accelerators' counters together, and which level the sum has earned."""

import math
from collections.abc import Sequence

from evalkit.energy.levels import Energy, Meter, not_measured
from evalkit.errors import UsageError


class ComponentMeter:
    """The processors' meter and, where the machine has accelerators, theirs: one window, one figure.

    `accelerators` None with `accelerators_present` true: they are there and nobody reads them, so the figure is a part.
    """

    def __init__(self, processors: Meter | None, accelerators: Meter | None, *, accelerators_present: bool) -> None:
        if processors is None and accelerators is None:
            raise UsageError("a meter of components needs a meter")
        if accelerators is not None and not accelerators_present:
            raise UsageError("accelerators are to be measured in a machine that is said to have none")
        self._processors, self._accelerators, self._present = processors, accelerators, accelerators_present

    def start(self) -> None:
        """Starts both. Where the second refuses, the first is stopped again and the refusal goes on."""
        begun: list[Meter] = []
        try:
            for meter in self._meters():
                meter.start()
                begun.append(meter)
        except BaseException:
            for meter in begun:
                meter.stop()
            raise

    def poll(self) -> None:
        """Polls both."""
        for meter in self._meters():
            meter.poll()

    def stop(self) -> Energy:
        """Stops both and adds them up, see `components`."""
        processors = None if self._processors is None else self._processors.stop()
        accelerators = None if self._accelerators is None else self._accelerators.stop()
        return components(processors, accelerators, accelerators_present=self._present)

    def _meters(self) -> Sequence[Meter]:
        return [meter for meter in (self._processors, self._accelerators) if meter is not None]


def components(processors: Energy | None, accelerators: Energy | None, *, accelerators_present: bool) -> Energy:
    """The sum of one window's processors' and accelerators' energy.

    L1 where every kind of chip that is in the machine was counted: both, or the processors of a machine without
    accelerators. L2 where only one of two has a figure. L4 where none has, or where psys is added to accelerators: whether
    the platform's counter holds them already, its maker does not say.
    """
    if processors is None and accelerators is None:
        return not_measured("no counter was read")
    had = [energy for energy in (processors, accelerators) if energy is not None and energy.level != "L4"]
    lost = [energy.reason for energy in (processors, accelerators) if energy is not None and energy.level == "L4"]
    if not had:
        return not_measured("; ".join(lost))
    if len(had) == 2 and "platform" in had[0].covers:
        return not_measured(
            "psys may hold the accelerators already and cannot be added to their counters: leave psys out and count the packages",
            source="; ".join(energy.source for energy in had),
            window_s=had[0].window_s,
        )
    if any(energy.level not in ("L1", "L2") for energy in had):
        raise UsageError(f"components are counters (level L1 or L2), not {', '.join(energy.level for energy in had)}")
    missing = _missing(processors, accelerators, present=accelerators_present)
    return Energy(
        level="L2" if missing else "L1",
        joules=math.fsum(energy.joules or 0.0 for energy in had),  # counters' levels always have joules
        source="; ".join(energy.source for energy in had),
        window_s=max(energy.window_s or 0.0 for energy in had),
        covers=frozenset().union(*(energy.covers for energy in had)),
        readings=min(energy.readings or 0 for energy in had) or None,
        notes=tuple(dict.fromkeys([*(note for energy in had for note in energy.notes), *missing])),
    )


def _missing(processors: Energy | None, accelerators: Energy | None, *, present: bool) -> list[str]:
    """In words, what the machine has and the sum has not."""
    missing = []
    for name, energy, there in (("processors", processors, True), ("accelerators", accelerators, present)):
        if there and (energy is None or energy.level == "L4"):
            why = "not read" if energy is None else energy.reason
            missing.append(f"without the {name}: {why}")
    return missing
