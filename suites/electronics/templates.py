"""Drawn items of electronics: twenty calculations from the filter to the field failure rate.

Where practice has several formulas, constants or sign conventions, the stem prints the one that is meant. Decimals are
drawn with a last digit other than zero, so that a redrawn item has as many digits as the one it replaces.
"""

import math
import random
from collections.abc import Mapping
from typing import Any

from evalkit.records import Language, Source, Tolerance
from evalkit.templates import Params, Template, amount

BOLTZMANN_EV = 8.617e-5  # eV/K, as the stem of E10 prints it
KELVIN = 273.15


def corner_frequency(p: Params) -> float:
    """Corner of a first-order RC low-pass in Hz, for R in kΩ and C in nF."""
    return float(1e6 / (2 * math.pi * p["resistance"] * p["capacitance"]))


def _draw_filter(rng: random.Random) -> Params | None:
    p = {
        "resistance": rng.choice((1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82)),
        "capacitance": rng.choice((10, 12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82)),
    }
    return p if 25 <= corner_frequency(p) <= 20_000 else None


E1 = Template(
    id="E1",
    subarea="circuits",
    foundation=True,
    draw=_draw_filter,
    gold=corner_frequency,
    mistakes={
        "2π left out": lambda p: corner_frequency(p) * 2 * math.pi,
        "π used for 2π": lambda p: corner_frequency(p) * 2,
        "2π multiplied instead of divided": lambda p: corner_frequency(p) * (2 * math.pi) ** 2,
        "rise time rule 0.35/t used with the time constant": lambda p: 0.35 * corner_frequency(p) * 2 * math.pi,
    },
    unit="Hz",
    decimals=1,
    stems={
        "zh": (
            "一阶 RC 低通滤波器的电阻为 {resistance} kΩ，电容为 {capacitance} nF。按 fc = 1/(2πRC) 计算 −3 dB 截止频率，单位 Hz，保留一位小数。",
            "为滤除传感器信号中的噪声，串联一只 {resistance} kΩ 电阻并对地接一只 {capacitance} nF 电容。截止频率的公式是 fc = 1/(2πRC)（R 用 Ω，C 用 F）。fc 是多少 Hz？取一位小数。",
        ),
        "en": (
            "A first-order RC low-pass filter has a resistance of {resistance} kΩ and a capacitance of {capacitance} nF. Calculate its −3 dB corner frequency fc = 1/(2πRC), in Hz to one decimal.",
            "Noise on a sensor line is filtered by a series resistor of {resistance} kΩ and a capacitor of {capacitance} nF to ground. With fc = 1/(2πRC), R in Ω and C in F, what is the corner frequency in Hz? Round to one decimal.",
        ),
    },
    explanation={
        "zh": "把 kΩ 与 nF 换成 Ω 与 F 后代入 fc = 1/(2πRC)；不带 2π 的 1/(RC) 是角频率 rad/s。",
        "en": "Put R in Ω and C in F into fc = 1/(2πRC); 1/(RC) without 2π is the angular frequency in rad/s.",
    },
    source=Source(title="Horowitz P, Hill W, The Art of Electronics, 3rd ed. (Cambridge University Press)", clause="chapter 1"),
    worked=({"resistance": 10, "capacitance": 10}, 1591.5),
)


def effective_bits(p: Params, *, offset: float = 1.76, per_bit: float = 6.02) -> float:
    """Effective number of bits from SINAD in dB."""
    return float((p["sinad"] - offset) / per_bit)


def _draw_converter(rng: random.Random) -> Params | None:
    bits = rng.choice((10, 12, 14, 16, 18))
    sinad = amount(rng, 50.1, 98.9, 1)
    return {"bits": bits, "sinad": sinad} if 0.5 <= bits - effective_bits({"sinad": sinad}) <= 3 else None


E3 = Template(
    id="E3",
    subarea="converters",
    foundation=True,
    draw=_draw_converter,
    gold=effective_bits,
    mistakes={
        "1.76 dB not subtracted": lambda p: effective_bits(p, offset=0),
        "1.76 dB added instead of subtracted": lambda p: effective_bits(p, offset=-1.76),
        "nominal resolution given": lambda p: float(p["bits"]),
        "6.02 subtracted as well": lambda p: effective_bits(p, offset=1.76 + 6.02),
    },
    unit={"zh": "位", "en": "bits"},
    decimals=2,
    tolerance=Tolerance(rel=0, abs=0.05),
    stems={
        "zh": (
            "某 {bits} 位模数转换器用满量程正弦波测得信纳比 SINAD 为 {sinad} dB。按 ENOB = (SINAD − 1.76)/6.02 计算有效位数，单位“位”，保留两位小数。",
            "评估一片标称 {bits} 位的 ADC：满量程正弦输入下 SINAD = {sinad} dB。先从 SINAD 中减去 1.76 dB，再除以每位 6.02 dB，即得有效位数。有效位数是多少？取两位小数。",
        ),
        "en": (
            "A {bits}-bit analog-to-digital converter, tested with a full-scale sine wave, shows a SINAD of {sinad} dB. Calculate the effective number of bits, ENOB = (SINAD − 1.76)/6.02, to two decimals.",
            "An ADC sold as a {bits}-bit part is tested: a full-scale sine gives a signal-to-noise-and-distortion ratio of {sinad} dB. Its effective resolution in bits is found by taking 1.76 dB off that ratio and dividing by 6.02 dB per bit. What is it, rounded to two decimals?",
        ),
    },
    explanation={
        "zh": "理想 N 位转换器的信噪比为 6.02N + 1.76 dB，由实测 SINAD 反解 N；标称位数不参与计算。",
        "en": "An ideal N-bit converter has an SNR of 6.02N + 1.76 dB; ENOB solves this for N with the measured SINAD. The nominal resolution plays no part.",
    },
    source=Source(title="IEEE Std 1241, Terminology and Test Methods for Analog-to-Digital Converters", kind="standard"),
    worked=({"bits": 12, "sinad": 68.0}, 11.00),
)


def alias(p: Params) -> float:
    """Frequency in kHz at which a tone appears after sampling, in [0, half the sampling rate]."""
    return float(round(abs(p["tone"] - p["rate"] * round(p["tone"] / p["rate"])), 1))


def _draw_tone(rng: random.Random) -> Params | None:
    rate = rng.randint(101, 495) * 2 / 10  # even tenths: half of it has one decimal too
    p = {"rate": rate, "tone": amount(rng, 1.05 * rate, 2.9 * rate, 1)}
    return p if rate * 10 % 10 and 0.04 * rate <= alias(p) <= 0.46 * rate else None


def _remainder_not_folded(p: Params) -> float | None:
    rest = round(p["tone"] % p["rate"], 1)
    return rest if rest > p["rate"] / 2 else None


def _rate_taken_off_once(p: Params) -> float | None:
    rest = round(p["tone"] - p["rate"], 1)
    return rest if rest > p["rate"] / 2 else None


E4 = Template(
    id="E4",
    subarea="converters",
    draw=_draw_tone,
    gold=alias,
    mistakes={
        "not folded about half the sampling rate": _remainder_not_folded,
        "sampling rate taken off once only": _rate_taken_off_once,
        "measured from half the sampling rate": lambda p: round(p["rate"] / 2 - alias(p), 1),
        "half the sampling rate subtracted": lambda p: round(p["tone"] - p["rate"] / 2, 1),
        "no aliasing assumed": lambda p: float(p["tone"]),
    },
    unit="kHz",
    decimals=1,
    tolerance=Tolerance(rel=0, abs=0),
    stems={
        "zh": (
            "以 {rate} kHz 的采样率对 {tone} kHz 的单频正弦信号采样，前端没有抗混叠滤波器。在 0 到采样率一半的频谱范围内，该信号出现在多少 kHz 处？给出一位小数的精确值。",
            "某采集卡采样率为 {rate} kHz，未装抗混叠滤波器，输入端混入一个 {tone} kHz 的正弦干扰。频谱图（0～fs/2）上的混叠谱线位于多少 kHz？结果保留一位小数（精确值）。",
        ),
        "en": (
            "A sine wave of {tone} kHz is sampled at {rate} kHz without an anti-aliasing filter. At which frequency between 0 and half the sampling rate does it appear? Give the exact value in kHz, with one decimal.",
            "A data logger samples at {rate} kHz and has no anti-aliasing filter. Interference at {tone} kHz, a pure sine, reaches its input. Where does the line stand in the spectrum from 0 to fs/2? Answer in kHz with one decimal (exact).",
        ),
    },
    explanation={
        "zh": "混叠频率 = |f − n·fs|，n 取最接近 f/fs 的整数。",
        "en": "The alias is |f − n·fs| with n the whole number nearest to f/fs.",
    },
    source=Source(title="Oppenheim AV, Schafer RW, Discrete-Time Signal Processing (sampling of continuous-time signals)"),
    worked=({"rate": 44.1, "tone": 31}, 13.1),
)

LAYERS: Mapping[str, tuple[float, Mapping[Language, str]]] = {
    "outer": (0.048, {"zh": "外层", "en": "outer"}),
    "inner": (0.024, {"zh": "内层", "en": "inner"}),
}


def trace_width(p: Params, *, layer: str | None = None, mil_per_ounce: float = 1.378) -> float:
    """Width in mil by I = k·ΔT^0.44·A^0.725 (IPC-2221), A in square mil; I in A, ΔT in K, copper in oz/ft²."""
    constant = LAYERS[layer or p["layer"]][0]
    area = (p["current"] / (constant * p["rise"] ** 0.44)) ** (1 / 0.725)
    return float(area / (mil_per_ounce * p["copper"]))


def _draw_trace(rng: random.Random) -> Params | None:
    p = {
        "layer": rng.choice(("outer", "inner")),
        "current": amount(rng, 1.1, 9.9, 1),
        "rise": rng.randint(10, 40),
        "copper": rng.choice((1, 2)),
    }
    return p if 15 <= trace_width(p) <= 400 else None


def _area_exponent_not_inverted(p: Params) -> float:
    area = (p["current"] / (LAYERS[p["layer"]][0] * p["rise"] ** 0.44)) ** 0.725
    return float(area / (1.378 * p["copper"]))


E5 = Template(
    id="E5",
    subarea="pcb_emc",
    draw=_draw_trace,
    gold=trace_width,
    mistakes={
        "constant of the other kind of layer": lambda p: trace_width(p, layer="inner" if p["layer"] == "outer" else "outer"),
        "1 oz taken as 1 mil thick": lambda p: trace_width(p, mil_per_ounce=1),
        "1 oz copper assumed": lambda p: trace_width({**p, "copper": 1}) if p["copper"] != 1 else None,
        "exponent 0.725 not inverted": _area_exponent_not_inverted,
        "area divided by the thickness twice": lambda p: trace_width(p) / (1.378 * p["copper"]),
    },
    unit="mil",
    decimals=1,
    tolerance=Tolerance(rel=0.02),
    shown=lambda p, language: {"side": LAYERS[p["layer"]][1][language]},
    stems={
        "zh": (
            "按 IPC-2221 的经验式 I = k·ΔT^0.44·A^0.725（A 为截面积，单位 mil²；外层 k = 0.048，内层 k = 0.024；1 oz 铜厚取 1.378 mil），{side}走线载流 {current} A，允许温升 {rise} ℃，铜厚 {copper} oz。求最小线宽（mil），四舍五入到一位小数。",
            "多层板的一条{side}电源走线要通过 {current} A，温升不得超过 {rise} ℃，铜箔 {copper} oz（每 oz 厚 1.378 mil）。用 IPC-2221 公式（不是 IPC-2152 图表）：I = k·ΔT^0.44·A^0.725，其中外层 k = 0.048、内层 k = 0.024，A 以 mil² 计。线宽至少要多少 mil？四舍五入到一位小数。",
        ),
        "en": (
            "Use the relation of IPC-2221, I = k·ΔT^0.44·A^0.725, with the cross-section A in square mil, k = 0.048 for outer and 0.024 for inner layers, and 1.378 mil of thickness per oz of copper. An {side}-layer trace carries {current} A with a permitted temperature rise of {rise} °C in {copper} oz copper. Find the minimum width in mil, rounded to the nearest 0.1.",
            "A power trace on an {side} layer must carry {current} A and may warm up by no more than {rise} °C; the copper weighs {copper} oz (1.378 mil thick per oz). By the formula of IPC-2221, not the charts of IPC-2152, I = k·ΔT^0.44·A^0.725, where A is in mil² and k is 0.048 on outer, 0.024 on inner layers. How many mil wide must it be at least? Round to the nearest 0.1.",
        ),
    },
    explanation={
        "zh": "由 A = [I/(k·ΔT^0.44)]^(1/0.725) 得截面积，再除以铜厚 1.378×oz 得线宽。",
        "en": "A = [I/(k·ΔT^0.44)]^(1/0.725) gives the cross-section; divided by the thickness 1.378 × oz it gives the width.",
    },
    source=Source(title="IPC-2221, Generic Standard on Printed Board Design (conductor sizing; IPC-2152 has newer charts)", kind="standard"),
    worked=({"layer": "outer", "current": 3, "rise": 20, "copper": 1}, 35.3),
)


def sink_resistance(p: Params, *, junction: float = 1, interface: float = 1) -> float:
    """Largest thermal resistance sink to ambient in K/W; the factors say how often the other two are taken off."""
    return float((p["limit"] - p["ambient"]) / p["power"] - junction * p["rjc"] - interface * p["rcs"])


def _draw_heat_sink(rng: random.Random) -> Params | None:
    p = {
        "limit": rng.randint(105, 150),
        "ambient": rng.randint(25, 65),
        "power": amount(rng, 4.1, 19.9, 1),
        "rjc": amount(rng, 0.5, 2.4, 1),
        "rcs": amount(rng, 0.2, 0.9, 1),
    }
    return p if 2.5 <= sink_resistance(p) <= 18 else None


E6 = Template(
    id="E6",
    subarea="power_thermal",
    draw=_draw_heat_sink,
    gold=sink_resistance,
    mistakes={
        "case-to-sink resistance left out": lambda p: sink_resistance(p, interface=0),
        "junction-to-case resistance counted twice": lambda p: sink_resistance(p, junction=2),
        "total resistance from junction to ambient given": lambda p: sink_resistance(p, junction=0, interface=0),
        "ambient temperature not subtracted": lambda p: sink_resistance({**p, "ambient": 0}),
        "device resistances added instead of subtracted": lambda p: sink_resistance(p, junction=-1, interface=-1),
    },
    unit={"zh": "℃/W", "en": "°C/W"},
    decimals=2,
    stems={
        "zh": (
            "功率管耗散 {power} W，结到壳热阻 {rjc} ℃/W，壳到散热器（含绝缘垫）热阻 {rcs} ℃/W，环境温度 {ambient} ℃，结温不得超过 {limit} ℃。散热器到环境的热阻最大允许多少 ℃/W？四舍五入到两位小数。",
            "为一只 MOSFET 选散热器：最高结温 {limit} ℃，机箱内空气 {ambient} ℃，稳态损耗 {power} W，RθJC = {rjc} ℃/W，RθCS = {rcs} ℃/W，全部热量经散热器散出。求 RθSA 的上限（℃/W），四舍五入到两位小数。",
        ),
        "en": (
            "A power transistor dissipates {power} W. Thermal resistance junction to case {rjc} °C/W, case to heat sink (with pad) {rcs} °C/W, ambient {ambient} °C; the junction must not exceed {limit} °C. What is the largest permitted thermal resistance from heat sink to ambient, in °C/W, rounded to the nearest 0.01?",
            "Choose a heat sink for a MOSFET whose junction may reach {limit} °C in cabinet air of {ambient} °C. The steady loss is {power} W, RθJC = {rjc} °C/W, RθCS = {rcs} °C/W, and all heat leaves through the sink. Give the upper limit of RθSA in °C/W, rounded to the nearest 0.01.",
        ),
    },
    explanation={
        "zh": "RθSA = (Tj − Ta)/P − RθJC − RθCS：总热阻减去串联的另外两段。",
        "en": "RθSA = (Tj − Ta)/P − RθJC − RθCS: the total less the two other resistances in series.",
    },
    source=Source(title="Series model of thermal resistances from junction to ambient (terms of JESD51)", kind="practice"),
    worked=({"limit": 125, "ambient": 50, "power": 8, "rjc": 1.5, "rcs": 0.5}, 7.375),
)


def setup_slack(p: Params, *, skew: float = 1, setup: float = 1, launch: float = 1) -> float:
    """Setup slack in ns; `skew` is positive where the capture clock arrives later. The factors weigh single terms."""
    arrival = launch * p["clk_to_q"] + p["path_max"]
    return float(p["period"] + skew * p["skew"] - setup * p["setup"] - arrival)


def hold_slack(p: Params) -> float:
    """Hold slack in ns of the same pair of flip-flops."""
    return float(p["clk_to_q"] + p["path_min"] - p["hold"] - p["skew"])


def _draw_path(rng: random.Random) -> Params | None:
    p = {
        "period": amount(rng, 1.25, 4.99, 2),
        "skew": amount(rng, 0.03, 0.19, 2),
        "clk_to_q": amount(rng, 0.08, 0.25, 2),
        "path_max": amount(rng, 0.81, 4.69, 2),
        "path_min": amount(rng, 0.11, 0.49, 2),
        "setup": amount(rng, 0.04, 0.15, 2),
        "hold": amount(rng, 0.02, 0.09, 2),
    }
    return p if 0.03 <= abs(setup_slack(p)) <= 0.65 else None


E7 = Template(
    id="E7",
    subarea="digital",
    draw=_draw_path,
    gold=setup_slack,
    mistakes={
        "clock skew with the wrong sign": lambda p: setup_slack(p, skew=-1),
        "setup time left out": lambda p: setup_slack(p, setup=0),
        "clock-to-output delay left out": lambda p: setup_slack(p, launch=0),
        "hold slack calculated": hold_slack,
        "required time subtracted from arrival time": lambda p: -setup_slack(p),
    },
    unit="ns",
    decimals=2,
    tolerance=Tolerance(rel=0, abs=0.005),
    stems={
        "zh": (
            "两级触发器之间的路径：时钟周期 {period} ns，捕获沿时钟比发射沿时钟晚到 {skew} ns（时钟偏斜）；触发器时钟到输出延迟 {clk_to_q} ns，组合逻辑最大延迟 {path_max} ns、最小延迟 {path_min} ns，建立时间 {setup} ns，保持时间 {hold} ns。求建立时间裕量（ns，违例为负），保留两位小数。",
            "静态时序分析一条寄存器到寄存器路径。周期 {period} ns；捕获触发器的时钟网络延迟比发射触发器大 {skew} ns；tcq = {clk_to_q} ns；逻辑延迟最长 {path_max} ns、最短 {path_min} ns；tsu = {setup} ns；th = {hold} ns。setup slack 是多少 ns？满足时为正、违例为负，取两位小数。",
        ),
        "en": (
            "A path between two flip-flops: clock period {period} ns; the clock reaches the capturing flip-flop {skew} ns later than the launching one; clock-to-output delay {clk_to_q} ns; combinational delay at most {path_max} ns and at least {path_min} ns; setup time {setup} ns; hold time {hold} ns. Find the setup slack in ns (negative if violated), to two decimals.",
            "Static timing of a register-to-register path. Period {period} ns. The capture clock's network delay exceeds the launch clock's by {skew} ns. tcq = {clk_to_q} ns, tsu = {setup} ns, th = {hold} ns. The logic between takes {path_min} ns at its fastest and {path_max} ns at its slowest. What is the setup slack in ns, positive when met and negative when violated, rounded to two decimals?",
        ),
    },
    explanation={
        "zh": "建立裕量 = 周期 + 偏斜 − 建立时间 −（tcq + 最大逻辑延迟）；最小延迟和保持时间只用于保持检查。",
        "en": "Setup slack = period + skew − setup time − (tcq + longest logic delay); shortest delay and hold time belong to the hold check.",
    },
    source=Source(title="Weste NHE, Harris DM, CMOS VLSI Design, 4th ed. (Addison-Wesley), sequencing static circuits"),
    worked=({"period": 2, "skew": 0.05, "clk_to_q": 0.12, "path_max": 1.45, "path_min": 0.16, "setup": 0.1, "hold": 0.12}, 0.38),
)


def buck_inductance(p: Params) -> float:
    """Inductance in µH of a buck converter in continuous conduction, lossless; voltages in V, kHz, peak-to-peak A."""
    return float(1000 * p["output"] * (1 - p["output"] / p["input"]) / (p["frequency"] * p["ripple"]))


def _draw_buck(rng: random.Random) -> Params | None:
    p = {
        "input": rng.randint(10, 60),
        "output": rng.choice((1.2, 1.5, 1.8, 2.5, 3.3, 7.5, 8.5)),
        "frequency": rng.choice((150, 200, 250, 300, 350, 400, 450, 500, 600, 700, 750, 800)),
        "ripple": amount(rng, 0.3, 2.4, 1),
    }
    return p if 0.05 <= p["output"] / p["input"] <= 0.7 and 2.5 <= buck_inductance(p) <= 60 else None


E8 = Template(
    id="E8",
    subarea="power_thermal",
    draw=_draw_buck,
    gold=buck_inductance,
    mistakes={
        "D used for 1 − D": lambda p: buck_inductance(p) / (p["input"] / p["output"] - 1),
        "1 − D left out": lambda p: 1000 * p["output"] / (p["frequency"] * p["ripple"]),
        "input voltage used for output voltage": lambda p: buck_inductance(p) * p["input"] / p["output"],
        "ripple taken as an amplitude": lambda p: buck_inductance(p) / 2,
    },
    unit="µH",
    decimals=2,
    stems={
        "zh": (
            "理想 Buck 变换器工作于连续导通模式，输入 {input} V，输出 {output} V，开关频率 {frequency} kHz，要求电感电流纹波峰峰值 {ripple} A，忽略所有损耗和压降。求电感量（µH），保留两位小数。",
            "设计降压电路：{input} V 变为 {output} V，开关频率 {frequency} kHz。器件视为理想，电感电流连续。若电感电流峰峰纹波取 {ripple} A，电感应为多少 µH？取两位小数。",
        ),
        "en": (
            "An ideal buck converter in continuous conduction has an input of {input} V, an output of {output} V and switches at {frequency} kHz. The peak-to-peak ripple of the inductor current is to be {ripple} A; losses and voltage drops are neglected. Find the inductance in µH, to two decimals.",
            "A step-down stage turns {input} V into {output} V at a switching frequency of {frequency} kHz. Take all parts as ideal and the inductor current as continuous. Which inductance, in µH, gives a ripple of {ripple} A peak to peak? Round to two decimals.",
        ),
    },
    explanation={
        "zh": "D = Vo/Vi；关断期间电感电压为 Vo，故 L = Vo(1 − D)/(f·ΔI)。",
        "en": "D = Vo/Vi; while the switch is off the inductor sees Vo, so L = Vo(1 − D)/(f·ΔI).",
    },
    source=Source(title="Erickson RW, Maksimović D, Fundamentals of Power Electronics (Springer)", clause="chapter 2"),
    worked=({"input": 48, "output": 12, "frequency": 200, "ripple": 2}, 22.5),
)


def _arrhenius_exponent(p: Params, *, energy_ev: float | None = None) -> float:
    warm, hot = p["use"] + KELVIN, p["stress"] + KELVIN
    return float((p["energy"] if energy_ev is None else energy_ev) / BOLTZMANN_EV * (1 / warm - 1 / hot))


def acceleration(p: Params) -> float:
    """Acceleration factor of Arrhenius between two temperatures in °C; energy in eV."""
    return math.exp(_arrhenius_exponent(p))


def _draw_life_test(rng: random.Random) -> Params | None:
    p = {"energy": amount(rng, 0.41, 0.89, 2), "use": rng.randint(35, 75), "stress": rng.randint(105, 150)}
    return p if 13 <= acceleration(p) <= 900 else None


E10 = Template(
    id="E10",
    subarea="reliability",
    draw=_draw_life_test,
    gold=acceleration,
    mistakes={
        "doubling for every 10 °C assumed": lambda p: float(2 ** ((p["stress"] - p["use"]) / 10)),
        "activation energy taken as 1 eV": lambda p: math.exp(_arrhenius_exponent(p, energy_ev=1.0)),
        "activation energy taken as 0.7 eV": lambda p: math.exp(_arrhenius_exponent(p, energy_ev=0.7)) if abs(p["energy"] - 0.7) > 0.02 else None,
        "exponential left out": _arrhenius_exponent,
        "power of 2 instead of e": lambda p: float(2 ** _arrhenius_exponent(p)),
    },
    unit="",
    decimals=1,
    tolerance=Tolerance(rel=0.02),
    stems={
        "zh": (
            "高温寿命试验采用阿伦尼斯模型 AF = exp[(Ea/k)(1/Tu − 1/Ts)]，k = 8.617×10⁻⁵ eV/K，温度用开尔文（℃ + 273.15）。激活能 {energy} eV，使用结温 {use} ℃，试验结温 {stress} ℃。求加速因子 AF，保留一位小数。",
            "某芯片老化试验结温 {stress} ℃，现场结温 {use} ℃，失效机理的激活能为 {energy} eV。取玻尔兹曼常数 8.617×10⁻⁵ eV/K、0 ℃ = 273.15 K，按阿伦尼斯公式，试验相对现场加速多少倍？取一位小数。",
        ),
        "en": (
            "A high-temperature life test follows the Arrhenius model AF = exp[(Ea/k)(1/Tu − 1/Ts)] with k = 8.617×10⁻⁵ eV/K and temperatures in kelvin (°C + 273.15). Activation energy {energy} eV, junction in use {use} °C, junction in test {stress} °C. Calculate the acceleration factor AF, to one decimal.",
            "Chips are aged with the junction at {stress} °C; in the field it is at {use} °C. The failure mechanism has an activation energy of {energy} eV. By the Arrhenius equation, with Boltzmann's constant 8.617×10⁻⁵ eV/K and 0 °C = 273.15 K, how many times faster does the test age the chips? Round to one decimal.",
        ),
    },
    explanation={
        "zh": "温度先换成开尔文，指数为 (Ea/k)(1/Tu − 1/Ts)，再取 e 的幂。",
        "en": "Temperatures go in as kelvin; the exponent is (Ea/k)(1/Tu − 1/Ts), and AF is e to that power.",
    },
    source=Source(title="JESD91, Method for Developing Acceleration Models for Electronic Component Failure Mechanisms", kind="standard"),
    worked=({"energy": 0.7, "use": 55, "stress": 125}, 77.7),
)


def _defects_per_die(p: Params) -> float:
    return float(p["area"] / 100 * p["density"])  # 100 mm² are 1 cm²


def good_dies(p: Params) -> float:
    """Expected good dies of a wafer by the Poisson model; die area in mm², defect density per cm²."""
    return float(p["gross"] * math.exp(-_defects_per_die(p)))


def _draw_wafer(rng: random.Random) -> Params | None:
    p = {"area": rng.randint(60, 99), "density": amount(rng, 0.31, 0.95, 2)}
    # about pi d^2 / 4S - pi d / sqrt(2S) whole dies fit on a wafer of 300 mm
    fit = math.pi * 300**2 / (4 * p["area"]) - math.pi * 300 / math.sqrt(2 * p["area"])
    p["gross"] = round(fit) - rng.randint(5, 40)
    return p if 0.35 <= _defects_per_die(p) <= 0.9 else None


E11 = Template(
    id="E11",
    subarea="semiconductor",
    draw=_draw_wafer,
    gold=good_dies,
    mistakes={
        "linear yield 1 − A·D0": lambda p: p["gross"] * (1 - _defects_per_die(p)),
        "Seeds model 1/(1 + A·D0) used": lambda p: p["gross"] / (1 + _defects_per_die(p)),
        "bad dies counted": lambda p: p["gross"] - good_dies(p),
        "1000 mm² taken as 1 cm²": lambda p: p["gross"] * math.exp(-_defects_per_die(p) / 10),
    },
    unit={"zh": "颗", "en": "dies"},
    decimals=1,
    stems={
        "zh": (
            "一片晶圆上有 {gross} 颗完整芯片，每颗面积 {area} mm²，致命缺陷密度 {density} 个/cm²。按泊松良率模型 Y = exp(−A·D0)，平均每片可得多少颗好芯片？保留一位小数，不取整。",
            "300 mm 晶圆产线估算产出：单颗芯片 {area} mm²，每片 {gross} 颗，缺陷随机分布，密度 D0 = {density} cm⁻²，良率取泊松模型 e^(−A·D0)（A 与 D0 单位要一致）。求每片良品芯片数的期望值（颗），取一位小数。",
        ),
        "en": (
            "A wafer carries {gross} whole dies of {area} mm² each; the density of fatal defects is {density} per cm². With the Poisson yield model Y = exp(−A·D0), how many good dies does a wafer give on average? Give one decimal, do not round to a whole number.",
            "Output of a 300 mm line: one die measures {area} mm², {gross} of them fit on a wafer, and defects fall at random with D0 = {density} cm⁻². Take the Poisson yield e^(−A·D0), A and D0 in matching units. What is the expected number of good dies per wafer, to one decimal?",
        ),
    },
    explanation={
        "zh": "先把 mm² 化为 cm²（除以 100），良率 Y = e^(−A·D0)，良品数 = 总数 × Y。",
        "en": "Turn mm² into cm² (divide by 100); the yield is e^(−A·D0), and good dies are gross dies times yield.",
    },
    source=Source(title="May GS, Spanos CJ, Fundamentals of Semiconductor Manufacturing and Process Control (yield modelling)"),
    worked=({"gross": 640, "area": 100, "density": 0.1}, 579.1),
)


def _ratio(decibels: float) -> float:
    return float(10 ** (decibels / 10))


def cascade_noise(stages: tuple[tuple[float, float], ...]) -> float:
    """Noise figure in dB of stages in series, each (noise figure, gain) in dB: the formula of Friis."""
    total, gain = 1.0, 1.0
    for figure, stage_gain in stages:
        total += (_ratio(figure) - 1) / gain
        gain *= _ratio(stage_gain)
    return 10 * math.log10(total)


def receiver_noise(p: Params) -> float:
    """Amplifier, then cable, then receiver: the chain that the stems of E14 describe, in dB."""
    return cascade_noise(((p["noise"], p["gain"]), (p["loss"], -p["loss"]), (p["receiver"], 0.0)))


def _draw_chain(rng: random.Random) -> Params | None:
    p = {
        "noise": amount(rng, 0.6, 1.9, 1),
        "gain": amount(rng, 12.1, 19.9, 1),
        "loss": amount(rng, 2.1, 8.9, 1),
        "receiver": amount(rng, 4.1, 9.9, 1),
    }
    return p if 1 <= receiver_noise(p) <= 5 else None


E14 = Template(
    id="E14",
    subarea="rf",
    draw=_draw_chain,
    gold=receiver_noise,
    mistakes={
        "only the first stage counted": lambda p: float(p["noise"]),
        "cable left out": lambda p: cascade_noise(((p["noise"], p["gain"]), (p["receiver"], 0.0))),
        "cable's loss taken as gain": lambda p: cascade_noise(((p["noise"], p["gain"]), (p["loss"], p["loss"]), (p["receiver"], 0.0))),
        "cable put before the amplifier": lambda p: cascade_noise(((p["loss"], -p["loss"]), (p["noise"], p["gain"]), (p["receiver"], 0.0))),
        "noise figures added in dB": lambda p: float(p["noise"] + p["loss"] + p["receiver"]),
    },
    unit="dB",
    decimals=2,
    tolerance=Tolerance(rel=0, abs=0.05),
    stems={
        "zh": (
            "接收链路依次为：低噪声放大器（噪声系数 {noise} dB，增益 {gain} dB）、电缆（损耗 {loss} dB）、接收机（噪声系数 {receiver} dB）。各级匹配，温度均为 290 K，电缆的噪声系数等于其损耗。用 Friis 公式求总噪声系数（dB），保留两位小数。",
            "天线信号先进入塔顶低噪放（增益 {gain} dB，噪声系数 {noise} dB），再经损耗 {loss} dB 的馈线送到噪声系数 {receiver} dB 的接收机。设各级匹配且处于 290 K，馈线为无源衰减（噪声系数 = 损耗）。级联噪声系数是多少 dB？取两位小数。",
        ),
        "en": (
            "A receiving chain consists, in this order, of a low-noise amplifier (noise figure {noise} dB, gain {gain} dB), a cable (loss {loss} dB) and a receiver (noise figure {receiver} dB). All is matched and at 290 K, so that the cable's noise figure equals its loss. Find the noise figure of the chain by the formula of Friis, in dB to two decimals.",
            "The antenna feeds a masthead amplifier with {gain} dB of gain and a noise figure of {noise} dB; a feeder losing {loss} dB leads down to a receiver whose noise figure is {receiver} dB. Stages are matched and at 290 K, and the feeder is passive (noise figure = loss). What is the cascaded noise figure in dB, rounded to two decimals?",
        ),
    },
    explanation={
        "zh": "全部换成倍数：F = F1 + (F2 − 1)/G1 + (F3 − 1)/(G1·G2)，其中 G2 = 1/损耗，最后换回 dB。",
        "en": "In ratios, F = F1 + (F2 − 1)/G1 + (F3 − 1)/(G1·G2) with G2 = 1/loss; the result goes back to dB.",
    },
    source=Source(title="Friis HT, Noise Figures of Radio Receivers, Proc IRE 1944;32:419-422", kind="paper"),
    worked=({"noise": 1.2, "gain": 18, "loss": 7, "receiver": 4}, 1.77),
)


def baud_error(p: Params, *, divisor: int | None = None, oversampling: int = 16) -> float:
    """Deviation of the real baud rate in per cent; positive is too fast. The clock is in MHz."""
    quotient = p["clock"] * 1e6 / (oversampling * p["baud"])
    real = quotient / (divisor or round(quotient))
    return float(100 * (real - 1))


def _quotient(p: Params) -> float:
    return float(p["clock"] * 1e6 / (16 * p["baud"]))


def _draw_port(rng: random.Random) -> Params | None:
    p = {"clock": rng.randint(10, 99), "baud": rng.choice((14400, 19200, 28800, 38400, 57600, 76800, 115200, 230400, 250000, 460800))}
    fraction = _quotient(p) % 1
    # a quotient near a half would make the answer hang on how halves are rounded
    clear = abs(fraction - 0.5) > 0.05
    return p if clear and 4 <= _quotient(p) <= 80 and 0.3 <= abs(baud_error(p)) <= 6 else None


def _rounded_the_wrong_way(p: Params) -> float:
    quotient = _quotient(p)
    down = math.floor(quotient)
    return baud_error(p, divisor=down + 1 if round(quotient) == down else down)


def _oversampled_by_8(p: Params) -> float | None:
    value = baud_error(p, oversampling=8)
    return value if abs(value - baud_error(p)) > 0.15 else None


E16 = Template(
    id="E16",
    subarea="embedded",
    draw=_draw_port,
    gold=baud_error,
    mistakes={
        "sign turned": lambda p: -baud_error(p),
        "divisor rounded the wrong way": _rounded_the_wrong_way,
        "divisor one too large": lambda p: baud_error(p, divisor=round(_quotient(p)) + 1),
        "error of a frame of ten bits given": lambda p: 10 * baud_error(p),
        "oversampling by 8 assumed": _oversampled_by_8,
    },
    unit="%",
    decimals=2,
    tolerance=Tolerance(rel=0, abs=0.05),
    stems={
        "zh": (
            "某单片机 UART 的波特率 = 时钟/(16 × 分频值)，分频值取整数。时钟 {clock} MHz，目标波特率 {baud}，分频值取商四舍五入后的整数。实际波特率相对目标的误差是百分之多少（偏快为正，偏慢为负）？保留两位小数。",
            "配置串口：外设时钟 {clock} MHz，16 倍过采样，要得到 {baud} baud。把 时钟/(16×波特率) 四舍五入为整数分频值，再算实际波特率。求相对误差（%），实际高于目标为正、低于目标为负，取两位小数。",
        ),
        "en": (
            "The baud rate of a microcontroller's UART is clock/(16 × divisor) with a whole-number divisor. The clock is {clock} MHz, the wanted rate {baud} baud, and the divisor is the quotient rounded to the nearest whole number. By how many per cent does the actual rate differ from the wanted one (positive when too fast)? Give two decimals.",
            "A serial port runs from a peripheral clock of {clock} MHz with 16-fold oversampling and should give {baud} baud. Round clock/(16 × baud) to the nearest integer for the divisor, then work out the rate that results. What is the relative error in %, positive if the actual rate is above the wanted one and negative if below, rounded to two decimals?",
        ),
    },
    explanation={
        "zh": "分频值 N = round(fclk/(16·波特率))，实际波特率 = fclk/(16N)，误差 = 实际/目标 − 1。",
        "en": "N = round(fclk/(16·baud)); the actual rate is fclk/(16N), and the error is actual/wanted − 1.",
    },
    source=Source(title="Baud rate generation with an integer divisor and 16-fold oversampling, as microcontroller manuals give it", kind="manual"),
    worked=({"clock": 16, "baud": 115200}, -3.55),
)

PARTS = ("capacitors", "chips", "connectors")
HOURS_PER_YEAR = 8760


def _board_fits(p: Params) -> list[int]:
    return [p[part] * p[f"{part}_fit"] for part in PARTS]


def _years(fit: float, *, hours: int = HOURS_PER_YEAR) -> float:
    return float(1e9 / fit / hours)


def board_mtbf(p: Params) -> float:
    """Mean time between failures in years of a board that fails with its first part; rates in FIT."""
    return _years(sum(_board_fits(p)))


def _draw_board(rng: random.Random) -> Params | None:
    p: dict[str, Any] = {
        "capacitors": rng.randint(20, 95),
        "capacitors_fit": rng.randint(2, 9),
        "chips": rng.randint(3, 9),
        "chips_fit": rng.randint(21, 95),
        "connectors": rng.randint(3, 9),
        "connectors_fit": rng.randint(11, 60),
    }
    return p if 50 <= board_mtbf(p) <= 300 else None


E17 = Template(
    id="E17",
    subarea="reliability",
    foundation=True,
    draw=_draw_board,
    gold=board_mtbf,
    mistakes={
        "quantities left out": lambda p: _years(sum(p[f"{part}_fit"] for part in PARTS)),
        "only the group with the highest rate counted": lambda p: _years(max(_board_fits(p))),
        "rates of the groups averaged instead of added": lambda p: _years(sum(_board_fits(p)) / len(PARTS)),
        "year taken as 8,000 hours": lambda p: _years(sum(_board_fits(p)), hours=8000),
    },
    unit={"zh": "年", "en": "years"},
    decimals=1,
    stems={
        "zh": (
            "一块板上有电容 {capacitors} 只（每只 {capacitors_fit} FIT）、芯片 {chips} 片（每片 {chips_fit} FIT）、连接器 {connectors} 个（每个 {connectors_fit} FIT），任一失效即整板失效。1 FIT = 每 10⁹ 小时 1 次失效，失效率恒定，1 年 = 8760 小时。把所有器件的失效率相加，MTBF = 10⁹/总 FIT 小时。MTBF 是多少年？保留一位小数。",
            "用器件计数法估算整板 MTBF：电容 {capacitors} 只 × {capacitors_fit} FIT，芯片 {chips} 片 × {chips_fit} FIT，连接器 {connectors} 个 × {connectors_fit} FIT，串联模型，失效率恒定。总失效率为各项乘积之和；MTBF（小时）= 10⁹ ÷ 总 FIT；按每年 8760 小时换算成年，取一位小数。",
        ),
        "en": (
            "A board has {capacitors} capacitors of {capacitors_fit} FIT each, {chips} chips of {chips_fit} FIT each and {connectors} connectors of {connectors_fit} FIT each, and fails when any of them fails. 1 FIT is one failure in 10⁹ hours; rates are constant; a year has 8760 hours. Add the failure rates of all parts; MTBF = 10⁹/total FIT, in hours. What is the MTBF in years, to one decimal?",
            "Parts count of a board (series model, constant rates): capacitors {capacitors} × {capacitors_fit} FIT, chips {chips} × {chips_fit} FIT, connectors {connectors} × {connectors_fit} FIT. The total rate is the sum of these products, and the MTBF in hours is 10⁹ divided by the total FIT. Give the MTBF in years of 8760 hours, rounded to one decimal.",
        ),
    },
    explanation={
        "zh": "串联系统失效率相加：总 FIT = Σ 数量 × FIT；MTBF = 10⁹/总 FIT 小时，再除以 8760。",
        "en": "Rates of parts in series add up: total FIT = Σ number × FIT; MTBF = 10⁹/total FIT hours, divided by 8760.",
    },
    source=Source(title="MIL-HDBK-217F, Reliability Prediction of Electronic Equipment", clause="Appendix A, parts count", kind="guideline"),
    worked=({"capacitors": 50, "capacitors_fit": 5, "chips": 5, "chips_fit": 80, "connectors": 5, "connectors_fit": 40}, 134.3),
)


def noise_gain(p: Params) -> float:
    """Noise gain of an inverting amplifier, 1 + Rf/Rin; resistances in kΩ."""
    return float(1 + p["feedback"] / p["input"])


def amplifier_bandwidth(p: Params, *, gain: float | None = None) -> float:
    """Closed-loop bandwidth in kHz of an inverting amplifier with a single pole; gain-bandwidth product in MHz."""
    return float(1000 * p["gbw"] / (noise_gain(p) if gain is None else gain))


def _draw_amplifier(rng: random.Random) -> Params | None:
    p = {
        "feedback": rng.choice((12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82)),
        "input": amount(rng, 2.1, 9.9, 1),
        "gbw": amount(rng, 1.1, 9.9, 1),
    }
    return p if 2.2 <= p["feedback"] / p["input"] <= 15 else None


E2 = Template(
    id="E2",
    subarea="circuits",
    draw=_draw_amplifier,
    gold=amplifier_bandwidth,
    mistakes={
        "signal gain used for noise gain": lambda p: amplifier_bandwidth(p, gain=p["feedback"] / p["input"]),
        "ratio of the resistors inverted": lambda p: amplifier_bandwidth(p, gain=1 + p["input"] / p["feedback"]),
        "gain-bandwidth product given": lambda p: amplifier_bandwidth(p, gain=1),
        "divided by 2π as well": lambda p: amplifier_bandwidth(p) / (2 * math.pi),
        "gain in dB taken as a ratio": lambda p: amplifier_bandwidth(p, gain=20 * math.log10(p["feedback"] / p["input"])),
    },
    unit="kHz",
    decimals=1,
    stems={
        "zh": (
            "运算放大器接成反相放大器，反馈电阻 {feedback} kΩ，输入电阻 {input} kΩ。运放的增益带宽积为 {gbw} MHz，单极点，信号源内阻为零。闭环 −3 dB 带宽 = 增益带宽积/噪声增益，求闭环带宽（kHz），保留一位小数。",
            "某反相放大电路：Rin = {input} kΩ，Rf = {feedback} kΩ，运放 GBW = {gbw} MHz（单极点模型，信号源内阻为零）。按“闭环带宽等于 GBW 除以噪声增益”估算 −3 dB 带宽，单位 kHz，取一位小数。",
        ),
        "en": (
            "An operational amplifier is wired as an inverting amplifier with a feedback resistor of {feedback} kΩ and an input resistor of {input} kΩ. Its gain-bandwidth product is {gbw} MHz, with a single pole, and the source has zero impedance. The closed-loop −3 dB bandwidth is the gain-bandwidth product divided by the noise gain. Find it in kHz, to one decimal.",
            "An inverting stage has Rin = {input} kΩ, Rf = {feedback} kΩ and an op-amp with a GBW of {gbw} MHz (single-pole model, source of zero impedance). Take the closed-loop bandwidth as GBW over noise gain. What is the −3 dB bandwidth in kHz, rounded to one decimal?",
        ),
    },
    explanation={
        "zh": "噪声增益 = 1 + Rf/Rin，反相接法也是如此；带宽 = GBW/(1 + Rf/Rin)，而不是除以信号增益 Rf/Rin。",
        "en": "The noise gain is 1 + Rf/Rin for the inverting circuit too; the bandwidth is GBW/(1 + Rf/Rin), not GBW over the signal gain Rf/Rin.",
    },
    source=Source(title="Horowitz P, Hill W, The Art of Electronics, 3rd ed. (Cambridge University Press)", clause="chapter 4"),
    worked=({"feedback": 100, "input": 10, "gbw": 10}, 909.1),
)


def switching_power(p: Params, *, voltage_power: int = 2) -> float:
    """Dynamic power in mW of switched capacitance, α·C·V²·f; C in nF, V in V, f in MHz."""
    return float(p["activity"] * p["capacitance"] * p["supply"] ** voltage_power * p["clock"])


def _draw_core(rng: random.Random) -> Params | None:
    p = {
        "activity": amount(rng, 0.06, 0.29, 2),
        "capacitance": amount(rng, 0.6, 4.8, 1),
        "supply": amount(rng, 0.71, 1.29, 2),
        "clock": rng.randrange(210, 990, 10),
    }
    return p if 30 <= switching_power(p) <= 900 and abs(p["supply"] - 1) > 0.04 else None


E9 = Template(
    id="E9",
    subarea="digital",
    draw=_draw_core,
    gold=switching_power,
    mistakes={
        "factor 1/2 added": lambda p: switching_power(p) / 2,
        "supply voltage not squared": lambda p: switching_power(p, voltage_power=1),
        "activity left out": lambda p: switching_power(p) / p["activity"],
        "both edges of the clock counted": lambda p: switching_power(p) * 2,
    },
    unit="mW",
    decimals=1,
    stems={
        "zh": (
            "某数字内核的开关总电容为 {capacitance} nF，电源 {supply} V，时钟 {clock} MHz，活动因子 α = {activity}（每个时钟周期平均有该比例的电容由 0 充到电源电压一次）。按 P = α·C·V²·f 求动态功耗（mW），保留一位小数。",
            "估算芯片动态功耗：f = {clock} MHz，VDD = {supply} V，C = {capacitance} nF，α = {activity}。α 定义为每周期发生 0→1 翻转的电容比例，公式 P = α·C·VDD²·f，不计漏电和短路电流。功耗是多少 mW？取一位小数。",
        ),
        "en": (
            "A digital core switches a total capacitance of {capacitance} nF at a supply of {supply} V and a clock of {clock} MHz. Its activity factor is α = {activity}: the share of the capacitance that is charged from 0 to the supply once in a clock cycle, on average. Find the dynamic power P = α·C·V²·f in mW, to one decimal.",
            "Estimate the dynamic power of a chip: f = {clock} MHz, VDD = {supply} V, C = {capacitance} nF, α = {activity}, where α is the share of C that makes a 0→1 transition per cycle. Use P = α·C·VDD²·f and neglect leakage and short-circuit current. How many mW is it, rounded to one decimal?",
        ),
    },
    explanation={
        "zh": "α 只计 0→1 翻转，每次从电源取 C·V² 的能量，所以没有系数 1/2；nF × MHz = 10⁻³，结果直接是 mW。",
        "en": "α counts 0→1 transitions only, and each draws C·V² from the supply, so there is no factor of 1/2; nF times MHz is 10⁻³, which gives mW directly.",
    },
    source=Source(title="Weste NHE, Harris DM, CMOS VLSI Design, 4th ed. (Addison-Wesley), dynamic power"),
    worked=({"activity": 0.15, "capacitance": 1.2, "supply": 0.9, "clock": 800}, 116.6),
)


def microstrip_impedance(p: Params, *, thickness: float = 1, width: float = 0.8) -> float:
    """Characteristic impedance in Ω of a surface microstrip by the relation of IPC-2141; lengths in mm."""
    return float(87 / math.sqrt(p["epsilon"] + 1.41) * math.log(5.98 * p["height"] / (width * p["width"] + thickness * p["copper"])))


def _draw_microstrip(rng: random.Random) -> Params | None:
    p = {
        "epsilon": amount(rng, 3.3, 4.7, 1),
        "height": amount(rng, 0.11, 0.36, 2),
        "width": amount(rng, 0.11, 0.39, 2),
        "copper": rng.choice((0.018, 0.035)),
    }
    return p if 0.3 < p["width"] / p["height"] < 2 and 35 <= microstrip_impedance(p) <= 95 else None


E12 = Template(
    id="E12",
    subarea="pcb_emc",
    draw=_draw_microstrip,
    gold=microstrip_impedance,
    mistakes={
        "logarithm to base 10": lambda p: microstrip_impedance(p) / math.log(10),
        "thickness of the copper left out": lambda p: microstrip_impedance(p, thickness=0),
        "width not multiplied by 0.8": lambda p: microstrip_impedance(p, width=1),
        "1.41 left out of the root": lambda p: microstrip_impedance(p) * math.sqrt((p["epsilon"] + 1.41) / p["epsilon"]),
        "square root left out": lambda p: microstrip_impedance(p) / math.sqrt(p["epsilon"] + 1.41),
    },
    unit="Ω",
    decimals=1,
    stems={
        "zh": (
            "按 IPC-2141 的近似式 Z0 = 87/√(εr + 1.41) × ln[5.98h/(0.8w + t)]（ln 为自然对数）计算表层微带线的特性阻抗：介电常数 εr = {epsilon}，介质厚度 h = {height} mm，线宽 w = {width} mm，铜厚 t = {copper} mm。单位 Ω，保留一位小数。",
            "外层单端走线宽 {width} mm、铜厚 {copper} mm，到参考平面的介质厚 {height} mm，εr = {epsilon}。用公式 Z0 = 87/√(εr + 1.41) × ln[5.98h/(0.8w + t)]（自然对数，h 介质厚、w 线宽、t 铜厚）估算特性阻抗，多少 Ω？取一位小数。",
        ),
        "en": (
            "With the approximation of IPC-2141, Z0 = 87/√(εr + 1.41) × ln[5.98h/(0.8w + t)], ln being the natural logarithm, calculate the characteristic impedance of a surface microstrip: εr = {epsilon}, dielectric height h = {height} mm, trace width w = {width} mm, copper thickness t = {copper} mm. Answer in Ω, to one decimal.",
            "A single trace on an outer layer is {width} mm wide and {copper} mm thick; the dielectric down to its reference plane is {height} mm thick with εr = {epsilon}. Estimate the characteristic impedance by Z0 = 87/√(εr + 1.41) × ln[5.98h/(0.8w + t)] (natural logarithm; h height of the dielectric, w width, t copper thickness). How many Ω, rounded to one decimal?",
        ),
    },
    explanation={
        "zh": "先算 0.8w + t，再取 5.98h 与它之比的自然对数，乘以 87/√(εr + 1.41)。",
        "en": "Work out 0.8w + t, take the natural logarithm of 5.98h over it, and multiply by 87/√(εr + 1.41).",
    },
    source=Source(title="IPC-2141, Design Guide for High-Speed Controlled Impedance Circuit Boards (surface microstrip)", kind="standard"),
    worked=({"epsilon": 4.3, "width": 0.35, "height": 0.2, "copper": 0.035}, 48.6),
)


def resonance(p: Params) -> float:
    """Resonant frequency in MHz of an LC circuit; inductance in µH, capacitance in pF."""
    return float(1000 / (2 * math.pi * math.sqrt(p["inductance"] * p["capacitance"])))


def _draw_tank(rng: random.Random) -> Params | None:
    p = {
        "inductance": rng.choice((1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2)),
        "capacitance": rng.choice((12, 15, 18, 22, 27, 33, 39, 47, 56, 68, 82, 120, 150, 180, 220, 270, 330, 390, 470)),
    }
    return p if 3 <= resonance(p) <= 40 else None


E13 = Template(
    id="E13",
    subarea="rf",
    draw=_draw_tank,
    gold=resonance,
    mistakes={
        "2π left out": lambda p: resonance(p) * 2 * math.pi,
        "π used for 2π": lambda p: resonance(p) * 2,
        "2π put under the root": lambda p: resonance(p) * math.sqrt(2 * math.pi),
        "2π multiplied instead of divided": lambda p: resonance(p) * (2 * math.pi) ** 2,
    },
    unit="MHz",
    decimals=2,
    stems={
        "zh": (
            "LC 并联谐振回路的电感为 {inductance} µH，电容为 {capacitance} pF，忽略损耗。按 f0 = 1/(2π√(LC)) 求谐振频率（MHz），保留两位小数。",
            "调谐电路用 {capacitance} pF 电容与 {inductance} µH 电感并联，视为无损。谐振频率公式 f0 = 1/(2π√(LC))，L 用 H、C 用 F。f0 是多少 MHz？取两位小数。",
        ),
        "en": (
            "A parallel LC circuit has an inductance of {inductance} µH and a capacitance of {capacitance} pF; losses are neglected. Find its resonant frequency f0 = 1/(2π√(LC)) in MHz, to two decimals.",
            "A tuned circuit joins a capacitor of {capacitance} pF and an inductor of {inductance} µH in parallel, both lossless. With f0 = 1/(2π√(LC)), L in H and C in F, at how many MHz does it resonate? Round to two decimals.",
        ),
    },
    explanation={
        "zh": "把 µH 与 pF 换成 H 与 F 代入 f0 = 1/(2π√(LC))；1/√(LC) 是角频率 rad/s。",
        "en": "Put L in H and C in F into f0 = 1/(2π√(LC)); 1/√(LC) alone is the angular frequency in rad/s.",
    },
    source=Source(title="Horowitz P, Hill W, The Art of Electronics, 3rd ed. (Cambridge University Press)", clause="chapter 1"),
    worked=({"inductance": 10, "capacitance": 100}, 5.03),
)


def channel_capacity(p: Params, *, decibels_a_decade: float = 10) -> float:
    """Capacity in Mbit/s of a channel with white noise, B·log2(1 + S/N); bandwidth in MHz, ratio in dB."""
    return float(p["bandwidth"] * math.log2(1 + 10 ** (p["snr"] / decibels_a_decade)))


def _one_left_out(p: Params) -> float | None:
    value = p["bandwidth"] * math.log2(10 ** (p["snr"] / 10))
    return float(value) if value < 0.96 * channel_capacity(p) else None


def _draw_channel(rng: random.Random) -> Params | None:
    return {"bandwidth": rng.choice((1.4, 2.5, 3.5, 5, 7, 8, 10, 15, 20, 40, 80)), "snr": amount(rng, 3.1, 29.9, 1)}


E15 = Template(
    id="E15",
    subarea="rf",
    draw=_draw_channel,
    gold=channel_capacity,
    mistakes={
        "dB not converted to a ratio": lambda p: p["bandwidth"] * math.log2(1 + p["snr"]),
        "dB converted with 20 instead of 10": lambda p: channel_capacity(p, decibels_a_decade=20),
        "natural logarithm used": lambda p: channel_capacity(p) * math.log(2),
        "logarithm to base 10 used": lambda p: channel_capacity(p) * math.log10(2),
        "1 not added to the ratio": _one_left_out,
    },
    unit="Mbit/s",
    decimals=2,
    stems={
        "zh": (
            "加性高斯白噪声信道的带宽为 {bandwidth} MHz，信噪比（功率比）为 {snr} dB。按香农公式 C = B·log₂(1 + S/N) 求信道容量（Mbit/s），保留两位小数。",
            "某无线链路接收端测得信噪比 {snr} dB，信道带宽 {bandwidth} MHz，噪声为高斯白噪声。香农公式 C = B·log₂(1 + S/N) 中的 S/N 是功率的倍数。理论最高速率是多少 Mbit/s？取两位小数。",
        ),
        "en": (
            "A channel with additive white Gaussian noise has a bandwidth of {bandwidth} MHz and a signal-to-noise ratio (of powers) of {snr} dB. Find its capacity by Shannon's formula, C = B·log₂(1 + S/N), in Mbit/s to two decimals.",
            "At the receiver of a radio link the signal-to-noise ratio is {snr} dB in a channel of {bandwidth} MHz; the noise is white and Gaussian. In Shannon's C = B·log₂(1 + S/N) the S/N is a ratio of powers, not in dB. What is the highest rate possible, in Mbit/s, rounded to two decimals?",
        ),
    },
    explanation={
        "zh": "先把 dB 换成倍数 S/N = 10^(dB/10)，再取以 2 为底的对数；MHz × bit = Mbit/s。",
        "en": "Turn dB into a ratio, S/N = 10^(dB/10), then take the logarithm to base 2; MHz times bits gives Mbit/s.",
    },
    source=Source(title="Shannon CE, Communication in the Presence of Noise, Proc IRE 1949;37:10-21", kind="paper"),
    worked=({"bandwidth": 20, "snr": 15}, 100.56),
)


def register_after(p: Params, *, clocks: int | None = None, invert: int = 0, tap: int | None = None) -> int:
    """State of a shift register with feedback after `clocks`: shifted to the left, q[top] XOR q[tap] enters at q0."""
    width, state = p["width"], p["start"]
    for _ in range(p["clocks"] if clocks is None else clocks):
        fed = (state >> (width - 1) ^ state >> (p["tap"] if tap is None else tap) ^ invert) & 1
        state = (state << 1 | fed) & ((1 << width) - 1)
    return int(state)


def _shifted_to_the_right(p: Params) -> float | None:
    width, state = p["width"], p["start"]
    for _ in range(p["clocks"]):
        fed = (state >> (width - 1) ^ state >> p["tap"]) & 1
        state = state >> 1 | fed << (width - 1)
    return float(state) if state else None


def _complemented(p: Params) -> float | None:
    return float(register_after(p, invert=1)) or None


def _draw_register(rng: random.Random) -> Params | None:
    width = rng.choice((5, 6, 7, 8))
    p = {"width": width, "tap": rng.randint(1, width - 2), "start": rng.randint(3, 2**width - 2), "clocks": rng.randint(4, 9)}
    states = [register_after(p, clocks=clocks) for clocks in range(p["clocks"] + 2)]
    return p if len(set(states)) == len(states) and states[-2] >= 3 and min(states) > 0 else None


E20 = Template(
    id="E20",
    subarea="digital",
    draw=_draw_register,
    gold=lambda p: float(register_after(p)),
    mistakes={
        "one clock too few": lambda p: float(register_after(p, clocks=p["clocks"] - 1)),
        "one clock too many": lambda p: float(register_after(p, clocks=p["clocks"] + 1)),
        "shifted to the right": _shifted_to_the_right,
        "XNOR used for XOR": _complemented,
        "tap one place too low": lambda p: float(register_after(p, tap=p["tap"] - 1)),
    },
    unit="",
    decimals=0,
    tolerance=Tolerance(rel=0, abs=0),
    shown=lambda p, _: {"top": p["width"] - 1},
    stems={
        "zh": (
            "一个 {width} 位线性反馈移位寄存器，最高位为 q{top}，最低位为 q0。每个时钟沿，先算反馈位 q{top} 异或 q{tap}，然后整体左移一位（最高位移出丢弃），反馈位移入 q0。初值为十进制 {start}。经过 {clocks} 个时钟后寄存器的值是多少？按无符号数写成十进制整数。",
            "LFSR 宽 {width} 位，当前值（无符号十进制）为 {start}。每拍的新值 = 原值左移一位、丢弃移出的最高位，最低位 q0 填入 q{top} XOR q{tap}（取移位前的值）。再过 {clocks} 拍，寄存器的无符号十进制值是多少？",
        ),
        "en": (
            "A linear feedback shift register has {width} bits, from q{top} (most significant) down to q0. At each clock edge the feedback bit q{top} XOR q{tap} is formed, the register is shifted left by one place (the top bit drops out), and the feedback bit enters at q0. It starts at {start} (decimal). What is its value after {clocks} clocks, as an unsigned decimal integer?",
            "An LFSR is {width} bits wide and holds {start}, read as an unsigned decimal number. On every clock the new value is the old one shifted left by one, without the bit shifted out, and with q{top} XOR q{tap} of the old value put into q0. Which unsigned decimal value does it hold after {clocks} clocks?",
        ),
    },
    explanation={
        "zh": "逐拍推算：反馈位取自移位前的两个抽头，左移后填入最低位，再把最后的二进制状态换成十进制。",
        "en": "Step clock by clock: the feedback comes from the two taps before the shift and fills the lowest bit; the last state is read as a binary number.",
    },
    source=Source(title="Golomb SW, Shift Register Sequences (linear feedback shift registers)"),
    worked=({"width": 5, "tap": 2, "start": 19, "clocks": 4}, 30.0),
)


def skin_depth(p: Params) -> float:
    """Skin depth in µm, √(ρ/(π·f·μ0)); resistivity in 10⁻⁸ Ω·m, frequency in MHz, μ0 = 4π·10⁻⁷ H/m."""
    return 1e6 * math.sqrt(p["resistivity"] * 1e-8 / (math.pi * p["frequency"] * 1e6 * 4e-7 * math.pi))


def _draw_conductor(rng: random.Random) -> Params | None:
    return {"resistivity": amount(rng, 1.61, 2.89, 2), "frequency": amount(rng, 0.2, 9.9, 1)}


E18 = Template(
    id="E18",
    subarea="pcb_emc",
    draw=_draw_conductor,
    gold=skin_depth,
    mistakes={
        "π left out": lambda p: skin_depth(p) * math.sqrt(math.pi),
        "angular frequency put for the frequency": lambda p: skin_depth(p) / math.sqrt(2 * math.pi),
        "factor 2 lost in √(2ρ/(ωμ))": lambda p: skin_depth(p) / math.sqrt(2),
        "kHz put in for MHz": lambda p: skin_depth(p) * math.sqrt(1000),
    },
    unit="µm",
    decimals=1,
    stems={
        "zh": (
            "某导体的电阻率为 {resistivity}×10⁻⁸ Ω·m，非磁性（μ = μ0 = 4π×10⁻⁷ H/m）。按 δ = √(ρ/(π·f·μ)) 计算 {frequency} MHz 时的趋肤深度（µm），保留一位小数。",
            "电流频率为 {frequency} MHz，走线材料的 ρ = {resistivity}×10⁻⁸ Ω·m，材料非磁性，μ0 = 4π×10⁻⁷ H/m。趋肤深度公式 δ = √(ρ/(π·f·μ0))。δ 是多少 µm？取一位小数。",
        ),
        "en": (
            "A conductor has a resistivity of {resistivity}×10⁻⁸ Ω·m and is not magnetic (μ = μ0 = 4π×10⁻⁷ H/m). Find its skin depth δ = √(ρ/(π·f·μ)) at {frequency} MHz, in µm to one decimal.",
            "A current at {frequency} MHz flows in a trace whose material has ρ = {resistivity}×10⁻⁸ Ω·m; its permeability is that of vacuum, μ0 = 4π×10⁻⁷ H/m. With δ = √(ρ/(π·f·μ0)), how many µm is the skin depth? Round to one decimal.",
        ),
    },
    explanation={
        "zh": "ρ 用 Ω·m、f 用 Hz 代入 δ = √(ρ/(π·f·μ0))，再把 m 换成 µm；公式里是 f，不是 ω。",
        "en": "Put ρ in Ω·m and f in Hz into δ = √(ρ/(π·f·μ0)) and turn m into µm; it is f that stands in the formula, not ω.",
    },
    source=Source(title="Ott HW, Electromagnetic Compatibility Engineering (Wiley), skin effect"),
    worked=({"resistivity": 1.72, "frequency": 1}, 66.0),
)


def path_loss(p: Params, *, factor: float = 20, constant: float = 32.44, megahertz: float = 1000) -> float:
    """Free-space path loss in dB, 20·lg d + 20·lg f + 32.44 with d in km and f in MHz; the frequency is drawn in GHz."""
    return float(factor * math.log10(p["distance"]) + factor * math.log10(p["frequency"] * megahertz) + constant)


def _draw_link(rng: random.Random) -> Params | None:
    return {"distance": amount(rng, 2.1, 29.9, 1), "frequency": amount(rng, 1.11, 9.89, 2)}


E19 = Template(
    id="E19",
    subarea="rf",
    draw=_draw_link,
    gold=path_loss,
    mistakes={
        "GHz put in for MHz": lambda p: path_loss(p, megahertz=1),
        "10·lg used for 20·lg": lambda p: path_loss(p, factor=10),
        "constant left out": lambda p: path_loss(p, constant=0),
        "distance put in as m": lambda p: path_loss({**p, "distance": p["distance"] * 1000}),
        "distance not squared": lambda p: path_loss(p) - 10 * math.log10(p["distance"]),
    },
    unit="dB",
    decimals=2,
    tolerance=Tolerance(rel=0, abs=0.05),
    stems={
        "zh": (
            "微波链路长 {distance} km，工作频率 {frequency} GHz。按自由空间损耗公式 L = 20·lg d + 20·lg f + 32.44（d 用 km，f 用 MHz）计算传播损耗（dB），保留两位小数。",
            "两站相距 {distance} km，视距无遮挡，载频 {frequency} GHz。自由空间路径损耗 L(dB) = 32.44 + 20·lg d(km) + 20·lg f(MHz)。L 是多少 dB？取两位小数。",
        ),
        "en": (
            "A microwave link of {distance} km works at {frequency} GHz. Find its loss by the free-space formula L = 20·lg d + 20·lg f + 32.44, with d in km and f in MHz (lg is the logarithm to base 10), in dB to two decimals.",
            "Two stations {distance} km apart have a clear line of sight; the carrier is at {frequency} GHz. The free-space path loss is L(dB) = 32.44 + 20·lg d(km) + 20·lg f(MHz), lg being the logarithm to base 10. What is L in dB, rounded to two decimals?",
        ),
    },
    explanation={
        "zh": "先把 GHz 换成 MHz（乘 1000），再代入公式；每个对数前都是 20，因为功率随距离平方衰减。",
        "en": "Turn GHz into MHz (times 1000) and put it into the formula; both logarithms carry 20, since the power falls with the square of the distance.",
    },
    source=Source(title="Recommendation ITU-R P.525, Calculation of free-space attenuation", kind="standard"),
    worked=({"distance": 5, "frequency": 2.4}, 114.02),
)

TEMPLATES: tuple[Template, ...] = (E1, E2, E3, E4, E5, E6, E7, E8, E9, E10, E11, E12, E13, E14, E15, E16, E17, E18, E19, E20)
