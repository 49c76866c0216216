"""Energy by estimate (level L3): what idle and limit powers allow, as an interval. Never ranked, never called measured."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evalkit.energy.levels import Energy
from evalkit.errors import ConfigError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A part of the machine whose power is bounded by declaration.

    `limit_watts`: the board's power limit or the chip's thermal design power; `idle_watts`: what it draws doing nothing (0
    where unknown, which only widens the interval); `utilisation`: mean share of the window in use, 0 to 1, or None;
    `source`: where the figures come from, such as a data sheet. Raises ConfigError for what cannot be.
    """

    name: str
    limit_watts: float
    source: str
    idle_watts: float = 0.0
    utilisation: float | None = None

    def __post_init__(self) -> None:
        """Refuses powers that are out of order, a utilisation that is no share, and figures from nowhere."""
        if not (math.isfinite(self.limit_watts) and 0 <= self.idle_watts < self.limit_watts):
            powers = f"idle {self.idle_watts!r} W, limit {self.limit_watts!r} W"
            raise ConfigError(f"estimate: {self.name!r} has {powers}; idle is from 0 up and below the limit")
        if self.utilisation is not None and not 0 <= self.utilisation <= 1:
            raise ConfigError(f"estimate: utilisation {self.utilisation!r} of {self.name!r}; it is a share from 0 to 1")
        if not self.name or not self.source.strip():
            raise ConfigError(f"estimate: {self.name!r} needs a name and the source of its powers, such as 'data sheet, 2024'")


def estimate(consumers: Sequence[Consumer], window_s: float) -> Energy:
    """Level L3: [sum of idle, sum of limit] x window, J; the centre is P_idle + u (P_limit - P_idle) where every u is known.

    Power is taken to rise in a straight line with utilisation for the centre only; the interval does not depend on it. A
    thermal design power is no ceiling: chips exceed it for moments. Raises UsageError without consumers or a window.
    """
    if not consumers:
        raise UsageError("estimate: no consumer of energy was declared")
    if not (math.isfinite(window_s) and window_s > 0):
        raise UsageError(f"estimate: a window of {window_s!r} s")
    idle = math.fsum(consumer.idle_watts for consumer in consumers)
    limit = math.fsum(consumer.limit_watts for consumer in consumers)
    low, high = idle * window_s, limit * window_s
    unknown = [consumer.name for consumer in consumers if consumer.utilisation is None]
    centre = None if unknown else math.fsum(_power(consumer) for consumer in consumers) * window_s
    return Energy(
        level="L3",
        joules=None if centre is None else min(max(centre, low), high),
        low=low,
        high=high,
        source="; ".join(f"{consumer.name} ({consumer.source})" for consumer in consumers),
        window_s=window_s,
        idle_watts=idle if all(consumer.idle_watts > 0 for consumer in consumers) else None,
        notes=(
            f"estimated: time x power between idle ({idle:g} W) and limit ({limit:g} W), not measured",
            "a limit or thermal design power may be exceeded for moments",
        ),
        reason=f"no centre: the utilisation of {', '.join(unknown)} is not known" if unknown else "",
    )


class EstimateMeter:
    """The window's length times the powers of `consumers`; chosen by name only, never in place of a meter that failed."""

    def __init__(self, consumers: Sequence[Consumer], *, clock: Callable[[], float] = time.monotonic) -> None:
        if not consumers:
            raise ConfigError("estimate: no consumer of energy was declared")
        self._consumers, self._clock = tuple(consumers), clock
        self._began: float | None = None

    def start(self) -> None:
        """The window begins."""
        self._began = self._clock()

    def poll(self) -> None:
        """Nothing is read."""

    def stop(self) -> Energy:
        """Level L3. Raises UsageError where the window has no length."""
        if self._began is None:
            raise UsageError("estimate: stop without start")
        began, self._began = self._began, None
        return estimate(self._consumers, self._clock() - began)


def _power(consumer: Consumer) -> float:
    span = consumer.limit_watts - consumer.idle_watts
    return consumer.idle_watts + (consumer.utilisation or 0.0) * span
