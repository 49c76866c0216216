"""Reports of a trial site and of a nucleus farm, to be summed up with the facts that their readers need."""

import random
from collections.abc import Callable, Mapping
from itertools import product

from evalkit.generators import Content, Generator
from evalkit.records import Language, Source
from evalkit.templates import Params, amount

MOST: Mapping[Language, int] = {"zh": 160, "en": 95}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
PLACES = (("云岭", "Yunling"), ("河湾", "Hewan"), ("松坪", "Songping"), ("石泉湾", "Shiquanwan"), ("白桦沟", "Baihuagou"))
NAMES = (("瑞禾", "Ruihe"), ("青垄", "Qinglong"), ("沃陇", "Wolong"), ("岭玉", "Lingyu"), ("朔丰", "Shuofeng"), ("北垦", "Beiken"))
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NUMERALS = "零一二三四五六七八九"

Facts = tuple[tuple[str, ...], ...]
Texts = tuple[str, str, str, Facts, tuple[str, ...]]  # report, stem, a good summary, facts, forbidden


def _any(*parts: tuple[str, ...]) -> tuple[str, ...]:
    """Every choice of one word from each group, as phrasings whose parts must share a sentence."""
    return tuple(" & ".join(chosen) for chosen in product(*parts))


def _date(day: tuple[int, int] | list[int], language: Language) -> str:
    month, number = day
    return f"{month}月{number}日" if language == "zh" else f"{number} {MONTHS[month - 1]}"


def _dates(day: list[int], language: Language) -> tuple[str, ...]:
    """The ways in which a summary may write a day."""
    month, number = day
    if language == "zh":
        return (f"{month}月{number}日", f"{month}月{number}号", f"{month:02d}月{number:02d}日")
    name = MONTHS[month - 1]
    ordinal = f"{number}{'th' if number in (11, 12, 13) else ('th', 'st', 'nd', 'rd', 'th', 'th', 'th', 'th', 'th', 'th')[number % 10]}"
    return (f"{number} {name}", f"{name} {number}", f"{number} {name[:3]}", f"{name[:3]} {number}", f"{ordinal} of {name}", f"{ordinal} {name}")


def _percent(value: float, language: Language) -> tuple[str, ...]:
    return (f"{value}%",) if language == "zh" else (f"{value}%", f"{value} per cent", f"{value} percent")


def _count(value: int, things: tuple[str, ...], language: Language) -> tuple[str, ...]:
    """A number up to nine before its noun, in digits and in words."""
    words = (str(value), NUMERALS[value]) if language == "zh" else (str(value), WORDS[value])
    return tuple(f"{word}{'' if language == 'zh' else ' '}{thing}" for word in words for thing in things)


def _draw_trial(rng: random.Random) -> dict[str, object]:
    best, out, check = rng.sample(range(len(NAMES)), 3)
    lodged, rot = rng.sample(range(12, 29), 2)
    gain, old = (amount(rng, 3.2, 9.8, 1) for _ in range(2))
    return {
        "place": rng.randrange(len(PLACES)), "best": [best, rng.randint(101, 989)], "out": [out, rng.randint(101, 989)], "check": [check, rng.randint(101, 989)],
        "sown": [rng.choice((4, 5)), rng.randint(4, 28)], "entries": rng.randint(11, 19), "storm": [rng.choice((7, 8)), rng.randint(4, 28)],
        "lodged": lodged, "bad": rng.randint(3, 8), "yield": rng.randrange(9500, 12400, 10) + rng.randint(1, 9), "gain": gain,
        "old": old if old != gain else round(gain + 1, 1), "rot": rot, "due": [rng.choice((2, 3)), rng.randint(4, 26)], "seed": rng.randrange(30, 90, 5),
    }  # fmt: skip


def _variety(pair: list[int], language: Language) -> str:
    return f"{NAMES[pair[0]][0]}{pair[1]}" if language == "zh" else f"{NAMES[pair[0]][1]} {pair[1]}"


def _trial_facts(p: Params, language: Language) -> Facts:
    best, out = _variety(p["best"], language), _variety(p["out"], language)
    due = _dates(p["due"], language)
    if language == "zh":
        return (
            _any((best, "增产", "对照"), _percent(p["gain"], language)),
            _any(("倒伏",), _percent(p["lodged"], language)),
            _any(_count(p["bad"], ("个小区", "个重倒小区", "个严重倒伏小区", "个倒伏严重的小区", "个严重倒伏的小区", "小区"), language), ("剔除", "剔掉", "排除", "删除", "未计", "不计", "作废", "未纳入", "不纳入", "去除")),
            _any((out,), ("淘汰", "被淘汰", "不再", "不予晋级", "终止", "出局", "停试")),
            _any((best, "该品种", "明年", "进入"), ("生产试验", "生试")),
            _any(due, ("种子", f"{p['seed']}kg", f"{p['seed']}公斤", f"{p['seed']}千克", "供种", "寄种")),
        )
    return (
        _any((best, "check", "gain", "control"), _percent(p["gain"], language)),
        _any(("lodg", "flatten", "blown"), _percent(p["lodged"], language)),
        _any(_count(p["bad"], ("plots", "badly lodged plots", "severely lodged plots", "heavily lodged plots", "plots that", "plot"), language), ("exclu", "left out", "remov", "drop", "discard", "omit", "not counted", "taken out", "eliminat", "unharvest")),
        _any((out,), ("drop", "eliminat", "discard", "reject", "withdraw", "remov", "exclu", "cut from", "not advance", "disqualif", "stalk rot")),
        _any((best, "next year", "it ", "advance", "will "), ("production trial", "production test", "production-trial")),
        _any(due, ("seed", f"{p['seed']} kg")),
    )


def _trial(p: Params, language: Language) -> Texts:
    best, out, check = (_variety(p[key], language) for key in ("best", "out", "check"))
    place = PLACES[p["place"]][0 if language == "zh" else 1]
    sown, storm, due = (_date(p[key], language) for key in ("sown", "storm", "due"))
    facts = _trial_facts(p, language)
    if language == "zh":
        report = (
            f"{place}试验点玉米品种比较试验年度小结（虚构）。试验于{sown}播种，{p['entries']} 个品种，三次重复，随机区组排列，四周设保护行。出苗整齐，苗期略旱，补灌一次。"
            f"{storm}夜间大风暴雨，全场平均倒伏 {p['lodged']}%，其中 {p['bad']} 个小区倒伏严重、无法正常收获，已从统计中剔除。灌浆期光照充足，虫害轻。"
            f"收获后按标准水分折算，{best}平均产量 {p['yield']:,} kg/公顷，比对照{check}增产 {p['gain']}%，差异达显著水平，居第一位；该品种上年增产 {p['old']}%。"
            f"{out}产量也高于对照，但茎腐病发病率达 {p['rot']}%，超过规定上限，试验组决定淘汰。其余品种与对照相近，继续观察。"
            f"{best}明年进入生产试验，育种单位须在{due}前把 {p['seed']} kg 种子寄到试验点。田间记录本和仓库钥匙已移交办公室，考种仪器送修。"
        )
        stem = f"请为品种区域试验主管部门把这份小结写成摘要，不超过 {MOST['zh']} 字。须写明：表现最好的品种及增产幅度、大风造成的倒伏、剔除了多少小区、淘汰的品种、最好的品种下一步做什么、供种的期限。"
        good = (
            f"{best}居首，比对照增产 {p['gain']}%，差异显著，明年进入生产试验。{storm}大风使全场平均倒伏 {p['lodged']}%，{p['bad']} 个小区已从统计中剔除。"
            f"{out}因茎腐病超限被淘汰。育种单位须在{due}前寄送 {p['seed']} kg 种子。"
        )
        return report, stem, good, facts, ("差异不显著", "未达显著", "未达到显著", f"{best}淘汰", f"{best}被淘汰", f"{out}进入生产试验")
    report = (
        f"Maize variety trial at {place}, report of the season (invented). The trial was sown on {sown} with {p['entries']} varieties in three replicates, in randomised blocks with guard rows all round. "
        f"Emergence was even; the young plants suffered a little from drought and were irrigated once. In the night of {storm} a storm with heavy rain lodged {p['lodged']}% of the plants on average; "
        f"{p['bad']} plots were so badly hit that they could not be harvested properly and were left out of the analysis. Grain filling was sunny and insects did little harm. "
        f"At standard moisture {best} yielded {p['yield']:,} kg/ha, {p['gain']}% over the check {check}; the difference is significant and the variety ranks first; a year ago its gain had been {p['old']}%. "
        f"{out} also yielded more than the check, but {p['rot']}% of its plants had stalk rot, which is over the limit, and the trial team dropped it. The other varieties were close to the check and remain under observation. "
        f"Next year {best} goes into the production trial, for which its breeder has to send {p['seed']} kg of seed to the site by {due}. Field books and the keys of the store were handed to the office; the seed counter is being repaired."
    )
    stem = f"Sum up this report for the authority that runs the regional trials, in no more than {MOST['en']} words. Keep: the best variety and its gain, the lodging by the storm, how many plots were left out, which variety was dropped, what the best variety does next, and the date for its seed."
    good = (
        f"{best} ranked first with a significant gain of {p['gain']}% over the check and goes into the production trial next year. A storm on {storm} lodged {p['lodged']}% of the plants on average, and {p['bad']} plots were left out of the analysis. "
        f"{out} was dropped because of stalk rot over the limit. The breeder must send {p['seed']} kg of seed by {due}."
    )
    return report, stem, good, facts, ("not significant", "insignificant", f"{best} was dropped", f"{out} goes into the production trial", f"{out} enters the production trial")


def _draw_farm(rng: random.Random) -> dict[str, object] | None:
    boar, cull = rng.sample(range(1203, 9876), 2)
    month = rng.randint(3, 10)
    p: dict[str, object] = {
        "place": rng.randrange(len(PLACES)), "month": month, "litters": rng.randint(58, 140), "born": amount(rng, 10.6, 13.8, 1), "tested": rng.randint(31, 88),
        "boar": boar, "index": rng.randint(121, 168), "cull": cull, "fan": [month, rng.randint(3, 27)], "hours": rng.randint(2, 5), "dead": rng.randint(13, 49),
        "f": amount(rng, 5.6, 7.9, 1), "limit": amount(rng, 4.1, 5.4, 1), "new": rng.randint(3, 8), "due": [month + 1, rng.randint(4, 24)],
    }  # fmt: skip
    clear = all(p[key] % 10 != p["new"] for key in ("litters", "tested", "dead"))  # type: ignore[operator]
    return p if clear and str(p["dead"]) not in f"{boar} {cull}" else None


def _farm_facts(p: Params, language: Language) -> Facts:
    due = _dates(p["due"], language)
    if language == "zh":
        dead = (f"{p['dead']}头",)
        return (
            _any((f"{p['boar']}号",), ("指数最高", "最高", "采精站", "入选", "选入", f"{p['index']}", "第一", "居首")),
            _any((f"{p['cull']}号",), ("淘汰", "肢蹄")),
            _any(dead, ("风机", "停转", "停机", "通风", "备用电源")),
            _any(("近交",), _percent(p["f"], language)),
            _any(_count(p["new"], ("头外血公猪", "头公猪", "头外来公猪", "头外血", "头外血种公猪", "头种公猪", "头"), language), ("引进", "引入", "外血", "购进")),
            _any(due, ("配种", "报批", "审批", "上报", "计划")),
        )
    return (
        _any((f"{p['boar']}",), ("highest", "best", "top", f"{p['index']}", "semen station", "AI station", "select", "AI centre", "AI center")),
        _any((f"{p['cull']}",), ("cull", "leg", "reject", "discard", "remov")),
        _any((f"{p['dead']}",), ("fan", "ventilat", "backup power", "back-up power")),
        _any(("inbreed",), _percent(p["f"], language)),
        _any(_count(p["new"], ("unrelated boars", "boars", "outside boars", "new boars", "unrelated", "new unrelated boars", "boar"), language), ("buy", "bought", "bring", "brought", "introduc", "import", "purchas", "unrelated", "outside", "acquir")),
        _any(due, ("mating", "plan", "approv", "submit")),
    )


def _farm(p: Params, language: Language) -> Texts:
    place = PLACES[p["place"]][0 if language == "zh" else 1]
    fan, due = (_date(p[key], language) for key in ("fan", "due"))
    facts = _farm_facts(p, language)
    if language == "zh":
        report = (
            f"{place}核心种猪场 {p['month']} 月育种月报（虚构）。本月分娩 {p['litters']} 窝，平均窝产活仔 {p['born']} 头，与上月持平，断奶成活正常。"
            f"完成公猪性能测定 {p['tested']} 头，测定站数据已上传。其中 {p['boar']} 号公猪综合选择指数最高，为 {p['index']}，选入采精站；{p['cull']} 号公猪生长虽快，因肢蹄缺陷淘汰。"
            f"{fan}凌晨三号保育舍风机停转 {p['hours']} 小时，死亡仔猪 {p['dead']} 头，查明是备用电源没有自动切换，设备组已更换切换开关并试机。采血送检的蓝耳病抗原全部为阴性。"
            f"育种组计算，全群平均近交系数已升到 {p['f']}%，超过 {p['limit']}% 的警戒线，决定下月引进 {p['new']} 头外血公猪，新的配种计划须在{due}前报批。"
            f"月末盘点，饲料和疫苗库存正常；场区道路完成修补，办公室更换了打印机。"
        )
        stem = f"请为集团育种主管把这份月报写成摘要，不超过 {MOST['zh']} 字。须写明：选入采精站的公猪、淘汰的公猪、仔猪死亡的数量和起因、近交系数、引进公猪的数量、报批的期限。"
        good = (
            f"{p['boar']} 号公猪选择指数最高（{p['index']}），选入采精站；{p['cull']} 号因肢蹄缺陷淘汰。三号舍风机停转，备用电源未切换，死亡仔猪 {p['dead']} 头，开关已更换。"
            f"近交系数升到 {p['f']}%，超过警戒线，下月引进 {p['new']} 头外血公猪。配种计划须在{due}前报批。"
        )
        return report, stem, good, facts, ("抗原阳性", "抗原呈阳性", "近交系数下降", "近交系数降", f"{p['cull']}号公猪选入采精站")
    report = (
        f"{place} nucleus pig farm, breeding report for {MONTHS[p['month'] - 1]} (invented). In this month {p['litters']} sows farrowed, with {p['born']} piglets born alive on average, the same as a month ago; survival to weaning was normal. "
        f"The performance test of {p['tested']} boars was finished and its data were sent in. Boar {p['boar']} had the highest selection index, {p['index']}, and goes to the semen station; boar {p['cull']} grew fast but was culled for faulty legs. "
        f"In the early morning of {fan} the fans of nursery house three stood still for {p['hours']} hours and {p['dead']} piglets died; the backup power had not switched on by itself, and the switch has been replaced and tested. All blood tests for PRRS antigen were negative. "
        f"By the breeding team's reckoning mean inbreeding of the herd has risen to {p['f']}%, above the alarm level of {p['limit']}%. The farm will therefore buy {p['new']} unrelated boars next month, and the new mating plan is to be submitted for approval by {due}. "
        f"Stocks of feed and vaccine are normal, the roads on the site have been mended, and the office has a new printer."
    )
    stem = f"Sum up this report for the group's head of breeding, in no more than {MOST['en']} words. Keep: the boar that goes to the semen station, the boar that was culled, how many piglets died and from what, the level of inbreeding, how many boars will be bought, and the date for approval."
    good = (
        f"Boar {p['boar']} has the highest index ({p['index']}) and goes to the semen station; boar {p['cull']} was culled for faulty legs. Fans in house three failed because the backup power did not start, and {p['dead']} piglets died; the switch has been replaced. "
        f"Inbreeding has risen to {p['f']}%, above the alarm level, so {p['new']} unrelated boars will be bought next month. The mating plan is due for approval by {due}."
    )
    return report, stem, good, facts, ("tested positive", "inbreeding has fallen", "inbreeding fell", f"boar {p['cull']} goes to the semen station")


REPORTS: Mapping[str, tuple[str, Callable[[random.Random], dict[str, object] | None], Callable[[Params, Language], Texts]]] = {
    "trial": ("field_trials", _draw_trial, _trial),
    "farm": ("livestock", _draw_farm, _farm),
}


def _draw(rng: random.Random) -> Params | None:
    kind = rng.choice(sorted(REPORTS))
    drawn = REPORTS[kind][1](rng)
    return {"report": kind, **drawn} if drawn is not None else None


def _write(p: Params, language: Language) -> tuple[Content, ...]:
    report, stem, good, facts, forbidden = REPORTS[p["report"]][2](p, language)
    why = "摘要须写出题目点名的六项事实，不得添数、超长。" if language == "zh" else "The summary has to state the six facts asked for, without new numbers and within the length."
    return (
        Content(form="text", context=report, stem=stem, answer=good, facts=facts, forbidden=forbidden, most=MOST[language], explanation=why),
    )


GENERATORS = (
    Generator(
        id="GBM1",
        task="summary",
        subarea=lambda p: REPORTS[p["report"]][0],
        level="apply",
        draw=_draw,
        write=_write,
        source=Source(title="Report invented for this item", kind="made"),
        draws=8,
    ),
)
