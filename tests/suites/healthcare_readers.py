"""How a reader works out the answers of healthcare's drawn items: from stem, context and options alone."""

import graphlib
import re

import numpy as np
import pytest

from tests.suites.laws import MONTHS


def _tables(context):
    """Tables of a text as lists of rows of cells, the heading first."""
    found, rows = [], []
    for line in [*context.split("\n"), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if set("".join(cells)) - {"-"}:
                rows.append(cells)
        elif rows:
            found.append(rows)
            rows = []
    return found


_CODES = (
    ("water", "水分", "Water"), ("ash", "总灰分", "Total ash"), ("acid_ash", "酸不溶性灰分", "Acid-insoluble ash"),
    ("extract", "浸出物", "Extractives"), ("marker", "指标成分含量", "Marker compound"), ("so2", "二氧化硫残留量", "Sulfur dioxide residue"),
    ("weight", "体重", "Weight"), ("systolic", "收缩压", "Systolic pressure"), ("diastolic", "舒张压", "Diastolic pressure"),
    ("pulse", "脉搏", "Pulse"), ("haemoglobin", "血红蛋白", "Haemoglobin"), ("interval", "距上次献血", "Time since last donation"),
)  # fmt: skip


def _kept(value, bound):
    sign, limit = bound.split()
    limit = float(limit)
    return {"≤": value <= limit, "≥": value >= limit, "<": value < limit, ">": value > limit}[sign]


def verdict(item):
    """Every result held against the column that the lot or donor belongs to."""
    limits, results = _tables(item.context)
    said = re.search(r"^(.+)一批，检验结果|^一名(.+)献血者|lot of (.+):$|one donor, a (.+):$", item.context, re.MULTILINE)
    group = next(filter(None, said.groups()))
    column = limits[0].index({"man": "Men", "woman": "Women"}.get(group, group))
    failing = [name for (name, _, value), row in zip(results[1:], limits[1:], strict=True) if not _kept(float(value), row[column])]
    if item.form == "json":
        spelt = {name: code for code, zh, en in _CODES for name in (zh, en)}
        return {"verdict": "fail" if failing else "pass", "failing": [spelt[name] for name in failing]}
    for option in item.choices:
        listed = re.split(r"[：:]\s*", option)[1:]
        names = re.split("[、,]", listed[0]) if listed else []
        if [name.strip().lower() for name in names] == [name.lower() for name in failing]:
            return option
    return None


def _reading(item, value):
    """The value itself, or the option that is nearest to it."""
    if item.form == "number":
        return value
    return min(item.choices, key=lambda option: abs(float(option.split()[0]) - value))


def growth(item):
    """Column by sex and centile, row or place between rows by age."""
    (rows,) = _tables(item.context)
    said = re.search(r"(?P<age>\d+) 月龄(?P<sex>..)的第 (?P<centile>\d+)|the (?P<c>\d+)th centile .* for (?P<s>boys|girls) aged (?P<a>\d+) months?", item.stem)
    age, sex, centile = ((said[long] or said[short]) for long, short in (("age", "a"), ("sex", "s"), ("centile", "c")))
    column = rows[0].index(f"{sex.capitalize()} P{centile}")
    ages, weights = zip(*((float(row[0]), float(row[column])) for row in rows[1:]), strict=True)
    return _reading(item, float(np.interp(float(age), ages, weights)))


def assay(item):
    """Absorbance to concentration along the polygon of the calibrators, then times the dilution."""
    (rows,) = _tables(item.context)
    fold = float(re.search(r"(?:作|diluted) (\d+)(?: 倍稀释|-fold)", item.stem).group(1))
    wave = re.search(r"(\d+) nm", item.stem).group(1)
    signal = float(re.search(r"(?:吸光度|then read) ([\d.]+\d)", item.stem).group(1))
    (column,) = [place for place, head in enumerate(rows[0]) if wave in head]
    levels, signals = zip(*((float(row[0]), float(row[column])) for row in rows[1:]), strict=True)
    return _reading(item, fold * float(np.interp(signal, signals, levels)))


# A learner's own list, by the English alphabet.
_GLOSSARY = dict(
    line.split(" / ")
    for line in """
adverse drug reaction / 药物不良反应
advance directive / 预先指示
aetiology / 病因
anastomotic leak / 吻合口漏
anonymisation / 匿名化
apparent volume of distribution / 表观分布容积
arrhythmia / 心律失常
atelectasis / 肺不张
atrial fibrillation / 心房颤动
attack rate / 罹患率
base excess / 碱剩余
bioavailability / 生物利用度
blood stasis / 血瘀
cardiac arrest / 心脏骤停
case fatality rate / 病死率
chickenpox / 水痘
chief complaint / 主诉
clearance / 清除率
close contact / 密切接触者
comorbidity / 共病
complication / 并发症
confidence interval / 置信区间
conflict of interest / 利益冲突
cupping / 拔罐
debridement / 清创术
deep vein thrombosis / 深静脉血栓形成
de-identification / 去标识化
discharge summary / 出院小结
drug interaction / 药物相互作用
endotracheal intubation / 气管插管
ethics committee / 伦理委员会
false positive rate / 假阳性率
family history / 家族史
febrile seizure / 热性惊厥
gestational diabetes mellitus / 妊娠期糖尿病
haemothorax / 血胸
hand hygiene / 手卫生
heart failure / 心力衰竭
herd immunity / 群体免疫
history of present illness / 现病史
hypercapnia / 高碳酸血症
incidence / 发病率
incubation period / 潜伏期
intention-to-treat analysis / 意向性治疗分析
leukocytosis / 白细胞增多
likelihood ratio / 似然比
loading dose / 负荷剂量
maintenance dose / 维持剂量
measles / 麻疹
mechanical ventilation / 机械通气
metabolic acidosis / 代谢性酸中毒
mortality rate / 死亡率
moxibustion / 艾灸
myocardial infarction / 心肌梗死
neutropenia / 中性粒细胞减少
number needed to treat / 需治疗人数
odds ratio / 比值比
osmolal gap / 渗透压间隙
past medical history / 既往史
peak concentration / 血药峰浓度
phlegm-dampness / 痰湿
placenta praevia / 前置胎盘
placental abruption / 胎盘早剥
pleural effusion / 胸腔积液
polycythaemia / 红细胞增多症
positive end-expiratory pressure / 呼气末正压
positive predictive value / 阳性预测值
postpartum haemorrhage / 产后出血
pressure injury / 压力性损伤
preterm birth / 早产
prevalence / 患病率
prognosis / 预后
pulmonary embolism / 肺栓塞
pulmonary oedema / 肺水肿
pulse diagnosis / 脉诊
qi deficiency / 气虚
relative risk / 相对危险度
respiratory alkalosis / 呼吸性碱中毒
reticulocyte / 网织红细胞
rickets / 佝偻病
sensitivity / 灵敏度
sequela / 后遗症
specificity / 特异度
standard precautions / 标准预防
steady-state concentration / 稳态血药浓度
therapeutic window / 治疗窗
thrombocytopenia / 血小板减少
tidal volume / 潮气量
tongue diagnosis / 舌诊
tracheostomy / 气管切开术
tuina / 推拿
whooping cough / 百日咳
wound dehiscence / 切口裂开
yang deficiency / 阳虚
yin deficiency / 阴虚
""".strip().split("\n")
)


def term(item):
    """The other half of the pair in the glossary; both halves are unique in it."""
    assert len(set(_GLOSSARY.values())) == len(_GLOSSARY)
    asked = re.search("“(.+?)”", item.stem).group(1)
    found = {**_GLOSSARY, **{zh: en for en, zh in _GLOSSARY.items()}}[asked]
    return found if item.form == "text" or found in item.choices else None


_SHORT = {month: place for place, month in enumerate((month[:3] for month in MONTHS), 1)}


def _day(text):
    """The first date in `text`, in whichever way it is written."""
    found = re.search(r"(\d{4})\D(\d{1,2})\D(\d{1,2})|(\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4})", text)
    if found[1]:
        return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}"
    return f"{found[6]}-{_SHORT[found[5]]:02d}-{int(found[4]):02d}"


def _after(text, *patterns):
    """What the first group of the first pattern that occurs in `text` holds."""
    found = next(filter(None, (re.search(pattern, text) for pattern in patterns)))
    return found.group(1).strip()


def admission(item):
    """Values of the admission: from the last column of the table, or from where the words name the admission."""
    text, here = item.context, item.context
    if "|" in text:
        ((_, *rows),) = _tables(text)
        date, temperature, pressure, weight = (row[2] for row in rows)
    else:
        date = _after(text, r"入院日期：(.+)", r"，([^，]+) 收入院", r"Date of admission: (.+)", r"admitted on (.+?) to bed")
        here = re.split("入院时查体|On admission the temp", text)[-1]
        temperature = _after(here, r"^(?:.*\n)*?体温：([\d.]+)", r"体温 ([\d.]+)", r"Temperature: ([\d.]+)", r"erature was ([\d.]+)")
        pressure = _after(here, r"(?:血压|pressure)\D{1,2}(\d+/\d+) mmHg")
        weight = _after(here, r"(?:体重|[Ww]eight)\D{1,2}([\d.]+) kg")
    high, low = map(int, pressure.split("/"))
    return {
        "bed": _after(text, r"床号：(\S+)", r"(\d+-\d+) 床", r"Bed: (\S+)", r"bed (\d+-\d+)"),
        "admitted_on": _day(date),
        "age_years": int(_after(text, r"年龄：(\d+)", r"现年 (\d+)", r"^(\d+) 岁", r"\n(\d+) 岁，因", r"Age: (\d+)", r"patient is (\d+)", r"\n(\d+) years old")),
        "temperature_c": float(temperature),
        "systolic_mmhg": high,
        "diastolic_mmhg": low,
        "weight_kg": float(weight),
        "allergy": _after(text, r"药物过敏：([^；\n]+)", r"药物方面对(.+?)过敏", r"Drug allergy: ([^;\n]+)", r"allergic to (.+?), with"),
    }


def recall(item):
    """The one batch that is recalled: its row, or the sentence that names it."""
    text = item.context
    if "|" in text:
        (rows,) = _tables(text)
        ((batch, strength, made, expires, packs, _),) = [row for row in rows if row[-1] in ("召回", "recall")]
    else:
        batch = _after(text, r"\n批号：(\S+)", r"mg）批号 (\w+)", r"\nBatch: (\w+)", r"mg, batch (\w+)")
        strength = _after(text, r"每片 (\d+) mg", r"Strength: (\d+)", r"of (\d+) mg, batch")
        made = _after(text, r"生产日期：(.+)", r"该批于 (.+?) 生产", r"manufacture: (.+)", r"made on (.+?) and")
        expires = _after(text, r"有效期至：(.+)", r"有效期至 (.+?)；", r"Expiry date: (.+)", r"expires on (.+?);")
        packs = _after(text, r"召回数量：(\d+)", r"其余 (\d+) 盒", r"recalled: (\d+)", r"other ([\d,]+) packs")
    return {
        "product": _after(text, r"品名：(.+)", r"召回(\S+?)（每片", r"^(.+?)批次清查", r"Product: (.+)", r"we recall (.+?) of \d", r"^(.+?): check"),
        "batch": batch,
        "strength_mg": int(strength),
        "made_on": _day(made),
        "expires_on": _day(expires),
        "recalled_packs": int(packs.replace(",", "")),
        "return_by": _day(_after(text, r"退回期限：(.+)", r"最迟 (.+?) 退回", r"须在 (.+?) 前", r"Return by: (.+)", r"returned by (.+?)(?: at|\.)")),
    }


def _value(rows, name):
    """The number in the row `name` of a table of two columns."""
    (cell,) = [row[1] for row in rows if row[0] == name]
    return float(re.match(r"[\d.]+", cell).group(0))


def _option_with(choices, *words):
    (found,) = [option for option in choices if all(word.lower() in option.lower() for word in words)]
    return found


def blood_gas(item):
    """Kind by the electrolytes, respiratory part by the distance from the expected pressure."""
    (rows,) = _tables(item.context)
    acidity, carbon, bicarbonate = (_value(rows, name) for name in ("pH", "PaCO₂", "HCO₃⁻"))
    urine = _value(rows, "尿氯" if item.language == "zh" else "Urine chloride")
    assert acidity == pytest.approx(6.1 + np.log10(bicarbonate / (0.0307 * carbon)), abs=0.01)
    if acidity < 7.35:
        high = _value(rows, "Na⁺") - _value(rows, "Cl⁻") - bicarbonate > 16
        kind = ("高阴离子间隙", "High-gap") if high else ("正常阴离子间隙", "Normal-gap")
        away = carbon - np.polyval([1.5, 8], bicarbonate)
    else:
        kind = ("氯反应性", "Chloride-responsive") if urine < 20 else ("氯抵抗性", "Chloride-resistant")
        away = carbon - np.polyval([0.7, 40 - 0.7 * 24], bicarbonate)
    part = ("代偿适当", "adequate") if abs(away) <= 2 else ("合并呼吸性酸", "with respiratory acid") if away > 0 else ("合并呼吸性碱", "with respiratory alk")
    place = item.language == "en"
    return _option_with(item.choices, kind[place], part[place])


def shock(item):
    """The four rules in turn, on the table alone."""
    (rows,) = _tables(item.context)
    index, venous, resistance = (_value(rows, name) for name in ("CI", "CVP", "SVRI"))
    pressure = _value(rows, "平均动脉压" if item.language == "zh" else "Mean arterial pressure")
    assert resistance * index / 80 == pytest.approx(pressure - venous, abs=0.4)
    scan = rows[-1][1]
    if index >= 2.5:
        assert resistance < 1500
        return _option_with(item.choices, "分布性" if item.language == "zh" else "distributive")
    if venous < 6:
        return _option_with(item.choices, "低血容量" if item.language == "zh" else "hypovolaemic")
    assert venous > 12
    weak = "收缩减弱" in scan or "poorly" in scan
    assert weak != any(word in scan for word in ("右室明显扩大", "大量心包积液", "much enlarged", "large pericardial"))
    words = ("心源性", "cardiogenic") if weak else ("梗阻性", "obstructive")
    return _option_with(item.choices, words[item.language == "en"])


def constraints(item):
    """The printed list as pairs of steps, each of them an option; they go in no circle, and every step is bound."""
    found = re.findall("^- “(.+)”(?:须在| only after )“(.+)”(?:之后)?$", item.stem, re.MULTILINE)
    pairs = frozenset((first, last) for last, first in found)
    assert len(pairs) == item.stem.count("\n- ")
    assert {step for pair in pairs for step in pair} == set(item.choices)
    earlier = {step: {first for first, last in pairs if last == step} for step in item.choices}
    assert set(graphlib.TopologicalSorter(earlier).static_order()) == set(item.choices)  # raises where they go in a circle
    return pairs


# What visitors say, by what it is about: words of either language, looked for in the report alone.
_SAID = (
    ("心内科", "Cardiology", r"胸口发紧|心慌|胸骨后|chest feels tight|heart racing|breastbone"),
    ("神经内科", "Neurology", r"握不住|发麻|使不上劲|cannot hold|gone numb|gave way"),
    ("呼吸科", "Respiratory medicine", r"黄痰|就喘|干咳|cough|wheez"),
    ("消化科", "Gastroenterology", r"大便|吐了|拉稀|stools|vomited"),
    ("泌尿外科", "Urology", r"小便|尿频|urine|pass water"),
    ("骨科", "Orthopaedics", r"脚踝|手腕|膝盖|ankle|wrist|knee"),
    ("眼科", "Ophthalmology", r"右眼|左眼|眼睛|\beye\b"),
    ("皮肤科", "Dermatology", r"疙瘩|水疱|脱皮|bumps|blisters|peels"),
)


def triage(item):
    """The rules from the top, then what the visitor reports, never what was earlier."""
    english = item.language == "en"
    case = item.context.split("\n\n")[1]
    age = int(re.search(r"(\d+)(?: 岁| years)", case).group(1))
    systolic, saturation = (int(re.search(pattern, case).group(1)) for pattern in (r"(\d+) mmHg", r"(\d+) %"))
    if systolic < 90 or saturation < 90:
        return "Resuscitation room" if english else "抢救室"
    if age < 14:
        return "Paediatrics" if english else "儿科"
    if re.search("怀孕|pregnant", case):
        return "Obstetrics" if english else "产科"
    report = re.search(r"(?:自述：|Reports: )(.+?)(?:。以前|\. Earlier)", case).group(1)
    (found,) = [names for *names, words in _SAID if re.search(words, report)]
    assert found[english] in item.choices
    return found[english]


READERS = {
    "GHS1": verdict,
    "GHS2": verdict,
    "GHT1": growth,
    "GHT2": assay,
    "GHG1": term,
    "GHX1": admission,
    "GHX2": recall,
    "GHF1": blood_gas,
    "GHF2": shock,
    "GHP1": constraints,
    "GHL1": triage,
}
