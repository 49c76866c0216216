"""Discharge records to be summarised for the doctor who goes on with the care: what must not be lost, among what may.

A record is written from a drawn case; its key facts are the diagnosis, the drug that was stopped, the drug that is new with
its dose, the result that is still out, the sign to come back for, and the next visit. Drugs and patients are invented.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params, amount

Both = Mapping[Language, str]
Phrasings = Mapping[Language, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A disease with what belongs to it; the phrasings are those by which a summary may name it."""

    complaint: Both
    work_up: Both
    diagnosis: Both
    named: Phrasings
    treatment: Both
    test: Both
    test_named: Phrasings
    flag: Both
    flag_named: Phrasings
    clinic: Both


def _both(zh: str, en: str) -> Both:
    return {"zh": zh, "en": en}


def _phrasings(zh: str, en: str) -> Phrasings:
    """Written with "|" between them."""
    return {"zh": tuple(zh.split("|")), "en": tuple(en.split("|"))}


CASES: tuple[Case, ...] = (
    Case(
        complaint=_both("发热、咳嗽 5 天", "five days of fever and cough"),
        work_up=_both("胸部 CT 见右下叶实变影，白细胞升高", "CT of the chest showed consolidation of the right lower lobe, and the white count was raised"),
        diagnosis=_both("社区获得性肺炎", "community-acquired pneumonia"),
        named=_phrasings("社区获得性肺炎|肺炎", "community-acquired pneumonia|pneumonia"),
        treatment=_both("静脉用抗菌药并吸氧", "intravenous antibiotics and oxygen"),
        test=_both("痰培养", "sputum culture"),
        test_named=_phrasings("痰培养|痰液培养", "sputum"),
        flag=_both("体温再次超过 {limit} ℃", "the temperature rises above {limit} °C again"),
        flag_named=_phrasings("{limit}℃|{limit}°C|{limit}度|{limit}摄氏度", "{limit} °C|{limit}°|{limit} C|{limit} degrees"),
        clinic=_both("呼吸科门诊", "respiratory clinic"),
    ),
    Case(
        complaint=_both("活动后气促、双下肢水肿 10 天", "ten days of breathlessness on exertion and swollen legs"),
        work_up=_both("超声心动图示左室射血分数降低，BNP 升高", "echocardiography showed a low ejection fraction, and BNP was raised"),
        diagnosis=_both("慢性心力衰竭急性加重", "acute worsening of chronic heart failure"),
        named=_phrasings("心力衰竭|心衰|心功能衰竭", "heart failure|cardiac failure"),
        treatment=_both("静脉利尿并限制入量", "intravenous diuretics and restricted fluids"),
        test=_both("甲状腺功能检查", "thyroid function test"),
        test_named=_phrasings("甲状腺|甲功", "thyroid"),
        flag=_both("体重在数日内增加超过 {limit} kg", "weight goes up by more than {limit} kg within days"),
        flag_named=_phrasings("{limit}kg|{limit}公斤|{limit}千克", "{limit} kg|{limit} kilo"),
        clinic=_both("心内科门诊", "cardiology clinic"),
    ),
    Case(
        complaint=_both("头晕、呕吐咖啡样物 1 天", "a day of dizziness and coffee-ground vomit"),
        work_up=_both("急诊胃镜见十二指肠球部溃疡伴渗血，予钛夹止血", "urgent endoscopy found an oozing ulcer of the duodenal bulb, which was clipped"),
        diagnosis=_both("十二指肠溃疡出血", "bleeding duodenal ulcer"),
        named=_phrasings("十二指肠溃疡|十二指肠球部溃疡|溃疡出血", "duodenal ulcer|duodenal bulb|ulcer bleed|bleeding ulcer"),
        treatment=_both("内镜下止血并静脉抑酸", "endoscopic clipping and intravenous acid suppression"),
        test=_both("幽门螺杆菌活检", "Helicobacter pylori biopsy"),
        test_named=_phrasings("幽门螺杆菌|幽门螺旋杆菌|活检|病理", "pylori|biopsy|biopsies"),
        flag=_both("出现黑便，或静息心率持续超过每分 {limit} 次", "stools turn black or the resting pulse stays above {limit} a minute"),
        flag_named=_phrasings("黑便|柏油|黑色大便|大便发黑|{limit}次", "black stool|stools turn black|stools become black|black stools|tarry|melena|melaena|stool is black|dark stool|stools are black"),
        clinic=_both("消化科门诊", "gastroenterology clinic"),
    ),
    Case(
        complaint=_both("腰痛伴发热 3 天", "three days of flank pain with fever"),
        work_up=_both("尿中白细胞满视野，超声未见结石与积水", "urine was full of white cells, and ultrasound showed neither stones nor a dilated kidney"),
        diagnosis=_both("急性肾盂肾炎", "acute pyelonephritis"),
        named=_phrasings("肾盂肾炎|肾盂炎", "pyelonephritis|kidney infection"),
        treatment=_both("静脉用抗菌药并补液", "intravenous antibiotics and fluids"),
        test=_both("尿培养", "urine culture"),
        test_named=_phrasings("尿培养|尿液培养", "urine cult|urine sample|urine result|cultur"),
        flag=_both("再次寒战，或体温超过 {limit} ℃", "shivering returns or the temperature exceeds {limit} °C"),
        flag_named=_phrasings("寒战|寒颤|发冷|发抖|{limit}℃|{limit}°C", "shiver|chill|rigor|{limit} °C|{limit}°C"),
        clinic=_both("泌尿外科门诊", "urology clinic"),
    ),
)
_LIMITS: tuple[tuple[float, ...], ...] = ((38.0, 38.5, 39.0), (2, 3, 4), (100, 110, 120), (38.0, 38.5, 39.0))
_DRUGS: tuple[Both, ...] = (
    _both("维洛曲", "Velotrine"),
    _both("卡米松", "Camizone"),
    _both("托瑞坦", "Toretan"),
    _both("奥帕辛", "Opaxin"),
    _both("利诺非", "Linofex"),
    _both("达舒平", "Dasupine"),
    _both("美替洛", "Metilor"),
)
_REASONS: tuple[Both, ...] = (
    _both("体位性头晕", "dizziness on standing"),
    _both("皮疹", "a rash"),
    _both("血钾升高", "rising potassium"),
    _both("血钠偏低", "low sodium"),
)
_TIMES: tuple[Both, ...] = (_both("每日一次", "once daily"), _both("每日两次", "twice daily"))
# What a record also says and a summary may leave out.
_STAYS: tuple[Both, ...] = (
    _both(
        "住院期间睡眠、饮食尚可，能自行上下楼，康复师来看过两次，家属曾询问病房探视时间与停车位置",
        "Sleep and appetite were fair, stairs were managed without help, the physiotherapist called on two occasions, and the relatives asked about visiting hours and where to park",
    ),
    _both(
        "住院期间因同室病友夜间打鼾，换过一次床位，此后睡眠好转；营养师调整过病员餐，患者表示满意",
        "Because a neighbour snored at night the patient moved to another room and slept better afterwards; the dietitian changed the meals, with which the patient was content",
    ),
    _both(
        "住院期间每天在走廊散步，精神尚好，志愿者来读过报纸；病房空调检修半天，未影响治疗",
        "The patient walked in the corridor every day in good spirits, and a volunteer came to read the newspaper; the air conditioning was under repair for half a day, without effect on treatment",
    ),
)
_PARTINGS: tuple[Both, ...] = (
    _both("陪护已领取宣教手册，衣物已清点带走", "An information leaflet was handed out, clothes and valuables were checked and taken along"),
    _both("费用已在窗口结清，轮椅已归还护士站", "The bill was settled at the desk, the wheelchair was given back to the nurses' station"),
    _both("家属驾车来接，满意度问卷已填好交回", "The family came by car, the questionnaire on satisfaction was filled in and returned"),
)
_BLEEDING = 2  # place of the case that loses blood
_FEVERISH = (0, 3)  # places of the cases that come with a fever
_WEEKS: Mapping[Language, Mapping[int, str]] = {
    "zh": {2: "两", 3: "三", 4: "四", 5: "五", 6: "六"},
    "en": {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"},
}


def _draw(rng: random.Random) -> Params | None:
    case = rng.randrange(len(CASES))
    stopped, started = rng.sample(range(len(_DRUGS)), 2)
    days = rng.randint(6, 12)
    limit = rng.choice(_LIMITS[case])
    temperature = amount(rng, 38.1, 39.6, 1) if case in _FEVERISH else amount(rng, 36.3, 37.2, 1)
    if temperature == limit:
        return None  # who copies the temperature must not seem to have named the limit
    return {
        "case": case,
        "limit": limit,
        "bed": f"{rng.randint(3, 18)}-{rng.randint(10, 48)}",
        "age": rng.randint(44, 83),
        "temperature": temperature,
        "pulse": rng.randint(84, 98),
        "pressure": [rng.randint(124, 158), rng.randint(66, 88)],
        "days": days,
        "changed": rng.randint(2, days - 2),
        "stopped": stopped,
        "started": started,
        "old": rng.choice((5, 10, 20, 25)),
        "dose": rng.choice((15, 30, 40, 60, 75)),
        "reason": rng.randrange(len(_REASONS)),
        "times": rng.randrange(len(_TIMES)),
        "weeks": rng.randint(2, 6),
        "haemoglobin": rng.randint(91, 109) if case == _BLEEDING else rng.randint(121, 144),
        "stay": rng.randrange(len(_STAYS)),
        "parting": rng.randrange(len(_PARTINGS)),
    }


_RECORD: Both = {
    "zh": (
        "出院记录，{bed} 床。患者 {age} 岁，因{complaint}入院。入院时体温 {temperature} ℃，脉搏 {pulse} 次/分，血压 {systolic}/{diastolic} mmHg，神志清楚。{work_up}。主要诊断为{diagnosis}。"
        "住院 {days} 天，治疗为{treatment}。住院第 {changed} 天，因{reason}停用在家长期服用的{stopped}（{old} mg）；同日加用{started}，每次 {dose} mg，{times}，出院后继续服用。"
        "{stay}。出院前复查血红蛋白 {haemoglobin} g/L，肝功能正常。"
        "{test}已送检，至出院时结果未回，由病房转告社区医生。嘱其如{flag}，须立即返院。出院后 {weeks} 周到{clinic}复诊。{parting}，出院时一般情况稳定。"
    ),
    "en": (
        "Discharge record, bed {bed}. A patient of {age} years was admitted with {complaint}. On arrival temperature was {temperature} °C, pulse {pulse} a minute and blood pressure {systolic}/{diastolic} mmHg; the patient was fully awake. "
        "{work_up}. The main diagnosis was {diagnosis}. The stay lasted {days} days; treatment was {treatment}. On day {changed} {stopped} ({old} mg), taken at home for years, was stopped because of {reason}; on the same day {started} was added, {dose} mg {times}, to be taken on after discharge. "
        "{stay}. Before discharge haemoglobin was {haemoglobin} g/L and liver tests were normal. "
        "The {test} was sent off, but its result was still outstanding at discharge; the ward will pass it on to the family doctor. The patient is to come back at once if {flag}. Follow-up is in the {clinic} in {weeks} weeks. "
        "{parting}, and the general condition at discharge was stable."
    ),
}
_STEM: Both = {
    "zh": "为接手的社区医生把上面的出院记录写成摘要。必须保留：主要诊断；停用的药物；新加药物及其每次剂量；尚未回报的检查；需要立即返院的情况；复诊的科室与时间。其余可略，不得添加原文没有的内容。",
    "en": "Summarise the discharge record above for the family doctor who takes over. Keep: the main diagnosis; the drug that was stopped; the new drug with the dose per administration; the test whose result is outstanding; what the patient must come back for at once; where and when the next visit is. Leave out the rest and add nothing.",
}
_GOLD: Both = {
    "zh": "主要诊断：{diagnosis}，予{treatment}后好转出院。因{reason}停用{stopped}；新加{started}，每次 {dose} mg，{times}，继续服用。{test}结果未回，由病房转告。如{flag}，须立即返院。出院后 {weeks} 周到{clinic}复诊。",
    "en": "Main diagnosis: {diagnosis}, treated with {treatment}. {stopped} was stopped because of {reason}; new is {started} {dose} mg {times}, to be continued. The {test} result is outstanding and will be passed on by the ward. Come back at once if {flag}. Follow-up in the {clinic} in {weeks} weeks.",
}
_STOPPED: Mapping[Language, tuple[str, ...]] = {
    "zh": ("{drug} & 停", "{drug} & 不再服用", "{drug} & 撤", "{drug} & 中止"),
    "en": ("{drug} & stop", "{drug} & discontinu", "{drug} & ceased", "{drug} & withdrawn", "{drug} & withheld", "{drug} & no longer"),
}
_STARTED: Mapping[Language, tuple[str, ...]] = {
    "zh": ("{drug} & {dose}mg", "{drug} & {dose}毫克"),
    "en": ("{drug} & {dose} mg", "{drug} & {dose} milligram"),
}
_PENDING: Mapping[Language, tuple[str, ...]] = {
    "zh": ("{test} & 未回", "{test} & 待", "{test} & 尚未", "{test} & 未出", "{test} & 未归", "{test} & 没有回", "{test} & 未返回", "{test} & 未报"),
    "en": ("{test} & outstanding", "{test} & pending", "{test} & await", "{test} & not yet", "{test} & to follow", "{test} & not available", "{test} & still out", "{test} & unavailable"),
}
_VISIT: Mapping[Language, tuple[str, ...]] = {
    "zh": ("{weeks}周", "{word}周", "{weeks}个星期", "{word}个星期", "{weeks}星期", "{word}星期"),
    "en": ("{weeks} week", "{word} week", "{weeks}-week", "{word}-week", "{weeks} wk"),
}


def _facts(p: Params, language: Language) -> tuple[tuple[str, ...], ...]:
    case = CASES[p["case"]]
    limit = f"{p['limit']:g}"
    stopped, started = (_DRUGS[p[key]][language] for key in ("stopped", "started"))
    return (
        case.named[language],
        tuple(text.format(drug=stopped) for text in _STOPPED[language]),
        tuple(text.format(drug=started, dose=p["dose"]) for text in _STARTED[language]),
        tuple(text.format(test=test) for test in case.test_named[language] for text in _PENDING[language]),
        tuple(text.format(limit=limit) for text in case.flag_named[language]),
        tuple(text.format(weeks=p["weeks"], word=_WEEKS[language][p["weeks"]]) for text in _VISIT[language]),
    )


def _capital(text: str) -> str:
    """First letter in upper case, the rest as it is (CT, BNP)."""
    return text[:1].upper() + text[1:]


def _write(p: Params, language: Language) -> Sequence[Content]:
    case = CASES[p["case"]]
    stopped, started = (_DRUGS[p[key]][language] for key in ("stopped", "started"))
    shown = {
        **p,
        "systolic": p["pressure"][0],
        "diastolic": p["pressure"][1],
        "complaint": case.complaint[language],
        "work_up": _capital(case.work_up[language]),
        "diagnosis": case.diagnosis[language],
        "treatment": case.treatment[language],
        "test": case.test[language],
        "flag": case.flag[language].format(limit=f"{p['limit']:g}"),
        "clinic": case.clinic[language],
        "stopped": stopped,
        "started": started,
        "reason": _REASONS[p["reason"]][language],
        "times": _TIMES[p["times"]][language],
        "stay": _STAYS[p["stay"]][language],
        "parting": _PARTINGS[p["parting"]][language],
    }
    told = {
        "zh": f"要点六项：诊断、停用{stopped}、新加{started} {p['dose']} mg、{case.test['zh']}待回、返院指征、{p['weeks']} 周后复诊；住院生活与离院琐事可略。",
        "en": f"Six points: diagnosis, {stopped} stopped, {started} {p['dose']} mg new, {case.test['en']} outstanding, the sign to come back for, the visit in {p['weeks']} weeks; the small matters of the stay can go.",
    }
    forbidden = {
        "zh": (f"停用{started}", f"新加{stopped}", f"加用{stopped}", f"改服{stopped}"),
        "en": (f"{started} was stopped", f"stopped {started}", f"{stopped} was added", f"started {stopped}", f"{stopped} was started"),
    }
    return (
        Content(
            form="text",
            stem=_STEM[language],
            context=_RECORD[language].format(**shown),
            answer=_GOLD[language].format(**shown),
            facts=_facts(p, language),
            forbidden=forbidden[language],
            most=170 if language == "zh" else 85,
            explanation=told[language],
        ),
    )


GENERATORS = (
    Generator(
        id="GHM1",
        task="summary",
        subarea="records_coding",
        level="apply",
        draw=_draw,
        write=_write,
        source=Source(title="Invented discharge record, printed in the item", kind="made"),
        draws=8,
    ),
)
