"""Two kinds of paper whose values are turned into JSON: notices of variety registration and permits to import seed, all invented."""

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from evalkit.generators import Content, Generator, table
from evalkit.records import Language, Source
from evalkit.templates import Params, amount

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
LAYOUTS = ("form", "prose", "table")
PREFIXES = (("瑞禾", "Ruihe"), ("青垄", "Qinglong"), ("沃陇", "Wolong"), ("岭玉", "Lingyu"), ("朔丰", "Shuofeng"), ("北垦", "Beiken"))
PLACES = (("云岭", "Yunling"), ("河湾", "Hewan"), ("松坪", "Songping"), ("石泉湾", "Shiquanwan"), ("白桦沟", "Baihuagou"))

Fields = Mapping[str, str]
Layout = Callable[[Fields], str]


def day(iso: str, language: Language, layout: str) -> str:
    """A date as the paper writes it: ISO in tables, else as each language does."""
    when = date.fromisoformat(iso)
    if layout == "table":
        return iso
    if language == "zh":
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def grouped(value: float) -> str:
    """1234.5 > 1,234.5"""
    return f"{value:,}"


def _schema(kinds: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in kinds.items()},
        "required": list(kinds),
        "additionalProperties": False,
    }


NOTICE = _schema(
    {
        "approval_no": "string", "variety": "string", "female": "string", "male": "string",
        "growth_days": "number", "yield_kg_ha": "number", "gain_percent": "number", "approved_on": "string",
    }
)  # fmt: skip
NOTICE_STEM = {
    "zh": "从公告提取 JSON：approval_no（本品种的审定编号，照原文写）；variety（品种名称）；female、male（母本和父本的代号）；growth_days（本品种出苗至成熟的天数，数字）；"
    "yield_kg_ha（区域试验两年平均产量，kg/公顷，数字）；gain_percent（同一区域试验两年平均比对照增产的百分数，数字）；approved_on（审定通过日期，YYYY-MM-DD）。",
    "en": "Extract from the notice as JSON: approval_no (approval number of this variety, as written); variety (its name); female, male (codes of the female and the male parent); "
    "growth_days (days from emergence to maturity of this variety, number); yield_kg_ha (mean yield of both years of the regional trials, kg/ha, number); "
    "gain_percent (gain over the check in the same regional trials, mean of both years, per cent, number); approved_on (date of approval, YYYY-MM-DD).",
}


def _draw_notice(rng: random.Random) -> Params:
    year = rng.randint(2021, 2025)
    first, second = rng.randrange(9400, 12400, 10) + rng.randint(1, 9), rng.randrange(9400, 12400, 10) + rng.randint(1, 9)
    approved = date(year, rng.randint(3, 6), rng.randint(1, 28))
    parents = rng.sample(range(102, 987), 2)
    days = rng.randint(112, 134)
    return {
        "layout": rng.choice(LAYOUTS), "name": rng.randrange(len(PREFIXES)), "number": rng.randint(101, 989), "year": year,
        "serial": rng.randint(12, 96), "sister": rng.randint(12, 96), "female": f"{rng.choice('RKQS')}{parents[0]}", "male": f"{rng.choice('HDMT')}{parents[1]}",
        "days": days, "check_days": days + rng.choice((-3, -2, -1, 1, 2)), "first": first, "second": second,
        "gain": amount(rng, 3.2, 11.8, 1), "production": rng.randrange(9400, 12400, 10) + rng.randint(1, 9), "production_gain": amount(rng, 2.1, 13.4, 1),
        "approved": approved.isoformat(), "published": (approved + timedelta(days=rng.randint(9, 24))).isoformat(),
        "check": rng.randint(21, 98), "density": rng.randrange(52_500, 75_001, 1_500), "ear": rng.randint(88, 126),
    }  # fmt: skip


def _notice_fields(p: Params, language: Language) -> dict[str, str]:
    zh = language == "zh"
    prefix = PREFIXES[p["name"]][0 if zh else 1]
    body = f"{p['year']}{p['serial']:04d}"
    mean = (p["first"] + p["second"]) / 2
    return {
        "no": f"虚审玉{body}" if zh else f"Xushenyu {body}",
        "old": f"虚审玉{p['year'] - 1}{p['sister']:04d}" if zh else f"Xushenyu {p['year'] - 1}{p['sister']:04d}",
        "variety": f"{prefix}{p['number']}" if zh else f"{prefix} {p['number']}",
        "check": f"虚单{p['check']}" if zh else f"Xudan {p['check']}",
        "y1": str(p["year"] - 3), "y2": str(p["year"] - 2), "y3": str(p["year"] - 1),
        "first": grouped(p["first"]), "second": grouped(p["second"]), "mean": grouped(int(mean) if mean % 1 == 0 else mean),
        "production": grouped(p["production"]), "density": grouped(p["density"]),
        "approved": day(p["approved"], language, p["layout"]), "published": day(p["published"], language, p["layout"]),
        **{key: str(p[key]) for key in ("female", "male", "days", "check_days", "gain", "production_gain", "ear")},
    }  # fmt: skip


def _notice_table(f: Fields, language: Language) -> str:
    names = {
        "zh": ("项目", "内容", "品种名称", "审定编号", "品种来源", "出苗至成熟", "株型", "区域试验", "生产试验", "种植密度", "审定通过", "公告发布"),
        "en": ("Item", "Entry", "Variety", "Approval no.", "Parentage", "Emergence to maturity", "Plant", "Regional trials", "Production trial", "Density", "Approved", "Published"),
    }[language]
    zh = language == "zh"
    rows = [
        f["variety"],
        f["no"],
        f"{f['female']}（母本）× {f['male']}（父本）" if zh else f"{f['female']} (female) × {f['male']} (male)",
        f"{f['days']} 天（对照{f['check']}为 {f['check_days']} 天）" if zh else f"{f['days']} days (check {f['check']}: {f['check_days']} days)",
        f"穗位高 {f['ear']} cm" if zh else f"ear height {f['ear']} cm",
        f"{f['y1']} 年 {f['first']} kg/公顷，{f['y2']} 年 {f['second']} kg/公顷，两年平均 {f['mean']} kg/公顷，比对照增产 {f['gain']}%"
        if zh
        else f"{f['y1']}: {f['first']} kg/ha; {f['y2']}: {f['second']} kg/ha; mean of both years {f['mean']} kg/ha, {f['gain']}% over the check",
        f"{f['y3']} 年 {f['production']} kg/公顷，比对照增产 {f['production_gain']}%" if zh else f"{f['y3']}: {f['production']} kg/ha, {f['production_gain']}% over the check",
        f"{f['density']} 株/公顷" if zh else f"{f['density']} plants/ha",
        f["approved"],
        f["published"],
    ]
    title = "玉米品种审定公告（虚构）" if zh else "Notice of maize variety approval (invented)"
    return f"{title}\n{table(names[:2], list(zip(names[2:], rows, strict=True)))}"


NOTICES: Mapping[tuple[Language, str], str] = {
    ("zh", "form"): (
        "品种审定公告（虚构）\n发布日期：{published}\n审定编号：{no}\n品种名称：{variety}\n品种来源：{female}×{male}（母本在前）\n"
        "特征特性：出苗至成熟 {days} 天，对照{check}为 {check_days} 天；穗位高 {ear} cm。\n"
        "产量表现：{y1}—{y2} 年参加区域试验，公顷产量依次为 {first} kg 和 {second} kg，两年平均 {mean} kg，比对照增产 {gain}%；{y3} 年生产试验公顷产量 {production} kg，比对照增产 {production_gain}%。\n"
        "栽培要点：每公顷保苗 {density} 株。\n审定意见：本品种于{approved}经品种审定委员会审定通过。"
    ),
    ("en", "form"): (
        "Notice of variety approval (invented)\nDate of publication: {published}\nApproval number: {no}\nName: {variety}\nParentage: {female} × {male} (female first)\n"
        "Traits: {days} days from emergence to maturity, against {check_days} days of the check {check}; ear height {ear} cm.\n"
        "Yield: in the regional trials of {y1} and {y2}: {first} and {second} kg/ha, on average {mean} kg/ha, {gain}% over the check; in the production trial of {y3}: {production} kg/ha, {production_gain}% over the check.\n"
        "Growing: {density} plants per hectare.\nDecision: approved by the variety committee on {approved}."
    ),
    ("zh", "prose"): (
        "省品种审定委员会消息（虚构，{published}）：玉米新品种{variety}以 {female} 为母本、{male} 为父本选育而成，{approved}通过审定，审定编号为{no}；同一单位上年通过的姊妹品种编号为{old}。"
        "该品种在 {y1} 年和 {y2} 年的区域试验中，每公顷分别产 {first} kg 与 {second} kg，两年平均 {mean} kg，较对照{check}增产 {gain}%；次年的生产试验每公顷 {production} kg，较对照增产 {production_gain}%。"
        "从出苗到成熟需 {days} 天，对照为 {check_days} 天。适宜密度为每公顷 {density} 株，穗位高约 {ear} cm。"
    ),
    ("en", "prose"): (
        "News from the provincial variety committee (invented), {published}. The new maize variety {variety} was bred from {female} as female and {male} as male parent and was approved on {approved} under number {no}; a sister variety of the same breeder had been approved the year before as {old}. "
        "In the regional trials of {y1} and {y2} it yielded {first} and {second} kg/ha, {mean} kg/ha on average, which is {gain}% more than the check {check}; the production trial a year later gave {production} kg/ha, {production_gain}% more than the check. "
        "It takes {days} days from emergence to maturity, the check {check_days} days. It should stand at {density} plants per hectare; its ears sit at about {ear} cm."
    ),
}


def _write_notice(p: Params, language: Language) -> tuple[Content, ...]:
    f = _notice_fields(p, language)
    mean = (p["first"] + p["second"]) / 2
    answer = {
        "approval_no": f["no"],
        "variety": f["variety"],
        "female": f["female"],
        "male": f["male"],
        "growth_days": p["days"],
        "yield_kg_ha": int(mean) if mean % 1 == 0 else mean,
        "gain_percent": p["gain"],
        "approved_on": p["approved"],
    }
    context = _notice_table(f, language) if p["layout"] == "table" else NOTICES[language, p["layout"]].format(**f)
    why = (
        f"区域试验两年平均 {f['mean']} kg/公顷，增产 {f['gain']}%；生产试验的 {f['production']} kg 与 {f['production_gain']}% 不是所问；审定通过日期不是发布日期。"
        if language == "zh"
        else f"The regional trials average {f['mean']} kg/ha, a gain of {f['gain']}%; {f['production']} kg/ha and {f['production_gain']}% are of the production trial; the date of approval is not that of publication."
    )
    return (Content(form="json", context=context, stem=NOTICE_STEM[language], answer=answer, schema=NOTICE, explanation=why),)


PERMIT = _schema(
    {
        "permit_no": "string", "crop": "string", "origin": "string", "accessions": "integer",
        "quantity_g": "number", "valid_until": "string", "quarantine_months": "integer",
    }
)  # fmt: skip
PERMIT_STEM = {
    "zh": "从文件提取 JSON：permit_no（本次审批编号，照原文写）；crop（作物名称，不含学名）；origin（种子的原产国家）；accessions（批准引进的材料份数，整数）；"
    "quantity_g（批准引进的种子总重，换算为 g，数字）；valid_until（审批单有效期的最后一天，YYYY-MM-DD）；quarantine_months（要求隔离种植的月数，整数）。",
    "en": "Extract from the paper as JSON: permit_no (number of this permit, as written); crop (name of the crop in lower case, without the scientific name); origin (country that the seed comes from); "
    "accessions (number of accessions approved, integer); quantity_g (total weight of seed approved, converted to g, number); valid_until (last day of the permit's validity, YYYY-MM-DD); "
    "quarantine_months (months of post-entry isolation required, integer).",
}
CROPS = (
    ("番茄", "tomato", "Solanum lycopersicum", (2, 8)), ("辣椒", "pepper", "Capsicum annuum", (3, 12)),
    ("大豆", "soybean", "Glycine max", (60, 240)), ("高粱", "sorghum", "Sorghum bicolor", (20, 90)),
    ("西瓜", "watermelon", "Citrullus lanatus", (10, 50)), ("大麦", "barley", "Hordeum vulgare", (40, 160)),
    ("紫花苜蓿", "alfalfa", "Medicago sativa", (5, 30)),
)  # zh, en, species, grams of an accession, as breeders exchange them  # fmt: skip
COUNTRIES = (("意大利", "Italy"), ("秘鲁", "Peru"), ("澳大利亚", "Australia"), ("肯尼亚", "Kenya"), ("西班牙", "Spain"), ("土耳其", "Turkey"), ("加拿大", "Canada"))
VIA = (  # for each country, two that freight from there to China is shipped through
    (("德国", "Germany"), ("荷兰", "the Netherlands")), (("美国", "the United States"), ("荷兰", "the Netherlands")), (("新加坡", "Singapore"), ("马来西亚", "Malaysia")),
    (("阿联酋", "the United Arab Emirates"), ("卡塔尔", "Qatar")), (("法国", "France"), ("德国", "Germany")), (("阿联酋", "the United Arab Emirates"), ("德国", "Germany")),
    (("美国", "the United States"), ("日本", "Japan")),
)  # fmt: skip


def _draw_permit(rng: random.Random) -> Params:
    issued = date(rng.randint(2022, 2025), rng.randint(1, 12), rng.randint(1, 28))
    crop, origin = rng.randrange(len(CROPS)), rng.randrange(len(COUNTRIES))
    accessions, more, each = rng.randint(6, 64), rng.randint(3, 20), rng.randint(*CROPS[crop][3])
    grams = accessions * each
    return {
        "layout": rng.choice(LAYOUTS), "crop": crop, "origin": origin, "via": rng.randrange(2), "place": rng.randrange(len(PLACES)),
        "serial": rng.randint(1012, 8976), "old": rng.randint(1012, 8976), "grams": grams, "asked_grams": grams + more * each,
        "in_kg": grams >= 100 and rng.random() < 0.7, "accessions": accessions, "asked": accessions + more,
        "months": rng.choice((4, 5, 6, 8, 10, 12)), "distance": rng.randrange(300, 1001, 50),
        "applied": (issued - timedelta(days=rng.randint(12, 30))).isoformat(), "issued": issued.isoformat(),
        "until": (issued + timedelta(days=rng.randint(150, 200))).isoformat(), "arrival": (issued + timedelta(days=rng.randint(40, 120))).isoformat(),
    }  # fmt: skip


def _weight(grams: int, in_kg: bool) -> str:
    return f"{grams / 1000:g} kg" if in_kg else f"{grams} g"


def _permit_fields(p: Params, language: Language) -> dict[str, str]:
    side = 0 if language == "zh" else 1
    year = p["issued"][:4]
    number = "引检（虚）{}第{}号" if language == "zh" else "PQ-X {}/{}"
    return {
        "no": number.format(year, p["serial"]), "old": number.format(int(year) - 1, p["old"]),
        "crop": CROPS[p["crop"]][side], "latin": CROPS[p["crop"]][2],
        "origin": COUNTRIES[p["origin"]][side], "via": VIA[p["origin"]][p["via"]][side], "place": PLACES[p["place"]][side],
        "weight": _weight(p["grams"], p["in_kg"]), "asked_weight": _weight(p["asked_grams"], p["in_kg"]),
        **{key: str(p[key]) for key in ("accessions", "asked", "months", "distance")},
        **{key: day(p[key], language, p["layout"]) for key in ("applied", "issued", "until", "arrival")},
    }  # fmt: skip


PERMITS: Mapping[tuple[Language, str], str] = {
    ("zh", "form"): (
        "国外引种检疫审批单（虚构）\n审批编号：{no}\n申请日期：{applied}　　签发日期：{issued}\n作物名称：{crop}（{latin}）\n原产国：{origin}（经{via}转运）\n"
        "申请数量：{asked} 份，{asked_weight}\n批准数量：{accessions} 份，共 {weight}\n预计入境：{arrival}\n有效期至：{until}\n"
        "检疫要求：附输出国植物检疫证书；入境后在{place}隔离圃种植 {months} 个月，周围 {distance} m 内无同科作物。"
    ),
    ("en", "form"): (
        "Permit to import breeding material (invented)\nPermit number: {no}\nDate of application: {applied}; date of issue: {issued}\nCrop: {crop} ({latin})\nCountry of origin: {origin} (shipped through {via})\n"
        "Applied for: {asked} accessions, {asked_weight}\nApproved: {accessions} accessions, {weight} in all\nExpected entry: {arrival}\nValid until: {until}\n"
        "Quarantine: phytosanitary certificate of the exporting country; after entry {months} months in isolation at the {place} plot, no crop of the same family within {distance} m."
    ),
    ("zh", "prose"): (
        "复函（虚构）\n贵单位{applied}的申请收悉。同意从{origin}引进{crop}（{latin}）种子 {accessions} 份，总重 {weight}（申请为 {asked} 份、{asked_weight}，超出部分未予批准），货物可经{via}转运，预计{arrival}到达。"
        "审批编号为{no}；去年的{old}已经失效，不得再用。入境后须在{place}隔离圃隔离种植 {months} 个月，{distance} m 范围内不得种植同科作物，期满经检疫合格方可分发。本函于{issued}签发，有效期截至{until}。"
    ),
    ("en", "prose"): (
        "Reply (invented)\nYour application of {applied} has been examined. You may import seed of {crop} ({latin}) from {origin}: {accessions} accessions with a total weight of {weight} (you had applied for {asked} accessions and {asked_weight}; the rest is not approved). "
        "The goods may pass through {via} and are expected on {arrival}. The permit bears the number {no}; last year's {old} has lapsed and must not be used. After entry the plants stay in isolation at the {place} plot for {months} months, "
        "with no crop of the same family within {distance} m, and are handed out only when they have passed inspection. Issued on {issued}, valid through {until}."
    ),
}


def _permit_table(f: Fields, language: Language) -> str:
    zh = language == "zh"
    rows = (
        [("编号", "{no}（上年 {old} 作废）"), ("作物 / 学名", "{crop} / {latin}"), ("原产国 / 转运国", "{origin} / {via}"), ("申请", "{asked} 份，{asked_weight}"), ("批准", "{accessions} 份，{weight}"),
         ("申请日 / 签发日", "{applied} / {issued}"), ("预计到达", "{arrival}"), ("有效期止", "{until}"), ("隔离种植", "{place}隔离圃，{months} 个月，距同科作物 {distance} m 以上")]
        if zh
        else [("Number", "{no} (last year's {old} is void)"), ("Crop / species", "{crop} / {latin}"), ("Origin / transit", "{origin} / {via}"), ("Applied for", "{asked} accessions, {asked_weight}"), ("Approved", "{accessions} accessions, {weight}"),
              ("Application / issue", "{applied} / {issued}"), ("Arrival", "{arrival}"), ("End of validity", "{until}"), ("Isolation", "{place} plot, {months} months, {distance} m or more from crops of the family")]
    )  # fmt: skip
    head = ("项目", "内容") if zh else ("Item", "Entry")
    title = "引种检疫审批登记（虚构）" if zh else "Register of import permits for seed (invented)"
    return f"{title}\n{table(head, [(name, entry.format(**f)) for name, entry in rows])}"


def _write_permit(p: Params, language: Language) -> tuple[Content, ...]:
    f = _permit_fields(p, language)
    answer = {
        "permit_no": f["no"],
        "crop": f["crop"],
        "origin": f["origin"],
        "accessions": p["accessions"],
        "quantity_g": p["grams"],
        "valid_until": p["until"],
        "quarantine_months": p["months"],
    }
    context = _permit_table(f, language) if p["layout"] == "table" else PERMITS[language, p["layout"]].format(**f)
    grams = f" = {p['grams']} g" if p["in_kg"] else ""
    why = (
        f"批准的是 {f['accessions']} 份、{f['weight']}{grams}，不是申请数；{f['via']}只是转运国；有效期到 {f['until']}。"
        if language == "zh"
        else f"Approved are {f['accessions']} accessions and {f['weight']}{grams}, not what was applied for; {f['via']} is only passed through; the permit ends on {f['until']}."
    )
    return (Content(form="json", context=context, stem=PERMIT_STEM[language], answer=answer, schema=PERMIT, explanation=why),)


GENERATORS = (
    Generator(
        id="GBX1",
        task="extraction",
        subarea="registration",
        level="apply",
        foundation=lambda p: p["layout"] == "form",
        draw=_draw_notice,
        write=_write_notice,
        source=Source(title="Notice of approval invented for this item", kind="made"),
        draws=6,
    ),
    Generator(
        id="GBX2",
        task="extraction",
        subarea="biosafety_law",
        level="apply",
        foundation=lambda p: p["layout"] == "form",
        draw=_draw_permit,
        write=_write_permit,
        source=Source(title="Import permit invented for this item", kind="made"),
        draws=6,
    ),
)
