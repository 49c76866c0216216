"""Energy from a power meter's file: what a PDU, a wall meter or a board controller (IPMI) logged, in CSV.

Energy is the integral of the line through the readings (trapezoid), cut at the window's ends. A file that cannot carry a
figure gives level L4 and says why: gaps, clocks that disagree, a window that is not covered.
"""

import math
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalkit.energy.levels import Energy, EnergyLevel, measured, not_measured, with_idle
from evalkit.energy.readings import PowerReadings, read_power
from evalkit.errors import ConfigError, UsageError

PowerKind = Literal["wall", "pdu", "rack", "ipmi"]
WORDS: dict[PowerKind, str] = {
    "wall": "wall meter",
    "pdu": "power distribution unit",
    "rack": "rack meter",
    "ipmi": "board controller (IPMI)",
}
READING_S = 1.0  # level L0 asks for a reading a second
LONGEST_GAP_S = 1.5  # a reading a second with half a second of jitter; more, and one is missing
LONGEST_OFFSET_S = 1.0  # of the meter's clock against this machine's; more means that nobody sets it, and then it drifts
_CLOCK_STEP_S = 0.1  # of this machine's clock against its steady one, within a window

@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSource:
    """What is known of a power file before it is read.

    `meter`: maker, model and class; `accuracy`: share of the reading, such as 0.01, declared from the meter's class, which
    gives the figure an interval; `offset_s`: the meter's clock less this machine's, seconds; `longest_gap_s`: between two
    readings; `idle_watts`: declared idle power. One machine and nothing else hangs on the meter: to declare the file is to
    declare that. Raises ConfigError for what cannot be.
    """

    path: Path
    kind: PowerKind
    meter: str
    accuracy: float | None = None
    offset_s: float = 0.0
    longest_gap_s: float = LONGEST_GAP_S
    idle_watts: float | None = None

    def __post_init__(self) -> None:
        """Refuses a source that nobody could read as meant."""
        if self.kind not in WORDS:
            raise ConfigError(f"power file: kind {self.kind!r}; one of {', '.join(WORDS)}")
        if not self.meter.strip():
            raise ConfigError("power file: meter is missing; name maker, model and class of the meter")
        if self.accuracy is not None and not 0 < self.accuracy < 1:
            raise ConfigError(f"power file: accuracy {self.accuracy!r}; a share of the reading above 0 and below 1, such as 0.01")
        if not math.isfinite(self.offset_s):
            raise ConfigError(f"power file: offset {self.offset_s!r} s is no number")
        if not (math.isfinite(self.longest_gap_s) and self.longest_gap_s > 0):
            raise ConfigError(f"power file: longest gap {self.longest_gap_s!r} s; it must be above 0")
        if self.idle_watts is not None and not (math.isfinite(self.idle_watts) and self.idle_watts >= 0):
            raise ConfigError(f"power file: idle power {self.idle_watts!r} W; it must be from 0 up")

    @property
    def words(self) -> str:
        """The source as it is printed beside a figure."""
        return f"{WORDS[self.kind]} {self.meter}"


def energy_between(readings: PowerReadings, began: float, ended: float, source: PowerSource) -> Energy:
    """Energy of the window from `began` to `ended` (unix seconds on this machine's clock), or level L4 with the reason.

    Level L0; L2 where readings are declared to come, and do come, less often than once a second.
    """
    if not (math.isfinite(began) and math.isfinite(ended) and began < ended):
        raise UsageError(f"power file: a window from {began!r} to {ended!r}")
    window_s = ended - began
    began, ended = began + source.offset_s, ended + source.offset_s  # on the meter's clock from here on
    fault = _clock_fault(readings, began, ended, source) or _fault(readings, began, ended, source)
    if fault:
        return not_measured(f"{source.path.name}: {fault}", source=source.words, window_s=window_s)
    at, watts = _within(readings, began, ended)
    joules = math.fsum((later - at[i]) * (watts[i] + watts[i + 1]) / 2 for i, later in enumerate(at[1:]))
    if joules <= 0:
        return not_measured(f"{source.path.name}: 0 W throughout; nothing hangs on the meter", source=source.words, window_s=window_s)
    first, last = _around(readings, began, ended)
    spacing_s = (readings.at[last] - readings.at[first]) / (last - first)
    level: EnergyLevel = "L0" if spacing_s <= READING_S * 1.1 else "L2"
    energy = Energy(
        level=level,
        joules=joules,
        low=None if source.accuracy is None else joules * (1 - source.accuracy),
        high=None if source.accuracy is None else joules * (1 + source.accuracy),
        source=source.words,
        window_s=window_s,
        covers=frozenset({"system"}),
        readings=bisect_right(readings.at, ended) - bisect_left(readings.at, began),
        notes=_notes(source, level, spacing_s),
    )
    return measured(energy if source.idle_watts is None else with_idle(energy, source.idle_watts))


class PowerFileMeter:
    """Energy of the machine from its power file: remembers the window, and reads the file when it is over.

    `wall`: unix seconds; `clock`: seconds never set back, to see whether `wall` was set within the window. `settle_s`:
    seconds to wait for the meter's log to reach the window's end, looking every quarter of a second; `sleep` is time.sleep.
    """

    def __init__(
        self,
        source: PowerSource,
        *,
        settle_s: float = 5.0,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source, self._settle_s, self._wall, self._clock, self._sleep = source, settle_s, wall, clock, sleep
        self._began: tuple[float, float] | None = None

    def start(self) -> None:
        """The window begins. Raises ConfigError where the file is missing, empty or no power file."""
        read_power(self._source.path)
        self._began = (self._wall(), self._clock())

    def poll(self) -> None:
        """Nothing: the meter's own log does it."""

    def stop(self) -> Energy:
        """The window ends; its energy from the file as it is then."""
        if self._began is None:
            raise UsageError("power file: stop without start")
        (wall_began, steady_began), self._began = self._began, None
        ended, elapsed = self._wall(), self._clock() - steady_began
        if elapsed <= 0:
            return not_measured("a window of no length", source=self._source.words)
        step_s = ended - wall_began - elapsed
        if abs(step_s) > _CLOCK_STEP_S:
            reason = f"this machine's clock was set by {step_s:+.3g} s within the window: readings cannot be placed in it"
            return not_measured(reason, source=self._source.words, window_s=elapsed)
        try:
            readings = self._settled(ended + self._source.offset_s)
        except ConfigError as error:
            return not_measured(str(error), source=self._source.words, window_s=elapsed)
        ahead_s = readings.at[-1] - self._source.offset_s - self._wall()
        if ahead_s > LONGEST_OFFSET_S:
            reason = f"the file's last reading is {ahead_s:.4g} s in the future: the meter's clock and this machine's differ"
            return not_measured(reason, source=self._source.words, window_s=elapsed)
        return energy_between(readings, wall_began, ended, self._source)

    def _settled(self, ended: float) -> PowerReadings:
        deadline = self._clock() + self._settle_s
        while True:
            readings = read_power(self._source.path)
            if readings.at[-1] >= ended or self._clock() >= deadline:
                return readings
            self._sleep(0.25)


def _clock_fault(readings: PowerReadings, began: float, ended: float, source: PowerSource) -> str:
    """Clocks that disagree, or a window that the file does not cover; "" where neither."""
    if abs(source.offset_s) > LONGEST_OFFSET_S:
        return f"the meter's clock is {source.offset_s:+g} s off; above {LONGEST_OFFSET_S:g} s set both clocks (NTP) and measure again"
    first, last = min(readings.at), max(readings.at)
    if last < began or first > ended:
        away = last - began if last < began else first - ended
        zone = " (an hour or more: was local time written instead of unix time?)" if abs(away) >= 1800 else ""
        where = f"{abs(away):.4g} s {'before' if away < 0 else 'after'} the window"
        return f"the file's readings are {where}: the clocks differ, or the log stopped{zone}"
    if first > began or last < ended:
        covered = (min(last, ended) - max(first, began)) / (ended - began)
        return f"the file covers {covered:.1%} of the window; a reading is needed at or before its start and at or after its end"
    return ""


def _fault(readings: PowerReadings, began: float, ended: float, source: PowerSource) -> str:
    """Readings that contradict each other, or are missing; "" where none."""
    for earlier, later in zip(readings.at, readings.at[1:], strict=False):
        if later <= earlier:
            order = f"a reading at {later:.3f} follows one at {earlier:.3f}"
            return f"time does not rise: {order}; the meter's clock was set, or two logs were joined"
    first, last = _around(readings, began, ended)
    for i in range(first, last):
        gap = readings.at[i + 1] - readings.at[i]
        if gap > source.longest_gap_s:
            return f"no reading for {gap:.4g} s from {readings.at[i]:.3f}; at most {source.longest_gap_s:g} s are allowed within the window"
    lowest = min(readings.watts[first : last + 1])
    return f"{lowest:g} W in the window: power is never negative (a clamp put on the wrong way round?)" if lowest < 0 else ""


def _around(readings: PowerReadings, began: float, ended: float) -> tuple[int, int]:
    """Places of the last reading at or before the window and of the first at or after it; the file covers the window."""
    return bisect_right(readings.at, began) - 1, bisect_left(readings.at, ended)


def _within(readings: PowerReadings, began: float, ended: float) -> tuple[list[float], list[float]]:
    """Times and watts of the window, its ends interpolated."""
    first, last = _around(readings, began, ended)
    inner = range(first + 1, last)
    at = [began, *(readings.at[i] for i in inner), ended]
    watts = [_at(readings, first, began), *(readings.watts[i] for i in inner), _at(readings, last - 1, ended)]
    return at, watts


def _at(readings: PowerReadings, place: int, moment: float) -> float:
    """Watts at `moment`, on the line from the reading at `place` to the next."""
    here, there = readings.at[place], readings.at[place + 1]
    share = (moment - here) / (there - here)
    return readings.watts[place] * (1 - share) + readings.watts[place + 1] * share


def _notes(source: PowerSource, level: EnergyLevel, spacing_s: float) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if level == "L2":
        notes += (f"a reading every {spacing_s:.3g} s, fewer than one a second: not level L0",)
    if source.accuracy is None:
        notes += ("the meter's accuracy is not declared: no interval",)
    if source.offset_s:
        notes += (f"the meter's clock is {source.offset_s:+g} s off by declaration; readings were moved by it",)
    if source.kind == "ipmi":
        notes += ("the board controller's own reading, which it may average over seconds",)
    return notes
