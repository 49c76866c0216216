"""Drawn items of steel: calculations from the sinter plant to the test house.

Where practice has several formulas or constants, the stem prints the one that is meant. Printed amounts never end in a
zero, so that a redrawn item has as many digits as the one it replaces.
"""

import math
import random
from collections.abc import Mapping
from typing import Any

from evalkit.records import Language, Source, Tolerance
from evalkit.templates import Params, Template, amount

CELSIUS: Mapping[Language, str] = {"zh": "℃", "en": "°C"}


def carbon_equivalent(p: Params, *, manganese: float = 6, carbides: float = 5, residuals: float = 15) -> float:
    """Carbon equivalent in mass per cent; the divisors' defaults are those of the International Institute of Welding."""
    return float(p["c"] + p["mn"] / manganese + (p["cr"] + p["mo"] + p["v"]) / carbides + (p["ni"] + p["cu"]) / residuals)


def _cracking_parameter(p: Params) -> float:
    """Pcm of Ito and Bessyo for a steel without boron, mass per cent."""
    return float(p["c"] + p["si"] / 30 + (p["mn"] + p["cu"] + p["cr"]) / 20 + p["ni"] / 60 + p["mo"] / 15 + p["v"] / 10)


def _draw_weldable(rng: random.Random) -> Params | None:
    p = {
        "c": amount(rng, 0.06, 0.22, 2),
        "si": amount(rng, 0.15, 0.49, 2),
        "mn": amount(rng, 0.61, 1.65, 2),
        "cr": amount(rng, 0.02, 0.39, 2),
        "mo": amount(rng, 0.02, 0.25, 2),
        "v": amount(rng, 0.01, 0.09, 2),
        "ni": amount(rng, 0.02, 0.49, 2),
        "cu": amount(rng, 0.02, 0.39, 2),
    }
    return p if 0.28 <= carbon_equivalent(p) <= 0.60 else None


S1 = Template(
    id="S1",
    subarea="testing_grades",
    draw=_draw_weldable,
    gold=carbon_equivalent,
    mistakes={
        "Pcm calculated instead": _cracking_parameter,
        "only carbon and manganese counted": lambda p: p["c"] + p["mn"] / 6,
        "chromium group divided by 15": lambda p: carbon_equivalent(p, carbides=15),
        "divisors of the two groups swapped": lambda p: carbon_equivalent(p, carbides=15, residuals=5),
        "manganese divided by 20": lambda p: carbon_equivalent(p, manganese=20),
    },
    unit="%",
    decimals=3,
    tolerance=Tolerance(rel=0, abs=0.005),
    stems={
        "zh": (
            "某焊接结构用钢的熔炼分析（质量分数，%）：C {c}，Si {si}，Mn {mn}，Cr {cr}，Mo {mo}，V {v}，Ni {ni}，Cu {cu}。按国际焊接学会（IIW）公式，即 GB/T 1591 中的 CEV，计算碳当量，单位 %，保留三位小数。",
            "审核质保书时要核对碳当量 CEV（IIW 公式，与 GB/T 1591 一致）。质保书上的化学成分（%）为：碳 {c}、硅 {si}、锰 {mn}、铬 {cr}、钼 {mo}、钒 {v}、镍 {ni}、铜 {cu}。CEV 应为百分之多少？取三位小数。",
        ),
        "en": (
            "Ladle analysis of a steel for welded structures, in mass %: C {c}, Si {si}, Mn {mn}, Cr {cr}, Mo {mo}, V {v}, Ni {ni}, Cu {cu}. Calculate the carbon equivalent by the formula of the International Institute of Welding (IIW), the CEV of GB/T 1591, in % to three decimals.",
            "An inspector checks the CEV on a mill certificate (IIW carbon equivalent, as used in GB/T 1591). The certificate lists carbon {c} %, silicon {si} %, manganese {mn} %, chromium {cr} %, molybdenum {mo} %, vanadium {v} %, nickel {ni} % and copper {cu} %. What must the CEV be, in %, rounded to three decimals?",
        ),
    },
    explanation={
        "zh": "CEV = C + Mn/6 + (Cr + Mo + V)/5 + (Ni + Cu)/15；硅不计入。",
        "en": "CEV = C + Mn/6 + (Cr + Mo + V)/5 + (Ni + Cu)/15; silicon does not count.",
    },
    source=Source(title="GB/T 1591-2018 低合金高强度结构钢", kind="standard"),
    worked=({"c": 0.18, "si": 0.3, "mn": 1.45, "cr": 0.05, "mo": 0.02, "v": 0.05, "ni": 0.03, "cu": 0.04}, 0.450),
)


def martensite_start(p: Params, *, carbon: float = 423, manganese: float = 30.4, nickel: float = 17.7, chromium: float = 12.1) -> float:
    """Ms in degrees Celsius by the linear equation of Andrews 1965, contents in mass per cent; molybdenum counts 7.5."""
    return float(539 - carbon * p["c"] - manganese * p["mn"] - nickel * p["ni"] - chromium * p["cr"] - 7.5 * p["mo"])


def _draw_quenched(rng: random.Random) -> Params | None:
    p = {
        "c": amount(rng, 0.12, 0.58, 2),
        "mn": amount(rng, 0.41, 1.49, 2),
        "ni": amount(rng, 0.21, 1.89, 2),
        "cr": amount(rng, 0.31, 1.89, 2),
        "mo": amount(rng, 0.11, 0.49, 2),
    }
    return p if 210 <= martensite_start(p) <= 440 else None


S3 = Template(
    id="S3",
    subarea="heat_treatment",
    draw=_draw_quenched,
    gold=martensite_start,
    mistakes={
        "manganese term left out": lambda p: martensite_start(p, manganese=0),
        "nickel term left out": lambda p: martensite_start(p, nickel=0),
        "only the carbon term counted": lambda p: 539 - 423 * p["c"],
        "alloying terms added instead of subtracted": lambda p: 2 * (539 - 423 * p["c"]) - martensite_start(p),
        "converted to kelvin": lambda p: martensite_start(p) + 273.15,
    },
    unit=CELSIUS,
    decimals=1,
    tolerance=Tolerance(rel=0, abs=1.0),
    stems={
        "zh": (
            "Andrews 线性公式：Ms(℃) = 539 − 423C − 30.4Mn − 17.7Ni − 12.1Cr − 7.5Mo，各元素以质量分数（%）代入。某调质钢含 C {c} %、Mn {mn} %、Ni {ni} %、Cr {cr} %、Mo {mo} %。求其马氏体开始转变温度 Ms，单位 ℃，保留一位小数。",
            "制订淬火工艺前需估算 Ms 点。钢的成分（质量分数）为碳 {c} %、锰 {mn} %、镍 {ni} %、铬 {cr} %、钼 {mo} %。采用 Andrews（1965）线性式，常数项 539 ℃，每 1 % 元素使 Ms 降低：C 423 ℃、Mn 30.4 ℃、Ni 17.7 ℃、Cr 12.1 ℃、Mo 7.5 ℃。Ms 是多少摄氏度？取一位小数。",
        ),
        "en": (
            "The linear equation of Andrews is Ms (°C) = 539 − 423C − 30.4Mn − 17.7Ni − 12.1Cr − 7.5Mo, with contents in mass %. A steel for quenching and tempering has C {c} %, Mn {mn} %, Ni {ni} %, Cr {cr} % and Mo {mo} %. Find its martensite start temperature Ms in °C, to one decimal.",
            "Before a quenching practice is written, Ms is estimated. The steel contains {c} % carbon, {mn} % manganese, {ni} % nickel, {cr} % chromium and {mo} % molybdenum (mass %). Use the linear relation of Andrews (1965): start from 539 °C, and for each 1 % of an element Ms falls by 423 °C (C), 30.4 °C (Mn), 17.7 °C (Ni), 12.1 °C (Cr), 7.5 °C (Mo). What is Ms in °C, rounded to one decimal?",
        ),
    },
    explanation={
        "zh": "从 539 ℃ 减去各元素含量与其系数之积；结果已是摄氏度。",
        "en": "Subtract from 539 °C the product of each content and its coefficient; the result is already in degrees Celsius.",
    },
    source=Source(
        title="Andrews KW, Empirical formulae for the calculation of some transformation temperatures, J Iron Steel Inst 1965;203:721-727",
        kind="paper",
    ),
    worked=({"c": 0.40, "mn": 0.75, "ni": 0.2, "cr": 0.95, "mo": 0.2}, 330.5),
)


def liquidus(p: Params) -> float:
    """Liquidus in degrees Celsius with the coefficients that the stem prints; contents in mass per cent."""
    return float(1538 - 78 * p["c"] - 7.6 * p["si"] - 4.9 * p["mn"] - 34.4 * p["p"] - 38 * p["s"])


def _draw_tundish(rng: random.Random) -> Params | None:
    p: dict[str, Any] = {
        "c": amount(rng, 0.06, 0.79, 2),
        "si": amount(rng, 0.15, 0.45, 2),
        "mn": amount(rng, 0.41, 1.59, 2),
        "p": amount(rng, 0.008, 0.028, 3),
        "s": amount(rng, 0.003, 0.025, 3),
    }
    p["tundish"] = round(liquidus(p)) + rng.randint(15, 40)
    p["ladle"] = p["tundish"] + rng.randint(15, 35)
    return p if 15 <= superheat(p) <= 40 else None


def superheat(p: Params) -> float:
    """Superheat in the tundish in degrees Celsius."""
    return float(p["tundish"] - liquidus(p))


def _above_pure_iron(p: Params) -> float | None:
    excess = float(p["tundish"] - 1538)
    return excess if excess > 0 else None


S4 = Template(
    id="S4",
    subarea="casting",
    draw=_draw_tundish,
    gold=superheat,
    mistakes={
        "ladle temperature used": lambda p: p["ladle"] - liquidus(p),
        "only carbon lowers the liquidus": lambda p: p["tundish"] - 1538 + 78 * p["c"],
        "melting point of pure iron taken as liquidus": _above_pure_iron,
        "temperature loss from ladle to tundish taken for superheat": lambda p: float(p["ladle"] - p["tundish"]),
        "carbon left out of the liquidus": lambda p: superheat(p) - 78 * p["c"] if superheat(p) > 78 * p["c"] else None,
    },
    unit=CELSIUS,
    decimals=1,
    tolerance=Tolerance(rel=0, abs=0.5),
    stems={
        "zh": (
            "液相线温度按下式计算：T_L(℃) = 1538 − (78C + 7.6Si + 4.9Mn + 34.4P + 38S)，成分以质量分数（%）代入。某炉钢水含 C {c}、Si {si}、Mn {mn}、P {p}、S {s}（%），钢包温度 {ladle} ℃，中间包温度 {tundish} ℃。求中间包钢水过热度（℃），保留一位小数。",
            "连铸平台记录：钢包测温 {ladle} ℃，中间包测温 {tundish} ℃；钢水成分（%）碳 {c}、硅 {si}、锰 {mn}、磷 {p}、硫 {s}。纯铁熔点取 1538 ℃，每 1 % 元素使液相线下降：C 78 ℃、Si 7.6 ℃、Mn 4.9 ℃、P 34.4 ℃、S 38 ℃。中间包内的过热度是多少摄氏度？取一位小数。",
        ),
        "en": (
            "The liquidus is taken as T_L (°C) = 1538 − (78C + 7.6Si + 4.9Mn + 34.4P + 38S), contents in mass %. A heat has C {c}, Si {si}, Mn {mn}, P {p}, S {s} (%). The ladle is at {ladle} °C and the tundish at {tundish} °C. Calculate the superheat of the steel in the tundish, in °C to one decimal.",
            "Casting log: ladle temperature {ladle} °C, tundish temperature {tundish} °C; analysis in mass %: carbon {c}, silicon {si}, manganese {mn}, phosphorus {p}, sulphur {s}. Pure iron melts at 1538 °C, and each 1 % of an element lowers the liquidus by 78 °C (C), 7.6 °C (Si), 4.9 °C (Mn), 34.4 °C (P), 38 °C (S). By how many °C is the steel in the tundish superheated? Give one decimal.",
        ),
    },
    explanation={
        "zh": "先由成分算出液相线温度，过热度 = 中间包温度 − 液相线温度；钢包温度不参与。",
        "en": "Get the liquidus from the analysis; superheat is tundish temperature minus liquidus. The ladle temperature plays no part.",
    },
    source=Source(title="Superheat above a linear liquidus estimate; the coefficients used are printed in the stem", kind="practice"),
    worked=({"c": 0.18, "si": 0.25, "mn": 0.45, "p": 0.02, "s": 0.02, "tundish": 1545, "ladle": 1575}, 26.6),
)


def lime(p: Params, *, silica_per_silicon: float = 2.14, self_use: float = 1.0) -> float:
    """Lime in kg per t of hot metal: its CaO must bind the silica of the metal's silicon and its own, at the wanted basicity.

    `self_use` scales the CaO that the lime's own silica takes: 1 is right, 0 forgets it.
    """
    effective = (p["cao"] - self_use * p["basicity"] * p["sio2"]) / 100
    return float(silica_per_silicon * p["si"] / 100 * p["basicity"] / effective * 1000)


def _draw_lime(rng: random.Random) -> Params | None:
    p = {
        "si": amount(rng, 0.31, 0.79, 2),
        "basicity": amount(rng, 2.8, 3.6, 1),
        "cao": amount(rng, 85.1, 92.9, 1),
        "sio2": amount(rng, 1.5, 3.9, 1),
    }
    return p if 20 <= lime(p) <= 80 else None


S5 = Template(
    id="S5",
    subarea="steelmaking",
    draw=_draw_lime,
    gold=lime,
    mistakes={
        "silicon not converted to silica": lambda p: lime(p, silica_per_silicon=1),
        "silica of the lime not taken off": lambda p: lime(p, self_use=0),
        "lime taken as pure CaO": lambda p: 21.4 * p["si"] * p["basicity"],
        "silica of the lime added to its CaO": lambda p: lime(p, self_use=-1),
        "basicity inverted": lambda p: lime({**p, "basicity": 1 / p["basicity"]}),
    },
    unit="kg/t",
    decimals=2,
    stems={
        "zh": (
            "转炉铁水含 Si {si} %，吹炼中全部氧化成 SiO₂（1 kg Si 生成 2.14 kg SiO₂）。石灰含 CaO {cao} %、SiO₂ {sio2} %，要求炉渣碱度 CaO/SiO₂ = {basicity}。渣中 SiO₂ 只来自铁水硅和石灰，CaO 只来自石灰。全用铁水、不加废钢，求每吨铁水的石灰加入量（kg/t），保留两位小数。",
            "为某转炉配石灰：石灰成分 CaO {cao} %、SiO₂ {sio2} %，目标二元碱度（CaO 与 SiO₂ 质量比）{basicity}，铁水硅 {si} %。设硅全部入渣成 SiO₂，质量换算系数 2.14；石灰自身的 SiO₂ 也要由 CaO 来满足碱度；其他来源的 CaO、SiO₂ 忽略，炉料全部为铁水。每吨铁水需要石灰多少 kg？取两位小数。",
        ),
        "en": (
            "Hot metal with {si} % Si is blown in a converter; all silicon becomes SiO₂ (2.14 kg SiO₂ per kg Si). The lime contains {cao} % CaO and {sio2} % SiO₂, and the slag basicity CaO/SiO₂ is to be {basicity}. SiO₂ comes only from the silicon and the lime, CaO only from the lime, and no scrap is charged. How many kg of lime are needed per t of hot metal? Give two decimals.",
            "A converter shop works out its lime. Lime analysis: CaO {cao} %, SiO₂ {sio2} %. Wanted mass ratio of CaO to SiO₂ in the slag: {basicity}. Silicon of the hot metal: {si} %, wholly oxidised into the slag (factor 2.14 from Si to SiO₂). The lime's own SiO₂ must be matched with CaO as well; there are no other sources of CaO or SiO₂, and the charge is hot metal only. Find the lime addition in kg per t of hot metal, rounded to two decimals.",
        ),
    },
    explanation={
        "zh": "石灰量 = 2.14·[Si]·R ÷ (CaO − R·SiO₂) × 1000：分母是石灰扣除自身酸性物后的有效 CaO。",
        "en": "Lime = 2.14·[Si]·R ÷ (CaO − R·SiO₂) × 1000: the divisor is the lime's effective CaO, what its own silica takes being off.",
    },
    source=Source(title="Lime balance of converter steelmaking (slag basicity from hot metal silicon and lime analysis)", kind="practice"),
    worked=({"si": 0.60, "basicity": 3.2, "cao": 90, "sio2": 2.5}, 50.11),
)


def _draw_furnace(rng: random.Random) -> Params | None:
    volume = rng.choice((1000, 1200, 1500, 1800, 2000, 2500, 3000, 3200, 4000, 5000))
    most = 2.89 if volume < 2000 else 2.59 if volume < 4000 else 2.39  # large furnaces make less iron a cubic metre
    coefficient = amount(rng, 1.81, most, 2)  # two digits that count: a gold that always ended in 0 would show among the options
    iron = round(volume * coefficient)
    return {"volume": volume, "iron": iron, "coke": 10 * round(iron * rng.randint(33, 41) / 1000)}


S6 = Template(
    id="S6",
    subarea="blast_furnace",
    foundation=True,
    draw=_draw_furnace,
    gold=lambda p: float(p["iron"] / p["volume"]),
    mistakes={
        "ratio inverted": lambda p: float(p["volume"] / p["iron"]),
        "coke used instead of hot metal": lambda p: float(p["coke"] / p["volume"]),
        "coke added to the hot metal": lambda p: float((p["iron"] + p["coke"]) / p["volume"]),
        "coke taken off the hot metal": lambda p: float((p["iron"] - p["coke"]) / p["volume"]),
    },
    unit="t/(m³·d)",
    decimals=2,
    stems={
        "zh": (
            "高炉有效容积利用系数 = 日产生铁量 ÷ 有效容积。某高炉有效容积 {volume} m³，一昼夜产合格生铁 {iron} t，消耗焦炭 {coke} t，另喷吹煤粉。利用系数是多少 t/(m³·d)？保留两位小数。",
            "一座 {volume} m³（有效容积）的高炉，日报显示：喷煤操作，入炉焦炭 {coke} t，生铁产量 {iron} t。利用系数等于每立方米有效容积每昼夜生产的生铁吨数。请计算该日利用系数，单位 t/(m³·d)，取两位小数。",
        ),
        "en": (
            "The productivity of a blast furnace is daily hot metal output divided by effective volume. A furnace of {volume} m³ effective volume made {iron} t of hot metal in one day and used {coke} t of coke beside injected coal. What is its productivity in t/(m³·d), to two decimals?",
            "Daily report of a blast furnace with coal injection: effective volume {volume} m³, coke charged {coke} t, hot metal tapped {iron} t. Productivity means tonnes of hot metal made per cubic metre of effective volume in a day. Work it out for this day in t/(m³·d), with two decimals.",
        ),
    },
    explanation={
        "zh": "利用系数 = 日产生铁量 ÷ 有效容积；焦炭量除以容积得到的是冶炼强度。",
        "en": "Divide the day's hot metal by the effective volume; coke over volume would be the smelting intensity.",
    },
    source=Source(title="高炉生产技术经济指标：有效容积利用系数的定义", kind="practice"),
    worked=({"volume": 3000, "iron": 7200, "coke": 2700}, 2.40),
)


def sinter_share(p: Params, *, pellet_lime: float = 1.0) -> float:
    """Sinter in mass per cent of sinter and acid pellets whose mixture has the wanted ratio of CaO to SiO2.

    `pellet_lime` scales the pellets' CaO: 1 is right, 0 forgets it.
    """
    cao2 = pellet_lime * p["pellet_cao"]
    wanted = p["basicity"]
    return float(100 * (wanted * p["pellet_sio2"] - cao2) / ((p["sinter_cao"] - cao2) - wanted * (p["sinter_sio2"] - p["pellet_sio2"])))


def _share_by_mean_of_ratios(p: Params) -> float:
    sinter, pellets = p["sinter_cao"] / p["sinter_sio2"], p["pellet_cao"] / p["pellet_sio2"]
    return float(100 * (p["basicity"] - pellets) / (sinter - pellets))


def _draw_burden(rng: random.Random) -> Params | None:
    p = {
        "sinter_cao": amount(rng, 8.6, 11.9, 1),
        "sinter_sio2": amount(rng, 4.6, 6.2, 1),
        "pellet_cao": amount(rng, 0.5, 1.9, 1),
        "pellet_sio2": amount(rng, 4.6, 7.9, 1),
        "basicity": amount(rng, 1.15, 1.49, 2),  # above that of the slag, to which the ash of coke and coal adds SiO2
    }
    sinter_basicity = p["sinter_cao"] / p["sinter_sio2"]
    return p if 1.6 <= sinter_basicity <= 2.3 and 65 <= sinter_share(p) <= 85 else None


S7 = Template(
    id="S7",
    subarea="raw_materials",
    draw=_draw_burden,
    gold=sinter_share,
    mistakes={
        "basicities averaged by mass": _share_by_mean_of_ratios,
        "share of the pellets given": lambda p: 100 - sinter_share(p),
        "lime of the pellets left out": lambda p: sinter_share(p, pellet_lime=0),
        "ratio of the basicities taken": lambda p: 100 * p["basicity"] * p["sinter_sio2"] / p["sinter_cao"],
    },
    unit="%",
    decimals=1,
    stems={
        "zh": (
            "高炉含铁炉料只用高碱度烧结矿和酸性球团矿两种。烧结矿含 CaO {sinter_cao} %、SiO₂ {sinter_sio2} %；球团矿含 CaO {pellet_cao} %、SiO₂ {pellet_sio2} %。要使混合炉料的二元碱度 CaO/SiO₂（混合后质量比）为 {basicity}，烧结矿应占炉料质量的百分之多少？保留一位小数。",
            "配料计算：用高碱度烧结矿（CaO {sinter_cao} %，SiO₂ {sinter_sio2} %）搭配酸性球团矿（CaO {pellet_cao} %，SiO₂ {pellet_sio2} %），不加其他熔剂，焦炭灰分不计。若两者混合后 CaO 总量与 SiO₂ 总量之比须等于 {basicity}，求烧结矿在两者总质量中的比例（%），取一位小数。",
        ),
        "en": (
            "The ferrous burden of a blast furnace consists of basic sinter and acid pellets only. The sinter has {sinter_cao} % CaO and {sinter_sio2} % SiO₂, the pellets {pellet_cao} % CaO and {pellet_sio2} % SiO₂. The mixture is to have a basicity CaO/SiO₂ (mass ratio in the mixture) of {basicity}. What percentage of the burden's mass must be sinter? Give one decimal.",
            "Burden calculation: basic sinter (CaO {sinter_cao} %, SiO₂ {sinter_sio2} %) is charged together with acid pellets (CaO {pellet_cao} %, SiO₂ {pellet_sio2} %); no other flux, coke ash neglected. Total CaO over total SiO₂ of the two must equal {basicity}. Find the sinter's share in their combined mass, in % to one decimal.",
        ),
    },
    explanation={
        "zh": "设烧结矿比例为 x，由 [x·c1 + (1−x)·c2] = R·[x·s1 + (1−x)·s2] 解 x；碱度本身不能按质量加权平均。",
        "en": "Solve x·c1 + (1−x)·c2 = R·[x·s1 + (1−x)·s2] for the share x; basicities themselves must not be averaged by mass.",
    },
    source=Source(title="Mass balance of CaO and SiO2 in a two-component blast furnace burden", kind="practice"),
    worked=({"sinter_cao": 10.5, "sinter_sio2": 5.3, "pellet_cao": 0.8, "pellet_sio2": 6.4, "basicity": 1.30}, 67.6),
)


_ALLOYS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "Mn": {"target": (0.61, 1.59), "residual": (0.06, 0.25), "grade": (65.1, 78.9), "recovery": (86, 95)},
    "Si": {"target": (0.21, 0.49), "residual": (0.02, 0.09), "grade": (72.1, 77.9), "recovery": (76, 91)},
    "Cr": {"target": (0.31, 1.19), "residual": (0.03, 0.12), "grade": (55.1, 67.9), "recovery": (88, 95)},
}
_ALLOY_NAMES: Mapping[Language, Mapping[str, str]] = {
    "zh": {"Mn": "锰铁", "Si": "硅铁", "Cr": "铬铁"},
    "en": {"Mn": "ferromanganese", "Si": "ferrosilicon", "Cr": "ferrochromium"},
}


def alloy_mass(p: Params) -> float:
    """Ferro-alloy in kg that lifts the element from residual to target, the mass of the steel taken as constant."""
    element_kg = (p["target"] - p["residual"]) / 100 * p["steel"] * 1000
    return float(element_kg / (p["grade"] / 100 * p["recovery"] / 100))


def _draw_alloy(rng: random.Random) -> Params | None:
    element = rng.choice(sorted(_ALLOYS))
    ranges = _ALLOYS[element]
    return {
        "element": element,
        "steel": rng.randint(61, 299),
        "target": amount(rng, *ranges["target"], 2),
        "residual": amount(rng, *ranges["residual"], 2),
        "grade": amount(rng, *ranges["grade"], 1),
        "recovery": rng.randint(int(ranges["recovery"][0]), int(ranges["recovery"][1])),
    }


S8 = Template(
    id="S8",
    subarea="secondary_refining",
    draw=_draw_alloy,
    gold=alloy_mass,
    mistakes={
        "recovery left out": lambda p: alloy_mass({**p, "recovery": 100}),
        "multiplied by the recovery": lambda p: alloy_mass(p) * (p["recovery"] / 100) ** 2,
        "residual content left out": lambda p: alloy_mass({**p, "residual": 0}),
        "alloy taken as the pure element": lambda p: alloy_mass({**p, "grade": 100}),
        "residual content added": lambda p: alloy_mass({**p, "residual": -p["residual"]}),
    },
    unit="kg",
    decimals=1,
    shown=lambda p, language: {"alloy": _ALLOY_NAMES[language][p["element"]]},
    stems={
        "zh": (
            "钢水量 {steel} t，钢中残余 {element} {residual} %，目标 {element} {target} %。所用{alloy}含 {element} {grade} %，{element} 的收得率 {recovery} %。按钢水质量不变计算，需加{alloy}多少 kg？保留一位小数。",
            "出钢合金化：{alloy}品位（{element} 含量）{grade} %，元素收得率 {recovery} %。{steel} t 钢水的 {element} 要由 {residual} % 提高到 {target} %，忽略合金加入对钢水质量的影响。求{alloy}加入量，单位 kg，取一位小数。",
        ),
        "en": (
            "A ladle holds {steel} t of steel with {residual} % residual {element}; the target is {target} % {element}. The {alloy} contains {grade} % {element}, of which {recovery} % is recovered in the steel. Taking the mass of the steel as constant, how many kg of {alloy} must be added? Give one decimal.",
            "Alloying at tapping: the {element} content of {steel} t of steel is to rise from {residual} % to {target} %. Available is {alloy} with {grade} % {element}; the recovery of {element} is {recovery} %. The change of the steel's mass through the addition is neglected. Calculate the addition of {alloy} in kg, to one decimal.",
        ),
    },
    explanation={
        "zh": "加入量 =（目标 − 残余）× 钢水量 ÷（合金品位 × 收得率），百分数化为小数，t 化为 kg。",
        "en": "Addition = (target − residual) × mass of steel ÷ (grade × recovery), percentages as fractions, t turned into kg.",
    },
    source=Source(title="Ferro-alloy addition by mass balance with recovery, as taught in steelmaking", kind="practice"),
    worked=({"element": "Mn", "steel": 120, "target": 1.40, "residual": 0.12, "grade": 65, "recovery": 92}, 2568.6),
)


def contact_length(radius: float, draught: float) -> float:
    """Projected length of the arc of contact in mm, roll flattening neglected."""
    return math.sqrt(radius * draught)


def _draw_pass(rng: random.Random) -> Params | None:
    radius, entry = rng.randrange(300, 610, 10), rng.randrange(110, 260, 10)
    draught = rng.randrange(10, 50, 5)
    p = {"radius": radius, "entry": entry, "exit": entry - draught}
    return p if p["exit"] >= 100 and draught / radius <= 0.11 else None  # bites by friction of about 0.35 at most


S11 = Template(
    id="S11",
    subarea="rolling",
    foundation=True,
    draw=_draw_pass,
    gold=lambda p: contact_length(p["radius"], p["entry"] - p["exit"]),
    mistakes={
        "roll diameter used for the radius": lambda p: contact_length(2 * p["radius"], p["entry"] - p["exit"]),
        "half the draught used": lambda p: contact_length(p["radius"], (p["entry"] - p["exit"]) / 2),
        "exit thickness used for the draught": lambda p: contact_length(p["radius"], p["exit"]),
        "entry thickness used for the draught": lambda p: contact_length(p["radius"], p["entry"]),
    },
    unit="mm",
    decimals=1,
    stems={
        "zh": (
            "热轧接触弧长度按 l = √(R·Δh) 计算，Δh 为压下量（入口厚度减出口厚度）。轧辊半径 R = {radius} mm，轧件由 {entry} mm 轧到 {exit} mm。求接触弧长度 l（mm），保留一位小数。",
            "某道次板坯入口厚度 {entry} mm，出口厚度 {exit} mm，工作辊半径 {radius} mm。变形区接触弧长等于轧辊半径与压下量之积的平方根（压下量 = 入口厚度 − 出口厚度）。该道次接触弧长是多少 mm？取一位小数。",
        ),
        "en": (
            "In hot rolling the length of the arc of contact is l = √(R·Δh), where the draught Δh is entry thickness minus exit thickness. The roll radius R is {radius} mm and the stock is rolled from {entry} mm to {exit} mm. Find l in mm, to one decimal.",
            "A slab enters a pass {entry} mm thick and leaves it {exit} mm thick; the work roll radius is {radius} mm. The contact length is the square root of roll radius times draught (entry thickness less exit thickness). What is the contact length of this pass in mm, with one decimal?",
        ),
    },
    explanation={
        "zh": "压下量 Δh = 入口厚度 − 出口厚度，l = √(R·Δh)，R 为半径。",
        "en": "Take the draught as entry less exit thickness, multiply by the roll's radius and take the root.",
    },
    source=Source(title="Geometry of the roll gap, as taught in rolling (arc of contact without roll flattening)", kind="practice"),
    worked=({"radius": 550, "entry": 250, "exit": 210}, 148.3),
)


def total_reduction(*passes: float) -> float:
    """Total reduction in per cent of passes given in per cent, each of its own entry thickness."""
    return 100 * (1 - math.prod(1 - reduction / 100 for reduction in passes))


def _draw_schedule(rng: random.Random) -> Params | None:
    first, second, third = sorted((rng.randint(10, 34) for _ in range(3)), reverse=True)
    return {"first": first, "second": second, "third": third}


S12 = Template(
    id="S12",
    subarea="rolling",
    draw=_draw_schedule,
    gold=lambda p: total_reduction(p["first"], p["second"], p["third"]),
    mistakes={
        "reductions added": lambda p: float(p["first"] + p["second"] + p["third"]),
        "remaining thickness given": lambda p: 100 - total_reduction(p["first"], p["second"], p["third"]),
        "last pass left out": lambda p: total_reduction(p["first"], p["second"]),
        "compounded upwards": lambda p: -total_reduction(-p["first"], -p["second"], -p["third"]),
    },
    unit="%",
    decimals=1,
    stems={
        "zh": (
            "带钢连续轧制三道次，各道次压下率（相对于该道次入口厚度）依次为 {first} %、{second} %、{third} %。相对于最初厚度的总压下率是百分之多少？保留一位小数。",
            "冷轧规程规定：第一道压下 {first} %，第二道压下 {second} %，第三道压下 {third} %，每道压下率都以该道来料厚度为基准。三道轧完后，厚度比原料减少了百分之几？取一位小数。",
        ),
        "en": (
            "Strip is rolled in three passes with reductions of {first} %, {second} % and {third} %, each relative to the entry thickness of its own pass. What is the total reduction relative to the initial thickness, in % to one decimal?",
            "A cold rolling schedule takes {first} % in the first pass, {second} % in the second and {third} % in the third; every reduction refers to the thickness that enters that pass. By what percentage is the strip thinner after the three passes than it was at the start? Round to one decimal.",
        ),
    },
    explanation={
        "zh": "总压下率 = 1 − (1−ε1)(1−ε2)(1−ε3)，各道压下率不能直接相加。",
        "en": "Total reduction = 1 − (1−ε1)(1−ε2)(1−ε3); the reductions of the passes must not be added.",
    },
    source=Source(title="Reduction schedules, as taught in rolling (product of the passes' thickness ratios)", kind="practice"),
    worked=({"first": 25, "second": 20, "third": 15}, 49.0),
)


def metallurgical_length(p: Params) -> float:
    """Distance in m at which the shell, K times the root of time, has grown to half the strand's thickness."""
    return float(p["speed"] * (p["thickness"] / 2 / p["factor"]) ** 2)


def _draw_strand(rng: random.Random) -> Params | None:
    p = {"thickness": rng.randint(151, 319), "factor": amount(rng, 24.1, 29.9, 1), "speed": amount(rng, 0.71, 1.79, 2)}
    return p if 8 <= metallurgical_length(p) <= 40 else None


S13 = Template(
    id="S13",
    subarea="casting",
    draw=_draw_strand,
    gold=metallurgical_length,
    mistakes={
        "whole thickness used instead of half": lambda p: 4 * metallurgical_length(p),
        "square left out": lambda p: p["speed"] * p["thickness"] / 2 / p["factor"],
        "divided by the casting speed": lambda p: metallurgical_length(p) / p["speed"] ** 2,
        "solidification time given as length": lambda p: metallurgical_length(p) / p["speed"],
        "casting speed squared too": lambda p: metallurgical_length(p) * p["speed"],
    },
    unit="m",
    decimals=2,
    stems={
        "zh": (
            "板坯坯壳厚度服从平方根定律 δ = K√t，综合凝固系数 K = {factor} mm/min^0.5，铸坯厚度 {thickness} mm，拉速 {speed} m/min。两侧坯壳在厚度中心相遇时液芯消失。求液芯长度（从弯月面算起，m），保留两位小数。",
            "板坯连铸机铸坯厚 {thickness} mm，拉坯速度 {speed} m/min。坯壳从两个宽面对称生长，厚度（mm）等于 {factor} 乘以凝固时间（min）的平方根，中心完全凝固时液芯结束。从弯月面到凝固终点的距离为多少米？取两位小数。",
        ),
        "en": (
            "The shell of a slab follows the square-root law δ = K√t with an overall solidification factor K = {factor} mm/min^0.5. The strand is {thickness} mm thick and cast at {speed} m/min. The liquid core ends where the shells from both sides meet at mid-thickness. Find its length from the meniscus in m, to two decimals.",
            "A slab caster casts strands of {thickness} mm thickness at {speed} m/min. The shell grows symmetrically from the two wide faces; its thickness in mm is {factor} times the square root of the time in minutes. How far from the meniscus, in m with two decimals, is the strand solid to its centre?",
        ),
    },
    explanation={
        "zh": "凝固时间 t = (D/2K)²，液芯长度 = 拉速 × t；坯壳只需长到厚度的一半。",
        "en": "Time to solidify t = (D/2K)², liquid length = casting speed × t; the shell needs to reach half the thickness only.",
    },
    source=Source(title="Square-root law of shell growth and metallurgical length, as taught in continuous casting", kind="practice"),
    worked=({"thickness": 230, "factor": 28, "speed": 1.2}, 20.24),
)


def _draw_tensile(rng: random.Random) -> Params | None:
    gauge = rng.choice((25, 50, 100))
    after = round(gauge * (1 + rng.randint(120, 380) / 1000), 1)
    return {"gauge": gauge, "after": after} if after != int(after) else None


def elongation(gauge: float, after: float) -> float:
    """Percentage elongation after fracture; lengths in mm."""
    return 100 * (after - gauge) / gauge


S15 = Template(
    id="S15",
    subarea="testing_grades",
    foundation=True,
    draw=_draw_tensile,
    gold=lambda p: elongation(p["gauge"], p["after"]),
    mistakes={
        "divided by the length after fracture": lambda p: 100 * (p["after"] - p["gauge"]) / p["after"],
        "ratio of the lengths given": lambda p: 100 * p["after"] / p["gauge"],
        "true strain given": lambda p: 100 * math.log(p["after"] / p["gauge"]),
        "extension in mm taken for per cent": lambda p: None if p["gauge"] == 100 else p["after"] - p["gauge"],
    },
    unit="%",
    decimals=1,
    stems={
        "zh": (
            "断后伸长率 A = (Lu − L0) ÷ L0 × 100 %。拉伸试样原始标距 L0 = {gauge} mm，断后标距 Lu = {after} mm。求 A（%），保留一位小数。",
            "拉伸试验前在试样上标出 {gauge} mm 的标距，拉断后将断口对接，量得标距 {after} mm。断后伸长率等于标距伸长量与原始标距之比的百分数，请计算，取一位小数。",
        ),
        "en": (
            "Percentage elongation after fracture is A = (Lu − L0) / L0 × 100 %. A tensile test piece has an original gauge length L0 of {gauge} mm and a gauge length after fracture Lu of {after} mm. Find A in %, to one decimal.",
            "A gauge length of {gauge} mm was marked on a tensile test piece; with the broken halves fitted together it measures {after} mm. Elongation after fracture is the increase of the gauge length as a percentage of the original gauge length. Calculate it in %, with one decimal.",
        ),
    },
    explanation={
        "zh": "伸长量（Lu − L0）除以原始标距 L0，再乘 100 %。",
        "en": "The increase Lu − L0 is divided by the original gauge length L0 and turned into per cent.",
    },
    source=Source(title="GB/T 228.1 金属材料 拉伸试验 第1部分：室温试验方法", kind="standard"),
    worked=({"gauge": 50, "after": 62.3}, 24.6),
)


def carbon_dioxide(p: Params) -> float:
    """Tonnes of CO2 from burning a fuel: mass x heating value x carbon per heat x share oxidised x 44/12."""
    return float(p["fuel"] * p["heat"] * p["carbon"] * p["oxidised"] / 100 * 44 / 12)


def _draw_fuel(rng: random.Random) -> Params | None:
    return {
        "fuel": rng.randint(311, 989),
        "heat": amount(rng, 26.51, 29.49, 2),
        "carbon": amount(rng, 0.0281, 0.0299, 4),
        "oxidised": rng.randint(90, 95),
    }


S16 = Template(
    id="S16",
    subarea="energy_environment",
    draw=_draw_fuel,
    gold=carbon_dioxide,
    mistakes={
        "carbon not converted to CO2": lambda p: carbon_dioxide(p) * 12 / 44,
        "mass ratio of carbon and CO2 inverted": lambda p: carbon_dioxide(p) * (12 / 44) ** 2,
        "oxidation share left out": lambda p: carbon_dioxide({**p, "oxidised": 100}),
        "converted to CO instead of CO2": lambda p: carbon_dioxide(p) * 28 / 44,
        "divided by the oxidation share": lambda p: carbon_dioxide(p) / (p["oxidised"] / 100) ** 2,
    },
    unit="t",
    decimals=0,
    stems={
        "zh": (
            "某钢铁企业燃烧焦炭 {fuel} t，低位发热量 {heat} GJ/t，单位热值含碳量 {carbon} t C/GJ，碳氧化率 {oxidised} %，CO₂ 与所含碳的质量比取 44/12。按排放因子法计算其燃烧排放，单位 t CO₂，取整数。",
            "碳核算报告：焦炭作燃料，消耗量 {fuel} t；实测低位发热量每吨 {heat} GJ；每 GJ 热值含碳 {carbon} t；其中 {oxidised} % 的碳被氧化为 CO₂（1 t 碳生成 44/12 t CO₂）。这批焦炭燃烧排放多少吨 CO₂？四舍五入到整数。",
        ),
        "en": (
            "A steel works burns {fuel} t of coke with a net calorific value of {heat} GJ/t, a carbon content of {carbon} t C/GJ and an oxidation rate of {oxidised} %; the mass ratio of CO₂ to carbon is 44/12. Calculate the combustion emissions by the emission factor method in t CO₂, to the nearest whole number.",
            "Carbon account: {fuel} t of coke were used as fuel. Measured net calorific value: {heat} GJ per t. Carbon per GJ of heat: {carbon} t. Of this carbon {oxidised} % is oxidised to CO₂ (1 t of carbon gives 44/12 t of CO₂). How many t of CO₂ does burning this coke emit? Round to a whole number.",
        ),
    },
    explanation={
        "zh": "排放量 = 消耗量 × 低位发热量 × 单位热值含碳量 × 碳氧化率 × 44/12。",
        "en": "Emissions = fuel × net calorific value × carbon per heat × oxidation rate × 44/12.",
    },
    source=Source(title="GB/T 32151.5-2015 温室气体排放核算与报告要求 第5部分：钢铁生产企业", kind="standard"),
    worked=({"fuel": 1000, "heat": 28.435, "carbon": 0.0295, "oxidised": 93}, 2860),
)


def cracking_parameter(p: Params, *, nickel: float = 60, manganese: float = 20, boron: float = 5) -> float:
    """Pcm of Ito and Bessyo with boron, mass per cent; the keywords are the divisors and the factor of boron."""
    plain = {**p, "mn": 0.0, "ni": 0.0}
    return float(_cracking_parameter(plain) + p["mn"] / manganese + p["ni"] / nickel + boron * p["b"])


def _draw_plate(rng: random.Random) -> Params | None:
    p = {
        "c": amount(rng, 0.04, 0.11, 2),
        "si": amount(rng, 0.15, 0.39, 2),
        "mn": amount(rng, 1.21, 1.75, 2),
        "cu": amount(rng, 0.11, 0.34, 2),
        "ni": amount(rng, 0.12, 0.49, 2),
        "cr": amount(rng, 0.11, 0.34, 2),
        "mo": amount(rng, 0.06, 0.24, 2),
        "v": amount(rng, 0.02, 0.07, 2),
        "b": amount(rng, 0.0011, 0.0024, 4),
    }
    return p if 0.16 <= cracking_parameter(p) <= 0.27 else None


S2 = Template(
    id="S2",
    subarea="testing_grades",
    draw=_draw_plate,
    gold=cracking_parameter,
    mistakes={
        "carbon equivalent of the IIW calculated instead": carbon_equivalent,
        "boron left out": lambda p: cracking_parameter(p, boron=0),
        "boron counted once instead of five times": lambda p: cracking_parameter(p, boron=1),
        "manganese divided by 6": lambda p: cracking_parameter(p, manganese=6),
        "nickel divided by 20": lambda p: cracking_parameter(p, nickel=20),
    },
    unit="%",
    decimals=4,
    tolerance=Tolerance(rel=0, abs=0.001),
    stems={
        "zh": (
            "某低碳焊接用厚板的熔炼分析（质量分数，%）：C {c}，Si {si}，Mn {mn}，Cu {cu}，Ni {ni}，Cr {cr}，Mo {mo}，V {v}，B {b}。按伊藤—别所公式，即 GB/T 1591 中的焊接裂纹敏感性指数 Pcm，计算 Pcm，单位 %，保留四位小数。",
            "厚板焊前评定冷裂倾向，需核对焊接裂纹敏感性指数 Pcm（伊藤—别所公式，与 GB/T 1591 一致）。质保书成分（%）：碳 {c}、硅 {si}、锰 {mn}、铜 {cu}、镍 {ni}、铬 {cr}、钼 {mo}、钒 {v}、硼 {b}。Pcm 应为百分之多少？取四位小数。",
        ),
        "en": (
            "Ladle analysis of a low-carbon plate for welding, in mass %: C {c}, Si {si}, Mn {mn}, Cu {cu}, Ni {ni}, Cr {cr}, Mo {mo}, V {v}, B {b}. Calculate the cracking parameter Pcm of Ito and Bessyo, as in GB/T 1591, in % to four decimals.",
            "Before heavy plate is welded its tendency to cold cracking is judged by Pcm (formula of Ito and Bessyo, as used in GB/T 1591). The certificate lists carbon {c} %, silicon {si} %, manganese {mn} %, copper {cu} %, nickel {ni} %, chromium {cr} %, molybdenum {mo} %, vanadium {v} % and boron {b} %. What is Pcm in %, rounded to four decimals?",
        ),
    },
    explanation={
        "zh": "Pcm = C + Si/30 + (Mn + Cu + Cr)/20 + Ni/60 + Mo/15 + V/10 + 5B。",
        "en": "Pcm = C + Si/30 + (Mn + Cu + Cr)/20 + Ni/60 + Mo/15 + V/10 + 5B.",
    },
    source=Source(title="GB/T 1591-2018 低合金高强度结构钢", kind="standard"),
    worked=({"c": 0.07, "si": 0.25, "mn": 1.55, "cu": 0.2, "cr": 0.2, "ni": 0.3, "mo": 0.15, "v": 0.04, "b": 0.001}, 0.1998),
)


def decarburising_oxygen(p: Params, *, to_monoxide: float | None = None) -> float:
    """Oxygen in m³ (0 °C, 1 atm) per t of metal; `to_monoxide` is the share of the carbon that burns to CO, in [0, 1]."""
    share = p["monoxide"] / 100 if to_monoxide is None else to_monoxide
    kilomoles = (p["start"] - p["end"]) * 10 / 12
    return float(kilomoles * (share / 2 + 1 - share) * 22.4)


def _draw_blow(rng: random.Random) -> Params | None:
    return {"start": amount(rng, 3.81, 4.49, 2), "end": amount(rng, 0.04, 0.14, 2), "monoxide": rng.randint(81, 94)}


S9 = Template(
    id="S9",
    subarea="steelmaking",
    draw=_draw_blow,
    gold=decarburising_oxygen,
    mistakes={
        "all carbon burnt to CO2": lambda p: decarburising_oxygen(p, to_monoxide=0),
        "all carbon burnt to CO": lambda p: decarburising_oxygen(p, to_monoxide=1),
        "shares of CO and CO2 swapped": lambda p: decarburising_oxygen(p, to_monoxide=1 - p["monoxide"] / 100),
        "oxygen atoms counted instead of molecules": lambda p: 2 * decarburising_oxygen(p),
        "oxygen given in kg": lambda p: decarburising_oxygen(p) / 22.4 * 32,
    },
    unit="m³/t",
    decimals=2,
    stems={
        "zh": (
            "转炉吹炼使金属含碳量由 {start} % 降到 {end} %，氧化的碳中 {monoxide} % 生成 CO，其余生成 CO₂。碳的摩尔质量取 12 kg/kmol，气体摩尔体积取 22.4 m³/kmol（标准状态）。只计脱碳，不计金属质量变化和其他元素的氧化，每吨金属需氧多少 m³（标准状态）？保留两位小数。",
            "估算脱碳耗氧：入炉金属含碳 {start} %，终点含碳 {end} %；炉气中碳有 {monoxide} %（按碳的摩尔数）以 CO 逸出，余为 CO₂，二次燃烧不另计。C 取 12 kg/kmol，O₂ 每 kmol 为 22.4 m³（0 ℃，101.325 kPa）。按每吨金属计，脱碳需要的氧气为多少 m³（标准状态）？取两位小数。",
        ),
        "en": (
            "A converter blow lowers the carbon of the metal from {start} % to {end} %. Of the carbon oxidised, {monoxide} % becomes CO and the rest CO₂. Take 12 kg/kmol for carbon and 22.4 m³/kmol for gases at standard conditions. Counting decarburisation only, and neglecting the change of the metal's mass, how many m³ of oxygen (standard conditions) are needed per t of metal? Give two decimals.",
            "Oxygen for decarburisation: the charge holds {start} % C, the steel at the end of the blow {end} % C. Of the carbon removed {monoxide} % (by moles) leaves as CO, the rest as CO₂; other elements are not counted and the mass of the metal is taken as constant. With C = 12 kg/kmol and 22.4 m³ of O₂ per kmol at standard conditions, find the oxygen in m³ (standard conditions) per t of metal, to two decimals.",
        ),
    },
    explanation={
        "zh": "每吨金属烧去碳 (C1 − C2)×10 kg，除以 12 得 kmol；生成 CO 每 mol C 需 0.5 mol O₂，生成 CO₂ 需 1 mol O₂；再乘 22.4。",
        "en": "Carbon burnt is (C1 − C2)×10 kg per t, divided by 12 for kmol; CO needs 0.5 mol O₂ per mol C and CO₂ needs 1 mol; multiply by 22.4.",
    },
    source=Source(title="Stoichiometry of decarburisation in converter steelmaking", kind="textbook"),
    worked=({"start": 4.2, "end": 0.05, "monoxide": 90}, 42.61),
)


def scrap_heat(p: Params, *, solid: float = 0.699, latent: float = 272, liquid: float = 0.837) -> float:
    """Heat in kJ that turns 1 kg of cold scrap into steel at tapping temperature; the scrap melts at 1500 °C."""
    return float(solid * (1500 - p["cold"]) + latent + liquid * (p["tap"] - 1500))


def _draw_coolant(rng: random.Random) -> Params | None:
    return {"surplus": rng.randint(211, 389), "cold": rng.randint(11, 34), "tap": rng.randint(1621, 1694)}


S10 = Template(
    id="S10",
    subarea="steelmaking",
    draw=_draw_coolant,
    gold=lambda p: p["surplus"] * 1000 / scrap_heat(p),
    mistakes={
        "latent heat of melting left out": lambda p: p["surplus"] * 1000 / scrap_heat(p, latent=0),
        "heating of the molten steel left out": lambda p: p["surplus"] * 1000 / scrap_heat(p, liquid=0),
        "heating of the solid scrap left out": lambda p: p["surplus"] * 1000 / scrap_heat(p, solid=0),
        "specific heat of the liquid used throughout": lambda p: p["surplus"] * 1000 / scrap_heat(p, solid=0.837),
        "latent heat subtracted": lambda p: p["surplus"] * 1000 / scrap_heat(p, latent=-272),
    },
    unit="kg/t",
    decimals=1,
    stems={
        "zh": (
            "转炉热平衡每吨铁水富余热 {surplus} MJ，用废钢作冷却剂全部吸收。废钢初温 {cold} ℃，在 1500 ℃ 熔化，最终升到出钢温度 {tap} ℃。固态平均比热容 0.699 kJ/(kg·℃)，熔化潜热 272 kJ/kg，液态比热容 0.837 kJ/(kg·℃)。每吨铁水可加废钢多少 kg？保留一位小数。",
            "计算废钢冷却用量：废钢从 {cold} ℃ 加热到熔点 1500 ℃（固态比热容 0.699 kJ/(kg·℃)），熔化（潜热 272 kJ/kg），钢液再升温到 {tap} ℃（比热容 0.837 kJ/(kg·℃)）。若每吨铁水有 {surplus} MJ 热量需由废钢平衡，求废钢加入量，单位 kg/t 铁水，取一位小数。",
        ),
        "en": (
            "The heat balance of a converter leaves {surplus} MJ per t of hot metal, all to be taken up by scrap. The scrap is charged at {cold} °C, melts at 1500 °C and ends at the tapping temperature of {tap} °C. Mean specific heat of the solid 0.699 kJ/(kg·°C), latent heat of melting 272 kJ/kg, specific heat of the liquid 0.837 kJ/(kg·°C). How many kg of scrap can be charged per t of hot metal? Give one decimal.",
            "Scrap as coolant: it is heated from {cold} °C to its melting point of 1500 °C (solid, 0.699 kJ/(kg·°C)), melted (272 kJ/kg), and the liquid is heated on to {tap} °C (0.837 kJ/(kg·°C)). If {surplus} MJ per t of hot metal must be balanced by scrap, find the scrap charge in kg per t of hot metal, to one decimal.",
        ),
    },
    explanation={
        "zh": "每千克废钢吸热 = 固态升温 + 熔化潜热 + 液态升温，三项都要计；废钢量 = 富余热 ÷ 每千克吸热。",
        "en": "Each kg takes up the heating of the solid, the latent heat and the heating of the liquid; divide the surplus heat by their sum.",
    },
    source=Source(title="Converter heat balance with scrap as coolant; the constants used are printed in the stem", kind="textbook"),
    worked=({"surplus": 180, "cold": 25, "tap": 1650}, 126.0),
)


def equivalent_time(p: Params, *, zero: float = 273, base: float = 10) -> float:
    """Hours at the second temperature with the same Hollomon-Jaffe parameter (T/K)(20 + log t); `zero` is 0 °C on the scale used."""
    parameter = (p["first"] + zero) * (20 + math.log(p["hours"], base))
    return float(base ** (parameter / (p["second"] + zero) - 20))


def _draw_tempering(rng: random.Random) -> Params | None:
    first = rng.randint(561, 679)
    p = {"first": first, "second": first - rng.randint(11, 31), "hours": amount(rng, 1.3, 4.4, 1)}
    return p if equivalent_time(p) <= 24 else None


S14 = Template(
    id="S14",
    subarea="heat_treatment",
    draw=_draw_tempering,
    gold=equivalent_time,
    mistakes={
        "temperatures left in degrees Celsius": lambda p: equivalent_time(p, zero=0),
        "natural logarithm used": lambda p: equivalent_time(p, base=math.e),
        "temperatures swapped": lambda p: equivalent_time({**p, "first": p["second"], "second": p["first"]}),
        "time scaled with absolute temperature": lambda p: p["hours"] * (p["first"] + 273) / (p["second"] + 273),
    },
    unit="h",
    decimals=2,
    tolerance=Tolerance(rel=0.02),
    stems={
        "zh": (
            "回火参数（Hollomon–Jaffe）P = T(20 + lg t)，T 为热力学温度（K，取 ℃ + 273），t 为时间（h）。原工艺 {first} ℃ 回火 {hours} h，现改为 {second} ℃。要使回火参数 P 相同，需回火多少小时？保留两位小数。",
            "某调质件规定在 {first} ℃ 回火 {hours} h，炉子只能开到 {second} ℃。按 Hollomon–Jaffe 参数 T(20 + lg t) 相等换算（T 以 K 计，0 ℃ 取 273 K；t 以 h 计，lg 为常用对数），在较低温度下的等效回火时间是多少小时？取两位小数。",
        ),
        "en": (
            "The Hollomon–Jaffe parameter is P = T(20 + lg t), with T in kelvin (°C + 273), t in hours and lg the logarithm to base 10. A part was tempered at {first} °C for {hours} h and is now to be tempered at {second} °C. How many hours give the same P? Give two decimals.",
            "A quenched part should be tempered for {hours} h at {first} °C, but the furnace only reaches {second} °C. Equate the tempering parameter of Hollomon and Jaffe, T(20 + lg t), where T is in kelvin (0 °C is taken as 273 K), t in hours and lg is the decimal logarithm. What is the equivalent time at the lower temperature in hours, to two decimals?",
        ),
    },
    explanation={
        "zh": "lg t2 = T1(20 + lg t1)/T2 − 20，温度用开尔文，对数以 10 为底。",
        "en": "lg t2 = T1(20 + lg t1)/T2 − 20, temperatures in kelvin and logarithms to base 10.",
    },
    source=Source(title="Hollomon JH, Jaffe LD, Time-temperature relations in tempering steel, Trans AIME 1945;162:223-249", kind="paper"),
    worked=({"first": 600, "second": 580, "hours": 2}, 5.98),
)


def martensite_share(p: Params, *, base: float = math.e) -> float:
    """Martensite in per cent after cooling from Ms to T by Koistinen and Marburger, rate 0.011 per °C."""
    return float(100 * (1 - base ** (-0.011 * (p["start"] - p["quenched"]))))


def _linear_share(p: Params) -> float | None:
    share = 1.1 * (p["start"] - p["quenched"])
    return share if share < 100 else None


def _draw_interrupted(rng: random.Random) -> Params | None:
    p = {"start": rng.randint(211, 379), "quenched": rng.randint(101, 259)}
    return p if 60 <= p["start"] - p["quenched"] <= 190 else None


S17 = Template(
    id="S17",
    subarea="heat_treatment",
    draw=_draw_interrupted,
    gold=martensite_share,
    mistakes={
        "untransformed austenite given": lambda p: 100 - martensite_share(p),
        "power of ten taken for the exponential": lambda p: martensite_share(p, base=10),
        "quenching temperature not subtracted from Ms": lambda p: martensite_share({**p, "quenched": 0}),
        "exponential replaced by a straight line": _linear_share,
    },
    unit="%",
    decimals=1,
    stems={
        "zh": (
            "Koistinen–Marburger 式：马氏体体积分数 f = 1 − exp[−0.011(Ms − T)]，温度以 ℃ 计。某钢 Ms = {start} ℃，淬火到 {quenched} ℃ 停留。此时马氏体占多少（体积分数，%）？保留一位小数。",
            "淬火中断在 {quenched} ℃，钢的马氏体开始转变温度为 {start} ℃。未转变奥氏体的分数按 exp(−0.011·ΔT) 计算，ΔT 为低于 Ms 的过冷度（℃）。求此时马氏体的体积分数（%），取一位小数。",
        ),
        "en": (
            "By Koistinen and Marburger the volume fraction of martensite is f = 1 − exp[−0.011(Ms − T)], temperatures in °C. A steel with Ms = {start} °C is quenched to {quenched} °C and held there. How much of it is martensite, in % by volume? Give one decimal.",
            "A quench is interrupted at {quenched} °C; the martensite start temperature of the steel is {start} °C. The fraction of austenite not yet transformed is exp(−0.011·ΔT), where ΔT is the undercooling below Ms in °C. Find the volume fraction of martensite in %, to one decimal.",
        ),
    },
    explanation={
        "zh": "f = 1 − exp[−0.011(Ms − T)]；exp 项本身是未转变的奥氏体。",
        "en": "f = 1 − exp[−0.011(Ms − T)]; the exponential itself is the austenite left.",
    },
    source=Source(
        title="Koistinen DP, Marburger RE, A general equation prescribing the extent of the austenite-martensite transformation, Acta Metall 1959;7:59-60",
        kind="paper",
    ),
    worked=({"start": 330, "quenched": 150}, 86.2),
)


def largest_draught(p: Params) -> float:
    """Largest draught in mm that rolls of radius R bite freely with friction mu: tan(alpha) = mu, cos(alpha) = 1 - dh/(2R)."""
    return float(2 * p["radius"] * (1 - 1 / math.sqrt(1 + p["friction"] ** 2)))


def _draw_bite(rng: random.Random) -> Params | None:
    return {"radius": rng.randint(301, 599), "friction": amount(rng, 0.29, 0.41, 2)}


S18 = Template(
    id="S18",
    subarea="rolling",
    draw=_draw_bite,
    gold=largest_draught,
    mistakes={
        "roll diameter used for the radius": lambda p: 2 * largest_draught(p),
        "factor 2 left out": lambda p: largest_draught(p) / 2,
        "friction coefficient taken for the angle in radians": lambda p: 2 * p["radius"] * (1 - math.cos(p["friction"])),
        "sine taken for the tangent": lambda p: 2 * p["radius"] * (1 - math.sqrt(1 - p["friction"] ** 2)),
        "contact length given": lambda p: math.sqrt(p["radius"] * largest_draught(p)),
    },
    unit="mm",
    decimals=2,
    stems={
        "zh": (
            "自然咬入的极限条件：tan α = μ，cos α = 1 − Δh/(2R)，α 为咬入角，不作小角度近似。轧辊半径 R = {radius} mm，摩擦系数 μ = {friction}。求最大压下量 Δh（mm），保留两位小数。",
            "粗轧机工作辊半径 {radius} mm，轧件与轧辊间摩擦系数 {friction}。咬入角 α 最大等于摩擦角（其正切为摩擦系数），压下量与咬入角的几何关系为 Δh = 2R(1 − cos α)，按精确式计算。能自然咬入的最大压下量是多少 mm？取两位小数。",
        ),
        "en": (
            "Rolls bite freely up to tan α = μ, and cos α = 1 − Δh/(2R), where α is the angle of bite; no small-angle approximation is to be used. The roll radius R is {radius} mm and the coefficient of friction μ is {friction}. Find the largest draught Δh in mm, to two decimals.",
            "The work rolls of a roughing mill have a radius of {radius} mm; the coefficient of friction between stock and rolls is {friction}. The angle of bite α can at most equal the angle of friction, whose tangent is the coefficient of friction, and the draught is exactly Δh = 2R(1 − cos α). What is the largest draught that is bitten freely, in mm with two decimals?",
        ),
    },
    explanation={
        "zh": "cos α = 1/√(1 + μ²)，Δh = 2R(1 − cos α)；μ 是摩擦角的正切，不是弧度数，也不是正弦。",
        "en": "cos α = 1/√(1 + μ²), so Δh = 2R(1 − cos α); μ is the tangent of the angle, neither the angle in radians nor its sine.",
    },
    source=Source(title="Angle of bite and friction, as taught in rolling", kind="textbook"),
    worked=({"radius": 550, "friction": 0.35}, 61.76),
)


def rolling_force(p: Params, *, radius: float = 1, draught: float | None = None) -> float:
    """Rolling force in MN: mean pressure (MPa) x width (mm) x contact length (mm); `radius` scales the roll's radius."""
    used = p["entry"] - p["exit"] if draught is None else draught
    return float(p["pressure"] * p["width"] * contact_length(radius * p["radius"], used) / 1e6)


def _draw_force(rng: random.Random) -> Params | None:
    entry = rng.randint(101, 239)
    return {
        "pressure": rng.randint(101, 219),
        "width": rng.randint(1011, 1889),
        "radius": rng.randint(401, 599),
        "entry": entry,
        "exit": entry - rng.randint(15, 45),
    }


S19 = Template(
    id="S19",
    subarea="rolling",
    draw=lambda rng: p if (p := _draw_force(rng)) is not None and p["exit"] >= 70 else None,
    gold=rolling_force,
    mistakes={
        "roll diameter used for the radius": lambda p: rolling_force(p, radius=2),
        "exit thickness used for the draught": lambda p: rolling_force(p, draught=p["exit"]),
        "half the draught used": lambda p: rolling_force(p, draught=(p["entry"] - p["exit"]) / 2),
        "mean thickness used for the contact length": lambda p: p["pressure"] * p["width"] * (p["entry"] + p["exit"]) / 2 / 1e6,
    },
    unit="MN",
    decimals=2,
    stems={
        "zh": (
            "轧制力 F = p̄·b·√(R·Δh)，p̄ 为平均单位压力，b 为宽度，R 为工作辊半径，Δh 为压下量。某道次 p̄ = {pressure} MPa，b = {width} mm，R = {radius} mm，入口厚度 {entry} mm，出口厚度 {exit} mm。求轧制力（MN），保留两位小数。",
            "粗轧一道次由 {entry} mm 轧到 {exit} mm，板宽 {width} mm（不计宽展），工作辊半径 {radius} mm，变形区平均单位压力 {pressure} MPa。轧制力等于平均单位压力乘接触面积，接触弧长取轧辊半径与压下量之积的平方根。轧制力是多少 MN？取两位小数。",
        ),
        "en": (
            "The rolling force is F = p·b·√(R·Δh): mean pressure p, width b, work roll radius R, draught Δh. In a pass p = {pressure} MPa, b = {width} mm and R = {radius} mm; the stock enters {entry} mm thick and leaves {exit} mm thick. Find the rolling force in MN, to two decimals.",
            "A roughing pass takes stock {width} mm wide (no spread) from {entry} mm to {exit} mm between work rolls of {radius} mm radius; the mean pressure in the roll gap is {pressure} MPa. The force is mean pressure times contact area, and the contact length is the square root of roll radius times draught. What is the rolling force in MN, with two decimals?",
        ),
    },
    explanation={
        "zh": "Δh = 入口厚度 − 出口厚度；F = p̄·b·√(R·Δh)，MPa × mm² = N，再化为 MN。",
        "en": "The draught is entry less exit thickness; F = p·b·√(R·Δh), where MPa × mm² is N, turned into MN.",
    },
    source=Source(title="Rolling force from mean pressure and projected contact area, as taught in rolling", kind="textbook"),
    worked=({"pressure": 180, "width": 1250, "radius": 550, "entry": 210, "exit": 170}, 33.37),
)


def moist_ore(p: Params, *, metal: float | None = None) -> float:
    """Moist ore in kg per t of hot metal: its iron, less what is lost, is the iron of the metal. `metal`: per cent Fe of the metal."""
    iron = p["metal_iron"] if metal is None else metal
    return float(1000 * iron / (p["ore_iron"] * (1 - p["loss"] / 100) * (1 - p["moisture"] / 100)))


def _draw_ore(rng: random.Random) -> Params | None:
    return {
        "metal_iron": amount(rng, 93.8, 94.9, 1),
        "ore_iron": amount(rng, 55.1, 64.9, 1),
        "loss": amount(rng, 3.5, 5.9, 1),
        "moisture": amount(rng, 4.1, 8.9, 1),
    }


S20 = Template(
    id="S20",
    subarea="raw_materials",
    draw=_draw_ore,
    gold=moist_ore,
    mistakes={
        "moisture left out": lambda p: moist_ore({**p, "moisture": 0}),
        "losses left out": lambda p: moist_ore({**p, "loss": 0}),
        "hot metal taken as pure iron": lambda p: moist_ore(p, metal=100),
        "multiplied by the dry share": lambda p: moist_ore(p) * (1 - p["moisture"] / 100) ** 2,
        "multiplied by the yield of iron": lambda p: moist_ore(p) * (1 - p["loss"] / 100) ** 2,
    },
    unit="kg/t",
    decimals=0,
    stems={
        "zh": (
            "高炉全部用一种块矿冶炼。生铁含 Fe {metal_iron} %；块矿干基含 Fe {ore_iron} %，含水 {moisture} %（占湿矿质量）；矿石带入的铁有 {loss} % 随炉渣和炉尘损失，其余进入生铁。每吨生铁需要湿矿多少 kg？取整数。",
            "铁矿石用量计算：铁水中铁的质量分数 {metal_iron} %，矿石化验 TFe {ore_iron} %（干基），到厂水分 {moisture} %（湿基），入炉铁量的 {loss} % 损失于渣和尘，其他炉料不带入铁。求每吨铁水的湿矿消耗（kg），四舍五入到整数。",
        ),
        "en": (
            "A blast furnace is charged with one lump ore only. The hot metal contains {metal_iron} % Fe; the dry ore contains {ore_iron} % Fe and arrives with {moisture} % moisture (of the moist mass). Of the iron charged {loss} % is lost with slag and dust, the rest goes into the metal. How many kg of moist ore are needed per t of hot metal? Round to a whole number.",
            "Ore consumption: hot metal with {metal_iron} % iron by mass; ore assay {ore_iron} % total Fe on the dry basis; moisture of the delivered ore {moisture} % on the wet basis; {loss} % of the iron charged is lost in slag and dust, and no other material brings iron. Find the moist ore in kg per t of hot metal, to the nearest whole number.",
        ),
    },
    explanation={
        "zh": "湿矿量 = 1000·[Fe] ÷ [TFe·(1 − 损失)·(1 − 水分)]：损失和水分都使需要量增大。",
        "en": "Moist ore = 1000·[Fe] ÷ [TFe·(1 − loss)·(1 − moisture)]: losses and moisture both raise the need.",
    },
    source=Source(title="Iron balance of the blast furnace (ore per tonne of hot metal)", kind="textbook"),
    worked=({"metal_iron": 94.5, "ore_iron": 57.5, "loss": 0.2, "moisture": 0}, 1647),
)


def stress(force: float, diameter: float) -> float:
    """Stress in MPa of a round bar: force in kN, diameter in mm."""
    return 4000 * force / (math.pi * diameter**2)


def _draw_round_piece(rng: random.Random) -> Params | None:
    diameter = amount(rng, 9.91, 10.09, 2)
    strength = rng.randint(415, 690)
    force = round(strength * math.pi * diameter**2 / 4000, 1)
    p = {
        "diameter": diameter,
        "broken": amount(rng, 5.61, 7.49, 2),
        "yielding": round(force * rng.randint(66, 84) / 100, 1),
        "force": force,
    }
    return p if all(value != int(value) for value in p.values()) else None


S21 = Template(
    id="S21",
    subarea="testing_grades",
    draw=_draw_round_piece,
    gold=lambda p: stress(p["force"], p["diameter"]),
    mistakes={
        "section after fracture used": lambda p: stress(p["force"], p["broken"]),
        "yield force used": lambda p: stress(p["yielding"], p["diameter"]),
        "diameter used as the radius": lambda p: stress(p["force"], 2 * p["diameter"]),
        "section taken as a square": lambda p: 1000 * p["force"] / p["diameter"] ** 2,
    },
    unit="MPa",
    decimals=0,
    tolerance=Tolerance(rel=0.006),
    stems={
        "zh": (
            "圆形横截面拉伸试样：原始直径 {diameter} mm，断后缩颈处最小直径 {broken} mm；上屈服力 {yielding} kN，最大力 {force} kN。求抗拉强度 Rm（MPa），取整数。",
            "室温拉伸试验记录：试样平行段直径 {diameter} mm（圆截面），屈服时的力 {yielding} kN，试验过程最大力 {force} kN，拉断后颈部直径 {broken} mm。抗拉强度是多少 MPa？四舍五入到整数。",
        ),
        "en": (
            "A round tensile test piece has an original diameter of {diameter} mm and a least diameter of {broken} mm at the neck after fracture. The force at upper yield was {yielding} kN, the maximum force {force} kN. Find the tensile strength Rm in MPa, to a whole number.",
            "Record of a tensile test at room temperature: diameter of the parallel length {diameter} mm (round section), force at yield {yielding} kN, maximum force {force} kN, diameter of the neck after fracture {broken} mm. What is the tensile strength in MPa, to the nearest whole number?",
        ),
    },
    explanation={
        "zh": "Rm = 最大力 ÷ 原始横截面积，S0 = πd²/4；断后截面只用于断面收缩率。",
        "en": "Rm is the maximum force over the original section S0 = πd²/4; the section after fracture serves for the reduction of area only.",
    },
    source=Source(title="GB/T 228.1 金属材料 拉伸试验 第1部分：室温试验方法", kind="standard"),
    worked=({"diameter": 10, "broken": 6.5, "yielding": 31.5, "force": 42.5}, 541),
)


def grain_number(p: Params, *, factor: float = -6.643856, constant: float = -3.288, base: float = 10) -> float:
    """Grain size number from the mean intercept in mm on the steel itself: line on the micrograph over magnification and intercepts."""
    intercept = p["line"] / p["magnification"] / p["intercepts"]
    return float(factor * math.log(intercept, base) + constant)


def _draw_intercepts(rng: random.Random) -> Params | None:
    p = {"line": rng.randint(311, 689), "magnification": rng.choice((100, 200, 500)), "intercepts": rng.randint(51, 99)}
    return p if 6 <= grain_number(p) <= 11 else None


S22 = Template(
    id="S22",
    subarea="testing_grades",
    draw=_draw_intercepts,
    gold=grain_number,
    mistakes={
        "natural logarithm used": lambda p: grain_number(p, base=math.e),
        "constant added instead of subtracted": lambda p: grain_number(p, constant=3.288),
        "constant left out": lambda p: grain_number(p, constant=0),
        "factor halved": lambda p: value if (value := grain_number(p, factor=-6.643856 / 2)) > 0 else None,
    },
    unit={"zh": "级", "en": ""},
    decimals=2,
    tolerance=Tolerance(rel=0, abs=0.1),
    stems={
        "zh": (
            "截点法测晶粒度：G = −6.643856 lg l − 3.288，l 为试样上的平均截距（mm），lg 为常用对数。在放大 {magnification} 倍的金相照片上，测量线总长 {line} mm（照片上的长度），共得 {intercepts} 个截点。求晶粒度级别数 G，保留两位小数。",
            "用截点法评定奥氏体晶粒度。照片放大倍数 {magnification}，照片上测量线总长 {line} mm，截点数 {intercepts}；实际平均截距 l =（线长 ÷ 放大倍数）÷ 截点数，单位 mm。级别数 G = −6.643856 lg l − 3.288（lg 以 10 为底）。G 是多少？取两位小数。",
        ),
        "en": (
            "Grain size by the intercept method: G = −6.643856 lg l − 3.288, where l is the mean intercept on the steel itself in mm and lg the logarithm to base 10. On a micrograph at a magnification of {magnification}, test lines of {line} mm total length (measured on the micrograph) give {intercepts} intercepts. Find the grain size number G, to two decimals.",
            "Austenite grain size by intercepts: magnification {magnification}, total length of the test lines on the micrograph {line} mm, {intercepts} intercepts. The true mean intercept l is line length over magnification, divided by the number of intercepts, in mm; the grain size number is G = −6.643856 lg l − 3.288 with the decimal logarithm. What is G, rounded to two decimals?",
        ),
    },
    explanation={
        "zh": "先除以放大倍数和截点数得实际平均截距（mm），再代入公式；l < 1 mm，lg l 为负。",
        "en": "Divide by magnification and intercepts for the true mean intercept in mm, then use the formula; l is below 1 mm, so lg l is negative.",
    },
    source=Source(title="GB/T 6394 金属平均晶粒度测定方法", kind="standard"),
    worked=({"line": 500, "magnification": 500, "intercepts": 50}, 8.00),
)


TEMPLATES: tuple[Template, ...] = (S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12, S13, S14, S15, S16, S17, S18, S19, S20, S21, S22)
