"""Drawn items of new energy: calculations from the yield of a PV plant to the carbon dioxide of a year's electricity.

Where practice knows several variants (temperature model, row spacing, droop with a dead band), the stem prints the one
that is meant, so that an item tests the calculation and not which variant a model happens to know. Plants are invented.
"""

import math
import random
from collections.abc import Callable
from fractions import Fraction

from evalkit.records import Source, Tolerance
from evalkit.templates import Params, Template, amount

GB_50797 = Source(title="GB 50797-2012 光伏发电站设计规范", kind="standard")
HOURS_A_YEAR = 8760
FARADAY_C_PER_MOL = 96485  # rounded as the stem prints it
HYDROGEN_G_PER_MOL = 2.016
HYDROGEN_KG_PER_NM3 = 0.0899  # at 0 degrees C and 101.325 kPa


def _exact(value: float) -> Fraction:
    """The decimal that a stem prints, without the error of its binary form."""
    return Fraction(str(value))


def _half_way(value: Fraction, digits: int) -> bool:
    """Whether `value` lies half-way between two numbers of `digits` decimals: rounding up and rounding to even would print two answers."""
    doubled: Fraction = value * 2 * 10**digits
    return doubled.denominator == 1 and doubled.numerator % 2 == 1


def plant_yield_gwh(capacity_mw: float, irradiation: float, ratio: float) -> float:
    """Year's energy in GWh; `irradiation` is kWh/m2 in the module plane, under a reference of 1 kW/m2. Source: IEC 61724-1."""
    return capacity_mw * irradiation * ratio / 1000


def _draw_yield(rng: random.Random) -> Params | None:
    p = {"capacity_mw": rng.randrange(10, 305, 5), "irradiation": rng.randrange(1100, 2110, 10), "ratio": rng.randint(75, 88)}
    return None if _half_way(Fraction(p["capacity_mw"] * p["irradiation"] * p["ratio"], 100_000), 2) else p


def _yield_with(share: Callable[[float], float]) -> Callable[[Params], float]:
    return lambda p: plant_yield_gwh(p["capacity_mw"], p["irradiation"], share(p["ratio"] / 100))


N1 = Template(
    id="N1",
    subarea="pv_yield",
    foundation=True,
    draw=_draw_yield,
    gold=_yield_with(lambda ratio: ratio),
    mistakes={
        "performance ratio ignored": _yield_with(lambda ratio: 1.0),
        "performance ratio divided by": _yield_with(lambda ratio: 1 / ratio),
        "losses reported as yield": _yield_with(lambda ratio: 1 - ratio),
        "performance ratio applied twice": _yield_with(lambda ratio: ratio**2),
    },
    unit="GWh",
    decimals=2,
    stems={
        "zh": (
            "光伏电站年发电量 = 装机容量 × 方阵面年峰值日照小时数 × 系统效率 PR。某电站装机 {capacity_mw} MWp，方阵面年峰值日照 {irradiation} h，PR 为 {ratio}%。求年发电量，单位 GWh（1 GWh = 1000 MWh），保留两位小数。",
            "一座 {capacity_mw} MWp 的光伏电站，组件倾斜面全年辐照量为 {irradiation} kWh/m²（标准辐照度 1 kW/m²，折合 {irradiation} 个满发小时），性能比（PR）取 {ratio}%。把容量、满发小时数与性能比相乘，可估算一年的发电量；请以 GWh 为单位给出结果，取两位小数。",
        ),
        "en": (
            "The yearly energy of a PV plant is its capacity times the peak-sun hours in the module plane times the performance ratio PR. A plant has {capacity_mw} MWp, {irradiation} peak-sun hours a year and a PR of {ratio} %. What is its yearly energy in GWh (1 GWh = 1000 MWh), to two decimals?",
            "Estimate a year's output for a solar park of {capacity_mw} MWp. The modules receive {irradiation} kWh/m² a year in their own plane (at the reference of 1 kW/m² this equals {irradiation} hours at full power), and the performance ratio is {ratio} %. Multiply capacity, hours and performance ratio; answer in GWh with two decimals.",
        ),
    },
    explanation={
        "zh": "E = P × H/G_stc × PR；MWp 乘小时得 MWh，再除以 1000 得 GWh。",
        "en": "E = P × H/G_stc × PR; MWp times hours is MWh, and a thousand of them make a GWh.",
    },
    source=Source(title="IEC 61724-1 Photovoltaic system performance - Part 1: Monitoring", kind="standard"),
    worked=({"capacity_mw": 50, "irradiation": 1600, "ratio": 82}, 65.6),
)


def cell_temperature_c(ambient_c: float, irradiance: float, noct_c: float) -> float:
    """Cell temperature in degrees C under `irradiance` in W/m2, by the nominal operating cell temperature. Source: Duffie & Beckman."""
    return ambient_c + (noct_c - 20) / 800 * irradiance


def _cell(p: Params) -> float:
    return cell_temperature_c(p["ambient"], p["irradiance"], p["noct"])


def _module_power(p: Params, cell_c: float, *, sign: int = -1) -> float:
    return float(p["rated"] * p["irradiance"] / 1000 * (1 + sign * p["gamma"] / 100 * (cell_c - 25)))


def _exact_module_power(p: Params) -> Fraction:
    cell = p["ambient"] + Fraction((p["noct"] - 20) * p["irradiance"], 800)
    return Fraction(p["rated"] * p["irradiance"], 1000) * (1 - _exact(p["gamma"]) / 100 * Fraction(cell - 25))


def _draw_module(rng: random.Random) -> Params | None:
    p = {
        "ambient": rng.randint(5, 40),
        "irradiance": rng.randrange(400, 1010, 10),
        "noct": rng.randint(42, 48),
        "rated": rng.randrange(400, 705, 5),
        "gamma": round(rng.uniform(0.28, 0.36), 2),
    }
    return p if 29 <= _cell(p) <= 75 and not _half_way(_exact_module_power(p), 1) else None


N2 = Template(
    id="N2",
    subarea="pv_yield",
    draw=_draw_module,
    gold=lambda p: _module_power(p, _cell(p)),
    mistakes={
        "ambient temperature taken for the cell's": lambda p: _module_power(p, p["ambient"]),
        "temperature ignored": lambda p: _module_power(p, 25),
        "sign of the coefficient": lambda p: _module_power(p, _cell(p), sign=1),
        "20 degrees not taken off NOCT": lambda p: _module_power(p, p["ambient"] + p["noct"] / 800 * p["irradiance"]),
        "irradiance left out of the power": lambda p: _module_power(p, _cell(p)) * 1000 / p["irradiance"],
    },
    unit="W",
    decimals=1,
    tolerance=Tolerance(rel=0.005),
    stems={
        "zh": (
            "某光伏组件标称功率 {rated} W（STC），峰值功率温度系数 −{gamma:.2f}%/K，电池标称工作温度（NOCT）为 {noct} ℃。环境温度 {ambient} ℃、辐照度 {irradiance} W/m² 时，电池温度按 Tc = Ta + (NOCT − 20)/800 × G 估算，功率与辐照度成正比，并以 25 ℃ 为基准作温度修正。求此时组件功率，单位 W，保留一位小数。",
            "现场气温 {ambient} ℃，组件面辐照度 {irradiance} W/m²。组件铭牌：Pmax {rated} W，γ = −{gamma:.2f}%/℃，电池标称工作温度 NOCT {noct} ℃。先用 NOCT 线性模型（环境温度加上“(NOCT − 20) ÷ 800 × 辐照度”）求电池温度，再计算组件的输出功率：功率随辐照度线性变化（基准 1000 W/m²），温度修正以 25 ℃ 为起点。结果以 W 计，取一位小数。",
        ),
        "en": (
            "A PV module is rated {rated} W at STC; its power coefficient is −{gamma:.2f} %/K and its NOCT {noct} °C. The air is at {ambient} °C and the irradiance is {irradiance} W/m². With Tc = Ta + (NOCT − 20)/800 × G for the cell temperature, power proportional to irradiance, and the temperature correction counted from 25 °C, what power does the module give, in W to one decimal?",
            "On site the air temperature is {ambient} °C and the plane-of-array irradiance {irradiance} W/m². The nameplate says Pmax {rated} W, γ = −{gamma:.2f} %/°C, NOCT {noct} °C. Find the cell temperature by the linear NOCT model (air temperature plus (NOCT − 20)/800 times the irradiance), then the output of the module: linear in irradiance with 1000 W/m² as reference, corrected for temperature relative to 25 °C. Answer in W, with one decimal.",
        ),
    },
    explanation={
        "zh": "先求电池温度 Tc = Ta + (NOCT − 20)/800 × G，再求 P = Pstc × G/1000 × [1 + γ(Tc − 25)]；γ 为负，电池越热功率越低。",
        "en": "First Tc = Ta + (NOCT − 20)/800 × G, then P = Pstc × G/1000 × [1 + γ(Tc − 25)]; γ is negative, a hotter cell gives less.",
    },
    source=Source(title="Duffie JA, Beckman WA, Solar Engineering of Thermal Processes", kind="textbook"),
    worked=({"ambient": 30, "irradiance": 900, "noct": 45, "rated": 550, "gamma": 0.35}, 437.6),
)


def _modules_that_fit(p: Params, cell_c: float, *, sign: int = -1) -> float:
    """How many modules of the open-circuit voltage at `cell_c` make up the inverter's limit, not yet a whole number."""
    return float(p["limit"] / (p["voc"] * (1 + sign * p["kv"] / 100 * (cell_c - 25))))


def _draw_string(rng: random.Random) -> Params | None:
    p = {
        "limit": rng.choice((1000, 1100, 1500)),
        "voc": round(rng.uniform(36.0, 54.0), 1),
        "kv": round(rng.uniform(0.23, 0.33), 2),
        "cold": -rng.randint(5, 30),
        "hot": rng.randint(60, 75),
    }
    # at a border of whole numbers rounding on the way would decide
    return p if 0.05 <= _modules_that_fit(p, p["cold"]) % 1 <= 0.95 else None


N3 = Template(
    id="N3",
    subarea="pv_design",
    draw=_draw_string,
    gold=lambda p: math.floor(_modules_that_fit(p, p["cold"])),
    mistakes={
        "rounded up": lambda p: math.ceil(_modules_that_fit(p, p["cold"])),
        "temperature ignored": lambda p: math.floor(_modules_that_fit(p, 25)),
        "hottest cell used": lambda p: math.floor(_modules_that_fit(p, p["hot"])),
        "sign of the coefficient": lambda p: math.floor(_modules_that_fit(p, p["cold"], sign=1)),
    },
    unit={"zh": "块", "en": "modules"},
    decimals=0,
    tolerance=Tolerance(rel=0, abs=0),
    stems={
        "zh": (
            "逆变器允许的最大直流输入电压为 {limit} V。组件 Voc（STC）为 {voc} V，开路电压温度系数 −{kv:.2f}%/℃（以 25 ℃ 为基准）。工作条件下电池极限低温 {cold} ℃、极限高温 {hot} ℃。为使开路电压不超过 {limit} V，一个组串最多可串联多少块组件？",
            "设计组串：电池温度在 {cold} ℃ 到 {hot} ℃ 之间变化，组件在 25 ℃ 下的开路电压 {voc} V，每升高 1 ℃ 开路电压变化 −{kv:.2f}%（相对 25 ℃ 的值）。逆变器直流侧耐压上限 {limit} V，任何时候都不得超过。求每串组件数的上限（整数，单位：块）。",
        ),
        "en": (
            "An inverter takes at most {limit} V DC. The module's Voc at STC is {voc} V, with a coefficient of −{kv:.2f} %/°C relative to 25 °C. Cells will be no colder than {cold} °C and no hotter than {hot} °C. How many modules may be wired in series at most, so that the open-circuit voltage never exceeds {limit} V?",
            "Size a string: cell temperature moves between {cold} °C and {hot} °C; open-circuit voltage of a module at 25 °C is {voc} V and changes by −{kv:.2f} % of that value per °C. The DC input of the inverter must never see more than {limit} V. What is the largest whole number of modules in the string?",
        ),
    },
    explanation={
        "zh": "开路电压在最低温时最高：Voc × [1 + (t − 25) × Kv]；N = 最大直流电压 ÷ 该值，向下取整。",
        "en": "The open-circuit voltage is highest on the coldest day, Voc × [1 + (t − 25) × Kv]; the limit divided by it is rounded down.",
    },
    source=GB_50797,
    worked=({"limit": 1500, "voc": 49.5, "kv": 0.27, "cold": -20, "hot": 70}, 27),
)


def recovery_factor(rate: float, years: int) -> float:
    """Level payment a year for each unit borrowed, as a fraction; `rate` > 0 is a fraction a year. Source: Short, Packey & Holt 1995."""
    growth = (1 + rate) ** years
    return float(rate * growth / (growth - 1))


def _levelised(p: Params, factor: float, *, upkeep: bool = True) -> float:
    return float((p["capital"] * factor + (p["upkeep"] if upkeep else 0)) / p["energy"])


def _recovery(p: Params) -> float:
    return recovery_factor(p["rate"] / 100, p["years"])


def _draw_cost(rng: random.Random) -> Params | None:
    p = {
        "capital": rng.randrange(2800, 8050, 50),
        "upkeep": rng.randrange(40, 165, 5),
        "energy": rng.randrange(1100, 3050, 50),
        "rate": round(rng.uniform(4, 9), 1),
        "years": rng.choice((20, 25)),
    }
    return p if 0.15 <= _levelised(p, _recovery(p)) <= 0.60 else None


N4 = Template(
    id="N4",
    subarea="market",
    draw=_draw_cost,
    gold=lambda p: _levelised(p, _recovery(p)),
    mistakes={
        "investment spread without interest": lambda p: _levelised(p, 1 / p["years"]),
        "operation and maintenance left out": lambda p: _levelised(p, _recovery(p), upkeep=False),
        "interest only, nothing paid back": lambda p: _levelised(p, p["rate"] / 100),
        "sinking-fund factor for the recovery factor": lambda p: _levelised(p, _recovery(p) - p["rate"] / 100),
        "simple interest over the whole life": lambda p: _levelised(p, 1 / p["years"] + p["rate"] / 100),
    },
    unit={"zh": "元/kWh", "en": "yuan/kWh"},
    decimals=4,
    stems={
        "zh": (
            "某电站单位造价 {capital} 元/kW，年运维费 {upkeep} 元/kW，年发电量 {energy} kWh/kW，折现率 {rate}%，寿命 {years} 年，无残值、电量不衰减。资本回收系数 CRF = r(1+r)^n ÷ [(1+r)^n − 1]，平准化度电成本 LCOE =（造价 × CRF + 年运维费）÷ 年发电量。求 LCOE，单位 元/kWh，保留四位小数。",
            "按每千瓦计：初始投资 {capital} 元，此后 {years} 年内每年年末支出运维费 {upkeep} 元、发电 {energy} kWh，不计衰减和残值。若折现率为每年 {rate}%，用资本回收系数 r(1+r)^n/[(1+r)^n − 1] 把投资折成等额年值，求该电站的平准化度电成本（元/kWh，取四位小数）。",
        ),
        "en": (
            "A plant costs {capital} yuan per kW to build and {upkeep} yuan per kW a year to run; it yields {energy} kWh per kW a year for {years} years, without degradation or salvage value. The discount rate is {rate} %. With the capital recovery factor CRF = r(1+r)^n / [(1+r)^n − 1] and LCOE = (investment × CRF + yearly operating cost) / yearly energy, what is the LCOE in yuan/kWh, to four decimals?",
            "Per kilowatt: {capital} yuan are invested now; at the end of each of the next {years} years {upkeep} yuan go into operation and maintenance and {energy} kWh have been generated. There is no degradation and no residual value. Turn the investment into equal yearly amounts at a discount rate of {rate} % a year (capital recovery factor r(1+r)^n / [(1+r)^n − 1]) and give the levelised cost of electricity in yuan/kWh with four decimals.",
        ),
    },
    explanation={
        "zh": "LCOE =（I × CRF + 运维费）÷ E，CRF 把一次投资按折现率折成 n 年等额年值。",
        "en": "LCOE = (I × CRF + O&M) / E; the recovery factor turns one investment into n equal yearly amounts at the discount rate.",
    },
    source=Source(
        title="Short W, Packey DJ, Holt T, A Manual for the Economic Evaluation of Energy Efficiency and Renewable Energy Technologies, NREL/TP-462-5173, 1995",
        kind="manual",
    ),
    worked=({"capital": 3500, "upkeep": 60, "energy": 1250, "rate": 6.0, "years": 20}, 0.2921),
)


def _sheared(p: Params, exponent: float) -> float:
    """Wind speed in m/s at hub height by the power law with `exponent`."""
    return float(p["speed"] * (p["hub"] / p["mast"]) ** exponent)


def _draw_shear(rng: random.Random) -> Params | None:
    p = {
        "speed": round(rng.uniform(4.1, 7.9), 1),
        "mast": rng.choice((60, 70, 80, 90, 100)),
        "hub": rng.randrange(90, 165, 5),
        "alpha": round(rng.uniform(0.10, 0.30), 2),
    }
    # a mast of less than half the hub height would leave too much to the exponent
    return p if 1.3 * p["mast"] <= p["hub"] <= 2 * p["mast"] and _sheared(p, p["alpha"]) <= 12 else None


N6 = Template(
    id="N6",
    subarea="wind",
    draw=_draw_shear,
    gold=lambda p: _sheared(p, p["alpha"]),
    mistakes={
        "heights swapped": lambda p: _sheared(p, -p["alpha"]),
        "exponent left out": lambda p: _sheared(p, 1),
        "exponent of the power density used": lambda p: _sheared(p, 3 * p["alpha"]),
        "height ignored": lambda p: float(p["speed"]),
        "exponent halved": lambda p: _sheared(p, p["alpha"] / 2),
    },
    unit="m/s",
    decimals=2,
    stems={
        "zh": (
            "测风塔 {mast} m 高处的年平均风速为 {speed} m/s，风切变指数 α = {alpha:.2f}。按幂律廓线推算 {hub} m 轮毂高度处的年平均风速，单位 m/s，保留两位小数。",
            "某风电场拟装轮毂高度 {hub} m 的机组，但实测风速只有 {mast} m 一层：{speed} m/s。假设风速随高度按幂函数变化，指数为 {alpha:.2f}，请外推轮毂高度的风速（m/s，取两位小数）。",
        ),
        "en": (
            "A mast measures a mean wind speed of {speed} m/s at {mast} m; the shear exponent is α = {alpha:.2f}. By the power-law profile, what is the mean wind speed at a hub height of {hub} m, in m/s to two decimals?",
            "Turbines with hubs at {hub} m are planned where the only measurement, {speed} m/s, was taken {mast} m above ground. Wind speed is assumed to follow a power of height with exponent {alpha:.2f}. Extrapolate the speed to hub height; answer in m/s with two decimals.",
        ),
    },
    explanation={
        "zh": "幂律 v2 = v1 × (h2/h1)^α；高处风大，故比值为轮毂高度除以测风高度。",
        "en": "Power law v2 = v1 × (h2/h1)^α; it blows harder higher up, so hub height is divided by measuring height.",
    },
    source=Source(title="IEC 61400-1 Wind energy generation systems - Part 1: Design requirements", clause="normal wind profile model", kind="standard"),
    worked=({"speed": 6.2, "mast": 10, "hub": 100, "alpha": 0.16}, 8.96),
)


def _capacity_factor(p: Params, hours: float) -> float:
    """Per cent of what the plant could have produced at full power in `hours`."""
    return float(100 * p["energy"] * 1000 / (p["power"] * hours))


def _draw_factor(rng: random.Random) -> Params | None:
    p = {"energy": rng.randrange(60, 960, 5), "power": rng.randrange(50, 310, 10)}
    exact = Fraction(100_000 * p["energy"], p["power"] * HOURS_A_YEAR)
    return p if 15 <= _capacity_factor(p, HOURS_A_YEAR) <= 42 and not _half_way(exact, 2) else None


N7 = Template(
    id="N7",
    subarea="wind",
    foundation=True,
    draw=_draw_factor,
    gold=lambda p: _capacity_factor(p, HOURS_A_YEAR),
    mistakes={
        "year of 365 half days": lambda p: _capacity_factor(p, 365 * 12),
        "year of 8000 hours": lambda p: _capacity_factor(p, 8000),
        "share not produced": lambda p: 100 - _capacity_factor(p, HOURS_A_YEAR),
        "year of 12 months of 20 days": lambda p: _capacity_factor(p, 12 * 20 * 24),
    },
    unit="%",
    decimals=2,
    stems={
        "zh": (
            "容量系数 = 年发电量 ÷（装机容量 × 8760 h）。某风电场装机 {power} MW，全年发电 {energy} GWh（1 GWh = 1000 MWh）。求容量系数，用百分数表示，保留两位小数。",
            "一座 {power} MW 的风电场去年共发电 {energy} GWh。与全年 8760 小时一直满发的发电量相比，实际发电量占百分之几（%）？取两位小数。",
        ),
        "en": (
            "Capacity factor = yearly energy / (installed power × 8760 h). A wind farm of {power} MW produced {energy} GWh in the year (1 GWh = 1000 MWh). What is its capacity factor in per cent, to two decimals?",
            "Last year a wind farm of {power} MW generated {energy} GWh. Compare this with what it would have generated at full power through all 8760 hours: what percentage was reached? Answer in % with two decimals.",
        ),
    },
    explanation={
        "zh": "GWh 乘 1000 化为 MWh，除以装机容量得满发小时数，再除以 8760 h。",
        "en": "GWh times 1000 is MWh; divided by the power it gives full-load hours, and these are divided by 8760 h.",
    },
    source=Source(title="Manwell JF, McGowan JG, Rogers AL, Wind Energy Explained: Theory, Design and Application", kind="textbook"),
    worked=({"energy": 210, "power": 100}, 23.97),
)


def _draw_storage(rng: random.Random) -> Params | None:
    p = {"need": rng.randrange(30, 405, 5), "depth": rng.randint(80, 95), "efficiency": rng.randint(86, 96)}
    return None if _half_way(Fraction(10_000 * p["need"], p["depth"] * p["efficiency"]), 1) else p


N9 = Template(
    id="N9",
    subarea="storage",
    draw=_draw_storage,
    gold=lambda p: p["need"] / (p["depth"] / 100 * p["efficiency"] / 100),
    mistakes={
        "efficiency multiplied instead of divided": lambda p: p["need"] / (p["depth"] / 100) * p["efficiency"] / 100,
        "depth of discharge ignored": lambda p: p["need"] / (p["efficiency"] / 100),
        "efficiency ignored": lambda p: p["need"] / (p["depth"] / 100),
        "both shares multiplied": lambda p: p["need"] * p["depth"] / 100 * p["efficiency"] / 100,
        "efficiency counted twice": lambda p: p["need"] / (p["depth"] / 100 * (p["efficiency"] / 100) ** 2),
    },
    unit="MWh",
    decimals=1,
    stems={
        "zh": (
            "某储能电站须一次向电网送出 {need} MWh（交流侧）。放电深度限为额定电池容量的 {depth}%，从电池到并网点的放电效率为 {efficiency}%。求所需的额定电池容量，单位 MWh，保留一位小数。",
            "要求储能系统满充后能在并网点连续放出 {need} MWh 电量。电池只允许使用标称能量的 {depth}%；放电过程中电池放出的能量有 {efficiency}% 到达并网点。按此计算，电池标称能量应为多少 MWh？四舍五入到一位小数。",
        ),
        "en": (
            "A storage station must deliver {need} MWh to the grid (AC side) in one discharge. The depth of discharge is limited to {depth} % of the rated battery capacity, and the discharge efficiency from battery to grid connection is {efficiency} %. What rated battery capacity is needed, in MWh to one decimal?",
            "After a full charge a storage system has to supply {need} MWh at its point of connection. Of the nominal battery energy only {depth} % may be used, and of what the battery gives off {efficiency} % arrives at the point of connection. What nominal battery energy does this come to, in MWh, rounded to one decimal?",
        ),
    },
    explanation={
        "zh": "额定容量 = 所需电量 ÷（放电深度 × 放电效率）：两者都使可送出的电量变少，因此都作除数。",
        "en": "Rated capacity = need / (depth of discharge × discharge efficiency): both leave less to deliver, so both divide.",
    },
    source=Source(title="Sizing of battery storage by energy balance", kind="practice"),
    worked=({"need": 100, "depth": 90, "efficiency": 94}, 118.2),
)


def _charge_minutes(p: Params, percent: float, factor: float) -> float:
    """Minutes to put `percent` of the battery in at the charger's average power, divided by `factor`."""
    return float(60 * p["battery"] * percent / 100 / (p["power"] * factor))


def _draw_charge(rng: random.Random) -> Params | None:
    p = {
        "battery": rng.randint(40, 110),
        "power": rng.randrange(30, 125, 5),
        "start": rng.randrange(10, 45, 5),
        "end": rng.randrange(70, 95, 5),
        "efficiency": rng.randint(88, 95),
    }
    exact = Fraction(60 * p["battery"] * (p["end"] - p["start"]), p["power"] * p["efficiency"])
    return p if 25 <= exact <= 120 and not _half_way(exact, 1) else None


N10 = Template(
    id="N10",
    subarea="charging",
    foundation=True,
    draw=_draw_charge,
    gold=lambda p: _charge_minutes(p, p["end"] - p["start"], p["efficiency"] / 100),
    mistakes={
        "efficiency multiplied instead of divided": lambda p: _charge_minutes(p, p["end"] - p["start"], 100 / p["efficiency"]),
        "efficiency ignored": lambda p: _charge_minutes(p, p["end"] - p["start"], 1),
        "charged from empty": lambda p: _charge_minutes(p, p["end"], p["efficiency"] / 100),
        "charged to full": lambda p: _charge_minutes(p, 100 - p["start"], p["efficiency"] / 100),
    },
    unit="min",
    decimals=1,
    stems={
        "zh": (
            "充电时间(h) = 电池容量 × 充入的 SoC 比例 ÷（平均充电功率 × 效率）。电池容量 {battery} kWh，SoC 从 {start}% 充到 {end}%，平均充电功率 {power} kW，效率 {efficiency}%。需要多少分钟？保留一位小数。",
            "一辆电动汽车的电池为 {battery} kWh，到站时剩余 {start}%，要充到 {end}%。整个过程中充电桩的平均输出功率为 {power} kW，其中 {efficiency}% 进入电池。充电需要多长时间？以分钟（min）为单位，取一位小数。",
        ),
        "en": (
            "Charging time (h) = battery capacity × share of charge to be added / (average charging power × efficiency). The battery holds {battery} kWh and is charged from {start} % to {end} % at an average charging power of {power} kW with an efficiency of {efficiency} %. How many minutes does it take, to one decimal?",
            "An electric car with a battery of {battery} kWh arrives with {start} % left and leaves with {end} %. On average the charger supplies {power} kW, {efficiency} % of which reaches the battery. How long does charging last, in minutes (min) with one decimal?",
        ),
    },
    explanation={
        "zh": "充入电量 = 容量 × (终了 SoC − 起始 SoC)；进入电池的功率 = 平均充电功率 × 效率；两者相除，乘 60 得分钟。",
        "en": "Energy added = capacity × (end − start); power into the battery = average charger power × efficiency; their quotient times 60 is minutes.",
    },
    source=Source(title="Charging time at a given average power by energy balance", kind="practice"),
    worked=({"battery": 75, "power": 120, "start": 20, "end": 80, "efficiency": 94}, 23.9),
)


def hydrogen_kg_per_h(current_a: float, cells: int, *, electrons: int = 2, molar_g: float = HYDROGEN_G_PER_MOL) -> float:
    """Hydrogen of a stack in kg/h by Faraday's law at 100 % current efficiency, the cells in series."""
    return current_a * cells * 3600 / (electrons * FARADAY_C_PER_MOL) * molar_g / 1000


def _stack(p: Params, efficiency: float, *, electrons: int = 2, molar_g: float = HYDROGEN_G_PER_MOL) -> float:
    return hydrogen_kg_per_h(p["current"], p["cells"], electrons=electrons, molar_g=molar_g) * efficiency


def _draw_stack(rng: random.Random) -> Params:
    # 99 % would lie too near to the mistake that ignores it
    return {"current": rng.randrange(1500, 9900, 100), "cells": rng.randrange(105, 400, 5), "efficiency": rng.randint(95, 98)}


N11 = Template(
    id="N11",
    subarea="hydrogen",
    draw=_draw_stack,
    gold=lambda p: _stack(p, p["efficiency"] / 100),
    mistakes={
        "one electron a molecule": lambda p: _stack(p, p["efficiency"] / 100, electrons=1),
        "mass of one atom for a molecule": lambda p: _stack(p, p["efficiency"] / 100, molar_g=HYDROGEN_G_PER_MOL / 2),
        "Faraday efficiency divided by": lambda p: _stack(p, 100 / p["efficiency"]),
        "Faraday efficiency ignored": lambda p: _stack(p, 1),
        "normal cubic metres given for kilograms": lambda p: _stack(p, p["efficiency"] / 100) / HYDROGEN_KG_PER_NM3,
    },
    unit="kg/h",
    decimals=2,
    tolerance=Tolerance(rel=0.005),
    stems={
        "zh": (
            "某电解槽由 {cells} 个小室串联，工作电流 {current} A，法拉第效率 {efficiency}%。取 F = 96485 C/mol，氢气摩尔质量 2.016 g/mol。求产氢量，单位 kg/h，保留两位小数。",
            "一台水电解槽的每个小室流过同一电流 {current} A，共 {cells} 个小室，电流效率（法拉第效率）为 {efficiency}%。根据法拉第定律计算每小时产出的氢气质量（kg/h，取两位小数）；法拉第常数 96485 C/mol，H₂ 的摩尔质量 2.016 g/mol。",
        ),
        "en": (
            "An electrolyser stack has {cells} cells in series and runs at {current} A with a Faraday efficiency of {efficiency} %. With F = 96485 C/mol and a molar mass of hydrogen gas of 2.016 g/mol, how much hydrogen does it make, in kg/h to two decimals?",
            "The same current of {current} A flows through each of the {cells} cells of a water electrolyser; current (Faraday) efficiency is {efficiency} %. By Faraday's law, find the mass of hydrogen produced in an hour, in kg/h with two decimals. Use 96485 C/mol for Faraday's constant and 2.016 g/mol for H₂.",
        ),
    },
    explanation={
        "zh": "每个 H₂ 分子需要 2 个电子：m = I × N × t × M ÷ (2F) × η_F，t = 3600 s。",
        "en": "A molecule of H₂ takes two electrons: m = I × N × t × M / (2F) × η_F with t = 3600 s.",
    },
    source=Source(title="Larminie J, Dicks A, Fuel Cell Systems Explained", kind="textbook"),
    worked=({"current": 5000, "cells": 200, "efficiency": 98}, 36.86),
)


def _tangent(factor: float) -> float:
    return math.tan(math.acos(factor))


def _sine(factor: float) -> float:
    return math.sin(math.acos(factor))


def _draw_compensation(rng: random.Random) -> Params | None:
    p = {
        "power": rng.randrange(200, 3010, 10),
        "old": round(rng.uniform(0.60, 0.86), 2),
        "new": round(rng.uniform(0.90, 0.98), 2),
    }
    return p if p["new"] - p["old"] >= 0.06 else None


N12 = Template(
    id="N12",
    subarea="grid",
    draw=_draw_compensation,
    gold=lambda p: p["power"] * (_tangent(p["old"]) - _tangent(p["new"])),
    mistakes={
        "sine for tangent": lambda p: p["power"] * (_sine(p["old"]) - _sine(p["new"])),
        "power factors subtracted": lambda p: p["power"] * (p["new"] - p["old"]),
        "compensated to unity": lambda p: p["power"] * _tangent(p["old"]),
        "apparent powers subtracted": lambda p: p["power"] * (1 / p["old"] - 1 / p["new"]),
        "apparent power held constant": lambda p: p["power"] / p["old"] * (_sine(p["old"]) - _sine(p["new"])),
    },
    unit="kvar",
    decimals=1,
    stems={
        "zh": (
            "某厂有功负荷 {power} kW，功率因数 {old:.2f}（滞后）。有功不变，拟用并联电容器将功率因数提高到 {new:.2f}（滞后）。求所需无功补偿容量，单位 kvar，保留一位小数。",
            "一段母线上有功功率为 {power} kW，滞后功率因数由 {old:.2f} 提高到 {new:.2f}，有功功率保持不变。并联电容器组须发出多少无功功率？以 kvar 表示，取一位小数。",
        ),
        "en": (
            "A plant draws {power} kW at a lagging power factor of {old:.2f}. Shunt capacitors are to raise it to {new:.2f} lagging, with the active power unchanged. What reactive power must they supply, in kvar to one decimal?",
            "On a busbar that carries {power} kW of active power the lagging power factor is {old:.2f}; it has to become {new:.2f}, still lagging, while the kilowatts stay as they are. How large a capacitor bank is needed? Answer in kvar with one decimal.",
        ),
    },
    explanation={
        "zh": "Qc = P × (tanφ1 − tanφ2)，φ = arccos(功率因数)。",
        "en": "Qc = P × (tan φ1 − tan φ2) with φ = arccos(power factor).",
    },
    source=Source(title="Grainger JJ, Stevenson WD, Power System Analysis", kind="textbook"),
    worked=({"power": 800, "old": 0.75, "new": 0.95}, 442.6),
)


def _response_mw(p: Params, beyond_hz: float) -> float:
    """More power in MW for a drop of `beyond_hz` on the droop line."""
    return float(beyond_hz / 50 / (p["droop"] / 100) * p["rated"])


def _drop(p: Params) -> float:
    return float(50 - p["frequency"])


def _draw_response(rng: random.Random) -> Params | None:
    p = {
        "rated": rng.randrange(200, 1010, 10),
        "droop": round(rng.uniform(3.1, 5.9), 1),
        "frequency": round(rng.uniform(49.80, 49.93), 2),
        "dead": rng.choice((0.02, 0.03, 0.033)),
    }
    # no mistake below zero, and no unit near the limits that a standard would put on its response
    beyond = _drop(p) - p["dead"]
    if _half_way((50 - _exact(p["frequency"]) - _exact(p["dead"])) * 2 / _exact(p["droop"]) * Fraction(p["rated"]), 2):
        return None
    return p if _drop(p) > 2 * p["dead"] + 0.005 and beyond / 50 / (p["droop"] / 100) <= 0.06 and _response_mw(p, beyond) >= 5 else None


N14 = Template(
    id="N14",
    subarea="grid",
    draw=_draw_response,
    gold=lambda p: _response_mw(p, _drop(p) - p["dead"]),
    mistakes={
        "dead band ignored": lambda p: _response_mw(p, _drop(p)),
        "dead band added": lambda p: _response_mw(p, _drop(p) + p["dead"]),
        "dead band taken off twice": lambda p: _response_mw(p, _drop(p) - 2 * p["dead"]),
        "droop multiplied as a share of power per hertz": lambda p: p["rated"] * p["droop"] / 100 * (_drop(p) - p["dead"]),
    },
    unit="MW",
    decimals=2,
    stems={
        "zh": (
            "某机组额定功率 {rated} MW，调差率（转速不等率）{droop}%，一次调频死区 ±{dead} Hz，额定频率 50 Hz。电网频率降到 {frequency} Hz 并保持。调频功率 = (|Δf| − 死区) ÷ 50 Hz ÷ 调差率 × 额定功率（未达限幅）。求机组应增加的功率，单位 MW，保留两位小数。",
            "系统频率由 50 Hz 下降并稳定在 {frequency} Hz。一台 {rated} MW 机组投入一次调频，频差在 ±{dead} Hz 以内不动作，超出死区的部分（频差减去死区）按 {droop}% 的调差率（以 50 Hz 和额定功率为基准）响应，限幅未起作用。机组稳态增发多少 MW？取两位小数。",
        ),
        "en": (
            "A unit rated {rated} MW has a droop of {droop} % and a dead band of ±{dead} Hz for primary frequency response; rated frequency is 50 Hz. Grid frequency falls to {frequency} Hz and stays there. The response is (|Δf| − dead band) / 50 Hz / droop × rated power, below any limit. By how much must the unit raise its output, in MW to two decimals?",
            "System frequency drops from 50 Hz and settles at {frequency} Hz. A unit of {rated} MW in primary control does not act on deviations within ±{dead} Hz; to the part beyond the dead band (deviation minus dead band) it responds with a droop of {droop} %, based on 50 Hz and rated power, and no limiter acts. How many MW does it add in steady state? Give two decimals.",
        ),
    },
    explanation={
        "zh": "ΔP = (|Δf| − 死区)/f0/σ × Pn：先从频差扣去死区，再除以调差率。",
        "en": "ΔP = (|Δf| − dead band)/f0/σ × Pn: the dead band comes off the deviation, and the droop divides.",
    },
    source=Source(title="GB/T 40595-2021 并网电源一次调频技术规定及试验导则", kind="standard"),
    worked=({"rated": 600, "droop": 5.0, "frequency": 49.85, "dead": 0.033}, 28.08),
)


def shadow_factor(latitude_deg: float) -> float:
    """North-south shadow of a height of 1 at 9:00 solar time on the winter solstice. Source: GB 50797."""
    tangent = math.tan(math.radians(latitude_deg))
    return (0.707 * tangent + 0.4338) / (0.707 - 0.4338 * tangent)


def _spacing(p: Params, *, tilt: float, factor: float) -> float:
    return float(p["length"] * (math.cos(math.radians(tilt)) + math.sin(math.radians(tilt)) * factor))


def _noon_factor(p: Params) -> float:
    """Shadow of a height of 1 at solar noon of the winter solstice."""
    return math.tan(math.radians(p["latitude"] + 23.45))


def _draw_rows(rng: random.Random) -> Params | None:
    p = {
        "latitude": round(rng.uniform(22, 44), 1),
        "tilt": rng.randint(12, 40),
        "length": round(rng.uniform(2.1, 4.9), 1),
    }
    return p if -14 <= p["tilt"] - p["latitude"] <= 0 else None


N16 = Template(
    id="N16",
    subarea="pv_design",
    draw=_draw_rows,
    gold=lambda p: _spacing(p, tilt=p["tilt"], factor=shadow_factor(p["latitude"])),
    mistakes={
        "only the shadow counted": lambda p: p["length"] * math.sin(math.radians(p["tilt"])) * shadow_factor(p["latitude"]),
        "shadow taken at noon": lambda p: _spacing(p, tilt=p["tilt"], factor=_noon_factor(p)),
        "sine and cosine swapped": lambda p: _spacing(p, tilt=90 - p["tilt"], factor=shadow_factor(p["latitude"])),
        "latitude and tilt swapped": lambda p: _spacing(p, tilt=p["latitude"], factor=shadow_factor(p["tilt"])),
    },
    unit="m",
    decimals=2,
    stems={
        "zh": (
            "北半球平地上朝正南的固定式光伏方阵：倾斜面长度 L = {length} m，倾角 β = {tilt}°，纬度 φ = {latitude}°。以冬至日真太阳时 9:00 前排不遮挡后排为准，按 D = L·cosβ + L·sinβ × (0.707·tanφ + 0.4338) ÷ (0.707 − 0.4338·tanφ) 计算两排方阵的最小间距 D（前后排对应点之间），单位 m，保留两位小数。",
            "在北纬 {latitude}° 的平地上布置朝南方阵，阵列斜面长 {length} m，安装倾角 {tilt}°，要求冬至日真太阳时 9:00—15:00 前排不遮挡后排。排间距公式：L·cosβ 加上 L·sinβ 乘以 (0.707tanφ + 0.4338)/(0.707 − 0.4338tanφ)，其中 φ 为纬度、β 为倾角。求排间距（前排前沿到后排前沿），单位 m，取两位小数。",
        ),
        "en": (
            "A fixed, south-facing PV array on level ground has a slope length of L = {length} m and a tilt of β = {tilt}°; the latitude is φ = {latitude}° N. No row may shade the next at 9:00 solar time on the winter solstice. With D = L·cosβ + L·sinβ × (0.707·tanφ + 0.4338) / (0.707 − 0.4338·tanφ), what is the least distance D between corresponding points of two rows, in m to two decimals?",
            "Rows of south-facing modules stand on level ground at latitude {latitude}° N. Each row is {length} m long along its slope and tilted by {tilt}°; between 9:00 and 15:00 solar time on the winter solstice no row may shade the next. The pitch is L·cosβ plus L·sinβ times (0.707 tanφ + 0.4338)/(0.707 − 0.4338 tanφ), where φ is latitude and β tilt. Find the pitch from front edge to front edge, in m with two decimals.",
        ),
    },
    explanation={
        "zh": "前项是阵列自身的水平投影，后项是冬至 9:00 阵列高度 L·sinβ 的南北向影长。",
        "en": "The first term is the array's own horizontal projection, the second the north-south shadow of its height L·sinβ at 9:00 on the winter solstice.",
    },
    source=GB_50797,
    worked=({"latitude": 38.04, "tilt": 33, "length": 4.6}, 10.58),
)


BETZ_LIMIT = 16 / 27


def rotor_power_kw(density: float, diameter_m: float, speed_m_s: float, coefficient: float) -> float:
    """Mechanical power of a rotor in kW from air density in kg/m3 and the power coefficient. Source: Manwell, McGowan & Rogers."""
    return density / 2 * math.pi / 4 * diameter_m**2 * speed_m_s**3 * coefficient / 1000


def _rotor(p: Params, *, stretch: float = 1.0, coefficient: float | None = None) -> float:
    return rotor_power_kw(p["density"], p["diameter"] * stretch, p["speed"], p["coefficient"] if coefficient is None else coefficient)


def _draw_rotor(rng: random.Random) -> Params | None:
    p = {
        "density": amount(rng, 1.011, 1.249, 3),
        "diameter": rng.randint(82, 199),
        "speed": amount(rng, 5.1, 10.9, 1),
        "coefficient": amount(rng, 0.36, 0.48, 2),
    }
    return p if 400 <= _rotor(p) <= 7000 else None


N5 = Template(
    id="N5",
    subarea="wind",
    draw=_draw_rotor,
    gold=lambda p: _rotor(p),
    mistakes={
        "diameter taken for the radius": lambda p: _rotor(p, stretch=2),
        "half left out": lambda p: 2 * _rotor(p),
        "square of the speed for its cube": lambda p: _rotor(p) / p["speed"],
        "Betz limit for the given coefficient": lambda p: _rotor(p, coefficient=BETZ_LIMIT),
        "power coefficient ignored": lambda p: _rotor(p, coefficient=1.0),
    },
    unit="kW",
    decimals=0,
    stems={
        "zh": (
            "某风电机组风轮直径 {diameter} m，来流风速 {speed} m/s，空气密度 {density} kg/m³，风能利用系数 Cp = {coefficient:.2f}。按 P = ½·ρ·A·v³·Cp（A 为扫风面积）计算风轮吸收的机械功率，单位 kW，取整数。",
            "空气密度为 {density} kg/m³，轮毂高度风速为 {speed} m/s。一台风轮直径 {diameter} m 的机组把流过扫风圆面的风功率的 {coefficient:.2f} 倍（功率系数）转换为机械功率。风轮的机械功率是多少 kW？四舍五入到整数。",
        ),
        "en": (
            "A wind turbine has a rotor diameter of {diameter} m; the free wind speed is {speed} m/s, air density {density} kg/m³ and the power coefficient Cp = {coefficient:.2f}. With P = ½·ρ·A·v³·Cp, where A is the swept area, what mechanical power does the rotor take from the wind, in kW to a whole number?",
            "Air of {density} kg/m³ reaches a rotor of {diameter} m in diameter at {speed} m/s. Of the power that the undisturbed wind carries through the swept circle, the rotor turns a share of {coefficient:.2f} (power coefficient) into mechanical power. How many kW is that, rounded to a whole number?",
        ),
    },
    explanation={
        "zh": "P = ½ρ(π/4·D²)v³Cp：扫风面积为 π/4 乘直径的平方，风速取三次方，结果由 W 除以 1000 得 kW。",
        "en": "P = ½ρ(π/4·D²)v³Cp: the area follows from the diameter, the speed enters as its cube, and W divided by 1000 is kW.",
    },
    source=Source(title="Manwell JF, McGowan JG, Rogers AL, Wind Energy Explained: Theory, Design and Application", kind="textbook"),
    worked=({"density": 1.225, "diameter": 120, "speed": 9, "coefficient": 0.44}, 2222),
)


def _points_moved(p: Params, minutes_an_hour: float = 60) -> float:
    """Charge moved, in percentage points of the rated capacity."""
    return float(100 * p["current"] * p["minutes"] / minutes_an_hour / p["capacity"])


def _draw_discharge(rng: random.Random) -> Params | None:
    p = {
        "capacity": rng.choice((100, 120, 150, 202, 230, 280, 302, 314)),
        "start": rng.randint(55, 85),
        "current": rng.randrange(40, 285, 5),
        "minutes": rng.randint(12, 59),
    }
    moved = _points_moved(p)
    # charging by mistake must stay below full; a current of more than 1C is not meant
    usual = 8 <= moved <= min(100 - p["start"], 42) and p["current"] <= p["capacity"]
    return p if usual and not _half_way(Fraction(100 * p["current"] * p["minutes"], 60 * p["capacity"]), 1) else None


N8 = Template(
    id="N8",
    subarea="battery",
    draw=_draw_discharge,
    gold=lambda p: p["start"] - _points_moved(p),
    mistakes={
        "discharge counted as charge": lambda p: p["start"] + _points_moved(p),
        "drop taken as a share of the charge that was left": lambda p: p["start"] * (1 - _points_moved(p) / 100),
        "minutes read as hundredths of an hour": lambda p: p["start"] - _points_moved(p, 100),
        "started from full": lambda p: 100 - _points_moved(p),
        "charge taken out reported": lambda p: _points_moved(p),
    },
    unit="%",
    decimals=1,
    tolerance=Tolerance(rel=0, abs=0.5),
    stems={
        "zh": (
            "安时积分法：SoC = SoC0 − I·t/C（放电电流为正，库仑效率取 1）。电芯额定容量 {capacity} Ah，初始 SoC 为 {start}%，以 {current} A 恒流放电 {minutes} min。此时 SoC 为多少（%，保留一位小数）？",
            "一个 {capacity} Ah 的电芯当前荷电状态 {start}%。随后以恒定电流 {current} A 放电，持续 {minutes} 分钟，库仑效率按 1 计，容量以额定值为准。放电结束时的荷电状态是多少？以 % 表示，取一位小数。",
        ),
        "en": (
            "Coulomb counting: SoC = SoC0 − I·t/C, with discharge current positive and a coulombic efficiency of 1. A cell rated {capacity} Ah starts at {start} % and is discharged at a constant {current} A for {minutes} min. What is its state of charge then, in % to one decimal?",
            "The state of charge of a {capacity} Ah cell is {start} %. A constant current of {current} A is then drawn from it for {minutes} minutes. Taking the rated capacity as basis and a coulombic efficiency of 1, what is the state of charge at the end? Answer in % with one decimal.",
        ),
    },
    explanation={
        "zh": "放出的电量 I·t（t 以小时计）除以额定容量得百分点数，从初始 SoC 中减去。",
        "en": "The charge drawn, I·t with t in hours, divided by the rated capacity gives percentage points, which come off the first SoC.",
    },
    source=Source(title="Plett GL, Battery Management Systems, Volume I: Battery Modeling", kind="textbook"),
    worked=({"capacity": 280, "start": 80, "current": 140, "minutes": 30}, 55.0),
)


def line_loss_kw(power_mw: float, voltage_kv: float, factor: float, resistance_ohm: float) -> float:
    """Loss of a three-phase line in kW; `resistance_ohm` is that of one conductor, `voltage_kv` between lines. Source: Grainger & Stevenson."""
    current_a = 1000 * power_mw / (math.sqrt(3) * voltage_kv * factor)
    return 3 * current_a**2 * resistance_ohm / 1000


def _loss(p: Params, *, factor: float | None = None) -> float:
    return line_loss_kw(p["power"], p["voltage"], p["factor"] if factor is None else factor, p["resistance"])


# Line voltage in kV > MW and ohms that one circuit of it has: at most about 600 A.
CIRCUITS = {10: ((4, 8), (0.21, 0.89)), 35: ((8, 25), (0.31, 2.49)), 110: ((30, 80), (0.81, 4.99))}


def _draw_line(rng: random.Random) -> Params | None:
    voltage = rng.choice(sorted(CIRCUITS))
    power, resistance = CIRCUITS[voltage]
    p = {
        "power": rng.randint(*power),
        "voltage": voltage,
        "factor": amount(rng, 0.85, 0.96, 2),
        "resistance": amount(rng, *resistance, 2),
    }
    exact = Fraction(1000 * p["power"] ** 2) * _exact(p["resistance"]) / (voltage * _exact(p["factor"])) ** 2
    return p if 0.004 <= exact / (1000 * p["power"]) <= 0.045 and exact >= 30 and not _half_way(exact, 1) else None


N13 = Template(
    id="N13",
    subarea="grid",
    draw=_draw_line,
    gold=lambda p: _loss(p),
    mistakes={
        "one conductor counted instead of three": lambda p: _loss(p) / 3,
        "root of three left out of the current": lambda p: 3 * _loss(p),
        "power factor ignored": lambda p: _loss(p, factor=1.0),
        "power factor multiplied": lambda p: _loss(p, factor=1 / p["factor"]),
        "power factor not squared with the current": lambda p: _loss(p) * p["factor"],
    },
    unit="kW",
    decimals=1,
    stems={
        "zh": (
            "一条三相线路输送有功 {power} MW，线电压 {voltage} kV，功率因数 {factor:.2f}，每相导线电阻 {resistance:.2f} Ω。按 I = P/(√3·U·cosφ)、ΔP = 3I²R 求线路有功损耗，单位 kW，保留一位小数（不计充电功率，P、U、cosφ 取同一端）。",
            "在一条三相线路的一端：线电压 {voltage} kV，输送有功功率 {power} MW，cosφ = {factor:.2f}。线路每相电阻 {resistance:.2f} Ω，忽略电容电流。三相导线合计损耗多少 kW？先求线电流，再求损耗，取一位小数。",
        ),
        "en": (
            "A three-phase line carries {power} MW at a line-to-line voltage of {voltage} kV and a power factor of {factor:.2f}; each conductor has {resistance:.2f} Ω. With I = P/(√3·U·cosφ) and a loss of 3I²R, how much active power is lost in the line, in kW to one decimal? Charging current is left out, and P, U and cosφ belong to the same end.",
            "At one end of a three-phase line the line-to-line voltage is {voltage} kV, the active power {power} MW and the power factor {factor:.2f}. The resistance of the line is {resistance:.2f} Ω per phase and its capacitance is neglected. How many kW do the three conductors lose together? Find the line current first, then the loss; give one decimal.",
        ),
    },
    explanation={
        "zh": "线电流 I = P/(√3·U·cosφ)；三根导线各损耗 I²R，合计 3I²R。",
        "en": "The line current is I = P/(√3·U·cosφ); each of the three conductors loses I²R.",
    },
    source=Source(title="Grainger JJ, Stevenson WD, Power System Analysis", kind="textbook"),
    worked=({"power": 20, "voltage": 35, "factor": 0.95, "resistance": 0.6}, 217.1),
)


CARBON_SHARE = 12 / 44  # mass of carbon in carbon dioxide


def _emission_t(p: Params) -> float:
    """Tonnes of carbon dioxide; a factor in kg/kWh is as many t/MWh."""
    return float(p["energy"] * p["factor"])


def _draw_emission(rng: random.Random) -> Params | None:
    p = {"energy": rng.randrange(12100, 98900, 100), "factor": amount(rng, 0.5301, 0.6499, 4)}
    return None if _half_way(Fraction(p["energy"]) * _exact(p["factor"]), 0) else p


N15 = Template(
    id="N15",
    subarea="market",
    draw=_draw_emission,
    gold=_emission_t,
    mistakes={
        "factor divided by": lambda p: p["energy"] / p["factor"],
        "remainder of the factor to 1": lambda p: p["energy"] * (1 - p["factor"]),
        "carbon reported for carbon dioxide": lambda p: _emission_t(p) * CARBON_SHARE,
        "factor taken as one of carbon": lambda p: _emission_t(p) / CARBON_SHARE,
    },
    unit={"zh": "t", "en": "t"},
    decimals=0,
    tolerance=Tolerance(rel=0.005),
    stems={
        "zh": (
            "某企业一年外购电量 {energy} MWh，核算采用的电力排放因子为 {factor} kgCO2/kWh。这些用电对应的二氧化碳排放量是多少吨（t，取整数）？",
            "碳核算：年度净购入电量 {energy} MWh，电网排放因子按 {factor} kgCO2/kWh 取值。排放量 = 电量 × 因子，注意换算单位。以 t（吨 CO₂）给出结果，四舍五入到整数。",
        ),
        "en": (
            "A company buys {energy} MWh of electricity in a year; the emission factor to be used is {factor} kgCO2/kWh. How many tonnes (t) of carbon dioxide does this correspond to, to a whole number?",
            "Carbon accounting: net electricity purchased in the year is {energy} MWh and the grid factor is set at {factor} kgCO2/kWh. Emissions are energy times factor; mind the units. Give the result in t (tonnes of CO₂), rounded to a whole number.",
        ),
    },
    explanation={
        "zh": "1 kg/kWh = 1 t/MWh，故 MWh 数直接乘以因子即得吨数；因子已按 CO₂ 计，不再乘 44/12。",
        "en": "1 kg/kWh is 1 t/MWh, so MWh times the factor is tonnes; the factor counts CO₂ already and takes no 44/12.",
    },
    source=Source(title="Greenhouse Gas Protocol, Scope 2 Guidance: activity data times emission factor", kind="guideline"),
    worked=({"energy": 65600, "factor": 0.5703}, 37412),
)


def stack_energy_kwh_per_kg(cell_v: float, efficiency: float, *, electrons: int = 2, molar_g: float = HYDROGEN_G_PER_MOL) -> float:
    """DC energy for a kilogram of hydrogen; `efficiency` is the Faraday efficiency in (0, 1]. Source: Larminie & Dicks."""
    return electrons * FARADAY_C_PER_MOL * cell_v / efficiency / (3600 * molar_g)


def _stack_energy(p: Params, efficiency: float, *, electrons: int = 2, molar_g: float = HYDROGEN_G_PER_MOL) -> float:
    return stack_energy_kwh_per_kg(p["volts"], efficiency, electrons=electrons, molar_g=molar_g)


N17 = Template(
    id="N17",
    subarea="hydrogen",
    draw=lambda rng: {"volts": amount(rng, 1.65, 2.09, 2), "efficiency": rng.randint(93, 98)},
    gold=lambda p: _stack_energy(p, p["efficiency"] / 100),
    mistakes={
        "Faraday efficiency multiplied": lambda p: _stack_energy(p, 100 / p["efficiency"]),
        "Faraday efficiency ignored": lambda p: _stack_energy(p, 1),
        "one electron a molecule": lambda p: _stack_energy(p, p["efficiency"] / 100, electrons=1),
        "mass of one atom for a molecule": lambda p: _stack_energy(p, p["efficiency"] / 100, molar_g=HYDROGEN_G_PER_MOL / 2),
    },
    unit="kWh/kg",
    decimals=2,
    tolerance=Tolerance(rel=0.005),
    stems={
        "zh": (
            "水电解槽平均小室电压 {volts} V，法拉第效率 {efficiency}%。取 F = 96485 C/mol，氢气摩尔质量 2.016 g/mol。求制取 1 kg 氢气的直流电耗，单位 kWh/kg，保留两位小数。",
            "某电解槽运行时每个小室电压为 {volts} V，通过的电流中有 {efficiency}% 用于产氢。法拉第常数 96485 C/mol，H₂ 摩尔质量 2.016 g/mol。每千克氢气在电堆上消耗多少直流电能？以 kWh/kg 计，取两位小数。",
        ),
        "en": (
            "The mean cell voltage of a water electrolyser is {volts} V and its Faraday efficiency {efficiency} %. With F = 96485 C/mol and 2.016 g/mol for hydrogen gas, what DC energy goes into 1 kg of hydrogen, in kWh/kg to two decimals?",
            "Each cell of an electrolyser stack runs at {volts} V, and {efficiency} % of the current goes into making hydrogen. Use 96485 C/mol for Faraday's constant and 2.016 g/mol for H₂. How much DC energy does the stack take for each kilogram of hydrogen? Answer in kWh/kg with two decimals.",
        ),
    },
    explanation={
        "zh": "每千克氢需电量 2F/M ÷ η_F，乘以小室电压得能量，再由 J 换算为 kWh（÷ 3.6×10⁶）。",
        "en": "A kilogram takes a charge of 2F/M divided by η_F; times the cell voltage it is energy, and 3.6×10⁶ J make a kWh.",
    },
    source=Source(title="Larminie J, Dicks A, Fuel Cell Systems Explained", kind="textbook"),
    worked=({"volts": 1.85, "efficiency": 98}, 50.19),
)


def _fill(p: Params, top: tuple[str, str], bottom: tuple[str, str]) -> float:
    return float(100 * p[top[0]] * p[top[1]] / (p[bottom[0]] * p[bottom[1]]))


def _draw_curve(rng: random.Random) -> Params | None:
    p = {
        "vm": amount(rng, 31.1, 45.9, 1),
        "im": amount(rng, 9.01, 17.99, 2),
        "voc": amount(rng, 37.1, 54.9, 1),
        "isc": amount(rng, 9.51, 18.99, 2),
    }
    usual = 0.80 <= p["vm"] / p["voc"] <= 0.86 and 0.91 <= p["im"] / p["isc"] <= 0.96
    exact = 100 * _exact(p["vm"]) * _exact(p["im"]) / (_exact(p["voc"]) * _exact(p["isc"]))
    return p if usual and not _half_way(exact, 1) else None


def _draw_usual_curve(rng: random.Random) -> Params | None:
    """Most free draws are no module; tried until one is, so that few draws are thrown back."""
    return next((p for p in (_draw_curve(rng) for _ in range(200)) if p is not None), None)


N18 = Template(
    id="N18",
    subarea="pv_operation",
    draw=_draw_usual_curve,
    gold=lambda p: _fill(p, ("vm", "im"), ("voc", "isc")),
    mistakes={
        "ratio of voltages alone": lambda p: 100 * p["vm"] / p["voc"],
        "ratio of currents alone": lambda p: 100 * p["im"] / p["isc"],
        "ratio turned over": lambda p: _fill(p, ("voc", "isc"), ("vm", "im")),
        "currents exchanged": lambda p: _fill(p, ("vm", "isc"), ("voc", "im")),
        "share missing to the rectangle": lambda p: 100 - _fill(p, ("vm", "im"), ("voc", "isc")),
    },
    unit="%",
    decimals=1,
    stems={
        "zh": (
            "现场 IV 曲线测试（已折算到 STC）：Vmp = {vm} V，Imp = {im} A，Voc = {voc} V，Isc = {isc} A。求该组件的填充因子 FF，用百分数表示，保留一位小数。",
            "运维人员测得一块光伏组件的最大功率点为 {vm} V、{im} A，开路电压 {voc} V，短路电流 {isc} A。填充因子等于最大功率与开路电压、短路电流之积的比。它是百分之几（%，取一位小数）？",
        ),
        "en": (
            "An I-V curve taken on site and corrected to STC gives Vmp = {vm} V, Imp = {im} A, Voc = {voc} V and Isc = {isc} A. What is the fill factor of the module, in % to one decimal?",
            "The maximum power point of a PV module lies at {vm} V and {im} A; its open-circuit voltage is {voc} V and its short-circuit current {isc} A. The fill factor compares the maximum power with the product of the last two. What is it in %, with one decimal?",
        ),
    },
    explanation={
        "zh": "FF = Vmp·Imp ÷ (Voc·Isc)；常见晶硅组件约为 75%–82%。",
        "en": "FF = Vmp·Imp / (Voc·Isc); crystalline silicon modules usually reach 75 % to 82 %.",
    },
    source=Source(title="Duffie JA, Beckman WA, Solar Engineering of Thermal Processes", kind="textbook"),
    worked=({"vm": 41.7, "im": 13.19, "voc": 49.9, "isc": 13.98}, 78.8),
)

TEMPLATES: tuple[Template, ...] = (N1, N2, N3, N4, N5, N6, N7, N8, N9, N10, N11, N12, N13, N14, N15, N16, N17, N18)
