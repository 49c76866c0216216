"""Documents to JSON: an admission note and a recall notice, each in three layouts with neighbours that mislead.

Persons, drugs and firms are invented; nobody has a name, a patient is a bed number. Dates are written differently from
layout to layout, and every document also holds earlier values, other dates or other batches that are not asked for.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params, amount

LAYOUTS = ("labels", "prose", "table")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def _day(iso: str, layout: str, language: Language) -> str:
    """A date as the layout writes it: ISO in labels, in words in prose, with strokes in tables."""
    day = date.fromisoformat(iso)
    if layout == "labels":
        return iso
    if layout == "prose":
        return f"{day.year}年{day.month}月{day.day}日" if language == "zh" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}/{day.month}/{day.day}" if language == "zh" else f"{day.day} {_MONTHS[day.month - 1][:3]} {day.year}"


def _schema(kinds: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in kinds.items()},
        "required": list(kinds),
        "additionalProperties": False,
    }


def _iso(rng: random.Random, years: tuple[int, int]) -> date:
    return date(rng.randint(*years), 1, 1) + timedelta(days=rng.randrange(365))


# Admission note.

_COMPLAINTS: Sequence[Mapping[Language, str]] = (
    {"zh": "发热伴咳嗽 3 天", "en": "three days of fever and cough"},
    {"zh": "右下腹痛 1 天", "en": "one day of pain in the right lower abdomen"},
    {"zh": "活动后气促 2 周", "en": "two weeks of breathlessness on exertion"},
    {"zh": "尿频、尿痛 4 天", "en": "four days of frequent, painful urination"},
    {"zh": "反复呕吐 2 天", "en": "two days of repeated vomiting"},
)
_FEVER = 0  # place of the complaint that speaks of fever
_ALLERGENS: Sequence[Mapping[Language, str]] = (
    {"zh": "青霉素", "en": "penicillin"},
    {"zh": "头孢曲松", "en": "ceftriaxone"},
    {"zh": "磺胺类药物", "en": "sulfonamides"},
    {"zh": "阿司匹林", "en": "aspirin"},
    {"zh": "碘造影剂", "en": "iodinated contrast"},
    {"zh": "左氧氟沙星", "en": "levofloxacin"},
)
_COMPANIONS: Sequence[Mapping[Language, str]] = (
    {"zh": "配偶", "en": "spouse"},
    {"zh": "女儿", "en": "daughter"},
    {"zh": "儿子", "en": "son"},
    {"zh": "姐姐", "en": "elder sister"},
)
_YOUNGER = ((-9, 9), (22, 36), (22, 36), (-14, -1))  # by how many years a companion is younger than the patient
_NOTE_KINDS = {
    "bed": "string",
    "admitted_on": "string",
    "age_years": "integer",
    "temperature_c": "number",
    "systolic_mmhg": "integer",
    "diastolic_mmhg": "integer",
    "weight_kg": "number",
    "allergy": "string",
}


def _draw_note(rng: random.Random) -> Params | None:
    admitted = _iso(rng, (2023, 2025))
    age, layout, companion = rng.randint(24, 86), rng.choice(LAYOUTS), rng.randrange(len(_COMPANIONS))
    p: dict[str, Any] = {
        "layout": layout,
        "bed": f"{rng.randint(3, 18)}-{rng.randint(10, 48)}",
        "admitted_on": admitted.isoformat(),
        "before": (admitted - timedelta(days=rng.randint(40, 600))).isoformat(),
        "age": age,
        "companion": companion,
        "companion_age": age - rng.randint(*_YOUNGER[companion]),
        "complaint": rng.randrange(len(_COMPLAINTS)),
        "temperature": amount(rng, 36.1, 39.4, 1),
        # a table gives that of the last discharge, when nobody has a fever; the others the highest one at home
        "temperature_before": amount(rng, 36.2, 37.2, 1) if layout == "table" else amount(rng, 36.2, 40.1, 1),
        "pressure": [rng.randint(98, 168), rng.randint(56, 98)],
        "pressure_before": [rng.randint(98, 168), rng.randint(56, 98)],
        "weight": amount(rng, 44, 96, 1),
        "lost": amount(rng, 0.6, 5.4, 1),
        "allergen": rng.randrange(len(_ALLERGENS)),
    }
    numbers = [p["age"], p["companion_age"], *p["pressure"], *p["pressure_before"], p["temperature"], p["temperature_before"]]
    wide = all(30 <= high - low <= 75 for high, low in (p["pressure"], p["pressure_before"]))
    adults = 20 <= p["companion_age"] <= 88
    home = layout == "table" or p["temperature"] < p["temperature_before"]
    fever = p["complaint"] != _FEVER or max(p["temperature"], p["temperature_before"]) >= 37.6
    return p if len(set(numbers)) == len(numbers) and wide and adults and home and fever else None


_NOTES: Mapping[str, Mapping[Language, str]] = {
    "labels": {
        "zh": """入院记录（摘要）
床号：{bed}
年龄：{age} 岁
陪护：{companion}，{companion_age} 岁
入院日期：{admitted}
上次出院：{before}
主诉：{complaint}
体温：{temperature} ℃（来院前自测 {temperature_before} ℃）
血压：{systolic}/{diastolic} mmHg（上次出院时 {systolic_before}/{diastolic_before} mmHg）
体重：{weight} kg（半年前 {weight_before} kg）
药物过敏：{allergen}""",
        "en": """Admission note (summary)
Bed: {bed}
Age: {age} years
Accompanied by: {companion}, {companion_age} years
Date of admission: {admitted}
Last discharge: {before}
Complaint: {complaint}
Temperature: {temperature} °C (self-measured before arrival {temperature_before} °C)
Blood pressure: {systolic}/{diastolic} mmHg (at last discharge {systolic_before}/{diastolic_before} mmHg)
Weight: {weight} kg (half a year ago {weight_before} kg)
Drug allergy: {allergen}""",
    },
    "prose": {
        "zh": "患者曾于 {before} 出院，当时血压 {systolic_before}/{diastolic_before} mmHg。此次因{complaint}，由 {companion_age} 岁的{companion}送来，{admitted} 收入院，住 {bed} 床。患者现年 {age} 岁，来院前自测体温最高 {temperature_before} ℃；入院时查体：体温 {temperature} ℃，血压 {systolic}/{diastolic} mmHg，体重 {weight} kg，半年前为 {weight_before} kg。否认食物过敏；药物方面对{allergen}过敏，曾出皮疹。",
        "en": "The patient was last discharged on {before} with a blood pressure of {systolic_before}/{diastolic_before} mmHg. Now brought in by a relative ({companion}, {companion_age} years) with {complaint}, the patient was admitted on {admitted} to bed {bed}. The patient is {age} years old and had measured up to {temperature_before} °C at home. On admission the temperature was {temperature} °C, the blood pressure {systolic}/{diastolic} mmHg and the weight {weight} kg, against {weight_before} kg half a year ago. No food allergy; among drugs, allergic to {allergen}, with a rash in the past.",
    },
    "table": {
        "zh": """护理入院评估  {bed} 床
{age} 岁，因{complaint}入院；陪护：{companion}（{companion_age} 岁）
{rows}
药物过敏：{allergen}；食物过敏：无""",
        "en": """Nursing assessment on admission, bed {bed}
{age} years old, admitted for {complaint}; with {companion} ({companion_age} years)
{rows}
Drug allergy: {allergen}; food allergy: none""",
    },
}
_NOTE_ROWS: Mapping[Language, tuple[tuple[str, str, str], tuple[str, str, str, str]]] = {
    "zh": (("项目", "上次出院", "本次入院"), ("日期", "体温 (℃)", "血压 (mmHg)", "体重 (kg)")),
    "en": (("Item", "Last discharge", "This admission"), ("Date", "Temperature (°C)", "Blood pressure (mmHg)", "Weight (kg)")),
}
_NOTE_STEM: Mapping[Language, str] = {
    "zh": "从上文提取患者本次入院时的信息，写成 JSON：bed（床号，字符串，照原文）、admitted_on（入院日期，YYYY-MM-DD）、age_years（患者年龄，岁，整数）、temperature_c（入院时体温，℃，数字）、systolic_mmhg 与 diastolic_mmhg（入院时收缩压、舒张压，mmHg，整数）、weight_kg（入院时体重，kg，数字）、allergy（所过敏的药物，字符串，照原文）。",
    "en": "Extract the patient's data at this admission as a JSON object: bed (bed number, string, as written), admitted_on (date of admission, YYYY-MM-DD), age_years (age of the patient in years, integer), temperature_c (temperature on admission in °C, number), systolic_mmhg and diastolic_mmhg (blood pressure on admission in mmHg, integers), weight_kg (weight on admission in kg, number), allergy (the drug to which the patient is allergic, string, as written).",
}


def _write_note(p: Params, language: Language) -> Sequence[Content]:
    layout = p["layout"]
    allergen = _ALLERGENS[p["allergen"]][language]
    shown = {
        **p,
        "admitted": _day(p["admitted_on"], layout, language),
        "before": _day(p["before"], layout, language),
        "companion": _COMPANIONS[p["companion"]][language],
        "complaint": _COMPLAINTS[p["complaint"]][language],
        "allergen": allergen,
        "weight_before": f"{p['weight'] + p['lost']:.1f}",
        "systolic": p["pressure"][0],
        "diastolic": p["pressure"][1],
        "systolic_before": p["pressure_before"][0],
        "diastolic_before": p["pressure_before"][1],
    }
    head, names = _NOTE_ROWS[language]
    pressures = ["/".join(map(str, p[key])) for key in ("pressure_before", "pressure")]
    cells = (
        (shown["before"], shown["admitted"]),
        (p["temperature_before"], p["temperature"]),
        tuple(pressures),
        (shown["weight_before"], p["weight"]),
    )
    rows = table(head, [(name, *pair) for name, pair in zip(names, cells, strict=True)])
    answer = {
        "bed": p["bed"],
        "admitted_on": p["admitted_on"],
        "age_years": p["age"],
        "temperature_c": p["temperature"],
        "systolic_mmhg": p["pressure"][0],
        "diastolic_mmhg": p["pressure"][1],
        "weight_kg": p["weight"],
        "allergy": allergen,
    }
    told = {
        "zh": f"取本次入院的值：入院日期 {p['admitted_on']}，血压 {pressures[1]}；上次出院、自测的值与陪护的年龄都不要。",
        "en": f"The values of this admission count: {p['admitted_on']}, blood pressure {pressures[1]}; those of the last discharge, those measured at home and the companion's age do not.",
    }
    return (
        Content(
            form="json",
            stem=_NOTE_STEM[language],
            context=_NOTES[layout][language].format(**shown, rows=rows),
            answer=answer,
            schema=_schema(_NOTE_KINDS),
            explanation=told[language],
        ),
    )


# Recall notice.

_PRODUCTS: Sequence[Mapping[Language, str]] = (
    {"zh": "维洛曲片", "en": "Velotrine tablets"},
    {"zh": "卡米松片", "en": "Camizone tablets"},
    {"zh": "托瑞坦片", "en": "Toretan tablets"},
    {"zh": "奥帕辛片", "en": "Opaxin tablets"},
    {"zh": "利诺非片", "en": "Linofex tablets"},
    {"zh": "达舒平片", "en": "Dasupine tablets"},
)
_FAULTS: Sequence[Mapping[Language, str]] = (
    {"zh": "溶出度不符合规定", "en": "failed the dissolution test"},
    {"zh": "含量均匀度不符合规定", "en": "failed the content uniformity test"},
    {"zh": "标签上的有效期印刷模糊", "en": "has labels with an illegible expiry date"},
    {"zh": "个别盒内混入其他规格", "en": "has some packs with tablets of another strength"},
)
_RECALL_KINDS = {
    "product": "string",
    "batch": "string",
    "strength_mg": "integer",
    "made_on": "string",
    "expires_on": "string",
    "recalled_packs": "integer",
    "return_by": "string",
}


def _expiry(made: date, years: int) -> str:
    """The day before the anniversary of manufacture."""
    return (date(made.year + years, made.month, min(made.day, 28)) - timedelta(days=1)).isoformat()


def _draw_recall(rng: random.Random) -> Params | None:
    made = _iso(rng, (2023, 2024))
    notice = made + timedelta(days=rng.randint(120, 420))
    strengths = rng.sample((5, 10, 20, 25, 40, 50, 80, 100), 2)
    total = rng.randrange(2600, 9800, 20)
    batches = [f"{rng.choice('BKLT')}{made.year % 100}{rng.randint(101, 989)}" for _ in range(3)]
    p: dict[str, Any] = {
        "layout": rng.choice(LAYOUTS),
        "product": rng.randrange(len(_PRODUCTS)),
        "fault": rng.randrange(len(_FAULTS)),
        "batches": batches,
        "strengths": strengths,
        "made": made.isoformat(),
        "expires": _expiry(made, rng.choice((2, 3))),
        "notice": notice.isoformat(),
        "previous": (notice - timedelta(days=rng.randint(35, 110))).isoformat(),
        "return_by": (notice + timedelta(days=rng.randint(7, 21))).isoformat(),
        "packs": [total, rng.randrange(300, total - 900, 10)],
        "neighbours": [
            {"made": day.isoformat(), "expires": _expiry(day, 2), "packs": rng.randint(240, 2400)}
            for day in (made + timedelta(days=rng.randint(6, 30)), made + timedelta(days=rng.randint(31, 70)))
        ],
        "row": rng.randrange(3),
    }
    days = [p[key] for key in ("made", "expires", "notice", "previous", "return_by")]
    return p if made.day <= 28 and len(set(batches)) == 3 and len(set(days)) == 5 else None


_NOTICES: Mapping[str, Mapping[Language, str]] = {
    "labels": {
        "zh": """药品召回通知
发布日期：{notice}
品名：{product}
规格：每片 {strength} mg（{other_strength} mg 规格不在召回之列）
批号：{batch}
原因：{fault}
生产日期：{made}
有效期至：{expires}
该批产量：{total} 盒，其中已使用 {used} 盒
召回数量：{recalled} 盒
退回期限：{return_by}""",
        "en": """Recall notice
Issued: {notice}
Product: {product}
Strength: {strength} mg a tablet (the {other_strength} mg strength is not recalled)
Batch: {batch}
Reason: {fault}
Date of manufacture: {made}
Expiry date: {expires}
Size of the batch: {total} packs, of which used {used} packs
Packs recalled: {recalled} packs
Return by: {return_by}""",
    },
    "prose": {
        "zh": "各药房：{previous} 通知的批号 {other_batch} 已处理完毕。现于 {notice} 通知召回{product}（每片 {strength} mg）批号 {batch}，原因是该批{fault}。该批于 {made} 生产，有效期至 {expires}；共 {total} 盒，已使用 {used} 盒，其余 {recalled} 盒全部召回，最迟 {return_by} 退回。{other_strength} mg 规格不受影响。",
        "en": "To all pharmacies: batch {other_batch}, of which we wrote on {previous}, has been dealt with. Today, {notice}, we recall {product} of {strength} mg, batch {batch}, which {fault}. It was made on {made} and expires on {expires}; of {total} packs, {used} packs have been used, and the other {recalled} packs are all recalled, to be returned by {return_by} at the latest. The {other_strength} mg strength is not affected.",
    },
    "table": {
        "zh": """{product}批次清查表（{notice}）
{rows}
说明：召回批次{fault}，须在 {return_by} 前（含当日）全部退回；上次清查日期为 {previous}。""",
        "en": """{product}: check of batches of {notice}
{rows}
Note: the recalled batch {fault}; all its packs in stock are to be returned by {return_by}. The last check was on {previous}.""",
    },
}
_RECALL_ROWS: Mapping[Language, tuple[tuple[str, ...], tuple[str, str, str]]] = {
    "zh": (("批号", "规格 (mg)", "生产日期", "有效期至", "在库盒数", "处理"), ("召回", "放行", "继续观察")),
    "en": (("Batch", "Strength (mg)", "Made", "Expires", "Packs in stock", "Decision"), ("recall", "release", "keep watching")),
}
_RECALL_STEM: Mapping[Language, str] = {
    "zh": "从上文提取被召回批次的信息，写成 JSON：product（品名，含剂型，字符串，照原文）、batch（批号，字符串）、strength_mg（每片规格，mg，整数）、made_on（生产日期，YYYY-MM-DD）、expires_on（有效期至，YYYY-MM-DD）、recalled_packs（召回盒数，整数；若为表格，即该批在库盒数）、return_by（最迟退回日期，YYYY-MM-DD）。",
    "en": "Extract the data of the recalled batch as a JSON object: product (name with dosage form, string, as written), batch (batch number, string), strength_mg (mg in a tablet, integer), made_on (date of manufacture, YYYY-MM-DD), expires_on (expiry date, YYYY-MM-DD), recalled_packs (packs recalled, integer; in a table, the packs of that batch in stock), return_by (last day of return, YYYY-MM-DD).",
}


def _packs(count: int, layout: str, language: Language) -> str:
    """English prose sets the thousands apart."""
    return f"{count:,}" if layout == "prose" and language == "en" else str(count)


def _recall_rows(p: Params, language: Language) -> str:
    """The recalled batch in a drawn row, between two others."""
    head, (recall, *others) = _RECALL_ROWS[language]

    def day(iso: str) -> str:
        return _day(iso, "table", language)

    total, used = p["packs"]
    rows: list[tuple[object, ...]] = [
        (batch, p["strengths"][place], day(near["made"]), day(near["expires"]), near["packs"], decision)
        for place, (batch, near, decision) in enumerate(zip(p["batches"][1:], p["neighbours"], others, strict=True))
    ]
    rows.insert(p["row"], (p["batches"][0], p["strengths"][0], day(p["made"]), day(p["expires"]), total - used, recall))
    return table(head, rows)


def _write_recall(p: Params, language: Language) -> Sequence[Content]:
    layout = p["layout"]
    total, used = p["packs"]
    product = _PRODUCTS[p["product"]][language]
    days = {key: _day(p[key], layout, language) for key in ("made", "expires", "notice", "previous", "return_by")}
    context = _NOTICES[layout][language].format(
        **days,
        product=product,
        fault=_FAULTS[p["fault"]][language],
        strength=p["strengths"][0],
        other_strength=p["strengths"][1],
        batch=p["batches"][0],
        other_batch=p["batches"][1],
        total=_packs(total, layout, language),
        used=_packs(used, layout, language),
        recalled=_packs(total - used, layout, language),
        rows=_recall_rows(p, language),
    )
    answer = {
        "product": product,
        "batch": p["batches"][0],
        "strength_mg": p["strengths"][0],
        "made_on": p["made"],
        "expires_on": p["expires"],
        "recalled_packs": total - used,
        "return_by": p["return_by"],
    }
    told = {
        "zh": f"被召回的是批号 {p['batches'][0]}，{total - used} 盒；其他批号、其他规格与通知日期都不要。",
        "en": f"Batch {p['batches'][0]} is recalled, {total - used} packs; other batches, the other strength and the date of the notice are not asked for.",
    }
    return (Content(form="json", stem=_RECALL_STEM[language], context=context, answer=answer, schema=_schema(_RECALL_KINDS), explanation=told[language]),)


def _generator(name: str, subarea: str, draw: Callable[[random.Random], Params | None], write: Callable[[Params, Language], Sequence[Content]]) -> Generator:
    return Generator(
        id=name,
        task="extraction",
        subarea=subarea,
        level="apply",
        draw=draw,
        write=write,
        source=Source(title="Invented document, printed in the item", kind="made"),
        draws=6,
        foundation=lambda p: p["layout"] == "labels",
    )


GENERATORS = (_generator("GHX1", "records_coding", _draw_note, _write_note), _generator("GHX2", "pharmacy", _draw_recall, _write_recall))
