"""Generality: the expected score in the worse of two cells drawn at random, averaged over facets (G1 to G4)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from evalkit.axes.profiles import GENERALITY_DOMAINS
from evalkit.axes.rows import cluster, clusters, corrected, first_clean, no_axis, ordered, scored, withheld
from evalkit.canon import rng_for
from evalkit.records import ABILITY_OF_TASK, FORM_GROUP, LANGUAGES, LEVELS, AxisScore, Estimate, Profile, Score
from evalkit.stats import Floats, Linear, combine, linear, max_t, quotient

Facet = str
Index = NDArray[np.intp]
_NAME: Mapping[Facet, Callable[[Score], str]] = {
    "domain": lambda row: row.suite,
    "language": lambda row: row.language,
    "level": lambda row: row.level,
    "ability": lambda row: ABILITY_OF_TASK[row.task],
    "form": lambda row: FORM_GROUP[row.form],
}
_NEEDED = ("domain", "language", "ability")
SPLITS = 50  # halvings of the clusters behind the cross-fit companion


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One value of a facet: its mean is the plain mean over `parts` (rows of each crossed cell), so that the mix is fixed."""

    facet: Facet
    name: str
    parts: tuple[Index, ...]


def rank_weights(cells: int) -> Floats:
    """G1: weights of the cells sorted upward, (cells,), summing to 1. Five cells: .36 .28 .20 .12 .04.

    >>> [round(float(w), 2) for w in rank_weights(2)]
    [0.75, 0.25]
    """
    shares = np.arange(cells, -1, -1) / cells
    return shares[:-1] ** 2 - shares[1:] ** 2


def generality(scores: Iterable[Score], profile: Profile) -> AxisScore:
    """Axis generality over the first clean answers: GEN = mean over facets of G_f (G1, G2), interval by G4.

    Domain, language and level are crossed with equal weights (level only where every crossed cell has an item; otherwise
    it is a margin like ability and form, standardised over domain x language). A cell under the profile's items or
    clusters, or absent from a domain x language, is left out and named in the notes; nothing is imputed.
    Parts: "mean" (the facets' common mean mu), "cross_fit", "evenness" (GEN/mean), "facet/<facet>" (G_f),
    "cell/<facet>/<name>" and "weakest/<facet>" with max-t intervals over the facet's cells.
    """
    asked = first_clean(ordered(scores))
    rows = scored(asked)
    if not rows:
        return no_axis("generality", "no item was scored", standing="not measured")
    missing = len(asked) - len(rows)
    kept, facets, notes = _layout(rows, profile)
    if not facets:
        return no_axis("generality", "no cell of domain and language is large enough", notes=notes)
    x = np.array([corrected(row) for row in kept])
    return _axis(kept, x, facets, notes, missing)


def _axis(rows: Sequence[Score], x: Floats, facets: Mapping[Facet, list[Cell]], notes: tuple[str, ...], missing: int) -> AxisScore:
    names, strata = clusters(rows), [row.suite for row in rows]
    heads = dict(zip(names, strata, strict=True))
    sizes = Counter(heads.values())
    outside_of = {name: sizes[head] for name, head in heads.items()}
    margins = {facet: [_margin(cell, x, names, outside_of) for cell in cells] for facet, cells in facets.items()}
    worse = {facet: _worse_of_two(values) for facet, values in margins.items()}
    share = [1 / len(worse)] * len(worse)
    gen = combine(list(worse.values()), share)
    mean = combine([combine(values, [1 / len(values)] * len(values)) for values in margins.values()], share)

    def made(statistic: Linear, method: str) -> Estimate:
        return linear(statistic, names, strata=strata, missing=missing, method=method)

    estimate = made(gen, f"mean over {len(worse)} facets of the expected score in the worse of two cells, clustered t, domains as strata")
    parts = {"mean": made(mean, "mean over facets of the standardised cells' mean"), "evenness": _evenness(gen, mean, made)}
    parts["cross_fit"], uncertain = _companion(rows, x, facets, estimate)
    for facet, cells in facets.items():
        parts[f"facet/{facet}"] = made(worse[facet], "expected score in the worse of two cells")
        parts |= _cells(cells, margins[facet], names, strata)
    notes = (*notes, *uncertain)
    short = [facet for facet in _NEEDED if len(facets.get(facet, ())) < (GENERALITY_DOMAINS if facet == "domain" else 2)]
    if short:
        counts = ", ".join(f"{facet} has {len(facets.get(facet, ()))}" for facet in short)
        reason = f"needs {GENERALITY_DOMAINS} domains, 2 languages and 2 abilities in cells large enough; {counts}"
        parts = {name: part for name, part in parts.items() if name not in ("evenness", "cross_fit")}
        return AxisScore(axis="generality", estimate=withheld(reason, estimate), parts=parts, notes=notes)
    return AxisScore(axis="generality", estimate=estimate, parts=parts, notes=notes)


def _margin(cell: Cell, x: Floats, names: Sequence[str], outside_of: Mapping[str, int]) -> Linear:
    """q_fd = mean of the parts' means; e_i = (x_i - part mean) / (parts * n_part), with the part's own C/(C-1).

    `outside_of`: clusters in the stratum of each cluster, by the cluster's name.
    """
    influences = np.zeros(len(x))
    means = [float(x[part].mean()) for part in cell.parts]
    centre = float(np.mean(means))
    for part, mean in zip(cell.parts, means, strict=True):
        inside = len({names[row] for row in part})
        outside = outside_of[names[part[0]]]
        # `linear` multiplies by the stratum's C/(C-1); small parts need their own, larger one. A part with one cluster
        # says nothing of its own variance: it is centred at the cell's mean, which errs to the wide side.
        factor = np.sqrt(inside / (inside - 1) * (outside - 1) / outside) if inside > 1 else 1.0
        influences[part] = factor * (x[part] - (mean if inside > 1 else centre)) / (len(cell.parts) * len(part))
    return Linear(centre, influences)


def _worse_of_two(values: Sequence[Linear]) -> Linear:
    """G2 with G4's influences: the cells' statistics weighted by their rank from below."""
    order = sorted(range(len(values)), key=lambda place: (values[place].value, place))
    return combine([values[place] for place in order], rank_weights(len(values)).tolist())


def _evenness(gen: Linear, mean: Linear, made: Callable[[Linear, str], Estimate]) -> Estimate:
    bare = made(mean, "GEN / mean, delta method")
    if bare.value is None or bare.value <= 0 or (bare.low is not None and bare.low <= 0):
        return withheld("the mean is not shown to be above chance", bare)
    return made(quotient(gen, mean), "GEN / mean, delta method")


def _cells(cells: Sequence[Cell], values: Sequence[Linear], names: Sequence[str], strata: Sequence[str]) -> dict[str, Estimate]:
    facet = cells[0].facet
    held = [
        replace(made, n=sum(map(len, cell.parts)), clusters=len({names[row] for part in cell.parts for row in part}))
        for cell, made in zip(cells, max_t(values, names, strata=strata, key=facet), strict=True)
    ]
    parts = {f"cell/{facet}/{cell.name}": made for cell, made in zip(cells, held, strict=True)}
    if len(cells) > 1:
        worst = min(range(len(cells)), key=lambda place: (values[place].value, place))
        parts[f"weakest/{facet}"] = replace(held[worst], method=f"{cells[worst].name}: {held[worst].method}")
    return parts


# which cells there are


def _layout(rows: Sequence[Score], profile: Profile) -> tuple[list[Score], dict[Facet, list[Cell]], tuple[str, ...]]:
    """Rows of the kept domains and languages, the facets with their cells, and what was left out in words."""
    notes: list[str] = []
    languages = _large(rows, "language", profile, notes)
    domains = []
    for domain in _large([row for row in rows if row.language in languages], "domain", profile, notes):
        lacking = [language for language in languages if not any(row.suite == domain and row.language == language for row in rows)]
        if lacking:
            notes.append(f"cell left out: domain {domain} (no items in {', '.join(lacking)})")
        else:
            domains.append(domain)
    kept = [row for row in rows if row.suite in domains and row.language in languages]
    if not kept:
        return [], {}, tuple(notes)
    base = list(product(domains, languages))
    levels = _large(kept, "level", profile, notes, base)
    crossed = len(levels) > 1 and {row.level for row in kept} == set(levels)
    table = _table(kept, [(d, lang, level) for d, lang in base for level in levels]) if crossed else _table(kept, base)
    facets = {facet: _crossed(facet, place, table) for place, facet in enumerate(("domain", "language", "level")[: 3 if crossed else 2])}
    standardised = {"level": levels} if not crossed else {}
    standardised |= {facet: _large(kept, facet, profile, notes, base) for facet in ("ability", "form")}
    for facet, names in standardised.items():
        facets[facet] = [_standardised(facet, name, kept, base) for name in names]
    return kept, {facet: cells for facet, cells in facets.items() if _counts(facet, cells, notes)}, tuple(notes)


def _counts(facet: Facet, cells: Sequence[Cell], notes: list[str]) -> bool:
    """A facet with one cell has no worse of two; its loss is named."""
    if len(cells) < 2:
        notes.append(f"facet left out: {facet} ({len(cells)} cell large enough)")
    return len(cells) >= 2


def _large(
    rows: Sequence[Score], facet: Facet, profile: Profile, notes: list[str], base: Sequence[tuple[str, ...]] = ()
) -> list[str]:
    """Names of the facet's cells that are large enough and, with `base`, present in every domain x language."""
    name_of, kept = _NAME[facet], []
    known = {"language": LANGUAGES, "level": LEVELS}.get(facet, ())
    present = sorted({name_of(row) for row in rows}, key=lambda name: (known.index(name) if name in known else len(known), name))
    for name in present:
        inside = [row for row in rows if name_of(row) == name]
        groups = len({cluster(row) for row in inside})
        absent = len(set(base) - {(row.suite, row.language) for row in inside})
        if len(inside) < profile.cell_items or groups < profile.cell_clusters:
            notes.append(
                f"cell left out: {facet} {name} ({len(inside)} items in {groups} clusters; "
                f"{profile.cell_items} and {profile.cell_clusters} needed)"
            )
        elif absent:
            notes.append(f"cell left out: {facet} {name} (absent from {absent} of {len(base)} domain x language cells)")
        else:
            kept.append(name)
    return kept


def _table(rows: Sequence[Score], keys: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], Index]:
    depth = len(keys[0])
    of_row = [(row.suite, row.language, row.level)[:depth] for row in rows]
    return {key: np.array([place for place, name in enumerate(of_row) if name == key], dtype=np.intp) for key in keys}


def _crossed(facet: Facet, place: int, table: Mapping[tuple[str, ...], Index]) -> list[Cell]:
    names = list(dict.fromkeys(key[place] for key in table))
    return [Cell(facet, name, tuple(part for key, part in table.items() if key[place] == name)) for name in names]


def _standardised(facet: Facet, name: str, rows: Sequence[Score], base: Sequence[tuple[str, ...]]) -> Cell:
    places: dict[tuple[str, ...], list[int]] = {key: [] for key in base}
    for place, row in enumerate(rows):
        if _NAME[facet](row) == name:
            places[(row.suite, row.language)].append(place)
    return Cell(facet, name, tuple(np.array(part, dtype=np.intp) for part in places.values()))


# the cross-fit companion


def _companion(
    rows: Sequence[Score], x: Floats, facets: Mapping[Facet, list[Cell]], gen: Estimate
) -> tuple[Estimate, tuple[str, ...]]:
    """GEN with the cells ranked on half of the clusters and scored on the other half, averaged over keyed splits."""
    values = _cross_fit(rows, x, facets)
    if not values:
        return withheld("a half of the clusters leaves a cell empty"), ()
    value = float(np.mean(values))
    made = Estimate(
        value=value,
        n=len(rows),
        clusters=gen.clusters,
        method=f"cells ranked on half of the clusters, scored on the other half, mean of {len(values)} splits",
        reason="companion of GEN: no interval of its own",
    )
    if gen.value is None or gen.high is None or abs(value - gen.value) <= gen.high - gen.value:
        return made, ()
    return made, ("order of cells uncertain: GEN and its cross-fit companion differ by more than the half-width",)


def _cross_fit(rows: Sequence[Score], x: Floats, facets: Mapping[Facet, list[Cell]]) -> list[float]:
    of_row = [(row.suite, cluster(row)) for row in rows]
    names = sorted(set(of_row))
    place = {name: number for number, name in enumerate(names)}
    column = np.array([place[name] for name in of_row])
    stratum = np.array([name[0] for name in names])
    halves = np.stack([_half(stratum, split) for split in range(SPLITS)], axis=1)
    both = np.concatenate([halves, ~halves], axis=1).astype(np.float64)
    worse = []
    for cells in facets.values():
        means = np.stack([_cell_means(cell, x, column, both) for cell in cells])
        ranking, scoring = means, np.roll(means, SPLITS, axis=1)  # a half ranks, its complement is scored
        order = np.argsort(ranking, axis=0, kind="stable")
        worse.append(rank_weights(len(cells)) @ np.take_along_axis(scoring, order, axis=0))
    values = np.mean(worse, axis=0)
    return [float(value) for value in values if np.isfinite(value)]


def _cell_means(cell: Cell, x: Floats, column: Index, halves: Floats) -> Floats:
    """The cell's mean in each half, (halves,); parts that a half lacks are left out of it, NaN where it lacks them all."""
    count = len(halves)
    sums = np.stack([np.bincount(column[part], weights=x[part], minlength=count) for part in cell.parts]) @ halves
    rows = np.stack([np.bincount(column[part], minlength=count) for part in cell.parts]) @ halves
    had = rows > 0
    means = np.divide(sums, rows, out=np.zeros_like(sums), where=had)
    parts = had.sum(axis=0)
    return np.where(parts > 0, means.sum(axis=0) / np.maximum(parts, 1), np.nan)


def _half(stratum: NDArray[np.str_], split: int) -> NDArray[np.bool_]:
    """A keyed half of the clusters within each stratum (of an odd number, the larger half by turns)."""
    draws = np.random.default_rng(rng_for("generality", "cross-fit", split).getrandbits(128)).random(len(stratum))
    half = np.zeros(len(stratum), dtype=np.bool_)
    for number, head in enumerate(sorted(set(stratum.tolist()))):
        inside = np.flatnonzero(stratum == head)
        size = (len(inside) + (split + number) % 2) // 2
        half[inside[np.argsort(draws[inside], kind="stable")[:size]]] = True
    return half
