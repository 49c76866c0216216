"""How a reader works out the answers of breeding's drawn items, from what is printed: stem, context and options alone."""

import re

import numpy as np

NUMBER = r"-?\d+(?:\.\d+)?"


def tables_in(text):
    """Every Markdown table of a text, as a list of rows of cells, the heading first."""
    found, lines = [], []
    for line in [*text.split("\n"), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not set("".join(cells)) <= set("-"):
                lines.append(cells)
        elif lines:
            found.append(lines)
            lines = []
    return found


CLAUSES = {
    "品种纯度": "purity", "varietal purity": "purity", "净度": "cleanness", "physical purity": "cleanness",
    "发芽率": "germination", "germination": "germination", "水分": "moisture", "moisture": "moisture",
    "两年平均增产": "gain", "mean gain of both years": "gain", "增产点比例": "sites", "sites with a gain": "sites",
    "倒伏倒折率之和": "lodging", "lodged and broken plants": "lodging", "茎腐病田间发病率": "stalk_rot", "plants with stalk rot": "stalk_rot",
}  # fmt: skip


def judged(item):
    """The verdict from the printed limits: the row is found by its name in the line above the results."""
    limits, results = tables_in(item.context)
    (line,) = [line for line in item.context.split("\n") if re.search(r"第 \d+ 批|, lot \d+|参试品种|Candidate \d+", line)]
    (row,) = [row for row in limits[1:] if row[0] in line]
    equal_fails = "按不合格计" in item.stem or "limit fails" in item.stem
    broken = []
    for head, limit, name, value in zip(limits[0][1:], row[1:], results[0], results[1], strict=True):
        word = name.removesuffix("%").strip()
        assert head.startswith(word)
        over = np.sign(round(float(value) - float(limit), 6))
        good = over >= 0 if re.search("下限|minimum", head) else over <= 0
        if not good or (over == 0 and equal_fails):
            broken.append(word)
    if item.form == "json":
        return {"verdict": "fail" if broken else "pass", "failing": [CLAUSES[word] for word in broken]}
    for option in item.choices:
        listed = re.split("、|, ", re.sub("^(?:不合格：|fail: )", "", option)) if option not in ("合格", "pass") else []
        if sorted(listed) == sorted(broken):
            return option
    raise AssertionError(broken)


def number_or_option(item, value):
    """The number, or the option that is nearest to it by less than 0.02."""
    if item.form == "number":
        return value
    (option,) = [option for option in item.choices if abs(float(option.split()[0]) - value) < 0.02]
    return option


def emergence(item):
    """The asked crop's row and temperature, by numpy."""
    (head, *rows) = tables_in(item.context)[0]
    soil = [float(re.search(NUMBER, cell)[0]) for cell in head[1:]]
    (row,) = [row for row in rows if re.search(rf"^{row[0]}播种后|sowing {row[0]} is", item.stem)]
    asked = float(re.search(rf"({NUMBER}) °C", item.stem)[1])
    return number_or_option(item, float(np.interp(asked, soil, [float(cell) for cell in row[1:]])))


def foretold(item):
    """The cross's cell and its margins, found by the names of both parents."""
    head, *rows = [[cell.replace("−", "-") for cell in row] for row in tables_in(item.context)[0]]
    female, male = re.search(r"(F\d+) × (T\d+)", item.stem).groups()
    cells = {(row[0], name): row[place] for row in rows for place, name in enumerate(head)}
    terms = [cells[female, "GCA"], cells[rows[-1][0], f"× {male}"], cells[female, f"× {male}"]]
    mean = re.search(rf"({NUMBER}) t/ha", item.context)[1]
    return number_or_option(item, round(sum(map(float, [mean, *terms])), 2))


READERS = {
    "GBS1": judged,
    "GBS2": judged,
    "GBT1": emergence,
    "GBT2": foretold,
}
