"""Findings to a cause by rules that are printed: blood gases of a drawn disorder, and shock by measured circulation.

The disorder is drawn first and the values after it, away from the edges of the rules; pH, electrolytes, resistance and
pressures of a case fit one another. Rules are simplified for the item and no advice on treating anybody.
"""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params, amount

# Blood gases: a kind (which electrolyte rule applies decides between two) and a respiratory part.

KINDS = ("high_gap", "normal_gap", "responsive", "resistant")
PARTS = ("adequate", "acidosis", "alkalosis")
_OTHER_KIND = {"high_gap": "normal_gap", "normal_gap": "high_gap", "responsive": "resistant", "resistant": "responsive"}
_KIND_NAMES: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "high_gap": "高阴离子间隙代谢性酸中毒",
        "normal_gap": "正常阴离子间隙代谢性酸中毒",
        "responsive": "氯反应性代谢性碱中毒",
        "resistant": "氯抵抗性代谢性碱中毒",
    },
    "en": {
        "high_gap": "High-gap metabolic acidosis",
        "normal_gap": "Normal-gap metabolic acidosis",
        "responsive": "Chloride-responsive metabolic alkalosis",
        "resistant": "Chloride-resistant metabolic alkalosis",
    },
}
_PART_NAMES: Mapping[Language, Mapping[str, str]] = {
    "zh": {"adequate": "呼吸代偿适当", "acidosis": "合并呼吸性酸中毒", "alkalosis": "合并呼吸性碱中毒"},
    "en": {"adequate": "compensation adequate", "acidosis": "with respiratory acidosis", "alkalosis": "with respiratory alkalosis"},
}
_GAS_RULES: Mapping[Language, str] = {
    "zh": """判读规则：
1. pH < 7.35 且 HCO₃⁻ 降低，为代谢性酸中毒；pH > 7.45 且 HCO₃⁻ 升高，为代谢性碱中毒。
2. 代谢性酸中毒看阴离子间隙 AG = Na⁺ − Cl⁻ − HCO₃⁻：大于 16 mmol/L 为高阴离子间隙，否则为正常阴离子间隙。
3. 代谢性碱中毒看尿氯：低于 20 mmol/L 为氯反应性，高于 20 mmol/L 为氯抵抗性。
4. 预计 PaCO₂（mmHg）：代谢性酸中毒为 1.5 × HCO₃⁻ + 8，代谢性碱中毒为 40 + 0.7 × (HCO₃⁻ − 24)，均允许 ± 2。实测在此范围内为代偿适当；高于此范围合并呼吸性酸中毒，低于此范围合并呼吸性碱中毒。""",
    "en": """Rules:
1. pH < 7.35 with low HCO₃⁻ is metabolic acidosis; pH > 7.45 with high HCO₃⁻ is metabolic alkalosis.
2. In metabolic acidosis look at the anion gap, AG = Na⁺ − Cl⁻ − HCO₃⁻: above 16 mmol/L the gap is high, otherwise normal.
3. In metabolic alkalosis look at urine chloride: below 20 mmol/L it is chloride-responsive, above 20 mmol/L chloride-resistant.
4. Expected PaCO₂ (mmHg): 1.5 × HCO₃⁻ + 8 in metabolic acidosis, 40 + 0.7 × (HCO₃⁻ − 24) in metabolic alkalosis, ± 2 in both. Measured within this range, compensation is adequate; above it there is respiratory acidosis as well, below it respiratory alkalosis as well.""",
}


def _expected(p: Params) -> float:
    """Expected PaCO2 in mmHg by rule 4."""
    return float(1.5 * p["bicarbonate"] + 8 if p["kind"] in KINDS[:2] else 40 + 0.7 * (p["bicarbonate"] - 24))


def _draw_gas(rng: random.Random) -> Params | None:
    kind, part = rng.choice(KINDS), rng.choice(PARTS)
    acid = kind in KINDS[:2]
    p: dict[str, Any] = {"kind": kind, "part": part, "other": rng.choice([name for name in PARTS if name != part])}
    p["bicarbonate"] = rng.randint(8, 18) if acid else rng.randint(32, 43)
    away = {"adequate": rng.uniform(-1, 1), "acidosis": rng.uniform(5, 10), "alkalosis": rng.uniform(-10, -5)}[part]
    p["carbon"] = round(_expected(p) + away)
    gap = rng.randint(20, 29) if kind == "high_gap" else rng.randint(8, 13)
    p["sodium"] = rng.randint(133, 146)
    p["chloride"] = p["sodium"] - p["bicarbonate"] - gap
    p["urine_chloride"] = {"responsive": rng.randint(5, 14), "resistant": rng.randint(30, 68)}.get(kind, rng.randint(24, 60))
    p["potassium"] = amount(rng, 3.9, 5.6, 1) if acid else amount(rng, 2.6, 3.6, 1)
    acidity = 6.1 + math.log10(p["bicarbonate"] / (0.0307 * p["carbon"]))
    p["ph"] = round(acidity, 2)
    clear = abs(p["carbon"] - _expected(p)) < 1.3 if part == "adequate" else abs(p["carbon"] - _expected(p)) > 4.5
    usable = clear and (7.0 <= acidity <= 7.31 if acid else 7.48 <= acidity <= 7.66) and 84 <= p["chloride"] <= 118 and p["carbon"] >= 14
    return p if usable else None


def _named(kind: str, part: str, language: Language) -> str:
    return f"{_KIND_NAMES[language][kind]}{'，' if language == 'zh' else ', '}{_PART_NAMES[language][part]}"


def _write_gas(p: Params, language: Language) -> Sequence[Content]:
    kind, part, turned = p["kind"], p["part"], _OTHER_KIND[p["kind"]]
    acid = kind in KINDS[:2]
    rule = "anion gap" if acid else "urine chloride"
    gold = _named(kind, part, language)
    wrong = {
        _named(turned, part, language): f"{rule} misread",
        _named(kind, p["other"], language): "expected PaCO2 misread",
        _named(turned, p["other"], language): f"{rule} and expected PaCO2 misread",
    }
    names = {"zh": ("项目", "结果", "尿氯"), "en": ("Test", "Result", "Urine chloride")}[language]
    rows = [
        ("pH", f"{p['ph']:.2f}"),
        ("PaCO₂", f"{p['carbon']} mmHg"),
        ("HCO₃⁻", f"{p['bicarbonate']} mmol/L"),
        ("Na⁺", f"{p['sodium']} mmol/L"),
        ("K⁺", f"{p['potassium']} mmol/L"),
        ("Cl⁻", f"{p['chloride']} mmol/L"),
        (names[2], f"{p['urine_chloride']} mmol/L"),
    ]
    expected, gap = f"{_expected(p):.1f}", p["sodium"] - p["chloride"] - p["bicarbonate"]
    if language == "zh":
        first = f"AG = {gap} mmol/L" if acid else f"尿氯 {p['urine_chloride']} mmol/L"
        told = f"{first}；预计 PaCO₂ {expected} ± 2 mmHg，实测 {p['carbon']} mmHg，故为{gold}。"
    else:
        first = f"AG = {gap} mmol/L" if acid else f"Urine chloride is {p['urine_chloride']} mmol/L"
        told = f"{first}; expected PaCO₂ is {expected} ± 2 mmHg, measured {p['carbon']} mmHg: {gold[0].lower()}{gold[1:]}."
    stem = {"zh": "按所给规则，这份血气与电解质结果说明什么？", "en": "By the rules given, what do these blood gases and electrolytes show?"}[language]
    context = f"{_GAS_RULES[language]}\n\n{table(names[:2], rows)}"
    return (Content(form="choice", stem=stem, context=context, answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=told),)


# Shock: the cause follows from the measured circulation; the history points anywhere.

CAUSES = ("hypovolaemic", "cardiogenic", "obstructive", "distributive")
_CAUSE_NAMES: Mapping[Language, Mapping[str, str]] = {
    "zh": {"hypovolaemic": "低血容量性休克", "cardiogenic": "心源性休克", "obstructive": "梗阻性休克", "distributive": "分布性休克"},
    "en": {"hypovolaemic": "Hypovolaemic shock", "cardiogenic": "Cardiogenic shock", "obstructive": "Obstructive shock", "distributive": "Distributive shock"},
}
_HISTORIES: Mapping[str, Sequence[Mapping[Language, str]]] = {
    "hypovolaemic": (
        {"zh": "昨日有呕吐、腹泻", "en": "vomiting and diarrhoea the day before"},
        {"zh": "两天前车祸，有四肢擦伤", "en": "a road accident two days ago with grazed limbs"},
    ),
    "cardiogenic": (
        {"zh": "有陈旧性心肌梗死病史", "en": "an old myocardial infarction"},
        {"zh": "有慢性心力衰竭病史", "en": "known chronic heart failure"},
    ),
    "obstructive": (
        {"zh": "三周前做过下肢骨折手术", "en": "surgery for a leg fracture three weeks ago"},
        {"zh": "两周前患过心包炎", "en": "pericarditis two weeks ago"},
    ),
    "distributive": (
        {"zh": "因尿路感染正在服用抗菌药", "en": "antibiotics for a urinary infection"},
        {"zh": "有花生过敏史", "en": "known allergy to peanuts"},
    ),
}
_ECHOES: Mapping[str, Sequence[Mapping[Language, str]]] = {
    "hypovolaemic": ({"zh": "左室收缩正常，心腔小，无心包积液", "en": "left ventricle contracts well, chambers small, no pericardial effusion"},),
    "cardiogenic": ({"zh": "左室弥漫性收缩减弱，右室大小正常，无心包积液", "en": "left ventricle contracts poorly throughout, right ventricle of normal size, no pericardial effusion"},),
    "obstructive": (
        {"zh": "左室收缩正常，右室明显扩大，无心包积液", "en": "left ventricle contracts well, right ventricle much enlarged, no pericardial effusion"},
        {"zh": "左室收缩正常，大量心包积液，右房舒张期塌陷", "en": "left ventricle contracts well, large pericardial effusion, right atrium collapses in diastole"},
    ),
    "distributive": ({"zh": "左室收缩有力，心腔大小正常，无心包积液", "en": "left ventricle contracts vigorously, chambers of normal size, no pericardial effusion"},),
}
_SHOCK_RULES: Mapping[Language, str] = {
    "zh": """某急诊科的简化分类规则（CI 为心脏指数，SVRI 为体循环阻力指数，CVP 为中心静脉压）；只看测得的循环，不看病史：
1. CI ≥ 2.5 L/(min·m²) 且 SVRI < 1500 dyn·s·cm⁻⁵·m²：分布性休克。
2. CI < 2.5 且 CVP < 6 mmHg：低血容量性休克。
3. CI < 2.5、CVP > 12 mmHg，超声示左室收缩减弱：心源性休克。
4. CI < 2.5、CVP > 12 mmHg，超声示左室收缩正常而右室扩大或有大量心包积液：梗阻性休克。""",
    "en": """Simplified rules of an emergency department (CI is cardiac index, SVRI systemic vascular resistance index, CVP central venous pressure); the measured circulation counts, not the history:
1. CI ≥ 2.5 L/(min·m²) and SVRI < 1500 dyn·s·cm⁻⁵·m²: distributive shock.
2. CI < 2.5 and CVP < 6 mmHg: hypovolaemic shock.
3. CI < 2.5, CVP > 12 mmHg, and on ultrasound a left ventricle that contracts poorly: cardiogenic shock.
4. CI < 2.5, CVP > 12 mmHg, and on ultrasound a left ventricle that contracts well with an enlarged right ventricle or a large pericardial effusion: obstructive shock.""",
}
_SHOCK_MISTAKES = {
    "hypovolaemic": "central venous pressure misread",
    "cardiogenic": "contraction of the left ventricle misread",
    "obstructive": "ultrasound of the right heart and pericardium misread",
    "distributive": "cardiac index and resistance misread",
}


def resistance_index(p: Params) -> float:
    """Systemic vascular resistance index in dyn s cm-5 m2: 80 x (mean arterial pressure - CVP) / cardiac index."""
    return float(80 * (p["mean_pressure"] - p["cvp"]) / p["ci"])


def _draw_shock(rng: random.Random) -> Params | None:
    cause = rng.choice(CAUSES)
    hint = rng.choice(CAUSES)
    congested = cause in ("cardiogenic", "obstructive")
    p: dict[str, Any] = {
        "cause": cause,
        "hint": hint,
        "history": rng.randrange(len(_HISTORIES[hint])),
        "echo": rng.randrange(len(_ECHOES[cause])),
        "age": rng.randint(28, 84),
        "pulse": rng.randint(104, 138),
        "mean_pressure": rng.randint(54, 64) if congested else rng.randint(48, 62),
        "ci": amount(rng, 3.1, 5.2, 1) if cause == "distributive" else amount(rng, 1.2, 1.8 if congested else 2.1, 1),
        "cvp": {"distributive": rng.randint(7, 11), "hypovolaemic": rng.randint(1, 4)}.get(cause, rng.randint(14, 19)),
        "lactate": amount(rng, 2.8, 7.4, 1),
    }
    # vessels narrow where the output is low: resistance is then at least what is usual in health
    return p if (resistance_index(p) < 1350 if cause == "distributive" else resistance_index(p) >= 2050) else None


def _write_shock(p: Params, language: Language) -> Sequence[Content]:
    cause, names = p["cause"], _CAUSE_NAMES[language]
    wrong = {names[other]: _SHOCK_MISTAKES[other] if other != p["hint"] else "history followed instead of the measured circulation" for other in CAUSES if other != cause}
    history, echo = _HISTORIES[p["hint"]][p["history"]][language], _ECHOES[cause][p["echo"]][language]
    resistance = round(resistance_index(p), -1)
    heads = {"zh": ("项目", "结果"), "en": ("Finding", "Value")}[language]
    labels = {
        "zh": ("心率", "平均动脉压", "CVP", "CI", "SVRI", "乳酸", "超声"),
        "en": ("Heart rate", "Mean arterial pressure", "CVP", "CI", "SVRI", "Lactate", "Ultrasound"),
    }[language]
    values = (
        f"{p['pulse']} {'次/分' if language == 'zh' else '/min'}",
        f"{p['mean_pressure']} mmHg",
        f"{p['cvp']} mmHg",
        f"{p['ci']} L/(min·m²)",
        f"{resistance:.0f} dyn·s·cm⁻⁵·m²",
        f"{p['lactate']} mmol/L",
        echo,
    )
    case = {"zh": f"患者 {p['age']} 岁，低血压、少尿；{history}。", "en": f"A patient of {p['age']} years with low blood pressure and little urine; history: {history}."}
    told = {
        "zh": f"CI {p['ci']}，CVP {p['cvp']} mmHg，SVRI {resistance:.0f}，超声：{echo}；按规则为{names[cause]}。",
        "en": f"CI {p['ci']}, CVP {p['cvp']} mmHg, SVRI {resistance:.0f}; ultrasound: {echo}; by the rules this is {names[cause].lower()}.",
    }
    stem = {"zh": "按所给规则，这名患者属于哪一类休克？", "en": "By the rules given, which kind of shock is this?"}[language]
    context = f"{_SHOCK_RULES[language]}\n\n{case[language]}\n{table(heads, list(zip(labels, values, strict=True)))}"
    return (Content(form="choice", stem=stem, context=context, answer=names[cause], choices=(names[cause], *wrong), mistakes=wrong, explanation=told[language]),)


GENERATORS = (
    Generator(
        id="GHF1",
        task="diagnosis",
        subarea="laboratory",
        level="judge",
        draw=_draw_gas,
        write=_write_gas,
        source=Source(title="Acid-base rules of internal medicine, printed in the item; the case is invented", kind="textbook"),
        draws=6,
    ),
    Generator(
        id="GHF2",
        task="diagnosis",
        subarea="emergency_medicine",
        level="judge",
        draw=_draw_shock,
        write=_write_shock,
        source=Source(title="Haemodynamic kinds of shock by simplified rules that are printed in the item; the case is invented", kind="made"),
        draws=6,
        foundation=lambda p: p["hint"] == p["cause"],
    ),
)
