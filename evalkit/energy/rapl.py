"""The processors' own energy counters (RAPL), read from the kernel's powercap tree.

The tree (Linux, Documentation/power/powercap): a folder a domain, named intel-rapl:0, intel-rapl:0:1 ... on Intel and on
AMD alike, with `name` (package-0, package-0-die-1, core, uncore, dram, psys), `energy_uj` (microjoules since some
beginning) and `max_energy_range_uj` (where the counter goes round). What a domain holds (Intel SDM vol. 3B, "RAPL
domains"): psys the whole platform, so taken alone; package holds core and uncore, so those are never added to it; dram is
beside the package, though the tree files it below. AMD has packages and cores and no memory domain. A second control type
(intel-rapl-mmio) shows the same counters again and is left out.

What is not in it: power supply, fans, disks, board, accelerators. All processes of the machine are.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.energy.levels import Energy, Part, measured, not_measured
from evalkit.errors import ConfigError, UsageError

POWERCAP = Path("/sys/class/powercap")
HIGHEST_WATTS = 1000.0  # of one domain; processors sold today are limited to 500 W
_UPDATE_S = 0.01  # counters move every millisecond or so: a reading may hold that much more than its interval
_SOURCE = "RAPL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One counter: `name` as the kernel gives it, `parent` the name of the domain it is filed under ("" at the top)."""

    name: str
    parent: str
    folder: Path
    range_uj: int  # the counter goes round here, microjoules

    @property
    def title(self) -> str:
        """Name for messages: dram of package-1."""
        return f"{self.name} of {self.parent}" if self.parent else self.name

    def longest_interval_s(self, watts: float) -> float:
        """Seconds after which a counter at `watts` may have gone round a whole time: readings must be closer together."""
        return self.range_uj / 1e6 / watts

    def read(self) -> int:
        """Microjoules right now. Raises OSError, or ValueError for what is no count within the range."""
        text = (self.folder / "energy_uj").read_text(encoding="ascii").strip()
        value = int(text)
        if not 0 <= value <= self.range_uj:
            raise ValueError(f"{value} uJ is outside its range of {self.range_uj} uJ")
        return value


def domains(root: Path = POWERCAP) -> tuple[Domain, ...]:
    """Every domain under `root`, each once. Raises OSError or ValueError where a name or a range cannot be read."""
    found: dict[tuple[str, str], list[Domain]] = {}
    control: dict[tuple[str, str], str] = {}
    for folder in sorted(root.glob("intel-rapl*:*"), key=_order):
        kind = folder.name.split(":")[0]
        name, parent = _name(folder), _parent(folder)
        key = (parent, name)
        if control.setdefault(key, kind) != kind:
            continue  # the same counter through another control type
        range_uj = int((folder / "max_energy_range_uj").read_text(encoding="ascii"))
        if range_uj <= 0:
            raise ValueError(f"{folder / 'max_energy_range_uj'} says {range_uj}")
        found.setdefault(key, []).append(Domain(name=name, parent=parent, folder=folder, range_uj=range_uj))
    return tuple(domain for same in found.values() for domain in same)


def counted(found: Sequence[Domain], *, platform: bool = True) -> tuple[Domain, ...]:
    """Those to add up: psys alone where it is there and `platform` is true, else all packages and the memory beside them."""
    whole = tuple(domain for domain in found if domain.name == "psys")
    if whole and platform:
        return whole
    packages = tuple(domain for domain in found if domain.name.startswith("package") and not domain.parent)
    memory = tuple(domain for domain in found if domain.name == "dram")
    return (*packages, *memory) if packages else ()


class RaplMeter:
    """Energy of the processors (and their memory, where it has a counter) between `start` and `stop`.

    `platform` false leaves psys out, for adding to accelerators' counters. `highest_watts`: what no single domain draws;
    it says how far apart readings may be, and tells a counter that went round from one that ran backwards. `clock`:
    seconds, never set back. Alone it is level L2 (the processors' part); `components` knows when it is L1.
    """

    def __init__(
        self,
        root: Path = POWERCAP,
        *,
        platform: bool = True,
        highest_watts: float = HIGHEST_WATTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (math.isfinite(highest_watts) and highest_watts > 0):
            raise ConfigError(f"RAPL: the highest power of a domain is {highest_watts!r} W; it must be above 0")
        self._root, self._platform, self._highest, self._clock = root, platform, highest_watts, clock
        self._domains: tuple[Domain, ...] = ()
        self._total_uj: dict[Path, int] = {}
        self._last_uj: dict[Path, int] = {}
        self._started = False

    def start(self) -> None:
        """Finds the domains and reads them once; what goes wrong is told by `stop`."""
        self._fault, self._readings, self._started = "", 0, True
        self._domains, self._total_uj, self._last_uj = (), {}, {}
        self._began = self._at = self._clock()
        if not self._root.is_dir():
            self._fault = f"{self._root} is not there: this machine (or its container) shows no energy counters of the processor"
            return
        try:
            self._domains = counted(domains(self._root), platform=self._platform)
            self._last_uj = {domain.folder: domain.read() for domain in self._domains}
        except (OSError, ValueError) as error:
            self._fault = self._told(error)
            return
        if not self._domains:
            self._fault = f"{self._root} has no package or psys domain"
        self._began = self._at = self._clock()
        self._readings = 1

    @property
    def longest_interval_s(self) -> float | None:
        """Seconds that may pass between two readings; None where no domain was found. Longer ones void the window."""
        return min((domain.longest_interval_s(self._highest) for domain in self._domains), default=None)

    def poll(self) -> None:
        """Reads every counter and adds what it moved."""
        if not self._started or self._fault:
            return
        now = self._clock()
        elapsed = now - self._at
        try:
            for domain in self._domains:
                self._add(domain, domain.read(), elapsed)
        except (OSError, ValueError) as error:
            self._fault = self._told(error)
        self._at, self._readings = now, self._readings + 1

    def stop(self) -> Energy:
        """Joules since `start`, or level L4 with the reason."""
        if not self._started:
            raise UsageError("RAPL: stop without start")
        self.poll()
        self._started = False
        window_s = self._at - self._began
        source = f"{_SOURCE}: {' + '.join(domain.title for domain in self._domains)}" if self._domains else _SOURCE
        moved_uj = sum(self._total_uj.values())
        still = [domain.title for domain in self._domains if not self._total_uj.get(domain.folder)]
        reason = self._fault
        if not reason and window_s <= 0:
            reason = "a window of no length"
        if not reason and still:
            instead = "; leave psys out and count the packages" if still[0] == "psys" else ""
            reason = f"the counter of {still[0]} did not move in {window_s:.3g} s: nothing feeds it here{instead}"
        if reason:
            return not_measured(reason, source=source, window_s=window_s)
        return measured(
            Energy(
                level="L2",
                joules=moved_uj / 1e6,
                source=source,
                window_s=window_s,
                covers=frozenset(_part(domain) for domain in self._domains),
                readings=self._readings,
                notes=self._notes(),
            )
        )

    def _add(self, domain: Domain, value: int, elapsed: float) -> None:
        longest = domain.longest_interval_s(self._highest)
        if elapsed >= longest:
            raise ValueError(
                f"the counter of {domain.title} was read {elapsed:.4g} s after the last time; at {self._highest:g} W it may go round "
                f"once in {longest:.4g} s, so how often it did is not known: poll it more often"
            )
        moved = value - self._last_uj[domain.folder]
        if moved < 0:
            moved += domain.range_uj  # short of one step of the counter (61 uJ or less), which no window notices
        if moved > self._highest * (elapsed + _UPDATE_S) * 1e6:
            raise ValueError(
                f"the counter of {domain.title} went from {self._last_uj[domain.folder]} to {value} uJ in {elapsed:.4g} s, more than "
                f"{self._highest:g} W: it ran backwards or was set back, or the highest power is stated too low"
            )
        self._total_uj[domain.folder] = self._total_uj.get(domain.folder, 0) + moved
        self._last_uj[domain.folder] = value

    def _told(self, error: Exception) -> str:
        if isinstance(error, PermissionError):
            return (
                f"the kernel lets only root read {error.filename}; an administrator may grant it until the next start with "
                f"sudo chmod o+r {self._root}/intel-rapl*:*/energy_uj (closed by default because a neighbour could listen: CVE-2020-8694)"
            )
        return f"RAPL cannot be read: {error}"

    def _notes(self) -> tuple[str, ...]:
        notes: tuple[str, ...] = ("counts every process on the processors, not the model's alone",)
        if any(domain.name == "psys" for domain in self._domains):
            return (*notes, "psys: what the platform's maker wired to it")
        if not any(domain.name == "dram" for domain in self._domains):
            notes += ("memory has no counter here and is not in the figure",)
        return notes


def _order(folder: Path) -> tuple[int, str, tuple[int, ...]]:
    control, *numbers = folder.name.split(":")
    # the registers' own control type first: its counters are kept, those shown a second time are not
    return int(control != "intel-rapl"), control, tuple(int(number) for number in numbers if number.isdigit())


def _name(folder: Path) -> str:
    return (folder / "name").read_text(encoding="ascii").strip()


def _parent(folder: Path) -> str:
    above = folder.name.rpartition(":")[0]
    return _name(folder.with_name(above)) if ":" in above else ""


def _part(domain: Domain) -> Part:
    if domain.name == "psys":
        return "platform"
    return "memory" if domain.name == "dram" else "processor"
