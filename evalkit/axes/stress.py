"""Robustness: how much of the clean score is kept over six families of operators (R1 to R6), with its validity gates."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from evalkit.axes.noise import Places, excess_flips, hold, option_prior, template_spread
from evalkit.axes.profiles import BY_NUMBER, CLEAN_FLOOR, FAMILIES
from evalkit.axes.retention import Core, Kept, core_of, joined, means, measure
from evalkit.axes.rows import corrected, mean, no_axis, ordered, scored, withheld
from evalkit.records import Arm, AxisScore, Estimate, Profile, Score
from evalkit.stats import NO_VARIATION, Linear, clustered_mean, clustered_share, combine, linear, max_t, ratio_of

_SAME = 1e-9  # a ratio this near 1 is 1 but for rounding


def robustness(scores: Iterable[Score], profile: Profile, *, places: Places | None = None) -> AxisScore:
    """Axis robustness over the core, the items that have perturbed rows: ROB = mean over families of their mean (R2).

    Parts: "operator/<number>" (retention or keep rate), "applies/<number>" (|A_o|/n), "unread/<number>" (share without a
    readable answer), "family/<number>" and "weakest_family" (max-t), "clean", "stress" (accuracy under stress, R3),
    "placebo", "positive", and what is printed but not ranked: "excess_flips/<n>", "right_to_wrong/<n>",
    "wrong_to_right/<n>" (R4), "hold3", "hold3_clean", "hold3_ratio" (R5), "template_spread", "template_second_worst"
    (R8), "option_prior" (R9; needs `places`: key of a score > place chosen, place of the right option).
    Not reported near chance (clean mean's lower limit under .15), without placebo and positive control, or when the
    placebo's interval misses 1 or the positive control's upper limit reaches 1.
    """
    rows = ordered(scores)
    core = core_of(rows)
    if not core.items:
        return no_axis("robustness", "no perturbed item was asked", standing="not measured")
    measured, notes = _operators(core, rows)
    parts = _operator_parts(core, measured)
    parts["clean"] = _clean(core)
    gates = {"placebo": _gate(core, "placebo"), "positive": _gate(core, "positive")}
    parts |= gates | hold(core) | template_spread(core) | {"option_prior": option_prior(core, places)}
    for kept in measured:
        if kept.row.comparable:
            parts |= excess_flips(core, kept.row)
    notes += _noise_notes(core, profile)
    if not measured:
        why = _near_chance(parts["clean"]) or "no operator could be measured"
        return AxisScore(axis="robustness", estimate=withheld(why), parts=parts, notes=tuple(notes))
    estimate, of_families, partial = _families(core, measured)
    parts |= of_families
    refused = _near_chance(parts["clean"]) or _gate_failure(gates)
    return AxisScore(
        axis="robustness",
        estimate=withheld(refused, estimate) if refused else estimate,
        parts=parts,
        notes=tuple(notes),
        partial=partial,
    )


def _operators(core: Core, rows: Sequence[Score]) -> tuple[list[Kept], list[str]]:
    numbers = sorted({row.operator for row in rows if row.arm == "perturbed"})
    measured, notes = [], []
    for number in numbers:
        made = measure(core, BY_NUMBER[number]) if number in BY_NUMBER else "not in the table of operators"
        if isinstance(made, str):
            notes.append(f"operator {number} left out: {made}")
        else:
            measured.append(made)
    return measured, notes


def _operator_parts(core: Core, measured: Sequence[Kept]) -> dict[str, Estimate]:
    parts = {}
    for kept in measured:
        number, names = kept.row.number, [core.clusters[place] for place in kept.places]
        parts[f"operator/{number}"] = linear(kept.kept, names, missing=kept.missing, method=f"{kept.method}, clustered t")
        parts[f"applies/{number}"] = Estimate(
            value=len(kept.places) / len(core.items),
            n=len(core.items),
            clusters=len(set(core.clusters)),
            method=f"{len(kept.places)} of {len(core.items)} core items",
            reason="no interval: a count",
        )
        asked = [row for rows in core.rows("perturbed", number).values() for row in rows if row.value is not None]
        unread = [row.state in ("unparsable", "refused", "cut_off") for row in asked]
        parts[f"unread/{number}"] = clustered_share(unread, [f"{row.suite}/{row.cluster}" for row in asked])
    return parts


def _spread(core: Core, statistic: Linear, places: Sequence[int]) -> Linear:
    """The same statistic with influences over the whole core, 0 where it does not apply (R2: union of items)."""
    influences = np.zeros(len(core.items))
    influences[list(places)] = statistic.influences
    return Linear(statistic.value, influences)


def _families(core: Core, measured: Sequence[Kept]) -> tuple[Estimate, dict[str, Estimate], str]:
    """ROB (R2), families with max-t intervals, accuracy under stress with the same weights (R3), and what is partial."""
    present = sorted({kept.row.family for kept in measured})
    inside = {family: [kept for kept in measured if kept.row.family == family] for family in present}

    def family_means(which: str) -> list[Linear]:
        return [
            combine([_spread(core, getattr(kept, which), kept.places) for kept in members], [1 / len(members)] * len(members))
            for members in inside.values()
        ]

    share, names = [1 / len(present)] * len(present), core.clusters
    rho, missing = family_means("kept"), sum(kept.missing for kept in measured)
    partial = "" if len(present) == len(FAMILIES) else f"{len(present)} of {len(FAMILIES)} families"
    method = f"mean over {len(present)} families of {len(measured)} operators, retention and keep rate, clustered t"
    parts = {
        f"family/{family}": _counted(core, made, inside[family])
        for family, made in zip(present, max_t(rho, names, key="families"), strict=True)
    }
    low, worst = min((statistic.value, family) for statistic, family in zip(rho, present, strict=True))
    held = parts[f"family/{worst}"]
    parts["weakest_family"] = replace(held, value=low, method=f"family {worst}, {FAMILIES[worst][1]}: {held.method}")
    stress = combine(family_means("stress"), share)
    parts["stress"] = linear(stress, names, missing=missing, method="mean x of perturbed answers, weighted as the axis, clustered t")
    return linear(combine(rho, share), names, missing=missing, method=method), parts, partial


def _counted(core: Core, made: Estimate, members: Sequence[Kept]) -> Estimate:
    """The estimate with the items and clusters that at least one of the family's operators applies to."""
    places = {place for kept in members for place in kept.places}
    missing = sum(kept.missing for kept in members)
    return replace(made, n=len(places), clusters=len({core.clusters[place] for place in places}), missing=missing)


def _clean(core: Core) -> Estimate:
    """Mean x of the core's clean runs."""
    had = [(place, scored(core.rows("clean").get(item, []))) for place, item in enumerate(core.items)]
    use = [(place, rows) for place, rows in had if rows]
    if not use:
        return withheld("no core item has a clean score")
    values = [mean([corrected(row) for row in rows]) for _, rows in use]
    names = [core.clusters[place] for place, _ in use]
    method = f"mean x of the core's clean answers, up to {core.runs} runs, clustered t"
    return clustered_mean(values, names, missing=len(had) - len(use), method=method)


def _gate(core: Core, arm: Arm) -> Estimate:
    """Retention of the placebo (nothing changed, asked again) or of the positive control (half of all characters shuffled)."""
    pairs = joined(core, core.rows("clean"), core.rows(arm))
    if not pairs.places:
        return withheld(f"no {arm} row has a score", standing="not measured")
    a, b = means(pairs.base), means(pairs.varied)
    if a.sum() <= 0:
        return withheld("the score before is not above chance")
    names = [core.clusters[place] for place in pairs.places]
    return linear(ratio_of(b, a), names, missing=pairs.missing, method=f"retention of the {arm} arm, clustered t")


def _near_chance(clean: Estimate) -> str:
    """R3: retention of nothing is not robustness."""
    if clean.value is None:
        return clean.reason
    low = clean.value if clean.reason == NO_VARIATION else clean.low
    if low is None:
        return f"the clean mean has no interval ({clean.reason})"
    return f"near chance: the clean mean's lower limit is {low:.3f}, {CLEAN_FLOOR:.2f} is needed" if low < CLEAN_FLOOR else ""


def _gate_failure(gates: dict[str, Estimate]) -> str:
    placebo, positive = gates["placebo"], gates["positive"]
    for name, gate in gates.items():
        if gate.value is None:
            return f"validity gate: {name} cannot be had ({gate.reason})"
    low, high = (end if end is not None else placebo.value for end in (placebo.low, placebo.high))
    if low is None or high is None or not low - _SAME <= 1 <= high + _SAME:
        return f"validity gate: the placebo kept {placebo.value:.3f} of the clean score, and its interval misses 1"
    top = positive.value if positive.reason == NO_VARIATION else positive.high
    if top is None or top >= 1:
        return f"validity gate: the positive control kept {positive.value:.3f} of the clean score, which is not clearly below 1"
    return ""


def _noise_notes(core: Core, profile: Profile) -> list[str]:
    """With one clean run the placebo is the check that the engine repeats itself exactly."""
    if core.runs > 1:
        return [f"{core.runs} clean runs, profile {profile.name} has {profile.reruns}"] if core.runs < profile.reruns else []
    pairs = joined(core, core.rows("clean"), core.rows("placebo"))
    changed = sum(
        any((one.value, one.state, one.parsed) != (other.value, other.state, other.parsed) for one in old for other in new)
        for old, new in zip(pairs.base, pairs.varied, strict=True)
    )
    if not pairs.places:
        return ["one clean run and no placebo: keep rates lack a noise control"]
    if changed:
        return [
            f"one clean run, and the placebo changed {changed} of {len(pairs.places)} answers: keep rates lack a noise control "
            "and read too low; ask for 2 clean runs or more"
        ]
    return []
