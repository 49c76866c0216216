"""Energy of the site from energy of the machine: PUE, always declared, never assumed.

E_site = PUE x E_IT. PUE is a ratio of yearly energies (The Green Grid; ISO/IEC 30134-2), not of powers at a moment, and its
E_IT is taken at the machine's socket: it applies to L0, and to L1 only together with a declared power supply efficiency.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from evalkit.energy.levels import Energy
from evalkit.errors import ConfigError

FIRST_YEAR = 2007  # the ratio was published in that year
PRINTED = (1.2, 1.3, 1.5)  # rows of the table "what if" (E1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pue:
    """A declared power usage effectiveness: `value` from 1 up, whose figure it is, and the year it is of.

    Raises ConfigError: below 1 a site would draw less than its machines; ten and more is a slip (per cent); without a
    source or a year it is hearsay.
    """

    value: float
    source: str
    year: int

    def __post_init__(self) -> None:
        """Refuses what no site has, and what nobody answers for."""
        if not (math.isfinite(self.value) and 1 <= self.value < 10):
            raise ConfigError(f"pue: value {self.value!r}; it is a ratio from 1 up, such as 1.4 (140 % is 1.4)")
        if not self.source.strip():
            raise ConfigError("pue: source is missing; say whose figure it is, such as 'operator's yearly report'")
        this_year = datetime.now(UTC).year
        if isinstance(self.year, bool) or not isinstance(self.year, int) or not FIRST_YEAR <= self.year <= this_year:
            raise ConfigError(f"pue: year {self.year!r}; the year the figure was measured over, {FIRST_YEAR} to {this_year}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEnergy:
    """Energy drawn by the site for a window: joules and, where the machine's had one, an interval; or the reason for none."""

    joules: float | None
    low: float | None = None
    high: float | None = None
    wording: str = ""  # how the figure is to be called
    reason: str = ""


def site_energy(energy: Energy, pue: Pue | None, *, supply_efficiency: float | None = None) -> SiteEnergy:
    """E1: E_site = PUE x E_IT, with E_IT = counters / `supply_efficiency` (0 to 1, declared) for level L1.

    None with the reason: no PUE declared, no energy, an estimate, a part only, or L1 without an efficiency. Raises
    ConfigError for an efficiency outside (0, 1].
    """
    if supply_efficiency is not None and not 0 < supply_efficiency <= 1:
        raise ConfigError(f"supply efficiency {supply_efficiency!r}; it is a share above 0 and up to 1")
    if pue is None:
        return SiteEnergy(joules=None, reason="no PUE is declared")
    if energy.joules is None or not energy.ranked:
        return SiteEnergy(joules=None, reason=energy.reason or f"level {energy.level} is not the energy of a whole machine")
    declared = f"PUE {pue.value:g} declared ({pue.source}, {pue.year})"
    if energy.level == "L0":
        factor, wording = pue.value, f"measured, system, x {declared}"
    elif supply_efficiency is not None:
        factor = pue.value / supply_efficiency
        wording = f"measured, components, / supply efficiency {supply_efficiency:g} declared x {declared}; without fans and board"
    else:
        return SiteEnergy(joules=None, reason="counters of components leave out the power supply: declare its efficiency")
    low = None if energy.low is None else energy.low * factor
    high = None if energy.high is None else energy.high * factor
    return SiteEnergy(joules=energy.joules * factor, low=low, high=high, wording=wording)
