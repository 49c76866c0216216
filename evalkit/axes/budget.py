"""Efficiency: quality at budget (E4), from the answers that were timed, and the figures beside it (E2, E3).

Cost of an item: joules where energy was measured at L0 or L1; otherwise device-seconds of the offline runs; otherwise
seconds of the single stream. Energy that was not measured is never guessed.
"""

import math
from dataclasses import dataclass, replace

from evalkit.axes.profiles import ENERGY_BAND_J, ENERGY_WORDS, TIME_BANDS_S, MachineClass
from evalkit.axes.rows import withheld
from evalkit.energy import EnergyLevel
from evalkit.errors import UsageError
from evalkit.records import AxisScore, Estimate, Profile
from evalkit.stats import NO_VARIATION, log_mean, quantile_interval, quantile_ranks, t_quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What was timed on one machine. Tuples of the single stream have a place an item, those of offline a place a run.

    Raises UsageError when tuples that belong together differ in length, or a time, count or energy is not positive.
    """

    machine_class: MachineClass
    machine: str = ""  # accelerator model x count, or CPU model + cores
    stream_s: tuple[float, ...] = ()  # seconds from request to last token, one item at a time
    first_s: tuple[float, ...] = ()  # seconds to the first token
    token_s: tuple[float, ...] = ()  # (t_last - t_first) / (tokens - 1), seconds a token after the first
    offline_items: tuple[int, ...] = ()  # items answered in each offline run
    offline_s: tuple[float, ...] = ()  # device-seconds of each offline run
    tokens_in: int = 0  # of all offline runs together
    tokens_out: int = 0
    peak_bytes: int | None = None
    load_s: float | None = None
    energy_level: EnergyLevel = "L4"
    joules: tuple[float, ...] | None = None  # gross, of each offline run; None: not measured
    idle_watts: float | None = None
    energy_reason: str = ""  # why energy is not measured, or what the meter was

    def __post_init__(self) -> None:
        """Refuses a timing that contradicts itself."""
        runs = len(self.offline_items)
        if len(self.offline_s) != runs or (self.joules is not None and len(self.joules) != runs):
            joules = "none" if self.joules is None else len(self.joules)
            raise UsageError(f"timing: {runs} offline runs, {len(self.offline_s)} durations, joules {joules}; give one of each a run")
        numbers = (*self.stream_s, *self.first_s, *self.offline_s, *self.offline_items, *(self.joules or ()))
        if any(not (number > 0 and math.isfinite(number)) for number in numbers) or any(number < 0 for number in self.token_s):
            raise UsageError("timing: times, item counts and joules must be above 0; leave out what was not measured")
        if self.energy_level == "L4" and self.joules is not None:
            raise UsageError("timing: level L4 means that energy was not measured, but joules are given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Cost of an item, with the variance of its log and that variance's degrees of freedom (0: unknown)."""

    estimate: Estimate
    band: tuple[float, float]
    log_variance: float
    df: float
    what: str


def efficiency(q: Estimate, timing: Timing, profile: Profile) -> AxisScore:
    """Axis efficiency: EFF = q+ * clip(ln(b_hi/c) / ln(b_hi/b_lo), 0, 1) for mean x `q` of the timed items (E4, one point).

    Parts: "quality" (q), "cost", "stream_p50", "stream_p95", "first_token_p50", "token_time_p50" (s), "items_per_second",
    "tokens_per_second", "peak_memory" (B), "load_time" (s), "energy" (J an item) and "joules_per_correct" (E3).
    """
    energy = _energy(timing)
    parts = {"quality": q, **_times(timing, profile), **_rates(timing), "energy": energy, "joules_per_correct": _per_correct(q, energy)}
    cost = _cost(timing, energy)
    if isinstance(cost, str):
        return AxisScore(axis="efficiency", estimate=withheld(cost, standing="not measured"), parts=parts)
    parts["cost"] = cost.estimate
    where = f"{timing.machine_class}{f', {timing.machine}' if timing.machine else ''}"
    notes: tuple[str, ...] = (f"one point on {where}; cost: {cost.what}; band {cost.band[0]:g} to {cost.band[1]:g} {cost.estimate.unit}",)
    if timing.energy_level == "L4" or timing.joules is None:
        notes += (f"energy not measured ({energy.reason})",)
    return AxisScore(axis="efficiency", estimate=quality_at_budget(q, cost), parts=parts, notes=notes)


def quality_at_budget(q: Estimate, cost: Cost) -> Estimate:
    """E4 for one point: var = L^2 var(q) + (q / ln(b_hi/b_lo))^2 var(log c), Satterthwaite df; cut at 0 and 1."""
    if q.value is None or cost.estimate.value is None:
        return withheld(q.reason or cost.estimate.reason, q)
    decades = math.log(cost.band[1] / cost.band[0])
    share = math.log(cost.band[1] / cost.estimate.value) / decades
    inside, level = 0 < share < 1, min(max(share, 0.0), 1.0)
    value = max(q.value, 0.0) * level
    method = f"quality at budget over {cost.what}, one point, Satterthwaite t"
    if cost.df == 0:
        method = f"{method}; spread of the cost between runs not in the interval (one run)"
    made = replace(q, value=value, low=None, high=None, method=method, unit="", reason="")
    if level == 0:
        return replace(made, reason="no interval: over budget")
    quality = variance(q)
    if quality is None:
        return replace(made, reason=q.reason or "no interval: the quality has none")
    terms = [(level**2 * quality, max(q.clusters - 1, 1)), ((q.value / decades) ** 2 * cost.log_variance if inside else 0.0, cost.df)]
    total = sum(term for term, _ in terms)
    if total <= 0:
        return replace(made, reason=NO_VARIATION)
    df = total**2 / sum(term**2 / df for term, df in terms if term > 0)
    half, centre = t_quantile(df) * math.sqrt(total), q.value * level
    return replace(made, low=max(0.0, min(centre - half, value)), high=min(1.0, max(centre + half, 0.0)))


def variance(estimate: Estimate) -> float | None:
    """Squared standard error of a clustered t estimate, from its half-width; None where it has no interval."""
    if estimate.low is None or estimate.high is None or estimate.clusters < 2:
        return None
    return float(((estimate.high - estimate.low) / 2 / t_quantile(estimate.clusters - 1)) ** 2)


def _log_variance(estimate: Estimate) -> tuple[float, float]:
    """Variance of the mean log over runs and its df, from the interval of `log_mean`; (0, 0) for one run."""
    if estimate.low is None or estimate.high is None or estimate.low <= 0:
        return 0.0, 0.0
    df = estimate.clusters - 1
    return (math.log(estimate.high / estimate.low) / 2 / t_quantile(df)) ** 2, float(df)


def _cost(timing: Timing, energy: Estimate) -> Cost | str:
    if energy.value is not None and timing.energy_level in ("L0", "L1"):
        variance_of_log, df = _log_variance(energy)
        what = f"energy an item ({ENERGY_WORDS[timing.energy_level]})"
        return Cost(estimate=energy, band=ENERGY_BAND_J, log_variance=variance_of_log, df=df, what=what)
    band = TIME_BANDS_S[timing.machine_class]
    if timing.offline_s:
        made = log_mean([s / n for s, n in zip(timing.offline_s, timing.offline_items, strict=True)], unit="s")
        variance_of_log, df = _log_variance(made)
        return Cost(estimate=made, band=band, log_variance=variance_of_log, df=df, what="device-seconds an item, offline")
    if not timing.stream_s:
        return "no item was timed"
    n, mean = len(timing.stream_s), sum(sorted(timing.stream_s)) / len(timing.stream_s)
    squared = sum((s - mean) ** 2 for s in sorted(timing.stream_s)) / (n - 1) / n if n > 1 else 0.0
    half = t_quantile(n - 1) * math.sqrt(squared) if n > 1 else None
    made = Estimate(
        value=mean,
        low=None if half is None else mean - half,
        high=None if half is None else mean + half,
        n=n,
        clusters=n,
        method="mean over items of one run, t",
        unit="s",
        reason="" if half is not None else "no interval: one item",
    )
    return Cost(estimate=made, band=band, log_variance=squared / mean**2, df=float(max(n - 1, 0)), what="seconds an item, single stream")


def _energy(timing: Timing) -> Estimate:
    """Gross joules an item over the offline runs (E2), with the standing that its level allows."""
    if timing.joules is None or not timing.joules:
        reason = timing.energy_reason or f"no power source (level {timing.energy_level})"
        return replace(withheld(reason, standing="not measured"), unit="J")
    made = log_mean([j / n for j, n in zip(timing.joules, timing.offline_items, strict=True)], unit="J")
    words = f"{timing.energy_level}, {ENERGY_WORDS[timing.energy_level]}; {made.method}"
    return replace(made, method=words, standing="estimated" if timing.energy_level == "L3" else "measured")


def _per_correct(q: Estimate, energy: Estimate) -> Estimate:
    """E3: c/q with var(log) = var(mean log c) + var(q)/q^2, t(C-1); only of measured energy and of q shown above 0."""
    bare = replace(q, unit="J", method="joules an item / mean x")
    if energy.value is None or energy.standing != "measured":
        return withheld(energy.reason or "energy is estimated, not measured", bare, standing="not measured")
    if q.value is None or q.low is None or q.low <= 0:
        return withheld(q.reason or "the quality is not shown to be above 0", bare)
    spread = variance(q)
    runs, df = _log_variance(energy)
    if spread is None:
        return withheld("the quality has no interval", bare)
    half = t_quantile(q.clusters - 1) * math.sqrt(runs + spread / q.value**2)
    value = energy.value / q.value
    one = "" if df else "; spread of the energy between runs not in the interval (one run)"
    method = f"joules an item / mean x, {energy.method.split(';')[0]}, t on the log{one}"
    return replace(bare, value=value, low=value * math.exp(-half), high=value * math.exp(half), method=method)


def _times(timing: Timing, profile: Profile) -> dict[str, Estimate]:
    planned = f"profile {profile.name} plans {profile.stream_items}"
    parts = {}
    for name, seconds, p in (
        ("stream_p50", timing.stream_s, 0.5),
        ("stream_p95", timing.stream_s, 0.95),
        ("first_token_p50", timing.first_s, 0.5),
        ("token_time_p50", timing.token_s, 0.5),
    ):
        if not seconds:
            parts[name] = replace(withheld(f"no item was timed one after another ({planned})", standing="not measured"), unit="s")
        else:
            parts[name] = _quantile(seconds, p)
    return parts


def _quantile(seconds: tuple[float, ...], p: float) -> Estimate:
    """A percentile whose interval is open above is not reported, except the median, which is marked."""
    made, needed = quantile_interval(seconds, p, unit="s"), len(seconds)
    if made.high is not None or p == 0.5:
        return made
    while quantile_ranks(needed, p)[1] > needed:
        needed += 1
    return withheld(f"n = {len(seconds)}; {needed} needed", made)


def _rates(timing: Timing) -> dict[str, Estimate]:
    seconds = sum(timing.offline_s)
    if seconds:
        items = log_mean([n / s for s, n in zip(timing.offline_s, timing.offline_items, strict=True)], unit="item/s")
        tokens = Estimate(
            value=timing.tokens_out / seconds,
            n=sum(timing.offline_items),
            clusters=len(timing.offline_s),
            method=f"generated tokens over {len(timing.offline_s)} offline runs together ({timing.tokens_in} tokens read)",
            unit="token/s",
            reason="no interval: a total; never ranked, tokenizers differ",
        )
    else:
        items = tokens = withheld("no offline run", standing="not measured")
    peak = _single(timing.peak_bytes, "B", "highest of the run", "the engine does not tell its peak memory")
    load = _single(timing.load_s, "s", "one load", "the engine does not tell its load time")
    return {"items_per_second": items, "tokens_per_second": tokens, "peak_memory": peak, "load_time": load}


def _single(value: float | None, unit: str, method: str, why: str) -> Estimate:
    if value is None:
        return replace(withheld(why, standing="not measured"), unit=unit)
    return Estimate(value=float(value), n=1, clusters=1, method=method, unit=unit, reason="no interval: read once")
