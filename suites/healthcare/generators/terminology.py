"""Terms of the trade from Chinese to English and back: groups of near misses, each term the others' wrong option."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term in both languages, the other forms that are accepted, and whether everybody in a ward knows it."""

    zh: str
    en: str
    also_zh: tuple[str, ...] = ()
    also_en: tuple[str, ...] = ()
    everyday: bool = False

    @property
    def slug(self) -> str:
        """The English term in lower case, words joined by "_"."""
        return self.en.lower().replace(",", "").replace("-", "_").replace(" ", "_")


def _term(line: str) -> Term:
    """A term from "zh, also zh = en | also en"; a leading "*" marks an everyday term."""
    everyday, line = line.startswith("*"), line.removeprefix("*")
    zh, en = ([form.strip() for form in side.split("|")] for side in line.split("="))
    return Term(zh=zh[0], en=en[0], also_zh=tuple(zh[1:]), also_en=tuple(en[1:]), everyday=everyday)


# Sub-area > groups of at least four terms that a learner takes for one another.
_LINES: tuple[tuple[str, str], ...] = (
    (
        "emergency_medicine",
        """
        血胸 = haemothorax | hemothorax
        胸腔积液 | 胸膜腔积液 = pleural effusion
        肺不张 | 肺膨胀不全 = atelectasis
        肺栓塞 | 肺动脉栓塞 = pulmonary embolism | PE
        *肺水肿 = pulmonary oedema | pulmonary edema | lung oedema | lung edema
        """,
    ),
    (
        "emergency_medicine",
        """
        *心律失常 | 心律不齐 = arrhythmia | cardiac arrhythmia | dysrhythmia
        心房颤动 | 房颤 | 心房纤颤 = atrial fibrillation | AF
        *心脏骤停 | 心搏骤停 | 心跳骤停 = cardiac arrest | sudden cardiac arrest
        *心肌梗死 | 心梗 | 心肌梗塞 = myocardial infarction | MI
        *心力衰竭 | 心衰 | 心功能衰竭 = heart failure | cardiac failure
        """,
    ),
    (
        "laboratory",
        """
        碱剩余 | 剩余碱 = base excess | BE
        渗透压间隙 | 渗透间隙 | 渗透隙 = osmolal gap | osmolar gap | osmole gap
        代谢性酸中毒 | 代酸 = metabolic acidosis
        呼吸性碱中毒 | 呼碱 = respiratory alkalosis
        高碳酸血症 = hypercapnia | hypercarbia
        """,
    ),
    (
        "laboratory",
        """
        中性粒细胞减少 | 中性粒细胞减少症 | 中性粒细胞缺乏 = neutropenia
        血小板减少 | 血小板减少症 = thrombocytopenia
        白细胞增多 | 白细胞增多症 = leukocytosis | leucocytosis
        红细胞增多症 | 红细胞增多 = polycythaemia | polycythemia | erythrocytosis
        网织红细胞 = reticulocyte | reticulocytes
        """,
    ),
    (
        "pharmacy",
        """
        生物利用度 | 生物利用率 = bioavailability
        表观分布容积 | 分布容积 = apparent volume of distribution | volume of distribution
        *清除率 = clearance
        稳态血药浓度 | 稳态浓度 = steady-state concentration | steady-state plasma concentration | steady-state drug concentration | steady-state plasma drug concentration | Css
        血药峰浓度 | 峰浓度 | 达峰浓度 = peak concentration | peak plasma concentration | maximum concentration | maximum plasma concentration | Cmax
        """,
    ),
    (
        "pharmacy",
        """
        *药物不良反应 | 药品不良反应 | 不良反应 = adverse drug reaction | adverse reaction | ADR
        *药物相互作用 | 药品相互作用 = drug interaction | drug-drug interaction | drug interactions
        治疗窗 | 治疗窗口 = therapeutic window
        *负荷剂量 | 负荷量 = loading dose
        *维持剂量 | 维持量 = maintenance dose
        """,
    ),
    (
        "paediatrics_obstetrics",
        """
        *早产 = preterm birth | premature birth | preterm delivery | premature delivery | preterm labour | preterm labor
        前置胎盘 = placenta praevia | placenta previa
        胎盘早剥 | 胎盘早期剥离 = placental abruption | abruptio placentae | abruption of the placenta
        产后出血 = postpartum haemorrhage | postpartum hemorrhage | PPH
        妊娠期糖尿病 | 妊娠糖尿病 = gestational diabetes mellitus | gestational diabetes | GDM
        """,
    ),
    (
        "paediatrics_obstetrics",
        """
        佝偻病 = rickets
        *水痘 = chickenpox | varicella
        *麻疹 = measles | rubeola
        百日咳 = whooping cough | pertussis
        热性惊厥 | 高热惊厥 = febrile seizure | febrile convulsion | febrile seizures | febrile convulsions
        """,
    ),
    (
        "surgery_icu_nursing",
        """
        *机械通气 = mechanical ventilation
        呼气末正压 | 呼气末正压通气 = positive end-expiratory pressure | PEEP
        潮气量 = tidal volume
        气管插管 | 气管内插管 = endotracheal intubation | tracheal intubation
        气管切开术 | 气管切开 = tracheostomy | tracheotomy
        """,
    ),
    (
        "surgery_icu_nursing",
        """
        压力性损伤 | 压疮 | 褥疮 | 压力性溃疡 = pressure injury | pressure ulcer | pressure sore | bedsore | bed sore | decubitus ulcer
        吻合口漏 | 吻合口瘘 = anastomotic leak | anastomotic leakage | anastomotic fistula
        切口裂开 | 伤口裂开 = wound dehiscence | incisional dehiscence | incision dehiscence
        深静脉血栓形成 | 深静脉血栓 = deep vein thrombosis | deep venous thrombosis | DVT
        清创术 | 清创 = debridement | surgical debridement | wound debridement
        """,
    ),
    (
        "evidence_statistics",
        """
        *置信区间 | 可信区间 = confidence interval | CI
        比值比 | 优势比 = odds ratio | OR
        相对危险度 | 相对风险 | 相对危险 = relative risk | risk ratio | RR
        意向性治疗分析 | 意向治疗分析 | 意向性分析 = intention-to-treat analysis | intent-to-treat analysis | ITT analysis | intention to treat
        需治疗人数 | 需治人数 | 需治疗病例数 | 需要治疗的人数 = number needed to treat | NNT
        """,
    ),
    (
        "evidence_statistics",
        """
        *灵敏度 | 敏感度 | 敏感性 | 灵敏性 = sensitivity | true positive rate
        *特异度 | 特异性 = specificity | true negative rate
        阳性预测值 = positive predictive value | PPV
        似然比 = likelihood ratio | LR
        假阳性率 = false positive rate | false-positive rate | FPR
        """,
    ),
    (
        "public_health",
        """
        *发病率 = incidence | incidence rate
        患病率 | 现患率 | 流行率 = prevalence | prevalence rate
        病死率 | 致死率 = case fatality rate | case-fatality rate | case fatality ratio | case fatality
        *死亡率 = mortality rate | mortality | death rate
        罹患率 | 侵袭率 = attack rate
        """,
    ),
    (
        "public_health",
        """
        *群体免疫 | 人群免疫 | 群体免疫力 = herd immunity | community immunity | population immunity
        *手卫生 = hand hygiene
        标准预防 | 标准预防措施 = standard precautions | standard precaution
        密切接触者 | 密接 | 密接者 = close contact | close contacts
        *潜伏期 = incubation period
        """,
    ),
    (
        "records_coding",
        """
        *主诉 = chief complaint | presenting complaint
        现病史 = history of present illness | history of presenting illness | history of the present illness | present illness | history of presenting complaint | HPI
        *既往史 = past medical history | past history | previous medical history | medical history | PMH
        *家族史 = family history
        *出院小结 | 出院记录 | 出院总结 = discharge summary
        """,
    ),
    (
        "records_coding",
        """
        *并发症 = complication | complications
        共病 | 合并症 | 伴发疾病 | 共患病 | 共存疾病 | 并存疾病 | 并存病 = comorbidity | co-morbidity | comorbidities
        *预后 = prognosis
        病因 | 病因学 = aetiology | etiology
        后遗症 = sequela | sequelae
        """,
    ),
    (
        "tcm",
        """
        气虚 = qi deficiency | deficiency of qi
        血瘀 = blood stasis | blood stagnation | stagnation of blood
        阴虚 = yin deficiency | deficiency of yin
        阳虚 = yang deficiency | deficiency of yang
        痰湿 = phlegm-dampness | phlegm dampness | phlegm-damp
        """,
    ),
    (
        "tcm",
        """
        脉诊 | 切脉 | 诊脉 = pulse diagnosis | pulse taking | pulse-taking | pulse examination | pulse palpation
        舌诊 = tongue diagnosis | tongue inspection | tongue examination
        *拔罐 | 拔罐疗法 | 火罐 = cupping | cupping therapy
        艾灸 | 灸法 | 艾灸疗法 = moxibustion
        推拿 = tuina | tui na | tuina massage | Chinese massage
        """,
    ),
    (
        "ethics_law",
        """
        伦理委员会 | 伦理审查委员会 = ethics committee | research ethics committee | institutional review board | IRB
        去标识化 | 去识别化 = de-identification | deidentification
        匿名化 = anonymisation | anonymization
        *利益冲突 = conflict of interest | conflicts of interest
        预先指示 | 预立医疗指示 | 预先医疗指示 = advance directive | advance directives | advance healthcare directive
        """,
    ),
)
_GROUPS: tuple[tuple[str, tuple[Term, ...]], ...] = tuple(
    (subarea, tuple(_term(line.strip()) for line in lines.strip().splitlines())) for subarea, lines in _LINES
)
_PLACES: Mapping[str, tuple[int, int]] = {
    term.slug: (group, place) for group, (_, terms) in enumerate(_GROUPS) for place, term in enumerate(terms)
}


def _found(p: Params) -> tuple[str, Term, tuple[Term, ...]]:
    """Sub-area, term, and the three terms of its group that follow it in turn."""
    group, place = _PLACES[p["term"]]
    subarea, terms = _GROUPS[group]
    return subarea, terms[place], tuple(terms[(place + step) % len(terms)] for step in (1, 2, 3))


_STEMS: Mapping[str, Mapping[Language, str]] = {
    "choice": {"zh": "医疗文件中的“{term}”，对应的英文术语是哪一个？", "en": "Which Chinese term do medical documents use for “{term}”?"},
    "text": {"zh": "“{term}”在医学英语中怎么说？只写英文术语。", "en": "What is “{term}” called in medical Chinese? Write the Chinese term only."},
}


def _write(p: Params, language: Language) -> Sequence[Content]:
    _, term, others = _found(p)
    if language == "zh":
        asked, gold, also, options = term.zh, term.en, term.also_en, [other.en for other in others]
        explanation = f"“{term.zh}”即 {'、'.join((term.en, *term.also_en))}。"
    else:
        asked, gold, also, options = term.en, term.zh, term.also_zh, [other.zh for other in others]
        explanation = f"“{term.en}” is {', '.join((term.zh, *term.also_zh))}."
    stems = {form: stems[language].format(term=asked) for form, stems in _STEMS.items()}
    mistakes = {option: f"term for {other.en}" for option, other in zip(options, others, strict=True)}
    return (
        Content(form="choice", stem=stems["choice"], answer=gold, choices=(gold, *options), mistakes=mistakes, explanation=explanation),
        Content(form="text", stem=stems["text"], answer=gold, aliases=also, explanation=explanation),
    )


def _draw(rng: random.Random) -> Params:
    return {"term": rng.choice(sorted(_PLACES))}


GENERATORS = (
    Generator(
        id="GHG1",
        task="terminology",
        subarea=lambda p: _found(p)[0],
        level="recall",
        draw=_draw,
        write=_write,
        source=Source(title="Usual medical terms in Chinese and English", kind="textbook"),
        draws=12,
        foundation=lambda p: _found(p)[1].everyday,
        cluster=lambda p: str(p["term"]),
    ),
)
