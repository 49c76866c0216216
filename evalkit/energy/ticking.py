"""Reads a meter now and then while the work goes on, so that a counter that goes round is followed."""

import threading

from evalkit.energy.levels import Energy, Meter, not_measured
from evalkit.errors import UsageError

EVERY_S = 1.0  # a reading a second; the smallest counters in use (65 kJ) go round in a minute at 1 kW


class Ticking:
    """`meter`, polled every `every_s` seconds by a thread of its own between `start` and `stop`."""

    def __init__(self, meter: Meter, *, every_s: float = EVERY_S) -> None:
        if not every_s > 0:
            raise UsageError(f"a meter polled every {every_s!r} s; it must be above 0")
        self._meter, self._every_s = meter, every_s
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the meter, then the thread; a meter that refuses to start leaves none behind."""
        if self._thread is not None:
            raise UsageError("a meter was started twice")
        self._meter.start()
        self._over = threading.Event()
        # a daemon: a run that dies before `stop` must not hang on its meter
        self._thread = threading.Thread(target=self._tick, name="energy", daemon=True)
        self._thread.start()

    def poll(self) -> None:
        """Nothing: the thread does it."""

    def stop(self) -> Energy:
        """Ends the thread, then the window."""
        if self._thread is None:
            raise UsageError("a meter was stopped that was not started")
        alive = self._thread.is_alive()
        self._over.set()
        self._thread.join()
        self._thread = None
        energy = self._meter.stop()
        if not alive:
            return not_measured("polling of the meter broke off within the window", source=energy.source, window_s=energy.window_s)
        return energy

    def _tick(self) -> None:
        while not self._over.wait(self._every_s):
            self._meter.poll()
