"""Free text to a department: a triage scheme that is printed, with rules that go before the complaint.

Half of the draws are decided by a rule (vital signs, age, pregnancy) and half by the complaint; the past history always
points to a department that is wrong. The scheme is invented for the item.
"""

import random
from collections.abc import Mapping, Sequence

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params

_NAMES: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "resuscitation": "抢救室",
        "paediatrics": "儿科",
        "obstetrics": "产科",
        "cardiology": "心内科",
        "neurology": "神经内科",
        "respiratory": "呼吸科",
        "gastroenterology": "消化科",
        "urology": "泌尿外科",
        "orthopaedics": "骨科",
        "ophthalmology": "眼科",
        "dermatology": "皮肤科",
    },
    "en": {
        "resuscitation": "Resuscitation room",
        "paediatrics": "Paediatrics",
        "obstetrics": "Obstetrics",
        "cardiology": "Cardiology",
        "neurology": "Neurology",
        "respiratory": "Respiratory medicine",
        "gastroenterology": "Gastroenterology",
        "urology": "Urology",
        "orthopaedics": "Orthopaedics",
        "ophthalmology": "Ophthalmology",
        "dermatology": "Dermatology",
    },
}
_SCHEME: Mapping[Language, str] = {
    "zh": """分诊规则（某院自拟，自上而下，先符合者为准；只看本次就诊的情况）：
1. 抢救室：收缩压低于 90 mmHg，或血氧饱和度低于 90 %。
2. 儿科：不满 14 岁。
3. 产科：已怀孕。
4. 其余按本次主要不适：
心内科：胸部闷痛、心悸；
神经内科：肢体无力或麻木、言语不清；
呼吸科：咳嗽、咳痰、喘息；
消化科：腹部不适、呕吐、排便异常；
泌尿外科：腰部绞痛、排尿异常；
骨科：四肢或关节外伤；
眼科：眼部疼痛、视物异常；
皮肤科：皮疹、瘙痒。""",
    "en": """Triage rules (made up by one hospital; from the top, the first that fits decides; only the present visit counts):
1. Resuscitation room: systolic pressure below 90 mmHg, or oxygen saturation below 90 %.
2. Paediatrics: younger than 14 years.
3. Obstetrics: pregnant.
4. All others by the main complaint of this visit:
Cardiology: tightness or pain of the chest, palpitations;
Neurology: weakness or numbness of limbs, disturbed speech;
Respiratory medicine: cough, phlegm, wheezing;
Gastroenterology: trouble of the belly, vomiting, abnormal stools;
Urology: colic of the flank, trouble with passing urine;
Orthopaedics: injuries of limbs or joints;
Ophthalmology: pain of the eye, disturbed vision;
Dermatology: rash, itching.""",
}
_COMPLAINTS: Mapping[str, Sequence[Mapping[Language, str]]] = {
    "cardiology": (
        {"zh": "爬两层楼就胸口发紧，歇几分钟缓解", "en": "the chest feels tight after two flights of stairs and eases after a few minutes of rest"},
        {"zh": "夜里突然心慌，觉得心跳又快又乱", "en": "woke at night with the heart racing and beating out of step"},
        {"zh": "胸骨后像压了块石头，已经半天", "en": "for half a day it has felt as if a stone lay behind the breastbone"},
    ),
    "neurology": (
        {"zh": "早上起来右手握不住筷子，说话含糊", "en": "since the morning the right hand cannot hold chopsticks and words come out slurred"},
        {"zh": "左半边身子发麻，走路往一边歪", "en": "the left half of the body has gone numb and walking veers to one side"},
        {"zh": "一条腿忽然使不上劲，嘴角也歪了", "en": "one leg suddenly gave way and the corner of the mouth droops"},
    ),
    "respiratory": (
        {"zh": "咳了一周黄痰，夜里更重", "en": "a week of cough with yellow phlegm, worse at night"},
        {"zh": "闻到油烟就喘，胸腔里有哨音", "en": "kitchen smoke brings on wheezing with a whistle in the chest"},
        {"zh": "干咳两周，总想清嗓子", "en": "two weeks of dry cough with a constant urge to clear the throat"},
    ),
    "gastroenterology": (
        {"zh": "饭后上腹胀痛，今天大便发黑", "en": "the upper belly aches after meals and the stools were black today"},
        {"zh": "从昨晚起吐了四五回，肚子一阵阵绞痛", "en": "has vomited four or five times since last night, with cramps in the belly"},
        {"zh": "拉稀两天，一天七八趟", "en": "two days of loose stools, seven or eight times a day"},
    ),
    "urology": (
        {"zh": "右腰一阵阵绞痛，小便颜色像洗肉水", "en": "colic in the right flank, and urine the colour of water in which meat was washed"},
        {"zh": "尿频尿急，尿的时候火辣辣的", "en": "has to pass water often and in a hurry, and it burns"},
        {"zh": "从昨夜起解不出小便，小肚子胀", "en": "has been unable to pass water since last night"},
    ),
    "orthopaedics": (
        {"zh": "下楼踩空扭了脚踝，肿得穿不上鞋", "en": "missed a step and twisted the ankle, now too swollen for a shoe"},
        {"zh": "摔倒时手掌撑地，手腕变形不敢动", "en": "fell on an outstretched hand; the wrist is bent out of shape and cannot be moved"},
        {"zh": "打球时膝盖别了一下，站不住", "en": "wrenched a knee at basketball and cannot stand on it"},
    ),
    "ophthalmology": (
        {"zh": "右眼胀痛，看灯有一圈彩虹", "en": "the right eye aches, and lamps have a rainbow round them"},
        {"zh": "左眼忽然像蒙了块黑布", "en": "it is suddenly as if a black cloth hung before the left eye"},
        {"zh": "眼睛进了铁屑，磨得直流泪", "en": "a metal splinter got into the eye, which scratches and waters"},
    ),
    "dermatology": (
        {"zh": "两条胳膊起了成片的红疙瘩，痒得睡不着", "en": "both arms have come out in red bumps that itch too much to sleep"},
        {"zh": "腰上一串水疱，碰到衣服就疼", "en": "a belt of blisters round the waist that hurts when clothes touch it"},
        {"zh": "脚趾缝脱皮、发痒，越抓越厉害", "en": "the skin between the toes peels and itches, more so with scratching"},
    ),
}
_PASTS: Mapping[str, Mapping[Language, str]] = {
    "cardiology": {"zh": "三年前放过冠脉支架", "en": "a coronary stent three years ago"},
    "neurology": {"zh": "两年前得过脑梗死", "en": "a stroke two years ago"},
    "respiratory": {"zh": "小时候得过肺炎", "en": "pneumonia in childhood"},
    "gastroenterology": {"zh": "五年前有过胃溃疡", "en": "a gastric ulcer five years ago"},
    "urology": {"zh": "前年碎过一次肾结石", "en": "a kidney stone shattered the year before last"},
    "orthopaedics": {"zh": "去年做过膝关节置换", "en": "a knee replaced last year"},
    "ophthalmology": {"zh": "去年做过白内障手术", "en": "a cataract operation last year"},
    "dermatology": {"zh": "多年前患过湿疹", "en": "eczema many years ago"},
    "obstetrics": {"zh": "两年前做过剖宫产", "en": "a caesarean two years ago"},
}
_CHILD_PASTS = ("respiratory", "dermatology")  # what a child may have had
_NEIGHBOURS: Mapping[str, str] = {
    "cardiology": "respiratory",
    "respiratory": "cardiology",
    "neurology": "orthopaedics",
    "orthopaedics": "neurology",
    "gastroenterology": "urology",
    "urology": "gastroenterology",
    "ophthalmology": "neurology",
    "dermatology": "orthopaedics",
}
_RULES = ("resuscitation", "paediatrics", "obstetrics")


_AGES = {"child": (6, 13), "teen": (14, 16), "young": (23, 37), "old": (41, 78)}


def _pasts_of(who: str, complaint: str, *, pregnant: bool) -> list[str]:
    """What a visitor of that age may have had, away from the complaint and its neighbour."""
    if who in ("child", "teen"):
        likely: Sequence[str] = _CHILD_PASTS
    elif who == "young":
        likely = ("respiratory", "dermatology", "urology") if pregnant else ("obstetrics",)
    else:
        likely = [name for name in sorted(_PASTS) if name != "obstetrics"]
    return [name for name in likely if name not in (complaint, _NEIGHBOURS[complaint])]


def _draw(rng: random.Random) -> Params | None:
    complaint = rng.choice(sorted(_COMPLAINTS))
    rule = rng.choice(("", "", "", *_RULES))
    low = rng.choice(("pressure", "saturation")) if rule == "resuscitation" else ""
    who = {"paediatrics": "child", "obstetrics": "young"}.get(rule) or rng.choice(("old", "old", "young", "teen"))
    pasts = _pasts_of(who, complaint, pregnant=rule == "obstetrics")
    if not pasts or (rule == "obstetrics" and complaint in ("neurology", "cardiology")):
        return None
    return {
        "rule": rule,
        "complaint": complaint,
        "words": rng.randrange(len(_COMPLAINTS[complaint])),
        "past": rng.choice(pasts),
        "sex": "F" if who == "young" else rng.choice("FM"),
        "age": rng.randint(*_AGES[who]),
        "weeks": rng.randint(14, 35) if rule == "obstetrics" else 0,
        "pulse": rng.randint(112, 134) if low else rng.randint(68, 98),
        "systolic": rng.randint(70, 86) if low == "pressure" else rng.randint(98, 112) if who in ("child", "teen") else rng.randint(108, 148),
        "saturation": rng.randint(80, 87) if low == "saturation" else rng.randint(95, 99),
    }


def _gold(p: Params) -> str:
    return str(p["rule"] or p["complaint"])


def _wrong(p: Params) -> dict[str, str]:
    """Departments of the three misreadings that differ from the right one."""
    readings = {
        p["past"]: "past history taken for the complaint",
        _NEIGHBOURS[p["complaint"]]: "neighbouring department chosen by the complaint",
    }
    if p["rule"]:
        return {p["complaint"]: "rule that goes before the complaint overlooked", **readings}
    if p["age"] < 18:
        return {**readings, "paediatrics": "limit of age misread"}
    return {**readings, "resuscitation": "normal vital signs taken for dangerous ones"}


_CASE: Mapping[Language, str] = {
    "zh": "就诊者：{who}，{age} 岁{weeks}。自述：{complaint}。以前：{past}。测得：脉搏 {pulse} 次/分，收缩压 {systolic} mmHg，血氧饱和度 {saturation} %。",
    "en": "Visitor: {who} of {age} years{weeks}. Reports: {complaint}. Earlier: {past}. Measured: pulse {pulse}/min, systolic pressure {systolic} mmHg, oxygen saturation {saturation} %.",
}


def _write(p: Params, language: Language) -> Sequence[Content]:
    names = _NAMES[language]
    child = p["age"] < 18
    who = {"zh": {"F": "女孩" if child else "女性", "M": "男孩" if child else "男性"}, "en": {"F": "a girl" if child else "a woman", "M": "a boy" if child else "a man"}}
    weeks = {"zh": f"，怀孕 {p['weeks']} 周", "en": f", {p['weeks']} weeks pregnant"}[language] if p["weeks"] else ""
    complaint = _COMPLAINTS[p["complaint"]][p["words"]][language]
    case = _CASE[language].format(
        who=who[language][p["sex"]],
        age=p["age"],
        weeks=weeks,
        complaint=complaint,
        past=_PASTS[p["past"]][language],
        pulse=p["pulse"],
        systolic=p["systolic"],
        saturation=p["saturation"],
    )
    gold = names[_gold(p)]
    wrong = {names[name]: mistake for name, mistake in _wrong(p).items()}
    place = _RULES.index(p["rule"]) + 1 if p["rule"] else 4
    told = {
        "zh": f"规则 {place} 最先符合，故为{gold}；{'主诉排在其后' if p['rule'] else '收缩压、血氧、年龄均不触发前面的规则'}，既往病史不计。",
        "en": f"Rule {place} is the first that fits: {gold}; {'the complaint comes after it' if p['rule'] else 'pressure, saturation and age meet none of the rules before it'}, and the past history does not count.",
    }
    stem = {"zh": "按所给分诊规则，这名就诊者应分到哪里？", "en": "By the triage rules given, where does this visitor go?"}[language]
    context = f"{_SCHEME[language]}\n\n{case}"
    return (Content(form="choice", stem=stem, context=context, answer=gold, choices=(gold, *wrong), mistakes=wrong, explanation=told[language]),)


GENERATORS = (
    Generator(
        id="GHL1",
        task="classification",
        subarea="emergency_medicine",
        level="judge",
        draw=_draw,
        write=_write,
        source=Source(title="Triage by an invented scheme that is printed in the item; the visitor is invented", kind="made"),
        draws=6,
        foundation=lambda p: p["rule"] in ("paediatrics", "obstetrics"),
    ),
)
