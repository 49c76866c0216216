"""Energy of a window as a record that says how good it is, and the protocol of what measures it.

Levels, best first (shown with every figure, and rows of different levels are never ranked together):

    L0  measured, system: a wall, PDU or rack meter with at least a reading a second
    L1  measured, components: the accelerators' counters and the processors' counters (no power supply, fans, board)
    L2  measured in part: only one of the two, or a system meter slower than a reading a second
    L3  estimated from idle and limit powers: an interval, never ranked
    L4  not measured: no figure, and the reason why
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from evalkit.errors import ConfigError, UsageError

EnergyLevel = Literal["L0", "L1", "L2", "L3", "L4"]
Part = Literal["system", "platform", "processor", "memory", "accelerator"]

RANKED: frozenset[EnergyLevel] = frozenset({"L0", "L1"})
SHORTEST_WINDOW_S = 60.0  # protocol: a counter that moves every 20-100 ms is then known to better than 0.2 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """Gross energy of one window, in joules, or the reason why there is none.

    Measured levels (L0-L2): `joules` above 0; `low` and `high` where the meter's accuracy was declared. L3: `low` and
    `high` always, `joules` the centre where a utilisation was stated, else None. L4: no figure at all, and a reason.
    Raises UsageError where figures and level contradict each other: a missing energy is None, never 0.
    """

    level: EnergyLevel
    joules: float | None = None
    low: float | None = None
    high: float | None = None
    source: str = ""  # what was read, in words
    window_s: float | None = None
    covers: frozenset[Part] = frozenset()
    idle_watts: float | None = None  # declared, or measured while nothing ran; never subtracted from `joules`
    readings: int | None = None  # of the counter or meter within the window, both ends included
    notes: tuple[str, ...] = ()
    reason: str = ""  # why there is no figure

    def __post_init__(self) -> None:
        """Refuses a record that contradicts itself."""
        for name, value in (("joules", self.joules), ("low", self.low), ("high", self.high), ("idle_watts", self.idle_watts)):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise UsageError(f"energy: {name} is {value!r}; it must be a number from 0 up, or None where it is not known")
        if self.level == "L4":
            if (self.joules, self.low, self.high) != (None, None, None) or not self.reason:
                raise UsageError("energy: level L4 means not measured: give a reason and no joules")
            return
        if self.window_s is None or not (math.isfinite(self.window_s) and self.window_s > 0):
            raise UsageError(f"energy: a window of {self.window_s!r} s; a figure needs a window longer than 0 s")
        if self.level != "L3" and not self.joules:
            raise UsageError(f"energy: level {self.level} with {self.joules!r} J; what was not measured is level L4 with a reason")
        if self.level == "L3" and None in (self.low, self.high):
            raise UsageError("energy: an estimate (L3) is an interval: give low and high")
        self._check_interval()

    def _check_interval(self) -> None:
        if (self.low is None) != (self.high is None):
            raise UsageError("energy: an interval has both ends")
        if self.low is None or self.high is None:
            return
        centre = self.low if self.joules is None else self.joules
        if not self.low <= centre <= self.high:
            raise UsageError(f"energy: {self.joules!r} J is not within its interval [{self.low!r}, {self.high!r}]")

    @property
    def ranked(self) -> bool:
        """Whether the figure may order a board (among rows of the same level only)."""
        return self.level in RANKED

    @property
    def mean_watts(self) -> float | None:
        """Mean power over the window, W; None where there is no figure."""
        return None if self.joules is None or self.window_s is None else self.joules / self.window_s

    @property
    def net_joules(self) -> float | None:
        """Gross less idle power x window, J. None without an idle power, or where idle exceeds what was drawn."""
        if self.joules is None or self.window_s is None or self.idle_watts is None:
            return None
        net = self.joules - self.idle_watts * self.window_s
        return net if net >= 0 else None


class Meter(Protocol):
    """Something that tells the energy of a window. One window at a time; it can be started again after `stop`."""

    def start(self) -> None:
        """The window begins. Raises ConfigError where what was declared cannot be: a file that is not there, a missing package."""
        ...

    def poll(self) -> None:
        """To be called now and then within the window: a counter that goes round is followed, a fault is noted. Raises nothing."""
        ...

    def stop(self) -> Energy:
        """The window ends: its energy, or level L4 with the reason. Raises UsageError where `start` was not called."""
        ...


class NoMeter:
    """A meter where nothing can be read: level L4 with `reason`, so that callers need no second way."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def start(self) -> None:
        """Nothing is begun."""

    def poll(self) -> None:
        """Nothing is read."""

    def stop(self) -> Energy:
        """Level L4."""
        return not_measured(self._reason)


def not_measured(reason: str, *, source: str = "", window_s: float | None = None) -> Energy:
    """Level L4: no figure, and why."""
    return Energy(level="L4", reason=reason, source=source, window_s=window_s)


def measured(energy: Energy) -> Energy:
    """`energy` with a note where its window is shorter than the protocol asks (SHORTEST_WINDOW_S)."""
    if energy.window_s is None or energy.window_s >= SHORTEST_WINDOW_S:
        return energy
    note = f"window of {energy.window_s:.3g} s, shorter than the {SHORTEST_WINDOW_S:g} s of the protocol"
    return replace(energy, notes=(*energy.notes, note))


def lowest(levels: Sequence[EnergyLevel]) -> EnergyLevel:
    """The level of a sum: the least good of its terms. Raises UsageError for none."""
    if not levels:
        raise UsageError("energy: no level to choose from")
    return max(levels)  # "L0" < "L1" < ...: the names are in order


def total(windows: Sequence[Energy]) -> Energy:
    """Energy of several windows that follow each other, measured in the same way: sums, and the lowest level.

    One window without a figure leaves the sum without one (level L4 with that window's reason). An end of an interval is
    the sum of the windows' ends, a window without an interval counting as a point; parts covered are those of every window;
    an idle power stays where all agree. Raises UsageError for no windows.
    """
    if not windows:
        raise UsageError("energy: a sum of no windows")
    lost = [(number, window) for number, window in enumerate(windows, 1) if window.level == "L4"]
    if lost:
        number, window = lost[0]
        return not_measured(f"window {number} of {len(windows)}: {window.reason}", source=window.source)
    joules = [window.joules for window in windows]
    lows, highs = [_low(window) for window in windows], [_high(window) for window in windows]
    bounded = any(window.low is not None for window in windows)
    idle, readings = {window.idle_watts for window in windows}, [window.readings for window in windows]
    return Energy(
        level=lowest([window.level for window in windows]),
        joules=None if None in joules else math.fsum(value for value in joules if value is not None),
        low=math.fsum(lows) if bounded else None,
        high=math.fsum(highs) if bounded else None,
        source="; ".join(dict.fromkeys(window.source for window in windows)),
        window_s=math.fsum(window.window_s for window in windows if window.window_s is not None),
        covers=frozenset.intersection(*(window.covers for window in windows)),
        idle_watts=idle.pop() if len(idle) == 1 else None,
        readings=None if None in readings else sum(count for count in readings if count is not None),
        notes=tuple(dict.fromkeys(note for window in windows for note in window.notes)),
        reason="; ".join(dict.fromkeys(window.reason for window in windows if window.reason)),
    )


def with_idle(energy: Energy, idle_watts: float) -> Energy:
    """`energy` with a declared idle power in watts: gross stays, `net_joules` becomes known.

    Raises ConfigError for an idle power that is negative or no number.
    """
    if not (math.isfinite(idle_watts) and idle_watts >= 0):
        raise ConfigError(f"idle power {idle_watts!r} W; it must be a number from 0 up")
    made = replace(energy, idle_watts=idle_watts)
    if made.mean_watts is not None and made.mean_watts < idle_watts:
        note = f"idle power {idle_watts:g} W is more than the mean of the window ({made.mean_watts:.4g} W): no net energy"
        made = replace(made, notes=(*made.notes, note))
    return made


def idle_power(before: Energy, after: Energy) -> float | None:
    """Mean power in watts of two idle windows of one meter, before and after the work; None where either has no figure.

    Raises UsageError where the two are not of one level and one source.
    """
    if before.joules is None or after.joules is None:
        return None
    if (before.level, before.source) != (after.level, after.source):
        raise UsageError(f"idle windows of two meters: {before.level} {before.source!r} and {after.level} {after.source!r}")
    return total([before, after]).mean_watts


def _low(energy: Energy) -> float:
    return energy.low if energy.low is not None else energy.joules or 0.0  # measured levels always have joules


def _high(energy: Energy) -> float:
    return energy.high if energy.high is not None else energy.joules or 0.0
