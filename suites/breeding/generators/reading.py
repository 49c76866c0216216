"""Tables that are read with two keys: days to emergence between two soil temperatures, and the yield that combining abilities predict."""

import random
from collections.abc import Mapping, Sequence

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source, Tolerance
from evalkit.templates import NEAR_MISS_TOLERANCES, Params, half_way

CROPS: Mapping[str, tuple[Mapping[Language, str], float, tuple[int, int]]] = {  # name, base temperature in °C, degree days to emergence
    "maize": ({"zh": "玉米", "en": "maize"}, 6.5, (92, 118)),
    "sorghum": ({"zh": "高粱", "en": "sorghum"}, 7.5, (78, 100)),
    "soybean": ({"zh": "大豆", "en": "soybean"}, 6.0, (100, 126)),
    "sunflower": ({"zh": "向日葵", "en": "sunflower"}, 4.5, (104, 130)),
    "millet": ({"zh": "谷子", "en": "foxtail millet"}, 7.0, (60, 84)),
}
SOIL = (10, 12, 15, 18, 22)  # °C
TOLERANCE = Tolerance(rel=0.01)


def _apart(gold: float, wrong: Mapping[str, float], digits: int, tolerance: Tolerance) -> dict[str, str] | None:
    """Printed wrong values > names, None where one is too near the gold or fewer than three are left."""
    band = NEAR_MISS_TOLERANCES * tolerance.width(gold)
    if any(abs(value - gold) <= band for value in wrong.values()):
        return None
    printed: dict[str, str] = {}
    for name, value in wrong.items():
        printed.setdefault(f"{value:.{digits}f}", name)
    return printed if len(printed) >= 3 else None


def _three(printed: Mapping[str, str], rng: random.Random) -> dict[str, str]:
    kept = sorted(rng.sample(sorted(printed), 3))
    return {value: printed[value] for value in kept}


def between(days: Sequence[float], soil: float) -> float:
    """Days at a soil temperature inside the table, by the straight line between its neighbours."""
    place = max(index for index, column in enumerate(SOIL) if column < soil)
    share = (soil - SOIL[place]) / (SOIL[place + 1] - SOIL[place])
    return days[place] + share * (days[place + 1] - days[place])


def _draw_emergence(rng: random.Random) -> Params | None:
    crops = rng.sample(sorted(CROPS), 4)
    days = {}
    for crop in crops:
        _, base, (low, high) = CROPS[crop]
        needed = rng.randint(low, high)
        days[crop] = [round(needed / (soil - base), 1) for soil in SOIL]
    place = rng.randrange(len(SOIL) - 1)
    soil = rng.randint(10 * SOIL[place] + 4, 10 * SOIL[place + 1] - 4) / 10
    asked = rng.choice(crops)
    own, (left, right) = days[asked], (days[asked][place], days[asked][place + 1])
    gold = between(own, soil)
    neighbour = crops[crops.index(asked) - 1]
    wrong = _apart(
        gold,
        {
            "lower temperature's value, not interpolated": left,
            "higher temperature's value, not interpolated": right,
            f"row of {CROPS[neighbour][0]['en']} read": between(days[neighbour], soil),
            "shares of the two columns exchanged": left + right - gold,
            "mean of the two columns": (left + right) / 2 if soil != (SOIL[place] + SOIL[place + 1]) / 2 else left,
        },
        2,
        TOLERANCE,
    )
    if wrong is None or half_way(gold, 2):
        return None
    return {"crops": crops, "days": days, "asked": asked, "soil": soil, "gold": f"{gold:.2f}", "wrong": _three(wrong, rng)}


def _write_emergence(p: Params, language: Language) -> tuple[Content, ...]:
    zh = language == "zh"
    name = CROPS[p["asked"]][0][language]
    head = [("作物" if zh else "Crop"), *(f"{soil} °C" for soil in SOIL)]
    rows = [[CROPS[crop][0][language], *p["days"][crop]] for crop in p["crops"]]
    told = "某试验站各作物从播种到出苗的天数，按播种层平均地温（虚构数据）：" if zh else "Days from sowing to emergence at a trial station, by mean soil temperature at sowing depth (invented):"
    stem = (
        f"{name}播种后平均地温为 {p['soil']} °C。相邻两个地温之间按线性内插，预计播种到出苗需要多少天？单位：天，保留两位小数。"
        if zh
        else f"The mean soil temperature after sowing {name} is {p['soil']} °C. With linear interpolation between neighbouring temperatures, how many days from sowing to emergence are to be expected? Answer in days, to two decimals."
    )
    place = max(index for index, column in enumerate(SOIL) if column < p["soil"])
    left, right = p["days"][p["asked"]][place : place + 2]
    why = (
        f"{name}一行：{SOIL[place]} °C 为 {left} 天，{SOIL[place + 1]} °C 为 {right} 天，按 {p['soil']} °C 所占比例内插得 {p['gold']} 天。"
        if zh
        else f"In the row of {name}, {SOIL[place]} °C gives {left} days and {SOIL[place + 1]} °C gives {right}; {p['soil']} °C lies between them at {p['gold']} days."
    )
    return _both(p, "天" if zh else "days", f"{told}\n{table(head, rows)}", stem, why, TOLERANCE)


def _both(p: Params, unit: str, context: str, stem: str, why: str, tolerance: Tolerance) -> tuple[Content, ...]:
    """The same question with options and with a number to write."""
    wrong = {f"{value} {unit}": name for value, name in p["wrong"].items()}
    gold = f"{p['gold']} {unit}"
    return (
        Content(form="choice", context=context, stem=stem, answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=why),
        Content(form="number", context=context, stem=stem, answer=p["gold"], unit=unit, tolerance=tolerance, explanation=why),
    )


YIELD_TOLERANCE = Tolerance(rel=0.0, abs=0.02)  # t/ha: all terms are printed to 0.01


def _draw_cross(rng: random.Random) -> Params | None:
    """A line-by-tester table: effects in hundredths of t/ha, each kind adding up to 0 as estimated effects do."""
    females = [f"F{number}" for number in sorted(rng.sample(range(11, 99), 4))]
    males = [f"T{number}" for number in sorted(rng.sample(range(11, 99), 3))]
    mothers, fathers = _centred(rng, 4, 95), _centred(rng, 3, 80)
    block = [[rng.randint(-60, 60) for _ in males[1:]] for _ in females[1:]]
    block = [[*row, -sum(row)] for row in block]
    special = [*block, [-sum(column) for column in zip(*block, strict=True)]]
    if min(map(abs, [*mothers, *fathers, *(value for row in special for value in row)])) < 7 or max(abs(v) for row in special for v in row) > 130:
        return None
    mean = rng.randint(820, 1180)
    row, column = rng.randrange(4), rng.randrange(3)
    own, mother, father = special[row][column], mothers[row], fathers[column]
    gold = mean + mother + father + own
    wrong = _apart(
        gold / 100,
        {
            "SCA left out": (gold - own) / 100,
            "sign of the SCA turned round": (gold - 2 * own) / 100,
            "SCA of the neighbouring cross": (gold - own + special[row][column - 1]) / 100,
            "GCA of the father left out": (gold - father) / 100,
            "GCA of the mother left out": (gold - mother) / 100,
            "GCA of the neighbouring mother": (gold - mother + mothers[row - 1]) / 100,
        },
        2,
        YIELD_TOLERANCE,
    )
    if wrong is None:
        return None
    return {
        "females": females, "males": males, "mean": mean, "mothers": mothers, "fathers": fathers, "special": special,
        "row": row, "column": column, "gold": f"{gold / 100:.2f}", "wrong": _three(wrong, rng),
    }  # fmt: skip


def _centred(rng: random.Random, size: int, reach: int) -> list[int]:
    """Whole numbers that add up to 0."""
    values = [rng.randint(-reach, reach) for _ in range(size - 1)]
    return [*values, -sum(values)]


def _signed(hundredths: int) -> str:
    return f"{hundredths / 100:+.2f}".replace("-", "−")


def _write_cross(p: Params, language: Language) -> tuple[Content, ...]:
    zh = language == "zh"
    head = [("母本" if zh else "Female line"), "GCA", *(f"× {male}" for male in p["males"])]
    rows = [
        [female, _signed(gca), *map(_signed, special)]
        for female, gca, special in zip(p["females"], p["mothers"], p["special"], strict=True)
    ]
    last = ["父本 GCA" if zh else "GCA of the tester", "", *map(_signed, p["fathers"])]
    mean, female, male = f"{p['mean'] / 100:.2f}", p["females"][p["row"]], p["males"][p["column"]]
    told = (
        f"玉米 NCII 遗传交配设计（母本系 × 测验种）的配合力效应值，单位 t/ha（虚构）。交叉格为该组合的 SCA，总平均产量 {mean} t/ha。"
        if zh
        else f"Combining ability effects of maize lines crossed with testers, in t/ha (invented). Cells under the testers hold the SCA of the cross; the grand mean of all crosses is {mean} t/ha."
    )
    stem = (
        f"由总平均、双亲的 GCA 和组合的 SCA 预测，组合 {female} × {male} 的产量是多少？单位 t/ha，保留两位小数。"
        if zh
        else f"What yield do the grand mean, the GCA of both parents and the SCA predict for the cross {female} × {male}? Answer in t/ha, to two decimals."
    )
    parts = [_signed(p[key][p[place]]) for key, place in (("mothers", "row"), ("fathers", "column"))]
    own = _signed(p["special"][p["row"]][p["column"]])
    why = (
        f"总平均 {mean}，母本 GCA {parts[0]}，父本 GCA {parts[1]}，SCA {own}，相加得 {p['gold']} t/ha。"
        if zh
        else f"Grand mean {mean}, GCA of the mother {parts[0]}, of the father {parts[1]}, SCA {own}: together {p['gold']} t/ha."
    )
    return _both(p, "t/ha", f"{told}\n{table(head, [*rows, last])}", stem, why, YIELD_TOLERANCE)


GENERATORS = (
    Generator(
        id="GBT1",
        task="reading",
        subarea="cultivation",
        level="apply",
        draw=_draw_emergence,
        write=_write_emergence,
        source=Source(title="Table written for this item", kind="made"),
        draws=5,
    ),
    Generator(
        id="GBT2",
        task="reading",
        subarea="hybrids",
        level="apply",
        foundation=True,
        draw=_draw_cross,
        write=_write_cross,
        source=Source(title="Sprague GF, Tatum LA, General vs. specific combining ability in single crosses of corn, 1942; table written for this item", kind="made"),
        draws=5,
    ),
)
