"""Drawn items of healthcare: twenty calculations that wards, laboratories, pharmacies and trial readers do.

Every formula that has variants is printed in its stem, so that an item tests the calculation and not which variant a
model happens to know. Drugs and formulary entries are invented. Nothing here is advice on treating anybody.
"""

import math
import random
from collections.abc import Callable, Mapping
from typing import Any

from evalkit.records import Language, Source, Tolerance
from evalkit.templates import Params, Template, amount

UMOL_PER_MGDL = 88.4  # creatinine, 113.12 g/mol


def egfr(
    creatinine_mgdl: float, age: int, *, kappa: float, alpha: float, high: float = -1.2, yearly: float = 0.9938, factor: float = 142.0
) -> float:
    """Glomerular filtration rate in mL/min/1.73 m2 by an equation of the CKD-EPI shape; the defaults are those of 2021.

    Source: Inker et al. 2021 (race-free); with other constants the same shape is the equation of 2009.
    """
    ratio = creatinine_mgdl / kappa
    return float(factor * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** high * yearly**age)


def _egfr_2021(p: Params, sex: str) -> float:
    scr = p["creatinine_umol"] / UMOL_PER_MGDL
    if sex == "F":
        return 1.012 * egfr(scr, p["age"], kappa=0.7, alpha=-0.241)
    return egfr(scr, p["age"], kappa=0.9, alpha=-0.302)


def _egfr_2009(p: Params) -> float:
    scr = p["creatinine_umol"] / UMOL_PER_MGDL
    if p["sex"] == "F":
        return 1.018 * egfr(scr, p["age"], kappa=0.7, alpha=-0.329, high=-1.209, yearly=0.993, factor=141.0)
    return egfr(scr, p["age"], kappa=0.9, alpha=-0.411, high=-1.209, yearly=0.993, factor=141.0)


def _egfr_without_kappa(p: Params) -> float:
    scr = p["creatinine_umol"] / UMOL_PER_MGDL
    female = p["sex"] == "F"
    return (1.012 if female else 1.0) * egfr(scr, p["age"], kappa=1.0, alpha=-0.241 if female else -0.302)


def _egfr_exponents_swapped(p: Params) -> float:
    scr = p["creatinine_umol"] / UMOL_PER_MGDL
    if p["sex"] == "F":
        return 1.012 * egfr(scr, p["age"], kappa=0.7, alpha=-1.2, high=-0.241)
    return egfr(scr, p["age"], kappa=0.9, alpha=-1.2, high=-0.302)


def _draw_egfr(rng: random.Random) -> Params | None:
    p: dict[str, Any] = {"sex": rng.choice("FM"), "age": rng.randint(25, 89), "creatinine_umol": rng.randint(45, 260)}
    return p if 18 <= _egfr_2021(p, p["sex"]) <= 120 else None


def _sex_shown(p: Params, language: Language) -> Mapping[str, Any]:
    names = {"zh": {"F": "女性", "M": "男性"}, "en": {"F": "woman", "M": "man"}}
    return {"person": names[language][p["sex"]]}


H1 = Template(
    id="H1",
    subarea="laboratory",
    draw=_draw_egfr,
    gold=lambda p: _egfr_2021(p, p["sex"]),
    mistakes={
        "constants of the other sex": lambda p: _egfr_2021(p, "M" if p["sex"] == "F" else "F"),
        "equation of 2009 used": _egfr_2009,
        "age factor left out": lambda p: _egfr_2021(p, p["sex"]) / 0.9938 ** p["age"],
        "kappa left out": _egfr_without_kappa,
        "exponents swapped": _egfr_exponents_swapped,
    },
    unit={"zh": "mL/(min·1.73 m²)", "en": "mL/min/1.73 m²"},
    decimals=1,
    tolerance=Tolerance(rel=0.01, abs=0.3),
    shown=_sex_shown,
    stems={
        "zh": (
            "CKD-EPI 肌酐公式（2021 年版，不含种族）：eGFR = 142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^(−1.200) × 0.9938^年龄，女性再乘 1.012；Scr 以 mg/dL 计（1 mg/dL = 88.4 μmol/L）；女性 κ = 0.7、α = −0.241，男性 κ = 0.9、α = −0.302。一名 {age} 岁{person}，血肌酐 {creatinine_umol} μmol/L。求其 eGFR，单位 mL/(min·1.73 m²)；中间不取整，最后结果保留一位小数。",
            "检验科需为一名{person}患者报告估算肾小球滤过率：年龄 {age} 岁，血肌酐 {creatinine_umol} μmol/L。请用 CKD-EPI 公式（2021 年版）计算：142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^(−1.200) × 0.9938^年龄 ×（女性 1.012，男性 1）。其中 Scr 须先由 μmol/L 除以 88.4 换算为 mg/dL；κ 女 0.7、男 0.9；α 女 −0.241、男 −0.302。中间各步不取整，结果以 mL/(min·1.73 m²) 表示，取一位小数。",
        ),
        "en": (
            "The CKD-EPI 2021 creatinine equation (without race) is eGFR = 142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^(−1.200) × 0.9938^age, times 1.012 for a woman. Scr is in mg/dL (1 mg/dL = 88.4 µmol/L); κ = 0.7 and α = −0.241 for women, κ = 0.9 and α = −0.302 for men. A {person} aged {age} has a serum creatinine of {creatinine_umol} µmol/L. Keep full precision until the last step and give the eGFR in mL/min/1.73 m², to one decimal.",
            "A laboratory reports estimated filtration rates with the 2021 version of CKD-EPI: 142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^(−1.200) × 0.9938^age × (1.012 if female, 1 if male), where creatinine in µmol/L is first divided by 88.4 to get Scr in mg/dL, κ is 0.7 (female) or 0.9 (male), and α is −0.241 (female) or −0.302 (male). Nothing is rounded before the end. What does it report, in mL/min/1.73 m² and with one decimal, for a {person} of {age} years whose creatinine is {creatinine_umol} µmol/L?",
        ),
    },
    explanation={
        "zh": "先将 μmol/L 除以 88.4 得 mg/dL，再按性别取 κ 与 α；Scr 大于 κ 时只有指数 −1.2 起作用，小于 κ 时只有 α 起作用；最后乘年龄项，女性再乘 1.012。",
        "en": "Divide µmol/L by 88.4, take κ and α of the patient's sex; above κ only the exponent −1.2 acts, below it only α; then the age factor, and 1.012 for a woman.",
    },
    source=Source(
        title="Inker LA et al., New creatinine- and cystatin C-based equations to estimate GFR without race, N Engl J Med 2021;385:1737-1749",
        kind="paper",
    ),
    worked=({"sex": "F", "age": 62, "creatinine_umol": 101.66}, 53.9),
)


def bmi(weight_kg: float, height_cm: float, power: int = 2) -> float:
    """Weight over height in metres to `power`; 2 is the body mass index in kg/m2."""
    return float(weight_kg / (height_cm / 100) ** power)


def _draw_bmi(rng: random.Random) -> Params | None:
    p = {"height_cm": rng.randint(145, 192), "weight_kg": rng.randint(40, 120)}
    return p if 16 <= bmi(p["weight_kg"], p["height_cm"]) <= 40 else None


H3 = Template(
    id="H3",
    subarea="public_health",
    foundation=True,
    draw=_draw_bmi,
    gold=lambda p: bmi(p["weight_kg"], p["height_cm"]),
    mistakes={
        "height not squared": lambda p: bmi(p["weight_kg"], p["height_cm"], 1),
        "height cubed": lambda p: bmi(p["weight_kg"], p["height_cm"], 3),
        "weight counted in jin": lambda p: bmi(2 * p["weight_kg"], p["height_cm"]),
        "height doubled instead of squared": lambda p: bmi(p["weight_kg"], p["height_cm"], 1) / 2,
    },
    unit="kg/m²",
    decimals=2,
    stems={
        "zh": (
            "体重指数 BMI = 体重(kg) ÷ 身高(m)²。某成人身高 {height_cm} cm，体重 {weight_kg} kg。求 BMI（kg/m²），保留两位小数。",
            "体检表上记录：体重 {weight_kg} 公斤，身高 {height_cm} 厘米。体重指数等于体重（千克）除以身高（米）的平方，请算出该受检者的体重指数，单位 kg/m²，取两位小数。",
        ),
        "en": (
            "Body mass index is weight in kilograms divided by the square of height in metres. An adult is {height_cm} cm tall and weighs {weight_kg} kg. What is the BMI in kg/m², to two decimals?",
            "A check-up sheet reads: weight {weight_kg} kg, height {height_cm} cm. With BMI = weight (kg) / height (m)², work out this person's body mass index in kg/m² and round it to two decimals.",
        ),
    },
    explanation={
        "zh": "身高先化为米再平方，BMI = 体重 ÷ 身高²。",
        "en": "Turn the height into metres, square it, and divide the weight by it.",
    },
    source=Source(title="WS/T 428-2013 成人体重判定", kind="standard"),
    worked=({"height_cm": 172, "weight_kg": 78}, 26.365603),
)


def _gap(p: Params) -> float:
    return float(p["sodium"] - p["chloride"] - p["bicarbonate"])


def _delta_ratio(p: Params, *, gap: float) -> float:
    return float((gap - 12) / (24 - p["bicarbonate"]))


def _corrected_gap(p: Params) -> float:
    return float(_gap(p) + 0.25 * (40 - p["albumin"]))


def _draw_gap(rng: random.Random) -> Params | None:
    p = {
        "sodium": rng.randint(128, 150),
        "potassium": round(rng.uniform(3.1, 5.9), 1),
        "chloride": rng.randint(88, 115),
        "bicarbonate": rng.randint(6, 19),
        "albumin": rng.randint(18, 36),
    }
    usable = 16 <= _corrected_gap(p) <= 36 and 0.5 <= _delta_ratio(p, gap=_corrected_gap(p)) <= 2.5
    # no mistake may lead below zero: a negative option would give itself away
    return p if usable and _gap(p) - 0.25 * (40 - p["albumin"]) > 13 else None


H4 = Template(
    id="H4",
    subarea="laboratory",
    draw=_draw_gap,
    gold=lambda p: _delta_ratio(p, gap=_corrected_gap(p)),
    mistakes={
        "albumin correction left out": lambda p: _delta_ratio(p, gap=_gap(p)),
        "albumin correction taken off": lambda p: _delta_ratio(p, gap=_gap(p) - 0.25 * (40 - p["albumin"])),
        "potassium added to the gap": lambda p: _delta_ratio(p, gap=_corrected_gap(p) + p["potassium"]),
        "ratio upside down": lambda p: 1 / _delta_ratio(p, gap=_corrected_gap(p)),
        "bicarbonate itself as divisor": lambda p: (_corrected_gap(p) - 12) / p["bicarbonate"],
    },
    unit="",
    decimals=3,
    stems={
        "zh": (
            "某代谢性酸中毒患者：Na⁺ {sodium}、K⁺ {potassium}、Cl⁻ {chloride}、HCO₃⁻ {bicarbonate} mmol/L，白蛋白 {albumin} g/L。阴离子间隙 AG = Na⁺ − Cl⁻ − HCO₃⁻（不计 K⁺），校正 AG = AG + 0.25 × (40 − 白蛋白)，Δ 比值 = (校正 AG − 12) ÷ (24 − HCO₃⁻)。求 Δ 比值（无单位），保留三位小数。",
            "生化结果：钠 {sodium} mmol/L，钾 {potassium} mmol/L，氯 {chloride} mmol/L，碳酸氢根 {bicarbonate} mmol/L，白蛋白 {albumin} g/L。请先按“钠减氯减碳酸氢根”求不含钾的阴离子间隙，再按白蛋白比 40 g/L 每低 1 g/L 加 0.25 mmol/L 的办法校正，最后用（校正间隙 − 12）除以（24 − 碳酸氢根）得到 delta 比值。该比值是多少？结果无单位，取三位小数。",
        ),
        "en": (
            "A patient with metabolic acidosis has Na⁺ {sodium}, K⁺ {potassium}, Cl⁻ {chloride} and HCO₃⁻ {bicarbonate} mmol/L, albumin {albumin} g/L. The anion gap is AG = Na⁺ − Cl⁻ − HCO₃⁻ (no potassium), the corrected AG is AG + 0.25 × (40 − albumin), and the delta ratio is (corrected AG − 12) / (24 − HCO₃⁻). Give the delta ratio (no unit) to three decimals.",
            "Chemistry results: sodium {sodium}, potassium {potassium}, chloride {chloride}, bicarbonate {bicarbonate} (all mmol/L); albumin {albumin} g/L. First find the anion gap without potassium, sodium minus chloride minus bicarbonate; add 0.25 mmol/L for each g/L that albumin lies below 40 g/L; then divide (corrected gap − 12) by (24 − bicarbonate). What is this delta ratio, a pure number, to three decimals?",
        ),
    },
    explanation={
        "zh": "AG 不计钾；低白蛋白使 AG 偏低，故加 0.25 × (40 − 白蛋白)；Δ 比值是 AG 的升高量与 HCO₃⁻ 的降低量之比。",
        "en": "The gap leaves potassium out; low albumin lowers it, so 0.25 × (40 − albumin) is added; the ratio sets the rise of the gap against the fall of bicarbonate.",
    },
    source=Source(
        title="Kraut JA, Madias NE, Serum anion gap: its uses and limitations in clinical medicine, Clin J Am Soc Nephrol 2007;2:162-174",
        kind="paper",
    ),
    worked=({"sodium": 138, "potassium": 4.2, "chloride": 102, "bicarbonate": 14, "albumin": 28}, 1.3),
)


def _draw_calcium(rng: random.Random) -> Params | None:
    p = {"calcium": round(rng.uniform(1.70, 2.60), 2), "albumin": rng.randint(18, 36)}
    return p if 1.8 <= p["calcium"] + 0.02 * (40 - p["albumin"]) <= 3.0 else None


def _calcium_shown(p: Params, language: Language) -> Mapping[str, Any]:
    return {"calcium": f"{p['calcium']:.2f}"}


H5 = Template(
    id="H5",
    subarea="laboratory",
    foundation=True,
    draw=_draw_calcium,
    gold=lambda p: p["calcium"] + 0.02 * (40 - p["albumin"]),
    mistakes={
        "correction taken off": lambda p: p["calcium"] - 0.02 * (40 - p["albumin"]),
        "correction left out": lambda p: p["calcium"],
        "albumin put in as g/dL": lambda p: p["calcium"] + 0.02 * (40 - p["albumin"] / 10),
        "coefficient 0.8 of the mg/dL form": lambda p: p["calcium"] + 0.8 * (40 - p["albumin"]) / 10,
    },
    unit="mmol/L",
    decimals=2,
    tolerance=Tolerance(rel=0.0, abs=0.01),
    shown=_calcium_shown,
    stems={
        "zh": (
            "白蛋白校正钙的公式为：校正钙(mmol/L) = 总钙(mmol/L) + 0.02 × (40 − 白蛋白(g/L))。患者总钙 {calcium} mmol/L，白蛋白 {albumin} g/L，校正钙是多少 mmol/L？保留两位小数。",
            "一份化验单：血清总钙 {calcium} mmol/L，白蛋白 {albumin} g/L。若白蛋白比 40 g/L 每低 1 g/L，总钙就应加上 0.02 mmol/L，校正后的血钙为多少（mmol/L，两位小数）？",
        ),
        "en": (
            "Albumin-corrected calcium (mmol/L) = total calcium (mmol/L) + 0.02 × (40 − albumin in g/L). Total calcium is {calcium} mmol/L and albumin is {albumin} g/L. What is the corrected calcium in mmol/L, to two decimals?",
            "A report shows total calcium {calcium} mmol/L with albumin {albumin} g/L. For every g/L by which albumin lies below 40 g/L, 0.02 mmol/L is added to the total calcium. Work out the corrected value in mmol/L with two decimals.",
        ),
    },
    explanation={
        "zh": "白蛋白低时与其结合的钙减少，故在总钙上加 0.02 × (40 − 白蛋白)。",
        "en": "With little albumin less calcium is bound, so 0.02 × (40 − albumin) is added to the total.",
    },
    source=Source(title="Payne RB et al., Interpretation of serum calcium in patients with abnormal serum proteins, BMJ 1973;4:643-646", kind="paper"),
    worked=({"calcium": 2.05, "albumin": 28}, 2.29),
)

FACTORS = ("heart_failure", "hypertension", "diabetes", "stroke", "vascular")
_FACTOR_NAMES: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "heart_failure": "慢性心力衰竭",
        "hypertension": "高血压",
        "diabetes": "糖尿病",
        "stroke": "缺血性卒中",
        "vascular": "陈旧性心肌梗死",
    },
    "en": {
        "heart_failure": "chronic heart failure",
        "hypertension": "hypertension",
        "diabetes": "diabetes",
        "stroke": "ischaemic stroke",
        "vascular": "old myocardial infarction",
    },
}


def age_points(age: int) -> int:
    """Points of the CHA2DS2-VASc age bands: 2 from 75 years, 1 from 65 to 74."""
    return 2 if age >= 75 else int(age >= 65)


def stroke_risk_points(p: Params) -> int:
    """CHA2DS2-VASc, 0 to 9: heart failure, hypertension, diabetes, vascular disease, female sex 1 each, stroke 2, age 0 to 2."""
    return int(sum(p[name] for name in FACTORS) + p["stroke"] + age_points(p["age"]) + (p["sex"] == "F"))


def _chads2(p: Params) -> int:
    return int(p["heart_failure"] + p["hypertension"] + p["diabetes"] + 2 * p["stroke"] + (p["age"] >= 75))


def _points_unless_same(p: Params, points: int) -> float | None:
    return None if points == stroke_risk_points(p) else points


def _unless_above(p: Params, points: int) -> float | None:
    """None where nobody of this sex can have so many points: such an option would give itself away."""
    return None if points > (9 if p["sex"] == "F" else 8) else _points_unless_same(p, points)


def _draw_stroke_risk(rng: random.Random) -> Params | None:
    p: dict[str, Any] = {"sex": rng.choice("FM"), "age": rng.randint(50, 92)}
    p |= {name: rng.random() < 0.5 for name in FACTORS}
    # a man has 8 points at most, a woman 9: an option of more would give itself away
    return p if sum(p[name] for name in FACTORS) >= 2 and stroke_risk_points(p) <= (7 if p["sex"] == "F" else 6) else None


def _stroke_risk_shown(p: Params, language: Language) -> Mapping[str, Any]:
    had = [_FACTOR_NAMES[language][name] for name in FACTORS if p[name]]
    blood_fats = {"zh": "高胆固醇血症", "en": "high cholesterol"}[language]
    separator = {"zh": "、", "en": ", "}[language]
    return {**_sex_shown(p, language), "history": separator.join([*had, blood_fats])}


H7 = Template(
    id="H7",
    subarea="risk_scores",
    draw=_draw_stroke_risk,
    gold=stroke_risk_points,
    mistakes={
        "sex category left out": lambda p: stroke_risk_points(p) - 1 if p["sex"] == "F" else None,
        "sex point given to a man": lambda p: stroke_risk_points(p) + 1 if p["sex"] == "M" else None,
        "cholesterol counted": lambda p: stroke_risk_points(p) + 1,
        "cholesterol counted and a point for each sex": lambda p: stroke_risk_points(p) + 2 if p["sex"] == "M" else None,
        "cholesterol counted and both age bands added": lambda p: _unless_above(p, stroke_risk_points(p) + 2) if p["age"] >= 75 else None,
        "two points for every disease": lambda p: _unless_above(p, stroke_risk_points(p) + sum(p[name] for name in FACTORS) - p["stroke"]),
        "stroke scored one point": lambda p: stroke_risk_points(p) - 1 if p["stroke"] else None,
        "CHADS2 used": lambda p: _points_unless_same(p, _chads2(p)),
        "age left out": lambda p: _points_unless_same(p, stroke_risk_points(p) - age_points(p["age"])),
        "one point for everything": lambda p: _points_unless_same(p, stroke_risk_points(p) - p["stroke"] - (p["age"] >= 75)),
    },
    unit={"zh": "分", "en": "points"},
    decimals=0,
    tolerance=Tolerance(rel=0.0, abs=0.0),
    shown=_stroke_risk_shown,
    stems={
        "zh": (
            "CHA₂DS₂-VASc 评分（含性别项）：心力衰竭 1 分，高血压 1 分，年龄 ≥75 岁 2 分，糖尿病 1 分，卒中/TIA/血栓栓塞史 2 分，血管疾病（心肌梗死、外周动脉病或主动脉斑块）1 分，年龄 65–74 岁 1 分，女性 1 分。一名非瓣膜性心房颤动患者，{person}，{age} 岁，病史仅有：{history}。总分是多少分？",
            "请为一名 {age} 岁的房颤（非瓣膜性）{person}患者计算含性别项的 CHA₂DS₂-VASc 总分（分）。既往史：{history}，无其他疾病。计分规则：卒中、TIA 或血栓栓塞史 2 分；75 岁及以上 2 分，65 至 74 岁 1 分；心衰、高血压、糖尿病、血管疾病（含心肌梗死）、女性各 1 分。",
        ),
        "en": (
            "CHA₂DS₂-VASc (the version with sex category) gives 1 point for heart failure, 1 for hypertension, 2 for age 75 or over, 1 for diabetes, 2 for previous stroke, TIA or thromboembolism, 1 for vascular disease (myocardial infarction, peripheral artery disease or aortic plaque), 1 for age 65-74 and 1 for female sex. A {person} aged {age} with non-valvular atrial fibrillation has this history and no other: {history}. What is the score in points?",
            "Score a {person} of {age} years with non-valvular atrial fibrillation by CHA₂DS₂-VASc, sex category included. Known conditions, complete list: {history}. Rules: previous stroke, TIA or thromboembolism counts 2; age 75 and over 2, age 65 to 74 1; heart failure, hypertension, diabetes, vascular disease (such as a myocardial infarction) and being female 1 each. How many points in all?",
        ),
    },
    explanation={
        "zh": "逐项相加；两个年龄段只取其一，卒中 2 分，高胆固醇不计分。",
        "en": "Add the items; only one age band counts, stroke is worth 2, high cholesterol scores nothing.",
    },
    source=Source(
        title="Lip GYH et al., Refining clinical risk stratification for predicting stroke and thromboembolism in atrial fibrillation, Chest 2010;137:263-272",
        kind="paper",
    ),
    worked=(
        {"sex": "F", "age": 76, "heart_failure": False, "hypertension": True, "diabetes": True, "stroke": False, "vascular": False},
        5,
    ),
)


def _daily_mg(p: Params) -> float:
    return float(min(p["mg_per_kg_day"] * p["weight_kg"], p["max_mg_day"]))


def _label_mg_per_ml(p: Params) -> float:
    return float(p["label_mg"] / 5)


def dose_ml(p: Params) -> float:
    """Volume of one dose in mL: daily dose, capped, divided by the doses a day and by the strength in mg/mL."""
    return float(_daily_mg(p) / (24 // p["interval_h"]) / _label_mg_per_ml(p))


def _draw_dose(rng: random.Random) -> Params | None:
    p = {
        "weight_kg": round(rng.uniform(6, 45), 1),
        "mg_per_kg_day": rng.choice((20, 25, 30, 40, 45, 50, 60, 75, 80)),
        "interval_h": rng.choice((6, 8, 12)),
        "max_mg_day": rng.choice((1000, 1200, 1500, 2000, 2400)),
        "label_mg": rng.choice((125, 160, 200, 250, 320, 400)),
    }
    return p if 2.6 <= dose_ml(p) <= 25 else None


def _dose_cap_ignored(p: Params) -> float | None:
    uncapped = p["mg_per_kg_day"] * p["weight_kg"]
    if uncapped <= p["max_mg_day"]:
        return None
    return float(uncapped / (24 // p["interval_h"]) / _label_mg_per_ml(p))


H8 = Template(
    id="H8",
    subarea="paediatrics_obstetrics",
    draw=_draw_dose,
    gold=dose_ml,
    mistakes={
        "daily dose given at once": lambda p: _daily_mg(p) / _label_mg_per_ml(p),
        "maximum ignored": _dose_cap_ignored,
        "divided by the interval in hours": lambda p: _daily_mg(p) / p["interval_h"] / _label_mg_per_ml(p),
        "label strength read as per mL": lambda p: dose_ml(p) / 5,
        "day divided by one dose too few": lambda p: _daily_mg(p) / (24 // p["interval_h"] - 1) / _label_mg_per_ml(p) if p["interval_h"] < 12 else None,
    },
    unit="mL",
    decimals=2,
    stems={
        "zh": (
            "假想药 A 的处方集条目：{mg_per_kg_day} mg/(kg·日)，每 {interval_h} 小时一次等分口服，每日最大总量 {max_mg_day} mg；混悬液标示 {label_mg} mg/5 mL。患儿体重 {weight_kg} kg。每次剂量按计算为多少 mL？保留两位小数。",
            "按体重给药练习（药物为虚构）：患儿 {weight_kg} kg；日剂量按每公斤体重 {mg_per_kg_day} mg 计算，但一日总量不得超过 {max_mg_day} mg，平均分成每 {interval_h} 小时给一次；口服混悬液每 5 mL 含 {label_mg} mg。求单次给药体积（mL，两位小数）。",
        ),
        "en": (
            "Formulary entry of an invented drug A: {mg_per_kg_day} mg/kg per day by mouth in equal doses every {interval_h} hours, at most {max_mg_day} mg a day in total; suspension labelled {label_mg} mg/5 mL. A child weighs {weight_kg} kg. How many mL is each dose by calculation? Two decimals.",
            "An exercise with a made-up drug: the suspension holds {label_mg} mg in every 5 mL; the child's weight is {weight_kg} kg; the daily dose is {mg_per_kg_day} mg for each kilogram of body weight but never above {max_mg_day} mg a day, shared equally among doses given every {interval_h} hours. Work out the volume of a single dose in mL to two decimals.",
        ),
    },
    explanation={
        "zh": "日剂量 = 每公斤剂量 × 体重，超过上限取上限；除以每日次数（24 ÷ 间隔）得单次 mg，再除以浓度（标示量 ÷ 5）得 mL。",
        "en": "Daily dose is mg/kg times weight, capped; divide by the doses a day (24 over the interval), then by the strength (label over 5) to get mL.",
    },
    source=Source(title="Dose arithmetic of paediatric pharmacy and nursing; the formulary entry is invented and printed in the stem", kind="practice"),
    worked=({"weight_kg": 22, "mg_per_kg_day": 50, "interval_h": 8, "max_mg_day": 1500, "label_mg": 400}, 4.583333),
)


def pump_rate(p: Params) -> float:
    """Pump rate in mL/h for a dose in ug/kg/min from a syringe of `drug_mg` in `volume_ml`."""
    return float(p["dose"] * p["weight_kg"] * 60 / (p["drug_mg"] * 1000 / p["volume_ml"]))


def _draw_pump(rng: random.Random) -> Params | None:
    p = {
        "dose": round(rng.uniform(0.5, 12), 1),
        "weight_kg": rng.randint(42, 98),
        "drug_mg": rng.choice((100, 150, 200, 250, 300, 400)),
        "volume_ml": rng.choice((50, 100, 250)),
    }
    return p if 2.6 <= pump_rate(p) <= 60 else None


H9 = Template(
    id="H9",
    subarea="surgery_icu_nursing",
    draw=_draw_pump,
    gold=pump_rate,
    mistakes={
        "minutes not turned into hours": lambda p: pump_rate(p) / 60,
        "weight left out": lambda p: pump_rate(p) / p["weight_kg"],
        "concentration upside down": lambda p: p["dose"] * p["weight_kg"] * 60 / 1000 * p["drug_mg"] / p["volume_ml"],
        "milligram taken for 100 micrograms": lambda p: pump_rate(p) * 10,
        "whole drug content taken as mg per mL": lambda p: pump_rate(p) / p["volume_ml"],
    },
    unit="mL/h",
    decimals=2,
    stems={
        "zh": (
            "某药 {drug_mg} mg 稀释至 {volume_ml} mL，以 {dose} μg/(kg·min) 持续泵入，患者体重 {weight_kg} kg。泵速应为多少 mL/h？保留两位小数。",
            "微量泵计算题：患者 {weight_kg} kg，医嘱剂量为每分钟每公斤 {dose} μg；配好的药液总量 {volume_ml} mL，内含药物 {drug_mg} mg。请算出泵的设定速度（mL/h，两位小数）。",
        ),
        "en": (
            "{drug_mg} mg of a drug are made up to {volume_ml} mL and infused at {dose} µg/kg/min into a patient of {weight_kg} kg. At how many mL/h must the pump run? Two decimals.",
            "The order is {dose} micrograms per kilogram per minute and the patient weighs {weight_kg} kg. The ready solution has a volume of {volume_ml} mL and contains {drug_mg} mg of the drug. Which rate in mL/h, to two decimals, is set on the infusion pump?",
        ),
    },
    explanation={
        "zh": "每小时药量 μg = 剂量 × 体重 × 60；浓度 μg/mL = mg × 1000 ÷ mL；两者相除得 mL/h。",
        "en": "Micrograms an hour are dose × weight × 60; the strength in µg/mL is mg × 1000 / mL; their quotient is mL/h.",
    },
    source=Source(title="Infusion arithmetic of nursing practice: dose, weight and strength printed in the stem", kind="practice"),
    worked=({"dose": 5, "weight_kg": 70, "drug_mg": 200, "volume_ml": 50}, 5.25),
)


def predictive(p: Params, *, prevalence: float) -> float:
    """Positive predictive value in per cent at `prevalence` (a fraction), by Bayes' theorem."""
    true = p["sensitivity"] / 100 * prevalence
    false = (1 - p["specificity"] / 100) * (1 - prevalence)
    return float(100 * true / (true + false))


def _negative_predictive(p: Params) -> float:
    prevalence = p["prevalence"] / 100
    true = p["specificity"] / 100 * (1 - prevalence)
    return float(100 * true / (true + (1 - p["sensitivity"] / 100) * prevalence))


def _draw_predictive(rng: random.Random) -> Params | None:
    p = {"sensitivity": rng.randint(72, 98), "specificity": rng.randint(75, 98), "prevalence": round(rng.uniform(0.5, 25), 1)}
    return p if 5 <= predictive(p, prevalence=p["prevalence"] / 100) <= 90 else None


H10 = Template(
    id="H10",
    subarea="evidence_statistics",
    draw=_draw_predictive,
    gold=lambda p: predictive(p, prevalence=p["prevalence"] / 100),
    mistakes={
        "sensitivity taken for the predictive value": lambda p: p["sensitivity"],
        "negative predictive value given": _negative_predictive,
        "prevalence left out": lambda p: predictive(p, prevalence=0.5),
        "complement given": lambda p: 100 - predictive(p, prevalence=p["prevalence"] / 100),
        "false positive rate taken of everybody tested": lambda p: (
            p["sensitivity"] * p["prevalence"] / (p["sensitivity"] * p["prevalence"] / 100 + 100 - p["specificity"])
        ),
    },
    unit="%",
    decimals=2,
    stems={
        "zh": (
            "某筛查试验灵敏度 {sensitivity} %，特异度 {specificity} %，用于患病率 {prevalence} % 的人群。阳性预测值是多少（以 % 表示）？保留两位小数。",
            "在一个有 {prevalence} % 的人患病的人群中做检测：患者中 {sensitivity} % 呈阳性，非患者中 {specificity} % 呈阴性。检测阳性者真正患病的概率是百分之几？取两位小数。",
        ),
        "en": (
            "A screening test has a sensitivity of {sensitivity} % and a specificity of {specificity} %. It is used in a population with a prevalence of {prevalence} %. What is the positive predictive value in per cent, to two decimals?",
            "In a population {prevalence} % of people have the disease. The test is positive in {sensitivity} % of those who have it and negative in {specificity} % of those who do not. Someone tests positive: with which probability, in per cent and to two decimals, does this person have the disease?",
        ),
    },
    explanation={
        "zh": "PPV = Se·P ÷ [Se·P + (1 − Sp)·(1 − P)]；患病率低时假阳性占多数。",
        "en": "PPV = Se·P / [Se·P + (1 − Sp)(1 − P)]; where the disease is rare, false positives outnumber the true ones.",
    },
    source=Source(title="Altman DG, Bland JM, Diagnostic tests 2: predictive values, BMJ 1994;309:102", kind="paper"),
    worked=({"sensitivity": 92, "specificity": 95, "prevalence": 2}, 27.299703),
)


def _tenths(percent: float) -> int:
    """A percentage printed with one decimal, as a whole number of tenths: exact arithmetic for a rounded-up count."""
    return round(10 * percent)


def needed_to_treat(p: Params) -> int:
    """Number needed to treat: 1 over the absolute risk reduction, rounded up to whole patients."""
    return -(-1000 // (_tenths(p["control_percent"]) - _tenths(p["treated_percent"])))


def _nnt_of_product(p: Params) -> int | None:
    """Absolute reduction times control risk in the place of the absolute reduction; None where it is far off."""
    reduction, control = _tenths(p["control_percent"]) - _tenths(p["treated_percent"]), _tenths(p["control_percent"])
    found = -(-1_000_000 // (reduction * control))
    return found if found <= 6 * needed_to_treat(p) else None


def _draw_trial(rng: random.Random) -> Params | None:
    control = round(rng.uniform(5, 40), 1)
    p = {"control_percent": control, "treated_percent": round(control * rng.uniform(0.4, 0.9), 1)}
    reduction = _tenths(p["control_percent"]) - _tenths(p["treated_percent"])
    return p if 10 <= reduction <= 160 and 1000 % reduction else None


H11 = Template(
    id="H11",
    subarea="evidence_statistics",
    draw=_draw_trial,
    gold=needed_to_treat,
    mistakes={
        "relative reduction used": lambda p: math.ceil(p["control_percent"] / (p["control_percent"] - p["treated_percent"])),
        "rounded down": lambda p: needed_to_treat(p) - 1,
        "control risk alone": lambda p: math.ceil(100 / p["control_percent"]),
        "treated risk alone": lambda p: math.ceil(100 / p["treated_percent"]),
        "rounded up twice": lambda p: needed_to_treat(p) + 1,
        "patients of both groups counted": lambda p: -(-2000 // (_tenths(p["control_percent"]) - _tenths(p["treated_percent"]))),
        "absolute reduction multiplied by the control risk": _nnt_of_product,
    },
    unit={"zh": "人", "en": "patients"},
    decimals=0,
    tolerance=Tolerance(rel=0.0, abs=0.0),
    stems={
        "zh": (
            "一项试验中，对照组不良结局发生率为 {control_percent} %，治疗组为 {treated_percent} %，随访时间相同。需治人数（NNT）是多少人？按惯例向上取整。",
            "随机试验结果：治疗组有 {treated_percent} % 的患者发生终点事件，对照组有 {control_percent} %。为在同一时期内多避免一例终点事件，平均至少要治疗多少人？不足一人按一人计。",
        ),
        "en": (
            "In a trial {control_percent} % of the control group and {treated_percent} % of the treated group had the unfavourable outcome over the same period. What is the number needed to treat, rounded up to a whole patient as is the custom?",
            "A randomised trial reports the event in {treated_percent} % of treated patients against {control_percent} % of controls. How many patients must be treated, a part of a patient counting as a whole one, for one event fewer in that period?",
        ),
    },
    explanation={
        "zh": "NNT = 1 ÷ (对照组风险 − 治疗组风险)，向上取整；用的是绝对风险差，不是相对风险降低。",
        "en": "NNT = 1 / (control risk − treated risk), rounded up; it takes the absolute difference, not the relative one.",
    },
    source=Source(title="Cook RJ, Sackett DL, The number needed to treat: a clinically useful measure of treatment effect, BMJ 1995;310:452-454", kind="paper"),
    worked=({"control_percent": 12.0, "treated_percent": 8.5}, 29),
)


def corrected_qt(qt_ms: float, rate: float, power: float) -> float:
    """QT in ms divided by RR (s) to `power`: 1/3 is Fridericia, 1/2 Bazett."""
    return float(qt_ms / (60 / rate) ** power)


def _draw_qt(rng: random.Random) -> Params | None:
    p = {"qt_ms": rng.randrange(290, 500, 2), "rate": rng.randint(45, 130)}
    return p if 360 <= corrected_qt(p["qt_ms"], p["rate"], 1 / 3) <= 540 else None


H12 = Template(
    id="H12",
    subarea="emergency_medicine",
    draw=_draw_qt,
    gold=lambda p: corrected_qt(p["qt_ms"], p["rate"], 1 / 3),
    mistakes={
        "Bazett's square root used": lambda p: corrected_qt(p["qt_ms"], p["rate"], 1 / 2),
        "heart rate put in the place of RR": lambda p: corrected_qt(p["qt_ms"], p["rate"], -1 / 3),
        "root left out": lambda p: corrected_qt(p["qt_ms"], p["rate"], 1.0),
        "not corrected": lambda p: p["qt_ms"],
    },
    unit="ms",
    decimals=0,
    stems={
        "zh": (
            "心电图：心率 {rate} 次/分，QT 间期 {qt_ms} ms。用 Fridericia 公式 QTc = QT ÷ RR^(1/3)（RR 以秒计，RR = 60 ÷ 心率）求 QTc，单位 ms，取整数。",
            "某患者 QT 间期测得 {qt_ms} ms，当时心率 {rate} 次/分。请采用立方根校正（Fridericia）：先由 60 除以心率得 RR（秒），再用 QT 除以 RR 的立方根。校正后的 QT 间期为多少 ms（取整数）？",
        ),
        "en": (
            "An ECG shows a heart rate of {rate} beats/min and a QT interval of {qt_ms} ms. With Fridericia's formula QTc = QT / RR^(1/3), RR in seconds and RR = 60 / rate, what is QTc in ms, to the nearest whole number?",
            "A QT interval of {qt_ms} ms was measured at {rate} beats per minute. Correct it by the cube root (Fridericia): RR in seconds is 60 divided by the rate, and the QT interval is divided by the cube root of RR. Give the corrected interval as a whole number of ms.",
        ),
    },
    explanation={
        "zh": "RR = 60 ÷ 心率（秒），QTc = QT ÷ RR^(1/3)；Bazett 公式用平方根，不能混用。",
        "en": "RR = 60 / rate in seconds and QTc = QT / RR^(1/3); Bazett's square root is another formula.",
    },
    source=Source(
        title="Fridericia LS, The duration of systole in an electrocardiogram in normal humans and in patients with heart disease (1920), reprinted in Ann Noninvasive Electrocardiol 2003;8:343-351",
        kind="paper",
    ),
    worked=({"qt_ms": 400, "rate": 90}, 457.885702),
)


def _draw_burn(rng: random.Random) -> Params:
    return {"weight_kg": rng.randint(40, 99), "burn_percent": rng.randint(15, 50)}


H14 = Template(
    id="H14",
    subarea="surgery_icu_nursing",
    foundation=True,
    draw=_draw_burn,
    gold=lambda p: 4 * p["weight_kg"] * p["burn_percent"],
    mistakes={
        "half of the day's volume given": lambda p: 2 * p["weight_kg"] * p["burn_percent"],
        "unburned surface used": lambda p: 4 * p["weight_kg"] * (100 - p["burn_percent"]),
        "1.5 mL and 2,000 mL of the Chinese burn formula": lambda p: 1.5 * p["weight_kg"] * p["burn_percent"] + 2000,
        "factor 4 left out": lambda p: p["weight_kg"] * p["burn_percent"],
        "rate of the first eight hours kept all day": lambda p: 6 * p["weight_kg"] * p["burn_percent"],
        "weight put in as pounds": lambda p: 4 * p["weight_kg"] / 0.45359237 * p["burn_percent"],
    },
    unit="mL",
    decimals=0,
    stems={
        "zh": (
            "Parkland 公式：伤后首个 24 小时补液总量(mL) = 4 × 体重(kg) × 烧伤面积(%TBSA，只取百分数的数值)。患者体重 {weight_kg} kg，烧伤面积 {burn_percent} %TBSA。按此公式首个 24 小时总量为多少 mL？",
            "某成人烧伤面积占体表 {burn_percent} %，体重 {weight_kg} kg。若每 1 % 烧伤面积、每千克体重在伤后 24 小时内补 4 mL 晶体液（Parkland 公式），24 小时共需多少 mL？",
        ),
        "en": (
            "Parkland formula: fluid in the first 24 hours (mL) = 4 × weight (kg) × burned area (%TBSA, the number in front of the per cent sign). A patient weighs {weight_kg} kg and has burns of {burn_percent} %TBSA. What is the total for the first 24 hours by this formula, in mL?",
            "An adult of {weight_kg} kg is burned over {burn_percent} % of the body surface. By the Parkland formula, 4 mL of crystalloid are planned for each kilogram and each per cent burned in the first 24 hours after the burn. How many mL is that for the whole 24 hours?",
        ),
    },
    explanation={
        "zh": "4 × 体重 × 烧伤面积百分数；其中一半在伤后 8 小时内输入，题目问的是 24 小时总量。",
        "en": "4 × weight × per cent burned; half of it goes in within 8 hours of the burn, but the total is asked.",
    },
    source=Source(title="Baxter CR, Shires T, Physiological response to crystalloid resuscitation of severe burns, Ann N Y Acad Sci 1968;150:874-894", kind="paper"),
    worked=({"weight_kg": 70, "burn_percent": 30}, 8400.0),
)


def maintenance_mg(p: Params) -> float:
    """Dose in mg that keeps the mean steady-state concentration: clearance x concentration x interval / availability."""
    return float(p["clearance"] * p["target"] * p["interval_h"] / p["availability"])


def _draw_maintenance(rng: random.Random) -> Params | None:
    p = {
        "clearance": round(rng.uniform(1.2, 9.8), 1),
        "target": rng.randint(4, 30),
        "interval_h": rng.choice((6, 8, 12, 24)),
        "availability": round(rng.uniform(0.55, 0.94), 2),
        "volume_l": rng.randint(18, 70),
    }
    half_life = math.log(2) * p["volume_l"] / p["clearance"]
    return p if 100 <= maintenance_mg(p) <= 1500 and 3 <= half_life <= 30 else None


H15 = Template(
    id="H15",
    subarea="pharmacy",
    draw=_draw_maintenance,
    gold=maintenance_mg,
    mistakes={
        "bioavailability multiplied": lambda p: maintenance_mg(p) * p["availability"] ** 2,
        "bioavailability left out": lambda p: maintenance_mg(p) * p["availability"],
        "interval left out": lambda p: maintenance_mg(p) / p["interval_h"],
        "loading dose given": lambda p: p["volume_l"] * p["target"] / p["availability"],
        "factor ln 2 put in": lambda p: maintenance_mg(p) * math.log(2),
        "divided by ln 2": lambda p: maintenance_mg(p) / math.log(2),
        "divided by the bioavailability twice": lambda p: maintenance_mg(p) / p["availability"],
        "dose of a whole day given": lambda p: maintenance_mg(p) * 24 / p["interval_h"] if p["interval_h"] < 24 else None,
    },
    unit="mg",
    decimals=1,
    stems={
        "zh": (
            "某口服药（线性药动学）清除率 {clearance} L/h，表观分布容积 {volume_l} L，生物利用度 {availability}，每 {interval_h} h 给药一次。要使稳态平均血药浓度为 {target} mg/L，每次维持剂量应为多少 mg？保留一位小数。",
            "希望某线性消除的药物口服多次给药后平均稳态浓度保持在 {target} mg/L。已知：给药间隔 {interval_h} 小时，生物利用度 F = {availability}，CL = {clearance} L/h，Vd = {volume_l} L。求每次的维持剂量（mg，一位小数）。",
        ),
        "en": (
            "An oral drug with linear kinetics has a clearance of {clearance} L/h, a volume of distribution of {volume_l} L and a bioavailability of {availability}; it is given every {interval_h} h. Which maintenance dose in mg, to one decimal, gives a mean steady-state concentration of {target} mg/L?",
            "The mean concentration at steady state is to be {target} mg/L on repeated oral dosing of a drug that is eliminated linearly. Known: dosing interval {interval_h} hours, F = {availability}, CL = {clearance} L/h, Vd = {volume_l} L. Find each maintenance dose in mg with one decimal.",
        ),
    },
    explanation={
        "zh": "稳态时每个间隔进入体内的药量等于清除量：F·剂量 = CL·C·τ，故剂量 = CL·C·τ ÷ F；分布容积只影响负荷剂量和波动。",
        "en": "At steady state what comes in during an interval is what is cleared: F·dose = CL·C·τ; the volume of distribution matters for the loading dose and the swing only.",
    },
    source=Source(title="Rowland M, Tozer TN, Clinical Pharmacokinetics and Pharmacodynamics: Concepts and Applications", kind="textbook"),
    worked=({"clearance": 3, "target": 15, "interval_h": 8, "availability": 0.9, "volume_l": 40}, 400.0),
)


def creatinine_clearance(p: Params, *, weight: str = "weight_kg", whole: int = 140) -> float:
    """Clearance in mL/min after Cockcroft and Gault; creatinine in umol/L is turned into mg/dL first."""
    scr = p["creatinine_umol"] / UMOL_PER_MGDL
    return float((whole - p["age"]) * p[weight] / (72 * scr) * (0.85 if p["sex"] == "F" else 1.0))


def _draw_clearance(rng: random.Random) -> Params | None:
    p: dict[str, Any] = {
        "sex": rng.choice("FM"),
        "age": rng.randint(30, 92),
        "weight_kg": rng.randint(42, 110),
        "ideal_kg": rng.randint(45, 78),
        "creatinine_umol": rng.randint(52, 320),
    }
    plausible = 0.85 <= p["weight_kg"] / p["ideal_kg"] <= 1.6 and abs(p["weight_kg"] / p["ideal_kg"] - 1) > 0.08
    frail = p["age"] <= 80 or p["weight_kg"] <= 80  # the very old are seldom heavy
    return p if plausible and frail and 12 <= creatinine_clearance(p) <= 130 else None


H2 = Template(
    id="H2",
    subarea="pharmacy",
    draw=_draw_clearance,
    gold=creatinine_clearance,
    mistakes={
        "factor of women left out": lambda p: creatinine_clearance(p) / 0.85 if p["sex"] == "F" else None,
        "factor of women given to a man": lambda p: creatinine_clearance(p) * 0.85 if p["sex"] == "M" else None,
        "ideal weight put in": lambda p: creatinine_clearance(p, weight="ideal_kg"),
        "age taken from 120": lambda p: creatinine_clearance(p, whole=120) if p["age"] < 105 else None,
        "weight halfway between ideal and actual": lambda p: creatinine_clearance(p) * (1 + p["ideal_kg"] / p["weight_kg"]) / 2,
        "creatinine divided by 100": lambda p: creatinine_clearance(p) * 100 / UMOL_PER_MGDL,
    },
    unit="mL/min",
    decimals=1,
    tolerance=Tolerance(rel=0.01, abs=0.3),
    shown=_sex_shown,
    stems={
        "zh": (
            "Cockcroft-Gault 公式：肌酐清除率 CrCl (mL/min) = (140 − 年龄) × 体重(kg) ÷ (72 × Scr)，女性再乘 0.85；Scr 以 mg/dL 计（1 mg/dL = 88.4 μmol/L），本题规定用实际体重。某{person}患者 {age} 岁，实际体重 {weight_kg} kg，理想体重 {ideal_kg} kg，血肌酐 {creatinine_umol} μmol/L。求 CrCl（mL/min）；中间不取整，最后保留一位小数。",
            "临床药师为调整剂量估算肌酐清除率：{person}，{age} 岁，血肌酐 {creatinine_umol} μmol/L，实际体重 {weight_kg} kg（理想体重 {ideal_kg} kg）。本院规定按实际体重代入 Cockcroft-Gault 公式：(140 − 年龄) × 体重 ÷ (72 × Scr)，女性结果乘 0.85，Scr 由 μmol/L 除以 88.4 换算为 mg/dL。中间各步不取整，结果为多少 mL/min？取一位小数。",
        ),
        "en": (
            "Cockcroft-Gault: creatinine clearance (mL/min) = (140 − age) × weight in kg / (72 × Scr), times 0.85 for a woman; Scr is in mg/dL (1 mg/dL = 88.4 µmol/L), and the actual body weight is used here. A {person} aged {age} has an actual weight of {weight_kg} kg, an ideal weight of {ideal_kg} kg and a serum creatinine of {creatinine_umol} µmol/L. Round nothing before the end and give the clearance in mL/min to one decimal.",
            "To adjust a dose a pharmacist estimates creatinine clearance for a {person} of {age} years: serum creatinine {creatinine_umol} µmol/L, actual weight {weight_kg} kg (ideal weight {ideal_kg} kg). The hospital puts the actual weight into Cockcroft-Gault, (140 − age) × weight / (72 × Scr), and multiplies by 0.85 for women; creatinine in µmol/L is divided by 88.4 to get Scr in mg/dL. Nothing is rounded before the end. What is the result in mL/min, to one decimal?",
        ),
    },
    explanation={
        "zh": "先将肌酐除以 88.4 得 mg/dL，再用实际体重代入；女性最后乘 0.85。",
        "en": "Divide creatinine by 88.4 to get mg/dL, put in the actual weight, and multiply by 0.85 for a woman only.",
    },
    source=Source(title="Cockcroft DW, Gault MH, Prediction of creatinine clearance from serum creatinine, Nephron 1976;16:31-41", kind="paper"),
    worked=({"sex": "M", "age": 70, "weight_kg": 68, "ideal_kg": 62, "creatinine_umol": 123.76}, 47.2222),
)


def corrected_sodium(p: Params, *, rise: float = 0.016) -> float:
    """Sodium in mmol/L as it would be at a glucose of 100 mg/dL; `rise` in mmol/L for each mg/dL above it."""
    return float(p["sodium"] + rise * (p["glucose_mgdl"] - 100))


H5N = Template(
    id="H5N",
    subarea="laboratory",
    draw=lambda rng: {"sodium": rng.randint(118, 139), "glucose_mgdl": rng.randint(285, 940)},
    gold=corrected_sodium,
    mistakes={
        "correction taken off": lambda p: corrected_sodium(p, rise=-0.016),
        "coefficient 2.4 used": lambda p: corrected_sodium(p, rise=0.024),
        "glucose itself put in": lambda p: corrected_sodium(p) + 1.6,
        "correction left out": lambda p: float(p["sodium"]),
        "excess doubled": lambda p: corrected_sodium(p, rise=0.032),
    },
    unit="mmol/L",
    decimals=1,
    tolerance=Tolerance(rel=0.0, abs=0.3),
    stems={
        "zh": (
            "高血糖时的校正血钠（Katz 系数）：校正钠(mmol/L) = 实测钠 + 0.016 × (血糖(mg/dL) − 100)。某患者实测血钠 {sodium} mmol/L，血糖 {glucose_mgdl} mg/dL。校正血钠为多少 mmol/L？保留一位小数。",
            "某高血糖患者血糖 {glucose_mgdl} mg/dL，血钠报告值 {sodium} mmol/L。规定血糖超过 100 mg/dL 的部分，每 1 mg/dL 使血钠降低 0.016 mmol/L，请把这一稀释作用加回去，求校正血钠（mmol/L，一位小数）。",
        ),
        "en": (
            "Sodium corrected for high glucose (Katz's coefficient): corrected sodium (mmol/L) = measured sodium + 0.016 × (glucose in mg/dL − 100). Measured sodium is {sodium} mmol/L and glucose {glucose_mgdl} mg/dL. What is the corrected sodium in mmol/L, to one decimal?",
            "A patient with a high glucose has a glucose of {glucose_mgdl} mg/dL and a reported sodium of {sodium} mmol/L. Each mg/dL of glucose above 100 mg/dL is taken to have lowered sodium by 0.016 mmol/L. Add this dilution back and give the corrected sodium in mmol/L with one decimal.",
        ),
    },
    explanation={
        "zh": "高血糖使水移出细胞而稀释血钠，故在实测值上加 0.016 ×（血糖 − 100）。",
        "en": "High glucose draws water out of the cells and dilutes sodium, so 0.016 × (glucose − 100) is added to the measured value.",
    },
    source=Source(title="Katz MA, Hyperglycemia-induced hyponatremia: calculation of expected serum sodium depression, N Engl J Med 1973;289:843-844", kind="paper"),
    worked=({"sodium": 128, "glucose_mgdl": 500}, 134.4),
)


def _whole(value: float) -> int:
    """Rounded half up, as the rule in the stem says."""
    return math.floor(value + 0.5)


def _meld_sum(creatinine: float, bilirubin: float, inr: float, log: Callable[[float], float] = math.log) -> float:
    return 10 * (0.957 * log(creatinine) + 0.378 * log(bilirubin) + 1.12 * log(inr) + 0.643)


def _with_sodium(meld: int, sodium: float, *, sign: int = 1, product: bool = True) -> int:
    """The second step of the score: MELD as a whole number above 11, and the distance of sodium from 137 mmol/L."""
    if meld <= 11:
        return meld
    away = 137 - sodium
    return _whole(meld + sign * (1.32 * away - (0.033 * meld * away if product else 0)))


def _bounded(p: Params) -> tuple[float, float, float]:
    return min(max(p["creatinine"], 1.0), 4.0), max(p["bilirubin"], 1.0), max(p["inr"], 1.0)


def _sodium(p: Params) -> int:
    return int(min(max(p["sodium"], 125), 137))


def meld_sodium(p: Params) -> int:
    """MELD-Na of 2016 in points, 6 to 40 or a little over; laboratory values in mg/dL and mmol/L."""
    return _with_sodium(_whole(_meld_sum(*_bounded(p))), _sodium(p))


def _meld_with_sodium_unrounded(p: Params) -> float:
    """The second step before it is rounded."""
    meld, away = _whole(_meld_sum(*_bounded(p))), 137 - _sodium(p)
    return meld + away * (1.32 - 0.033 * meld)


def _unless_gold(p: Params, points: int) -> int | None:
    # the score ends at 40: more would give itself away
    return None if points == meld_sodium(p) or not 0 < points <= 40 else points


def _meld_without_cap(p: Params) -> int:
    _, bilirubin, inr = _bounded(p)
    return _with_sodium(_whole(_meld_sum(max(p["creatinine"], 1.0), bilirubin, inr)), _sodium(p))


def _meld_without_floor(p: Params) -> int:
    return _with_sodium(_whole(_meld_sum(min(p["creatinine"], 4.0), p["bilirubin"], p["inr"])), _sodium(p))


def _draw_meld(rng: random.Random) -> Params | None:
    p: dict[str, Any] = {
        "creatinine": round(rng.choice((rng.uniform(0.5, 0.9), rng.uniform(1.1, 3.9), rng.uniform(4.2, 6.5))), 1),
        "bilirubin": round(rng.uniform(0.6, 14), 1),
        "inr": round(rng.uniform(1.1, 3.2), 1),
        "sodium": rng.randint(119, 139),
    }
    first = _meld_sum(*_bounded(p))
    second = _whole(first) + (137 - _sodium(p)) * (1.32 - 0.033 * _whole(first))
    clear = all(abs(value % 1 - 0.5) > 0.03 for value in (first, second))
    return p if clear and _whole(first) >= 12 and 13 <= meld_sodium(p) <= 40 else None


H6 = Template(
    id="H6",
    subarea="risk_scores",
    draw=_draw_meld,
    gold=meld_sodium,
    mistakes={
        "sodium step left out": lambda p: _unless_gold(p, _whole(_meld_sum(*_bounded(p)))),
        "logarithm to base ten": lambda p: _unless_gold(p, _with_sodium(_whole(_meld_sum(*_bounded(p), log=math.log10)), _sodium(p))),
        "sodium step taken off": lambda p: _unless_gold(p, _with_sodium(_whole(_meld_sum(*_bounded(p))), _sodium(p), sign=-1)),
        "product term left out": lambda p: _unless_gold(p, _with_sodium(_whole(_meld_sum(*_bounded(p))), _sodium(p), product=False)),
        "sodium counted from 140": lambda p: _unless_gold(p, _with_sodium(_whole(_meld_sum(*_bounded(p))), _sodium(p) - 3)),
        "result rounded up": lambda p: _unless_gold(p, math.ceil(_meld_with_sodium_unrounded(p))),
        "bounds of sodium overlooked": lambda p: _unless_gold(p, _with_sodium(_whole(_meld_sum(*_bounded(p))), p["sodium"])),
        "cap of creatinine overlooked": lambda p: _unless_gold(p, _meld_without_cap(p)),
        "floor of 1 overlooked": lambda p: _unless_gold(p, _meld_without_floor(p)),
    },
    unit={"zh": "分", "en": "points"},
    decimals=0,
    tolerance=Tolerance(rel=0.0, abs=0.0),
    stems={
        "zh": (
            "MELD-Na（2016 年 OPTN 版）：先算 M = 10 × (0.957 ln 肌酐 + 0.378 ln 胆红素 + 1.12 ln INR + 0.643)，四舍五入为整数；肌酐与胆红素以 mg/dL 计，三项小于 1 者按 1，肌酐大于 4 按 4。若 M > 11，则 MELD-Na = M + 1.32 × (137 − Na) − 0.033 × M × (137 − Na)，Na 低于 125 按 125、高于 137 按 137，结果四舍五入为整数。患者肌酐 {creatinine} mg/dL，胆红素 {bilirubin} mg/dL，INR {inr}，血钠 {sodium} mmol/L。MELD-Na 是多少分？",
            "肝移植等候名单更新评分。化验：血钠 {sodium} mmol/L，INR {inr}，总胆红素 {bilirubin} mg/dL，肌酐 {creatinine} mg/dL。规则（MELD-Na，2016 年版）：肌酐、胆红素、INR 不足 1 的取 1，肌酐上限 4；M = 10 × [0.957·ln(肌酐) + 0.378·ln(胆红素) + 1.12·ln(INR) + 0.643]，取整（四舍五入）；M 大于 11 时再算 M + 1.32(137 − Na) − 0.033·M·(137 − Na) 并取整，其中 Na 限于 125 至 137。求最后得分（分）。",
        ),
        "en": (
            "MELD-Na (OPTN version of 2016): first M = 10 × (0.957 ln creatinine + 0.378 ln bilirubin + 1.12 ln INR + 0.643), rounded to a whole number; creatinine and bilirubin are in mg/dL, each of the three counts as 1 where it is below 1, and creatinine above 4 counts as 4. If M > 11, MELD-Na = M + 1.32 × (137 − Na) − 0.033 × M × (137 − Na), with Na below 125 taken as 125 and above 137 as 137, rounded to a whole number. Creatinine {creatinine} mg/dL, bilirubin {bilirubin} mg/dL, INR {inr}, sodium {sodium} mmol/L. What is MELD-Na in points?",
            "A transplant list is brought up to date. Results: sodium {sodium} mmol/L, INR {inr}, total bilirubin {bilirubin} mg/dL, creatinine {creatinine} mg/dL. Rules (MELD-Na, 2016): creatinine, bilirubin and INR are at least 1, creatinine at most 4; M = 10 × [0.957·ln(creatinine) + 0.378·ln(bilirubin) + 1.12·ln(INR) + 0.643], rounded; where M is greater than 11, the score is M + 1.32(137 − Na) − 0.033·M·(137 − Na), rounded, with Na kept between 125 and 137. Give the final score in points.",
        ),
    },
    explanation={
        "zh": "先按上下限修正各值，用自然对数求 M 并取整；M 大于 11 时再做血钠一步，最后取整。",
        "en": "Apply the bounds, find M with natural logarithms and round it; where M is above 11 add the sodium step and round again.",
    },
    source=Source(title="OPTN liver allocation policy, MELD with sodium in force from 2016; the formula is printed in the stem", kind="guideline"),
    worked=({"creatinine": 1.9, "bilirubin": 4.2, "inr": 1.8, "sodium": 129}, 29),
)


def drops_per_minute(p: Params) -> float:
    """Drops a minute of an infusion of `volume_ml` in `hours` through a set of `factor` drops a mL."""
    return float(p["volume_ml"] * p["factor"] / (p["hours"] * 60))


def _draw_drops(rng: random.Random) -> Params | None:
    p = {"volume_ml": rng.randrange(250, 1501, 50), "hours": rng.randint(2, 12), "factor": rng.choice((10, 15, 20))}
    return p if 12 <= drops_per_minute(p) <= 120 and p["factor"] != p["hours"] else None


H9D = Template(
    id="H9D",
    subarea="surgery_icu_nursing",
    draw=_draw_drops,
    gold=drops_per_minute,
    mistakes={
        "mL a minute given": lambda p: p["volume_ml"] / (p["hours"] * 60),
        "mL an hour given": lambda p: p["volume_ml"] / p["hours"],
        "drop factor turned round": lambda p: p["volume_ml"] / (p["hours"] * p["factor"]),
        "factor 15 used": lambda p: drops_per_minute(p) * 15 / p["factor"] if p["factor"] != 15 else None,
        "factor 20 used": lambda p: drops_per_minute(p) * 20 / p["factor"] if p["factor"] != 20 else None,
    },
    unit={"zh": "滴/分", "en": "drops/min"},
    decimals=1,
    tolerance=Tolerance(rel=0.01, abs=0.25),
    stems={
        "zh": (
            "静脉输液 {volume_ml} mL，要求 {hours} h 匀速滴完，输液器滴系数为 {factor} 滴/mL。滴速应为多少滴/分？保留一位小数，不取整滴。",
            "护士要用滴系数 {factor} 滴/mL 的输液器，在 {hours} 小时内匀速输完 {volume_ml} mL 液体。请计算每分钟滴数（滴/分，一位小数，不取整滴）。",
        ),
        "en": (
            "An infusion of {volume_ml} mL is to run evenly over {hours} h through a giving set of {factor} drops/mL. What is the drip rate in drops/min, to one decimal, before it is rounded to whole drops?",
            "With a giving set that delivers {factor} drops to the mL, a nurse has to run in {volume_ml} mL at a steady rate in {hours} hours. How many drops fall each minute? Give drops/min with one decimal, before rounding to whole drops.",
        ),
    },
    explanation={
        "zh": "滴速 = 总量 × 滴系数 ÷ 总分钟数（小时 × 60）。",
        "en": "Drops a minute are volume times drop factor over the minutes, hours × 60.",
    },
    source=Source(title="Infusion arithmetic of nursing practice", kind="practice"),
    worked=({"volume_ml": 500, "hours": 4, "factor": 20}, 41.666667),
)


def osmolality(p: Params, *, glucose: float = 18.0, urea: float = 2.8, sodium: int = 2) -> float:
    """Calculated osmolality in mOsm/kg from sodium (mmol/L), glucose and urea nitrogen (mg/dL)."""
    return float(sodium * p["sodium"] + p["glucose_mgdl"] / glucose + p["bun_mgdl"] / urea)


H13 = Template(
    id="H13",
    subarea="emergency_medicine",
    draw=lambda rng: {"sodium": rng.randint(122, 158), "glucose_mgdl": rng.randint(75, 720), "bun_mgdl": rng.randint(9, 84)},
    gold=osmolality,
    mistakes={
        "divisors exchanged": lambda p: osmolality(p, glucose=2.8, urea=18.0),
        "urea nitrogen divided as urea, by 6": lambda p: osmolality(p, urea=6.0) if p["bun_mgdl"] > 12 else None,
        "urea nitrogen left out": lambda p: osmolality(p) - p["bun_mgdl"] / 2.8,
        "glucose left out": lambda p: osmolality(p) - p["glucose_mgdl"] / 18,
        "sodium taken once": lambda p: osmolality(p, sodium=1),
        "urea nitrogen not divided": lambda p: osmolality(p, urea=1.0),
        "glucose divided by 2.8 as well": lambda p: osmolality(p, glucose=2.8),
        "divisor 1.8 for glucose": lambda p: osmolality(p, glucose=1.8) if p["glucose_mgdl"] < 200 else None,
    },
    unit="mOsm/kg",
    decimals=1,
    tolerance=Tolerance(rel=0.0, abs=0.5),
    stems={
        "zh": (
            "血浆渗透压估算：Osm (mOsm/kg) = 2 × Na⁺(mmol/L) + 血糖(mg/dL) ÷ 18 + 尿素氮(mg/dL) ÷ 2.8。患者血钠 {sodium} mmol/L，血糖 {glucose_mgdl} mg/dL，尿素氮 {bun_mgdl} mg/dL。估算渗透压是多少 mOsm/kg？保留一位小数。",
            "急诊化验：血糖 {glucose_mgdl} mg/dL，尿素氮 {bun_mgdl} mg/dL，钠 {sodium} mmol/L。请按“钠的 2 倍，加血糖除以 18，加尿素氮除以 2.8”估算血浆渗透压，单位 mOsm/kg，取一位小数。",
        ),
        "en": (
            "Calculated plasma osmolality (mOsm/kg) = 2 × Na⁺ (mmol/L) + glucose (mg/dL) / 18 + urea nitrogen (mg/dL) / 2.8. Sodium is {sodium} mmol/L, glucose {glucose_mgdl} mg/dL and urea nitrogen {bun_mgdl} mg/dL. What is the osmolality in mOsm/kg, to one decimal?",
            "Results in the emergency room: glucose {glucose_mgdl} mg/dL, urea nitrogen {bun_mgdl} mg/dL, sodium {sodium} mmol/L. Estimate the plasma osmolality as 2 times sodium plus glucose over 18 plus urea nitrogen over 2.8; give it in mOsm/kg with one decimal.",
        ),
    },
    explanation={
        "zh": "钠连同其阴离子计 2 倍；血糖和尿素氮分别除以 18 和 2.8，由 mg/dL 化为 mmol/L。",
        "en": "Sodium counts twice, with its anions; 18 and 2.8 turn mg/dL of glucose and urea nitrogen into mmol/L.",
    },
    source=Source(title="Calculated serum osmolality of internal medicine; the formula is printed in the stem", kind="textbook"),
    worked=({"sodium": 140, "glucose_mgdl": 180, "bun_mgdl": 28}, 300.0),
)


def friedewald(p: Params, *, divisor: float = 5.0) -> float:
    """LDL cholesterol in mg/dL; `divisor` turns triglycerides in mg/dL into VLDL cholesterol."""
    return float(p["total"] - p["hdl"] - p["triglycerides"] / divisor)


def _above_nought(value: float) -> float | None:
    """None where a mistake leads near or below zero: such an option would give itself away."""
    return value if value > 5 else None


def _draw_lipids(rng: random.Random) -> Params | None:
    p = {"total": rng.randint(135, 310), "hdl": rng.randint(27, 82), "triglycerides": rng.randint(62, 385)}
    return p if 55 <= friedewald(p) <= 220 and friedewald(p, divisor=2.2) > 10 else None


H16 = Template(
    id="H16",
    subarea="laboratory",
    draw=_draw_lipids,
    gold=friedewald,
    mistakes={
        "divisor 2.2 of the mmol/L form": lambda p: friedewald(p, divisor=2.2),
        "HDL left out": lambda p: friedewald(p) + p["hdl"],
        "triglycerides left out": lambda p: float(p["total"] - p["hdl"]),
        "triglycerides divided by five and added": lambda p: friedewald(p, divisor=-5.0),
        "triglycerides divided by ten": lambda p: friedewald(p, divisor=10.0),
        "HDL taken off twice": lambda p: _above_nought(friedewald(p) - p["hdl"]),
        "VLDL taken off twice": lambda p: _above_nought(friedewald(p, divisor=2.5)),
        "triglycerides taken off whole": lambda p: _above_nought(friedewald(p, divisor=1.0)),
    },
    unit="mg/dL",
    decimals=1,
    stems={
        "zh": (
            "Friedewald 公式（各项以 mg/dL 计，甘油三酯 < 400 mg/dL 时适用）：LDL-C = 总胆固醇 − HDL-C − 甘油三酯 ÷ 5。总胆固醇 {total} mg/dL，HDL-C {hdl} mg/dL，甘油三酯 {triglycerides} mg/dL。LDL-C 是多少 mg/dL？保留一位小数。",
            "血脂报告（mg/dL）：甘油三酯 {triglycerides}，高密度脂蛋白胆固醇 {hdl}，总胆固醇 {total}。假定极低密度脂蛋白胆固醇等于甘油三酯（mg/dL）的五分之一，从总胆固醇中减去它和高密度部分，求低密度脂蛋白胆固醇（mg/dL，一位小数）。",
        ),
        "en": (
            "Friedewald's formula (all in mg/dL, for triglycerides < 400 mg/dL): LDL-C = total cholesterol − HDL-C − triglycerides / 5. Total cholesterol {total} mg/dL, HDL-C {hdl} mg/dL, triglycerides {triglycerides} mg/dL. What is LDL-C in mg/dL, to one decimal?",
            "A lipid report (mg/dL): triglycerides {triglycerides}, HDL cholesterol {hdl}, total cholesterol {total}. VLDL cholesterol is taken as a fifth of the triglycerides in mg/dL; take it and the HDL part from the total. Give the LDL cholesterol in mg/dL with one decimal.",
        ),
    },
    explanation={
        "zh": "总胆固醇减去 HDL-C，再减去甘油三酯的五分之一（VLDL-C）；2.2 是 mmol/L 形式的除数。",
        "en": "Take HDL-C and a fifth of the triglycerides (VLDL-C) from the total; 2.2 is the divisor of the mmol/L form.",
    },
    source=Source(title="Friedewald WT et al., Estimation of the concentration of low-density lipoprotein cholesterol in plasma, Clin Chem 1972;18:499-502", kind="paper"),
    worked=({"total": 230, "hdl": 50, "triglycerides": 175}, 145.0),
)


def alveolar_gradient(p: Params, *, vapour: float = 47.0, fraction: float | None = None) -> float:
    """Alveolar minus arterial oxygen tension in mmHg, with a respiratory quotient of 0.8."""
    inspired = p["fio2_percent"] / 100 if fraction is None else fraction
    return float(inspired * (p["pressure"] - vapour) - p["paco2"] / 0.8 - p["pao2"])


def _draw_gradient(rng: random.Random) -> Params | None:
    p = {
        "fio2_percent": rng.choice((28, 32, 35, 40, 45, 50, 55, 60)),
        "pressure": rng.randint(682, 768),
        "paco2": rng.randint(26, 64),
        "pao2": rng.randint(52, 128),
    }
    return p if 35 <= alveolar_gradient(p) <= 300 else None


H16A = Template(
    id="H16A",
    subarea="emergency_medicine",
    draw=_draw_gradient,
    gold=alveolar_gradient,
    mistakes={
        "water vapour not taken off": lambda p: alveolar_gradient(p, vapour=0.0),
        "oxygen fraction of room air": lambda p: _above_nought(alveolar_gradient(p, fraction=0.21)),
        "carbon dioxide not divided by the quotient": lambda p: alveolar_gradient(p) + p["paco2"] / 0.8 - p["paco2"],
        "carbon dioxide multiplied by the quotient": lambda p: alveolar_gradient(p) + p["paco2"] / 0.8 - 0.8 * p["paco2"],
        "alveolar tension given": lambda p: alveolar_gradient(p) + p["pao2"],
        "water vapour taken off after multiplying": lambda p: _above_nought(alveolar_gradient(p, vapour=0.0) - 47),
        "carbon dioxide divided by the quotient twice": lambda p: _above_nought(alveolar_gradient(p) + p["paco2"] / 0.8 - p["paco2"] / 0.64),
        "water vapour taken off once more at the end": lambda p: _above_nought(alveolar_gradient(p) - 47),
    },
    unit="mmHg",
    decimals=1,
    stems={
        "zh": (
            "肺泡-动脉氧分压差：P(A-a)O₂ = FiO₂ × (大气压 − 47) − PaCO₂ ÷ 0.8 − PaO₂，压力均以 mmHg 计。患者吸氧浓度 FiO₂ = {fio2_percent} %，大气压 {pressure} mmHg，PaCO₂ {paco2} mmHg，PaO₂ {pao2} mmHg。求 P(A-a)O₂（mmHg），保留一位小数。",
            "动脉血气：PaO₂ {pao2} mmHg，PaCO₂ {paco2} mmHg；采血时吸入氧浓度 {fio2_percent} %，当地大气压 {pressure} mmHg。水蒸气压取 47 mmHg，呼吸商取 0.8，先求肺泡氧分压 FiO₂ × (大气压 − 47) − PaCO₂ ÷ 0.8，再减去动脉氧分压。差值是多少 mmHg？取一位小数。",
        ),
        "en": (
            "Alveolar-arterial oxygen difference: P(A-a)O₂ = FiO₂ × (barometric pressure − 47) − PaCO₂ / 0.8 − PaO₂, all pressures in mmHg. A patient breathes FiO₂ = {fio2_percent} % at {pressure} mmHg; PaCO₂ is {paco2} mmHg and PaO₂ {pao2} mmHg. Find P(A-a)O₂ in mmHg to one decimal.",
            "Arterial gases: PaO₂ {pao2} mmHg, PaCO₂ {paco2} mmHg, drawn at an inspired oxygen concentration of {fio2_percent} % and a barometric pressure of {pressure} mmHg. With a water vapour pressure of 47 mmHg and a respiratory quotient of 0.8, find the alveolar oxygen tension, FiO₂ × (barometric pressure − 47) − PaCO₂ / 0.8, and take the arterial one from it. What is the difference in mmHg, with one decimal?",
        ),
    },
    explanation={
        "zh": "吸入气先减水蒸气压再乘氧浓度，减去 PaCO₂ ÷ 0.8 得肺泡氧分压，再减 PaO₂。",
        "en": "Take water vapour off before multiplying by the oxygen fraction, subtract PaCO₂ / 0.8 for the alveolar tension, then subtract PaO₂.",
    },
    source=Source(title="West JB, Respiratory Physiology: The Essentials (alveolar gas equation, simplified form)", kind="textbook"),
    worked=({"fio2_percent": 40, "pressure": 760, "paco2": 40, "pao2": 87}, 148.2),
)


def lms_z(p: Params) -> float:
    """Z score of a weight by the LMS method: ((y / M)^L - 1) / (L S)."""
    return float(((p["weight_kg"] / p["m"]) ** p["l"] - 1) / (p["l"] * p["s"]))


def _draw_z(rng: random.Random) -> Params | None:
    p: dict[str, Any] = {
        "l": rng.choice((-1, 1)) * amount(rng, 0.45, 1.35, 2),
        "m": amount(rng, 6.2, 18.8, 2),
        "s": amount(rng, 0.085, 0.149, 3),
        "weight_kg": amount(rng, 4.5, 25.5, 1),
    }
    away = abs(math.log(p["weight_kg"] / p["m"]))
    return p if p["l"] != 1 and 0.1 <= away <= 0.4 and 1.0 <= abs(lms_z(p)) <= 3.3 else None


H16Z = Template(
    id="H16Z",
    subarea="paediatrics_obstetrics",
    draw=_draw_z,
    gold=lms_z,
    mistakes={
        "ratio upside down": lambda p: ((p["m"] / p["weight_kg"]) ** p["l"] - 1) / (p["l"] * p["s"]),
        "L left out of the divisor": lambda p: lms_z(p) * p["l"] if abs(p["l"] - 1) > 0.05 else None,
        "L left out altogether": lambda p: (p["weight_kg"] / p["m"] - 1) / p["s"] if abs(p["l"] - 1) > 0.3 else None,
        "sign of L turned round": lambda p: ((p["weight_kg"] / p["m"]) ** -p["l"] - 1) / (-p["l"] * p["s"]),
        "logarithm of the ratio over S": lambda p: math.log(p["weight_kg"] / p["m"]) / p["s"],
    },
    unit="",
    decimals=3,
    tolerance=Tolerance(rel=0.0, abs=0.01),
    stems={
        "zh": (
            "LMS 法：z = [(y/M)^L − 1] ÷ (L × S)。某（虚构的）体重生长标准在该年龄、性别下给出 L = {l}，M = {m} kg，S = {s}。儿童体重 y = {weight_kg} kg。求 z 评分（无单位），保留三位小数。",
            "一名儿童体重 {weight_kg} kg。所用参考值（虚构）的三个参数：偏度 L = {l}，中位数 M = {m} kg，变异系数 S = {s}。将体重除以 M，取 L 次幂，减 1，再除以 L 与 S 之积，即得 z 评分。该儿童的 z 评分是多少？无单位，取三位小数。",
        ),
        "en": (
            "LMS method: z = [(y/M)^L − 1] / (L × S). An (invented) weight reference gives, for this age and sex, L = {l}, M = {m} kg and S = {s}. The child weighs y = {weight_kg} kg. Find the z score (no unit) to three decimals.",
            "A child weighs {weight_kg} kg. The reference in use (made up) has three parameters: skewness L = {l}, median M = {m} kg, coefficient of variation S = {s}. Divide the weight by M, raise to the power L, subtract 1, and divide by the product of L and S. What is the z score of this child, a pure number with three decimals?",
        ),
    },
    explanation={
        "zh": "(体重 ÷ 中位数) 的 L 次幂减 1，再除以 L·S；低于中位数时 z 为负。",
        "en": "Raise weight over median to the power L, subtract 1, divide by L·S; below the median z is negative.",
    },
    source=Source(title="Cole TJ, Green PJ, Smoothing reference centile curves: the LMS method and penalized likelihood, Stat Med 1992;11:1305-1319", kind="paper"),
    worked=({"l": -0.2, "m": 10.3, "s": 0.11, "weight_kg": 8.2}, -2.120804),
)

TEMPLATES: tuple[Template, ...] = (H1, H2, H3, H4, H5, H5N, H6, H7, H8, H9, H9D, H10, H11, H12, H13, H14, H15, H16, H16A, H16Z)
