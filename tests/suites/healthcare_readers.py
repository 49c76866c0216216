"""How a reader works out the answers of healthcare's drawn items: from stem, context and options alone."""

import re

import numpy as np


def _tables(context):
    """Tables of a text as lists of rows of cells, the heading first."""
    found, rows = [], []
    for line in [*context.split("\n"), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if set("".join(cells)) - {"-"}:
                rows.append(cells)
        elif rows:
            found.append(rows)
            rows = []
    return found


_CODES = (
    ("water", "水分", "Water"), ("ash", "总灰分", "Total ash"), ("acid_ash", "酸不溶性灰分", "Acid-insoluble ash"),
    ("extract", "浸出物", "Extractives"), ("marker", "指标成分含量", "Marker compound"), ("sulfite", "二氧化硫残留量", "Sulfur dioxide residue"),
    ("weight", "体重", "Weight"), ("systolic", "收缩压", "Systolic pressure"), ("diastolic", "舒张压", "Diastolic pressure"),
    ("pulse", "脉搏", "Pulse"), ("haemoglobin", "血红蛋白", "Haemoglobin"), ("interval", "距上次献血", "Time since last donation"),
)  # fmt: skip


def _kept(value, bound):
    sign, limit = bound.split()
    limit = float(limit)
    return {"≤": value <= limit, "≥": value >= limit, "<": value < limit, ">": value > limit}[sign]


def verdict(item):
    """Every result held against the column that the lot or donor belongs to."""
    limits, results = _tables(item.context)
    said = re.search(r"^(.+)一批，检验结果|^一名(.+)献血者|lot of (.+):$|column “(.+)”:$", item.context, re.MULTILINE)
    column = limits[0].index(next(filter(None, said.groups())))
    failing = [name for (name, _, value), row in zip(results[1:], limits[1:], strict=True) if not _kept(float(value), row[column])]
    if item.form == "json":
        spelt = {name: code for code, zh, en in _CODES for name in (zh, en)}
        return {"verdict": "fail" if failing else "pass", "failing": [spelt[name] for name in failing]}
    for option in item.choices:
        listed = re.split(r"[：:]\s*", option)[1:]
        names = re.split("[、,]", listed[0]) if listed else []
        if [name.strip().lower() for name in names] == [name.lower() for name in failing]:
            return option
    return None


def _reading(item, value):
    """The value itself, or the option that is nearest to it."""
    if item.form == "number":
        return value
    return min(item.choices, key=lambda option: abs(float(option.split()[0]) - value))


def growth(item):
    """Column by sex and centile, row or place between rows by age."""
    (rows,) = _tables(item.context)
    said = re.search(r"(?P<age>\d+) 月龄(?P<sex>..)的第 (?P<centile>\d+)|centile (?P<c>\d+) .* for (?P<s>boys|girls) of (?P<a>\d+) months", item.stem)
    age, sex, centile = ((said[long] or said[short]) for long, short in (("age", "a"), ("sex", "s"), ("centile", "c")))
    column = rows[0].index(f"{sex.capitalize()} P{centile}")
    ages, weights = zip(*((float(row[0]), float(row[column])) for row in rows[1:]), strict=True)
    return _reading(item, float(np.interp(float(age), ages, weights)))


def assay(item):
    """Absorbance to concentration along the polygon of the calibrators, then times the dilution."""
    (rows,) = _tables(item.context)
    fold = float(re.search(r"(?:作|diluted) (\d+)(?: 倍稀释|-fold)", item.stem).group(1))
    wave = re.search(r"(\d+) nm", item.stem).group(1)
    signal = float(re.search(r"(?:吸光度|then read) ([\d.]+\d)", item.stem).group(1))
    (column,) = [place for place, head in enumerate(rows[0]) if wave in head]
    levels, signals = zip(*((float(row[0]), float(row[column])) for row in rows[1:]), strict=True)
    return _reading(item, fold * float(np.interp(signal, signals, levels)))


READERS = {
    "GHS1": verdict,
    "GHS2": verdict,
    "GHT1": growth,
    "GHT2": assay,
}
