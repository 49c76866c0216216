"""Energy of a run: readers of counters and meters, one record, levels L0 (whole system) to L4 (not measured).

A meter is made, started and stopped; Ticking polls it meanwhile:

    meter = Ticking(ComponentMeter(RaplMeter(platform=False), NvmlMeter(), accelerators_present=True))
    meter.start(); ...; energy = meter.stop()      # energy.joules, or None with energy.reason
"""

from evalkit.energy.components import ComponentMeter, components
from evalkit.energy.estimate import Consumer, EstimateMeter, estimate
from evalkit.energy.facility import PRINTED, Pue, SiteEnergy, site_energy
from evalkit.energy.levels import (
    RANKED,
    SHORTEST_WINDOW_S,
    Energy,
    EnergyLevel,
    Meter,
    NoMeter,
    Part,
    idle_power,
    lowest,
    not_measured,
    total,
    with_idle,
)
from evalkit.energy.nvml import NvmlMeter
from evalkit.energy.powerfile import PowerFileMeter, PowerKind, PowerSource, energy_between
from evalkit.energy.rapl import POWERCAP, RaplMeter
from evalkit.energy.readings import PowerReadings, read_power
from evalkit.energy.ticking import Ticking

__all__ = [
    "POWERCAP",
    "PRINTED",
    "RANKED",
    "SHORTEST_WINDOW_S",
    "ComponentMeter",
    "Consumer",
    "Energy",
    "EnergyLevel",
    "EstimateMeter",
    "Meter",
    "NoMeter",
    "NvmlMeter",
    "Part",
    "PowerFileMeter",
    "PowerKind",
    "PowerReadings",
    "PowerSource",
    "Pue",
    "RaplMeter",
    "SiteEnergy",
    "Ticking",
    "components",
    "energy_between",
    "estimate",
    "idle_power",
    "lowest",
    "not_measured",
    "read_power",
    "site_energy",
    "total",
    "with_idle",
]
