"""Drawn items of breeding: calculations of crop and livestock breeders, seed testers and trial managers.

Where practice differs the stem names or prints the variant (map function, basis of heritability, moisture of trade).
"""

import itertools
import math
import random
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

from evalkit.records import Source, Tolerance
from evalkit.templates import Params, Template

NORMAL = NormalDist()
FALCONER = "Falconer DS, Mackay TFC, Introduction to Quantitative Genetics, 4th ed."


def decimal(rng: random.Random, low: float, high: float, places: int = 2) -> float:
    """A decimal that prints with exactly `places` places (its last digit is not 0), so that a redraw has as many digits."""
    scale = 10**places
    value = rng.randint(round(low * scale), round(high * scale))
    return float((value + (value % 10 == 0)) / scale)


CLASSES = ("round_yellow", "round_green", "wrinkled_yellow", "wrinkled_green")
RATIO = (9, 3, 3, 1)


def _counts(p: Params) -> list[tuple[int, float]]:
    """(observed, expected) of the four F2 classes under 9:3:3:1."""
    observed = [p[name] for name in CLASSES]
    return [(o, sum(observed) * part / sum(RATIO)) for o, part in zip(observed, RATIO, strict=True)]


def chi_square(p: Params) -> float:
    """Pearson's sum of (O - E)^2 / E over the four classes, 3 degrees of freedom."""
    return math.fsum((o - e) ** 2 / e for o, e in _counts(p))


def _draw_classes(rng: random.Random) -> Params | None:
    plants = rng.randint(200, 640)
    spread = rng.uniform(0.8, 2.2)
    p = {
        name: round(plants * part / 16 + rng.gauss(0, spread) * math.sqrt(plants * part / 16)) for name, part in zip(CLASSES, RATIO, strict=True)
    }
    return p if min(p.values()) >= 5 and 0.4 <= chi_square(p) <= 25 else None


B2 = Template(
    id="B2",
    subarea="genetics",
    draw=_draw_classes,
    gold=chi_square,
    mistakes={
        "divided by observed": lambda p: math.fsum((o - e) ** 2 / o for o, e in _counts(p)),
        "percentages in place of counts": lambda p: chi_square(p) * 100 / sum(p[name] for name in CLASSES),
        "half taken off each deviation": lambda p: math.fsum((abs(o - e) - 0.5) ** 2 / e for o, e in _counts(p)),
        "rarest class left out": lambda p: math.fsum((o - e) ** 2 / e for o, e in _counts(p)[:-1]),
        "deviations not squared": lambda p: math.fsum(abs(o - e) / e for o, e in _counts(p)),
    },
    unit="",
    decimals=3,
    tolerance=Tolerance(rel=0.01, abs=0.01),
    stems={
        "zh": (
            "豌豆双因子杂交的 F2 中观察到：黄圆 {round_yellow} 粒、绿圆 {round_green} 粒、黄皱 {wrinkled_yellow} 粒、绿皱 {wrinkled_green} 粒。按 9∶3∶3∶1 的理论比例做适合性检验，用实际粒数计算 χ² = Σ(O−E)²/E，不作连续性校正。χ² 是多少？结果无单位，保留三位小数。",
            "为检验两对基因是否独立分离，统计了一个 F2 群体的种子：圆粒黄色 {round_yellow}、圆粒绿色 {round_green}、皱粒黄色 {wrinkled_yellow}、皱粒绿色 {wrinkled_green}。四类的期望比例依次为 9∶3∶3∶1。请计算卡方值（皮尔逊公式，以粒数而非百分数代入，不做耶茨校正），无单位，取三位小数。",
        ),
        "en": (
            "In the F2 of a dihybrid pea cross {round_yellow} seeds are round and yellow, {round_green} round and green, {wrinkled_yellow} wrinkled and yellow, {wrinkled_green} wrinkled and green. Test the fit to 9:3:3:1 with χ² = Σ(O−E)²/E on the seed counts, without a continuity correction. What is χ² (no unit), to three decimals?",
            "To see whether two genes segregate independently, the seeds of an F2 were sorted: round yellow {round_yellow}, round green {round_green}, wrinkled yellow {wrinkled_yellow}, wrinkled green {wrinkled_green}; the expected ratio of these classes, in this order, is 9:3:3:1. Compute Pearson's chi-square statistic from the counts (not from percentages, no Yates correction). It has no unit; give three decimals.",
        ),
    },
    explanation={
        "zh": "期望数 = 总数 × 9/16、3/16、3/16、1/16；各类 (O−E)²/E 相加，自由度为 3。",
        "en": "Expected counts are 9/16, 3/16, 3/16 and 1/16 of the total; (O−E)²/E is added up over the classes, with 3 degrees of freedom.",
    },
    source=Source(title="Mendel G, Versuche über Pflanzen-Hybriden, 1866; Pearson's test: Snedecor GW, Cochran WG, Statistical Methods", kind="textbook"),
    worked=({"round_yellow": 315, "round_green": 108, "wrinkled_yellow": 101, "wrinkled_green": 32}, 0.470),
)


def selection_intensity(percent: float) -> float:
    """Standardised selection differential i = φ(z)/p of truncation selection in an infinite normal population; `percent` kept."""
    share = percent / 100
    return NORMAL.pdf(NORMAL.inv_cdf(1 - share)) / share


def _response(p: Params) -> float:
    return float(selection_intensity(p["percent"]) * p["heritability"] * p["sd_g"])


def _draw_response(rng: random.Random) -> Params | None:
    p = {
        "percent": rng.choice((1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20)),
        "heritability": decimal(rng, 0.12, 0.62),
        "sd_g": rng.randint(12, 60),
    }
    return p if _response(p) >= 3 else None


B3 = Template(
    id="B3",
    subarea="quantitative",
    draw=_draw_response,
    gold=_response,
    mistakes={
        "square root of heritability": lambda p: _response(p) / math.sqrt(p["heritability"]),
        "intensity left out": lambda p: p["heritability"] * p["sd_g"],
        "heritability left out": lambda p: _response(p) / p["heritability"],
        "truncation point taken as intensity": lambda p: NORMAL.inv_cdf(1 - p["percent"] / 100) * p["heritability"] * p["sd_g"],
        "density not divided by share": lambda p: _response(p) * p["percent"] / 100,
    },
    unit="g",
    decimals=2,
    stems={
        "zh": (
            "某罗非鱼选育群体很大，五月龄体重服从正态分布，表型标准差 {sd_g} g，狭义遗传力 {heritability}。雌雄两侧都只留体重最大的 {percent}% 个体作亲鱼（截断选择），随机交配。选择强度 i = φ(z)/p，p 为留种率，z 为标准正态的截断点，φ 为其密度。预期一代的选择响应是多少 g？保留两位小数。",
            "对一个正态分布的大群体作截断选择：雌雄双方均只留表型最优的 {percent}% 作亲本。性状的表型标准差为 {sd_g} g，狭义遗传力 h² = {heritability}。留种率为 p、截断点为 z 时，标准化选择差为标准正态密度 φ(z) 除以 p。求子代均值比原群体提高多少（g，取两位小数）。",
        ),
        "en": (
            "In a large breeding population of tilapia the body weight at five months is normally distributed, with a phenotypic standard deviation of {sd_g} g and a narrow-sense heritability of {heritability}. Only the heaviest {percent}% of the fish, among males and females alike, become parents and mate at random (truncation selection). The intensity is i = φ(z)/p with p the share kept, z the truncation point of the standard normal and φ its density. What response in g is expected after one generation, to two decimals?",
            "Truncation selection in a large normal population keeps the top {percent}% by phenotype in both sexes. The trait has heritability h² = {heritability} (narrow sense) and phenotypic standard deviation {sd_g} g. For a share p kept above the truncation point z, the standardised selection differential is the standard normal density φ(z) divided by p. By how many g does the mean of the offspring exceed that of the unselected population? Two decimals.",
        ),
    },
    explanation={
        "zh": "R = h²S = i·h²·σp，i = φ(z)/p；例如留 5% 时 i = 2.063。",
        "en": "R = h²S = i·h²·σp with i = φ(z)/p; keeping 5 % gives i = 2.063.",
    },
    source=Source(title=FALCONER, clause="chapter 11", kind="textbook"),
    worked=({"percent": 5, "heritability": 0.35, "sd_g": 20}, 14.44),
)


def _components(p: Params) -> tuple[float, float, float]:
    """Variances of genotype, genotype x environment and plot error from the mean squares of a balanced multi-environment trial."""
    genetic = (p["ms_genotype"] - p["ms_interaction"]) / (p["replicates"] * p["environments"])
    return genetic, (p["ms_interaction"] - p["ms_error"]) / p["replicates"], float(p["ms_error"])


def heritability(p: Params, *, per_interaction: int, per_error: int) -> float:
    """Share of genotypic variance in the variance of a mean over so many environments and plots; in (0, 1)."""
    genetic, interaction, error = _components(p)
    return genetic / (genetic + interaction / per_interaction + error / per_error)


def _mean_basis(p: Params) -> float:
    return heritability(p, per_interaction=p["environments"], per_error=p["environments"] * p["replicates"])


def _draw_trial(rng: random.Random) -> Params | None:
    error = rng.randint(10, 40)
    interaction = round(error * rng.uniform(1.3, 3.2))
    p = {
        "ms_genotype": round(interaction * rng.uniform(1.5, 5.5)),
        "ms_interaction": interaction,
        "ms_error": error,
        "replicates": rng.randint(2, 4),
        "environments": rng.randint(3, 8),
    }
    return p if 0.3 <= _mean_basis(p) <= 0.85 else None


B4 = Template(
    id="B4",
    subarea="field_trials",
    draw=_draw_trial,
    gold=_mean_basis,
    mistakes={
        "single-plot basis": lambda p: heritability(p, per_interaction=1, per_error=1),
        "error not divided by replicates": lambda p: heritability(p, per_interaction=p["environments"], per_error=p["environments"]),
        "interaction not divided by environments": lambda p: heritability(p, per_interaction=1, per_error=p["environments"] * p["replicates"]),
        "error in place of interaction mean square": lambda p: 1 - p["ms_error"] / p["ms_genotype"],
        "mean squares taken as variances": lambda p: p["ms_genotype"] / (p["ms_genotype"] + p["ms_interaction"] + p["ms_error"]),
    },
    unit="",
    decimals=3,
    stems={
        "zh": (
            "小麦品系多点试验，{environments} 个环境、每环境 {replicates} 次重复，数据平衡，各效应均为随机。方差分析均方：基因型 {ms_genotype}，基因型×环境 {ms_interaction}，误差 {ms_error}。以全部环境、全部重复的品系均值为单位，广义遗传力 H² = σg² ÷ (σg² + σge²/e + σe²/(re))，其中 e 为环境数、r 为重复数。求 H²（用小数表示，无单位），保留三位小数。",
            "一组品系在 {environments} 个环境中种植，每个环境 {replicates} 个重复（平衡、随机模型）。均方为 MSg = {ms_genotype}、MSge = {ms_interaction}、MSe = {ms_error}。请由均方估计方差组分，再求品系总平均数水平上的广义遗传力，即基因型方差除以“基因型方差 + 互作方差/环境数 + 误差方差/(环境数×重复数)”。写成小数，无单位，取三位小数。",
        ),
        "en": (
            "Wheat lines were tested in {environments} environments with {replicates} replicates in each (balanced, all effects random). Mean squares: genotypes {ms_genotype}, genotype × environment {ms_interaction}, error {ms_error}. On the basis of entry means over all environments and replicates, H² = σg² / (σg² + σge²/e + σe²/(re)), with e environments and r replicates. Give H² as a decimal fraction (no unit) to three decimals.",
            "A set of lines is grown in {environments} environments, {replicates} replicates each; the trial is balanced and the model random. The analysis of variance gives MSg = {ms_genotype}, MSge = {ms_interaction} and MSe = {ms_error}. Estimate the variance components and from them the broad-sense heritability of a line's overall mean: genotypic variance over the sum of genotypic variance, interaction variance per number of environments, and error variance per number of plots of a line. Write it as a fraction of 1 without unit, three decimals.",
        ),
    },
    explanation={
        "zh": "σg² = (MSg − MSge)/(re)，σge² = (MSge − MSe)/r，σe² = MSe；代入后恒等于 1 − MSge/MSg。",
        "en": "σg² = (MSg − MSge)/(re), σge² = (MSge − MSe)/r, σe² = MSe; the ratio is then the same as 1 − MSge/MSg.",
    },
    source=Source(title="Hallauer AR, Carena MJ, Miranda Filho JB, Quantitative Genetics in Maize Breeding", kind="textbook"),
    worked=({"ms_genotype": 148, "ms_interaction": 52, "ms_error": 20, "replicates": 3, "environments": 4}, 0.649),
)


def path_inbreeding(p: Params, *, steps: int) -> float:
    """Inbreeding in per cent by Wright's paths through A and through B, each with `steps` segregations."""
    return float(100 * 0.5**steps * (2 + p["inbreeding_a"] + p["inbreeding_b"]))


def _steps(p: Params) -> int:
    return int(p["sire_generation"] + p["dam_generation"] + 1)


def _draw_pedigree(rng: random.Random) -> Params | None:
    return {
        "sire_generation": rng.randint(1, 3),
        "dam_generation": rng.randint(1, 3),
        "inbreeding_a": decimal(rng, 0.04, 0.26),
        "inbreeding_b": decimal(rng, 0.04, 0.26),
    }


B5 = Template(
    id="B5",
    subarea="germplasm",
    draw=_draw_pedigree,
    gold=lambda p: path_inbreeding(p, steps=_steps(p)),
    mistakes={
        "path through the second ancestor missed": lambda p: 100 * 0.5 ** _steps(p) * (1 + p["inbreeding_a"]),
        "ancestors' inbreeding left out": lambda p: 200 * 0.5 ** _steps(p),
        "one segregation too few": lambda p: path_inbreeding(p, steps=_steps(p) - 1),
        "two segregations too many": lambda p: path_inbreeding(p, steps=_steps(p) + 2),
    },
    unit="%",
    decimals=3,
    stems={
        "zh": (
            "种公牛 A 与母牛 B 互不相关，近交系数分别为 {inbreeding_a} 与 {inbreeding_b}。个体 X 的父亲是这对牛的第 {sire_generation} 代后代，母亲是这对牛的第 {dam_generation} 代后代（子女为第 1 代，孙辈为第 2 代，依此类推），两边各由 A×B 的一个子女传下，这两个子女不是同一个体；中间若另有配偶，都是无关个体，除 A、B 外没有其他共同祖先。用 Wright 通径公式求 X 的近交系数，以 % 表示，保留三位小数。",
            "一头牛 X 的双亲都出自同一对祖先 A（近交系数 {inbreeding_a}）和 B（近交系数 {inbreeding_b}），A 与 B 之间没有亲缘关系。从 A、B 到 X 的父亲相隔 {sire_generation} 个世代，到 X 的母亲相隔 {dam_generation} 个世代；两边分别来自 A×B 的不同子女，中间若另有配偶，都是无关个体，此外父母间再无共同祖先。X 的近交系数是百分之几？单位 %，取三位小数。",
        ),
        "en": (
            "Bull A and cow B are unrelated; their inbreeding coefficients are {inbreeding_a} and {inbreeding_b}. The sire of animal X descends from this couple in generation {sire_generation} and the dam of X in generation {dam_generation} (children are generation 1, grandchildren generation 2, and so on), each through one child of A × B, these two children being different animals; any other mates were unrelated, and the two lines share no ancestors but A and B. Find the inbreeding coefficient of X by Wright's path formula, in %, to three decimals.",
            "Both parents of a heifer X trace back to the same pair of ancestors, A (inbreeding coefficient {inbreeding_a}) and B (inbreeding coefficient {inbreeding_b}), who are not related to each other. The number of generations from the pair to the sire of X is {sire_generation}, to the dam {dam_generation}; the two sides come from different children of A × B, any other mates were unrelated, and the parents have no further ancestor in common. How inbred is X? Answer in %, with three decimals.",
        ),
    },
    explanation={
        "zh": "F = Σ(½)^(n1+n2+1)(1+F祖先)，对 A、B 两个共同祖先各算一条通径再相加。",
        "en": "F = Σ(½)^(n1+n2+1)(1+F of the ancestor), one path through A and one through B, added.",
    },
    source=Source(title="Wright S, Coefficients of inbreeding and relationship, American Naturalist 1922;56:330-338", kind="paper"),
    worked=({"sire_generation": 1, "dam_generation": 1, "inbreeding_a": 0.0, "inbreeding_b": 0.0}, 25.0),
)


def over(base: Callable[[Params], float]) -> Callable[[Params], float]:
    """Superiority of the F1 over `base`, in per cent of it."""
    return lambda p: 100 * (p["hybrid"] - base(p)) / base(p)


def mid_parent(p: Params) -> float:
    """Mean yield of the two parents, t/ha."""
    return float((p["mother"] + p["father"]) / 2)


def better_parent(p: Params) -> float:
    """Yield of the better parent, t/ha."""
    return float(max(p["mother"], p["father"]))


def _draw_heterosis(rng: random.Random) -> Params | None:
    p = {name: decimal(rng, low, high, 1) for name, low, high in (("mother", 2.1, 5.4), ("father", 2.1, 5.4), ("hybrid", 7.1, 12.9))}
    apart = abs(p["mother"] - p["father"]) >= 0.4
    return p if apart and 80 <= over(mid_parent)(p) <= 250 and over(better_parent)(p) >= 50 else None  # maize inbreds and their F1


B6 = Template(
    id="B6",
    subarea="hybrids",
    foundation=True,
    draw=_draw_heterosis,
    gold=over(mid_parent),
    mistakes={
        "better parent as base": over(better_parent),
        "worse parent as base": over(lambda p: min(p["mother"], p["father"])),
        "divided by the hybrid": lambda p: 100 * (p["hybrid"] - mid_parent(p)) / p["hybrid"],
        "ratio to mid-parent, 100 not taken off": lambda p: 100 * p["hybrid"] / mid_parent(p),
    },
    unit="%",
    decimals=2,
    tolerance=Tolerance(rel=0.0, abs=0.1),
    stems={
        "zh": (
            "中亲优势 = (F1 − 双亲平均) ÷ 双亲平均 × 100%。某玉米单交组合，母本自交系产量 {mother} t/ha，父本自交系产量 {father} t/ha，F1 {hybrid} t/ha。求中亲优势（%），保留两位小数。",
            "玉米测产结果：单交种 {hybrid} t/ha，其母本自交系 {mother} t/ha，父本自交系 {father} t/ha。杂种一代超过双亲平均值的部分占双亲平均值的百分数称为中亲优势，请算出这一数值，单位 %，取两位小数。",
        ),
        "en": (
            "Mid-parent heterosis is (F1 − mean of the parents) / mean of the parents × 100 %. A single-cross maize hybrid yields {hybrid} t/ha; its parents are inbred lines that yield {mother} t/ha (mother) and {father} t/ha (father) themselves. What is the mid-parent heterosis in %, to two decimals?",
            "Maize plots were harvested: the inbred seed parent gave {mother} t/ha, the inbred pollen parent {father} t/ha, their F1 {hybrid} t/ha. Express the F1's lead over the average of both parents as a percentage of that average (heterosis over the mid-parent), in % with two decimals.",
        ),
    },
    explanation={
        "zh": "先求双亲平均数，再以它为基数求 F1 的超出百分数。",
        "en": "Average the parents, then take the F1's lead as a percentage of that average.",
    },
    source=Source(title=FALCONER, clause="chapter 14", kind="textbook"),
    worked=({"mother": 7.2, "father": 6.4, "hybrid": 8.9}, 30.88),
)


def _recombination(p: Params) -> float:
    return float(p["recombinants"] / p["progeny"])


def kosambi_cm(r: float) -> float:
    """Map distance in centimorgans from the recombination fraction, r in [0, 0.5). Source: Kosambi 1944."""
    return 25 * math.log((1 + 2 * r) / (1 - 2 * r))


def haldane_cm(r: float) -> float:
    """Map distance in centimorgans without interference, r in [0, 0.5). Source: Haldane 1919."""
    return -50 * math.log(1 - 2 * r)


def _draw_testcross(rng: random.Random) -> Params | None:
    p = {"recombinants": rng.randint(30, 240), "progeny": rng.randint(150, 800)}
    return p if 0.15 <= _recombination(p) <= 0.4 else None


B7 = Template(
    id="B7",
    subarea="molecular",
    draw=_draw_testcross,
    gold=lambda p: kosambi_cm(_recombination(p)),
    mistakes={
        "Haldane's function": lambda p: haldane_cm(_recombination(p)),
        "recombination fraction read as centimorgans": lambda p: 100 * _recombination(p),
        "factor 50 in place of 25": lambda p: 2 * kosambi_cm(_recombination(p)),
        "decimal logarithm": lambda p: kosambi_cm(_recombination(p)) / math.log(10),
        "recombinants over parental types": lambda p: 100 * p["recombinants"] / (p["progeny"] - p["recombinants"]),
    },
    unit="cM",
    decimals=2,
    stems={
        "zh": (
            "测交群体共 {progeny} 株，其中两标记间的重组型 {recombinants} 株。用 Kosambi 作图函数把重组率换算为图距，单位 cM，保留两位小数。",
            "为构建连锁图，对两个标记在测交后代中计数：{recombinants} 株为重组类型，群体总数 {progeny} 株。若采用 Kosambi 函数（考虑交叉干扰），这两个标记相距多少 cM？取两位小数。",
        ),
        "en": (
            "Of {progeny} testcross plants {recombinants} are recombinant between two markers. Convert the recombination fraction into a map distance with Kosambi's map function, in cM, to two decimals.",
            "For a linkage map two markers were scored in a testcross: {recombinants} plants of the recombinant types among {progeny} plants in all. How far apart are the markers in cM if the map function of Kosambi, which allows for interference, is used? Two decimals.",
        ),
    },
    explanation={
        "zh": "r = 重组型/总数；Kosambi：d = 25 ln[(1+2r)/(1−2r)] cM。",
        "en": "r = recombinants / all plants; Kosambi: d = 25 ln[(1+2r)/(1−2r)] cM.",
    },
    source=Source(title="Kosambi DD, The estimation of map distances from recombination values, Annals of Eugenics 1944;12:172-175", kind="paper"),
    worked=({"recombinants": 90, "progeny": 500}, 18.84),
)


def _draw_backcross(rng: random.Random) -> Params | None:
    # multiples of 64: every count that is asked or offered is whole
    return {"loci": rng.randrange(128, 961, 64), "backcrosses": rng.randint(2, 5)}


B8 = Template(
    id="B8",
    subarea="molecular",
    foundation=True,
    draw=_draw_backcross,
    gold=lambda p: p["loci"] / 2 ** p["backcrosses"],
    mistakes={
        "F1 counted as a backcross": lambda p: p["loci"] / 2 ** (p["backcrosses"] - 1),
        "one backcross too many": lambda p: p["loci"] / 2 ** (p["backcrosses"] + 1),
        "homozygous loci counted": lambda p: p["loci"] - p["loci"] / 2 ** p["backcrosses"],
        "a quarter kept each time": lambda p: p["loci"] / 4 ** p["backcrosses"] if p["backcrosses"] <= 3 else None,
    },
    unit={"zh": "个", "en": "loci"},
    decimals=0,
    tolerance=Tolerance(rel=0.0, abs=0.0),
    stems={
        "zh": (
            "双亲间有 {loci} 个多态位点，F1 在这些位点上全部杂合。每与轮回亲本回交一次，杂合位点的期望数减半。不加选择地连续回交 {backcrosses} 次后，期望还有多少个位点是杂合的？",
            "某供体与轮回亲本的杂种 F1 有 {loci} 个杂合位点；已知无选择时回交一代只保留上一代一半的杂合位点。从 F1 起回交 {backcrosses} 次，得到的植株平均剩下几个杂合位点？",
        ),
        "en": (
            "Two parents differ at {loci} loci, and their F1 is heterozygous at all of them. Each backcross to the recurrent parent halves the expected number of heterozygous loci. How many loci are still expected to be heterozygous after {backcrosses} successive backcrosses without selection?",
            "The F1 between a donor and a recurrent parent carries {loci} heterozygous loci; without selection a backcross leaves on average half of those of the generation before. Starting from the F1, {backcrosses} backcrosses are made. At how many loci is a plant then heterozygous on average?",
        ),
    },
    explanation={
        "zh": "期望杂合位点数 = 位点数 × (1/2)^n，n 为回交次数，F1 本身不算回交。",
        "en": "Expected heterozygous loci = loci × (1/2)^n with n backcrosses; the F1 itself is not one of them.",
    },
    source=Source(title="Allard RW, Principles of Plant Breeding", clause="backcross breeding", kind="textbook"),
    worked=({"loci": 640, "backcrosses": 3}, 80.0),
)


def smallest_number(share_percent: float, sure_percent: float) -> int:
    """Plants to grow so that at least one of a type with `share_percent` is among them with `sure_percent`. Source: Sedcole 1977."""
    return math.ceil(math.log(1 - sure_percent / 100) / math.log(1 - share_percent / 100))


def _draw_population(rng: random.Random) -> Params | None:
    return {"share_percent": decimal(rng, 0.2, 6.0), "sure_percent": rng.choice((80, 85, 90, 95, 98, 99))}


B9 = Template(
    id="B9",
    subarea="genetics",
    draw=_draw_population,
    gold=lambda p: smallest_number(p["share_percent"], p["sure_percent"]),
    mistakes={
        "probability over share": lambda p: math.ceil(p["sure_percent"] / p["share_percent"]),
        "mean waiting number": lambda p: math.ceil(100 / p["share_percent"]),
        "rounded down": lambda p: smallest_number(p["share_percent"], p["sure_percent"]) - 1,
        "share and probability exchanged": lambda p: math.ceil(math.log(p["share_percent"] / 100) / math.log(p["sure_percent"] / 100)),
        "two plants wanted by doubling": lambda p: 2 * smallest_number(p["share_percent"], p["sure_percent"]),
    },
    unit={"zh": "株", "en": "plants"},
    decimals=0,
    tolerance=Tolerance(rel=0.0, abs=0.0),
    stems={
        "zh": (
            "分离群体中目标基因型的频率为 {share_percent}%，各株相互独立。至少要种多少株，才能以不低于 {sure_percent}% 的概率得到一株或更多的目标株？按二项分布精确计算，取满足要求的最小整数。",
            "育种家想在后代中至少找到一株理想单株，其出现概率每株为 {share_percent}%。若要求成功概率达到 {sure_percent}% 或以上，群体最少应有多少株？（二项分布，不用泊松近似，答案为整数。）",
        ),
        "en": (
            "In a segregating population the wanted genotype has a frequency of {share_percent}%, plants being independent. What is the smallest number of plants to grow so that one or more wanted plants are among them with a probability of at least {sure_percent}%? Use the binomial distribution exactly.",
            "A breeder hopes to find at least one ideal plant; each plant is ideal with a probability of {share_percent}%. At least how many plants must the population have for the chance of success to reach {sure_percent}% or more? (Binomial, no Poisson approximation; a whole number.)",
        ),
    },
    explanation={
        "zh": "1 − (1−p)^n ≥ P，故 n = ⌈ln(1−P)/ln(1−p)⌉，向上取整。",
        "en": "1 − (1−p)^n ≥ P, hence n = ⌈ln(1−P)/ln(1−p)⌉, rounded up.",
    },
    source=Source(title="Sedcole JR, Number of plants necessary to recover a trait, Crop Science 1977;17:667-668", kind="paper"),
    worked=({"share_percent": 1.5625, "sure_percent": 99}, 293.0),
)


def _seed_kg(p: Params, *divisors: str) -> float:
    """Seed in kg per mu for the wanted seedlings; `divisors` are the percentages that are allowed for."""
    grams = p["seedlings"] * 10_000 * p["thousand_g"] / 1000
    return float(grams / 1000 / math.prod(p[name] / 100 for name in divisors))


RATES = ("germination", "purity", "emergence")


def _draw_sowing(rng: random.Random) -> Params | None:
    p = {
        "seedlings": rng.randint(12, 32),
        "thousand_g": rng.randint(34, 54),
        "germination": rng.randint(85, 95),
        "purity": rng.randint(96, 99),
        "emergence": rng.randint(70, 92),
    }
    return p if 5 <= _seed_kg(p, *RATES) <= 25 else None


B10 = Template(
    id="B10",
    subarea="cultivation",
    draw=_draw_sowing,
    gold=lambda p: _seed_kg(p, *RATES),
    mistakes={
        "field emergence left out": lambda p: _seed_kg(p, "germination", "purity"),
        "germination left out": lambda p: _seed_kg(p, "purity", "emergence"),
        "rates multiplied, not divided by": lambda p: _seed_kg(p) ** 2 / _seed_kg(p, *RATES),
        "all rates left out": lambda p: _seed_kg(p),
        "worked out per hectare": lambda p: 15 * _seed_kg(p, *RATES),
    },
    unit={"zh": "kg/亩", "en": "kg/mu"},
    decimals=2,
    stems={
        "zh": (
            "小麦计划基本苗 {seedlings} 万株/亩，种子千粒重 {thousand_g} g，净度 {purity}%，发芽率 {germination}%，田间出苗率 {emergence}%（发芽种子中成苗的比例）。每亩应播多少千克种子？单位 kg/亩，保留两位小数。",
            "某麦田要求每亩出苗 {seedlings} 万株。种子净度为 {purity}%，发芽率为 {germination}%，能发芽的种子在田间有 {emergence}% 成苗，千粒重 {thousand_g} g。求播种量（kg/亩），取两位小数。",
        ),
        "en": (
            "Wheat is to stand at {seedlings}0,000 seedlings per mu (1 mu = 1/15 ha). The seed has a thousand-kernel weight of {thousand_g} g, a physical purity of {purity}% and a germination of {germination}%; field emergence is {emergence}% of the germinable seeds. How much seed is needed, in kg per mu, to two decimals?",
            "A field needs {seedlings}0,000 established wheat plants on each mu of land (15 mu = 1 ha). Of the seed lot {purity}% by weight is pure seed, {germination}% of the pure seeds germinate, and {emergence}% of the germinating ones come up in the field; a thousand kernels weigh {thousand_g} g. Work out the sowing rate in kg per mu with two decimals.",
        ),
    },
    explanation={
        "zh": "播种量 = 万苗数 × 千粒重 ÷ 100 ÷ (发芽率 × 净度 × 出苗率)，比率用小数。",
        "en": "Rate = (seedlings in ten thousands) × (thousand-kernel weight) / 100 / (germination × purity × emergence), the rates as fractions.",
    },
    source=Source(title="Sowing-rate formula of wheat growing (小麦播种量计算)", kind="practice"),
    worked=({"seedlings": 20, "thousand_g": 42, "germination": 90, "purity": 98, "emergence": 85}, 11.20),
)

MAIZE_MOISTURE = 14  # per cent, GB 1353; printed in the stems


def _at_standard_moisture(p: Params) -> float:
    return float(p["fresh_t"] * (100 - p["moisture"]) / (100 - MAIZE_MOISTURE))


def _draw_moisture(rng: random.Random) -> Params | None:
    p = {"fresh_t": decimal(rng, 7.0, 17.0, 1), "moisture": decimal(rng, 22.0, 36.0, 1)}
    return p if 5.5 <= _at_standard_moisture(p) <= 14.5 else None


B11 = Template(
    id="B11",
    subarea="field_trials",
    draw=_draw_moisture,
    gold=_at_standard_moisture,
    mistakes={
        "moistures divided": lambda p: p["fresh_t"] * MAIZE_MOISTURE / p["moisture"],
        "ratio inverted": lambda p: p["fresh_t"] * (100 - MAIZE_MOISTURE) / (100 - p["moisture"]),
        "dry matter reported": lambda p: p["fresh_t"] * (100 - p["moisture"]) / 100,
        "moisture points subtracted": lambda p: p["fresh_t"] * (100 - p["moisture"] + MAIZE_MOISTURE) / 100,
    },
    unit="t/ha",
    decimals=2,
    tolerance=Tolerance(rel=0.005),
    stems={
        "zh": (
            "玉米小区收获，籽粒鲜重折合 {fresh_t} t/ha，收获时含水率 {moisture}%（湿基）。折算成标准含水率 14% 的产量是多少 t/ha？保留两位小数。",
            "某玉米品种试验实收籽粒 {fresh_t} t/ha，测得水分为 {moisture}%（占湿重的百分数）。试验报告要求产量一律按 14% 的水分表示，请换算，单位 t/ha，取两位小数。",
        ),
        "en": (
            "A maize plot gives {fresh_t} t/ha of grain at a harvest moisture of {moisture}% (wet basis). What is the yield in t/ha at the standard moisture of 14%, to two decimals?",
            "In a variety trial the combine weighed {fresh_t} t/ha of maize grain whose water content was {moisture}% of the wet weight. Reports state yields at a moisture of 14%. Convert, in t/ha with two decimals.",
        ),
    },
    explanation={
        "zh": "干物质不变：Y × (100 − 含水率) ÷ (100 − 14)。",
        "en": "Dry matter stays the same: Y × (100 − moisture) / (100 − 14).",
    },
    source=Source(title="GB 1353 玉米 (maize)", clause="moisture limit 14.0 %", kind="standard"),
    worked=({"fresh_t": 8.6, "moisture": 24.5}, 7.55),
)


def breeding_value(p: Params) -> float:
    """Breeding value in kg of milk from one own record: h2 (P - mean)."""
    return float(p["heritability"] * (p["record_kg"] - p["mean_kg"]))


def _draw_own_record(rng: random.Random) -> Params | None:
    mean = rng.randrange(7000, 9800, 50)
    p = {
        "mean_kg": mean,
        "record_kg": mean + rng.randrange(150, 2000, 50),
        "heritability": decimal(rng, 0.15, 0.45),
    }
    return p if breeding_value(p) >= 40 else None


B12 = Template(
    id="B12",
    subarea="livestock",
    foundation=True,
    draw=_draw_own_record,
    gold=breeding_value,
    mistakes={
        "square root of heritability": lambda p: breeding_value(p) / math.sqrt(p["heritability"]),
        "deviation not shrunk": lambda p: p["record_kg"] - p["mean_kg"],
        "mean not taken off": lambda p: p["heritability"] * p["record_kg"],
        "halved as for an offspring": lambda p: breeding_value(p) / 2,
        "environmental share used": lambda p: (1 - p["heritability"]) * (p["record_kg"] - p["mean_kg"]),
    },
    unit="kg",
    decimals=1,
    stems={
        "zh": (
            "由本身一次记录估计育种值：EBV = h² × (P − μ)。某奶牛 305 天产奶量 P = {record_kg} kg，同期同群平均 μ = {mean_kg} kg，遗传力 h² = {heritability}。EBV 是多少 kg？保留一位小数。",
            "牛群平均产奶量为 {mean_kg} kg，一头母牛的记录为 {record_kg} kg，产奶量的遗传力是 {heritability}。用遗传力乘以该牛与群体平均的离差，即得其估计育种值。请计算，单位 kg，取一位小数。",
        ),
        "en": (
            "The breeding value from one own record is EBV = h² × (P − μ). A cow has a 305-day milk yield of P = {record_kg} kg, her contemporaries average μ = {mean_kg} kg, and h² = {heritability}. What is her EBV in kg, to one decimal?",
            "A herd averages {mean_kg} kg of milk; one of its cows has a record of {record_kg} kg, and the heritability of milk yield is {heritability}. Her estimated breeding value is the heritability times her deviation from the herd average. Work it out in kg with one decimal.",
        ),
    },
    explanation={
        "zh": "育种值 = 遗传力 × (个体记录 − 群体平均)。",
        "en": "Breeding value = heritability × (own record − mean of the group).",
    },
    source=Source(title="Mrode RA, Linear Models for the Prediction of Animal Breeding Values", clause="chapter 1", kind="textbook"),
    worked=({"mean_kg": 9000, "record_kg": 9450, "heritability": 0.3}, 135.0),
)


def _superiority(p: Params, sex: str) -> float:
    """Genetic superiority of the parents of one sex, kg."""
    return float(p[f"intensity_{sex}"] * p[f"accuracy_{sex}"] * p["genetic_sd"])


def yearly_gain(p: Params) -> float:
    """Genetic gain in kg a year over two paths, sires and dams. Source: Rendel and Robertson 1950."""
    return (_superiority(p, "sires") + _superiority(p, "dams")) / float(p["interval_sires"] + p["interval_dams"])


def _accuracy_squared(p: Params) -> float:
    gain = sum(_superiority(p, sex) * p[f"accuracy_{sex}"] for sex in ("sires", "dams"))
    return float(gain / (p["interval_sires"] + p["interval_dams"]))


def _draw_gain(rng: random.Random) -> Params | None:
    p: dict[str, Any] = {
        "intensity_sires": decimal(rng, 1.4, 2.4),
        "accuracy_sires": decimal(rng, 0.6, 0.9),
        "interval_sires": decimal(rng, 2.1, 7.4, 1),
        "intensity_dams": decimal(rng, 0.4, 1.3),
        "accuracy_dams": decimal(rng, 0.4, 0.7),
        "interval_dams": decimal(rng, 3.5, 6.4, 1),
        "genetic_sd": rng.randrange(200, 800, 10),
    }
    return p if 25 <= yearly_gain(p) <= 250 else None


B14 = Template(
    id="B14",
    subarea="livestock",
    draw=_draw_gain,
    gold=yearly_gain,
    mistakes={
        "rates of the sexes averaged": lambda p: sum(_superiority(p, sex) / p[f"interval_{sex}"] for sex in ("sires", "dams")) / 2,
        "gain of a generation reported": lambda p: (_superiority(p, "sires") + _superiority(p, "dams")) / 2,
        "accuracy squared": _accuracy_squared,
        "dams left out": lambda p: _superiority(p, "sires") / p["interval_sires"],
        "mean interval under the sum": lambda p: 2 * yearly_gain(p),
    },
    unit={"zh": "kg/年", "en": "kg/year"},
    decimals=2,
    stems={
        "zh": (
            "奶牛育种方案分公牛、母牛两条途径：公牛选择强度 {intensity_sires}、准确度 {accuracy_sires}、世代间隔 {interval_sires} 年；母牛选择强度 {intensity_dams}、准确度 {accuracy_dams}、世代间隔 {interval_dams} 年。产奶量加性遗传标准差 {genetic_sd} kg。年遗传进展 = 两途径遗传优势（强度×准确度×标准差）之和 ÷ 两途径世代间隔之和。求年遗传进展，单位 kg/年，保留两位小数。",
            "按 Rendel–Robertson 的思路，只分父、母两条途径估算某奶牛群体产奶量每年的遗传进展：ΔG = (ΔGm + ΔGf) ÷ (Lm + Lf)，其中 ΔGm、ΔGf 为各途径的选择强度、准确度与加性遗传标准差之积。父系：i = {intensity_sires}，r = {accuracy_sires}，L = {interval_sires} 年；母系：i = {intensity_dams}，r = {accuracy_dams}，L = {interval_dams} 年；σA = {genetic_sd} kg。结果用 kg/年 表示，取两位小数。",
        ),
        "en": (
            "A dairy cattle breeding scheme has two paths. Sires: selection intensity {intensity_sires}, accuracy {accuracy_sires}, generation interval {interval_sires} years. Dams: selection intensity {intensity_dams}, accuracy {accuracy_dams}, generation interval {interval_dams} years. The additive genetic standard deviation of milk yield is {genetic_sd} kg. The yearly gain is the sum of the genetic superiorities of both paths (intensity × accuracy × standard deviation) over the sum of both generation intervals. Give it in kg/year, to two decimals.",
            "Estimate the annual genetic progress of a dairy cattle population in milk yield, in the manner of Rendel and Robertson with a male and a female path only: ΔG = (ΔGm + ΔGf) / (Lm + Lf), where ΔGm and ΔGf are the products of intensity, accuracy and additive genetic standard deviation. Male path: i = {intensity_sires}, r = {accuracy_sires}, L = {interval_sires} years. Female path: i = {intensity_dams}, r = {accuracy_dams}, L = {interval_dams} years. σA = {genetic_sd} kg. Report kg/year with two decimals.",
        ),
    },
    explanation={
        "zh": "先求两途径的遗传优势 i·r·σA，相加后除以世代间隔之和；不是两途径年进展的平均。",
        "en": "Add the superiorities i·r·σA of the two paths and divide by the sum of the intervals; this is not the mean of two yearly rates.",
    },
    source=Source(
        title="Rendel JM, Robertson A, Estimation of genetic gain in milk yield by selection in a closed herd of dairy cattle, Journal of Genetics 1950;50:1-8",
        kind="paper",
    ),
    worked=(
        {
            "intensity_sires": 1.755,
            "accuracy_sires": 0.7,
            "interval_sires": 4.5,
            "intensity_dams": 1.755,
            "accuracy_dams": 0.7,
            "interval_dams": 4.5,
            "genetic_sd": 250,
        },
        68.25,
    ),
)


def _allele(p: Params) -> float:
    """Frequency of the recessive allele from the share of affected newborn, one in `one_in`."""
    return float(1 / math.sqrt(p["one_in"]))


def carriers(p: Params) -> float:
    """Carriers in per cent of all newborn under random mating: 200 q (1 - q)."""
    return 200 * _allele(p) * (1 - _allele(p))


B1 = Template(
    id="B1",
    subarea="genetics",
    draw=lambda rng: {"one_in": rng.randint(31, 890)},
    gold=carriers,
    mistakes={
        "factor 1 − q left out": lambda p: 200 * _allele(p),
        "allele frequency reported": lambda p: 100 * _allele(p),
        "square root not taken": lambda p: 200 / p["one_in"] * (1 - 1 / p["one_in"]),
        "factor 2 left out": lambda p: carriers(p) / 2,
        "normal homozygotes reported": lambda p: 100 * (1 - _allele(p)) ** 2,
    },
    unit="%",
    decimals=2,
    stems={
        "zh": (
            "某牛群随机交配，一种常染色体隐性遗传病在初生犊牛中平均每 {one_in} 头发生 1 头，群体处于哈迪—温伯格平衡。全部初生犊牛中携带者（杂合子）占百分之几？单位 %，保留两位小数。",
            "在一个大的随机交配群体里，隐性致畸基因（常染色体上，单基因）的纯合个体频率为 1/{one_in}。按哈迪—温伯格定律，杂合携带者在全部初生个体中的频率是多少？以 % 表示，取两位小数。",
        ),
        "en": (
            "In a randomly mating cattle population an autosomal recessive defect appears in 1 of {one_in} newborn calves; the population is in Hardy–Weinberg equilibrium. What percentage of all newborn calves are carriers (heterozygotes)? Answer in %, to two decimals.",
            "A single autosomal recessive gene causes a malformation; homozygotes occur at a frequency of 1/{one_in} in a large population that mates at random. By the Hardy–Weinberg law, how frequent are heterozygous carriers among all newborns? Give the figure in %, with two decimals.",
        ),
    },
    explanation={
        "zh": "q = √(患病频率)，携带者频率 = 2q(1 − q)。",
        "en": "q is the square root of the share of affected newborn; carriers are 2q(1 − q).",
    },
    source=Source(title=FALCONER, clause="chapter 1", kind="textbook"),
    worked=({"one_in": 2500}, 3.92),
)


def effective_size(p: Params) -> float:
    """Effective number of animals from the breeding males and females. Source: Wright 1931."""
    return float(4 * p["males"] * p["females"] / (p["males"] + p["females"]))


def _draw_herd(rng: random.Random) -> Params | None:
    return {"males": rng.randint(4, 28), "females": rng.randint(35, 260)}


WRIGHT = Source(title="Wright S, Evolution in Mendelian populations, Genetics 1931;16:97-159", kind="paper")

B13 = Template(
    id="B13",
    subarea="germplasm",
    draw=_draw_herd,
    gold=effective_size,
    mistakes={
        "all breeding animals counted": lambda p: p["males"] + p["females"],
        "harmonic mean of the sexes": lambda p: effective_size(p) / 2,
        "mean of the sexes": lambda p: (p["males"] + p["females"]) / 2,
        "factor 4 left out": lambda p: effective_size(p) / 4,
        "geometric mean doubled": lambda p: 2 * math.sqrt(p["males"] * p["females"]),
    },
    unit={"zh": "头", "en": "animals"},
    decimals=2,
    stems={
        "zh": (
            "某地方猪种保种群每代有 {males} 头公猪和 {females} 头母猪参加繁殖，群内随机交配，后代数服从随机分布，世代不重叠。仅考虑性别比例，群体有效含量 Ne 是多少头？保留两位小数。",
            "保种场每个世代留 {males} 头种公猪、{females} 头种母猪，随机留种、随机交配，世代之间不重叠。请按公母数不等时的 Wright 公式求有效群体大小（头，取两位小数）。",
        ),
        "en": (
            "In the conservation herd of a local pig breed {males} boars and {females} sows breed in each generation; mating is random, family sizes vary at random, generations do not overlap. Taking only the sex ratio into account, what is the effective population size Ne in animals, to two decimals?",
            "A conservation station keeps {females} breeding females and {males} breeding males in every generation, chosen and mated at random, without overlap of generations. Find the effective number of animals by Wright's formula for unequal numbers of the sexes; two decimals.",
        ),
    },
    explanation={
        "zh": "Ne = 4·Nm·Nf/(Nm + Nf)：少的一性起主要限制作用。",
        "en": "Ne = 4·Nm·Nf/(Nm + Nf): the rarer sex sets most of the limit.",
    },
    source=WRIGHT,
    worked=({"males": 10, "females": 90}, 36.0),
)


def inbreeding_rate(p: Params) -> float:
    """Rise of inbreeding in one generation, per cent: 100 / (2 Ne)."""
    return 50 / effective_size(p)


B13F = Template(
    id="B13F",
    subarea="livestock",
    draw=_draw_herd,
    gold=inbreeding_rate,
    mistakes={
        "all breeding animals taken as Ne": lambda p: 50 / (p["males"] + p["females"]),
        "1/Ne": lambda p: 2 * inbreeding_rate(p),
        "1/(4Ne)": lambda p: inbreeding_rate(p) / 2,
        "females left out": lambda p: 100 / (8 * p["males"]),
        "males left out": lambda p: 100 / (8 * p["females"]),
    },
    unit="%",
    decimals=3,
    stems={
        "zh": (
            "一个封闭的蛋鸡家系核心群每代用公鸡 {males} 只、母鸡 {females} 只，随机交配，世代不重叠。由性别比例求群体有效含量，再求每代近交系数增量 ΔF = 1/(2Ne)，以 % 表示，保留三位小数。",
            "闭锁群中每个世代有 {males} 只公鸡与 {females} 只母鸡留作种用（随机留种、随机交配）。该群近交每代约上升多少？先按公母数求 Ne，ΔF 取 1/(2Ne)，单位 %，取三位小数。",
        ),
        "en": (
            "A closed nucleus of laying hens is bred from {males} cocks and {females} hens in each generation, mated at random, without overlapping generations. Find the effective size from the numbers of the two sexes and then the rise of inbreeding per generation, ΔF = 1/(2Ne), in %, to three decimals.",
            "In a closed flock {males} males and {females} females become parents of each generation, chosen and mated at random. By how much does inbreeding rise per generation? Work out Ne for these numbers of the sexes first; ΔF is 1/(2Ne). Give %, three decimals.",
        ),
    },
    explanation={
        "zh": "Ne = 4·Nm·Nf/(Nm + Nf)，ΔF = 1/(2Ne)，等于 1/(8Nm) + 1/(8Nf)。",
        "en": "Ne = 4·Nm·Nf/(Nm + Nf) and ΔF = 1/(2Ne), which equals 1/(8Nm) + 1/(8Nf).",
    },
    source=WRIGHT,
    worked=({"males": 10, "females": 90}, 1.389),
)


def _information(p: Params) -> float:
    """Records times heritability over the number of segments."""
    return float(p["records"] * p["heritability"] / p["segments"])


def genomic_accuracy(p: Params) -> float:
    """Expected accuracy of genomic breeding values, sqrt(N h2 / (N h2 + Me)), in (0, 1)."""
    return math.sqrt(_information(p) / (1 + _information(p)))


def _draw_reference(rng: random.Random) -> Params | None:
    p = {"records": rng.randrange(600, 6000, 50), "heritability": decimal(rng, 0.11, 0.62), "segments": rng.randrange(300, 2400, 20)}
    return p if 0.35 <= genomic_accuracy(p) <= 0.88 else None


B15 = Template(
    id="B15",
    subarea="molecular",
    draw=_draw_reference,
    gold=genomic_accuracy,
    mistakes={
        "square of the accuracy": lambda p: genomic_accuracy(p) ** 2,
        "square root of heritability": lambda p: math.sqrt(1 / (1 + math.sqrt(p["heritability"]) / _information(p))),
        "heritability left out": lambda p: math.sqrt(p["records"] / (p["records"] + p["segments"])),
        "parts exchanged": lambda p: math.sqrt(1 / (1 + _information(p))),
        "accuracy of the phenotype": lambda p: math.sqrt(p["heritability"]),
    },
    unit="",
    decimals=3,
    stems={
        "zh": (
            "基因组选择的参考群有 {records} 头有表型记录的个体，性状遗传力 {heritability}，独立染色体片段的有效数目 Me = {segments}。按 Daetwyler 公式 r = √[N·h²/(N·h² + Me)]，候选个体基因组育种值的期望准确度是多少？用小数表示，无单位，保留三位小数。",
            "某育种公司计划建立 {records} 头的基因组参考群（每头一条表型记录，遗传力 h² 为 {heritability}），该群的有效片段数为 {segments}。估计准确度等于 N·h² 占 N·h² 与有效片段数之和的比例的平方根。求准确度（小数，无单位，取三位小数）。",
        ),
        "en": (
            "The reference population for genomic selection has {records} animals with one record each; heritability is {heritability} and the effective number of independent chromosome segments is Me = {segments}. By Daetwyler's formula r = √[N·h²/(N·h² + Me)], what accuracy is expected for the genomic breeding values of candidates? Give a decimal fraction without unit, three decimals.",
            "A breeding company plans a reference population of {records} animals, one phenotypic record each, for a trait of heritability h² = {heritability}; the population has {segments} effective chromosome segments. The expected accuracy is the square root of the share that N·h² has in the sum of N·h² and the number of segments. Compute it (no unit, three decimals).",
        ),
    },
    explanation={
        "zh": "先求 N·h²，再除以 N·h² + Me，最后开平方；不开方得到的是可靠性。",
        "en": "Form N·h², divide by N·h² + Me and take the square root; without the root it is the reliability.",
    },
    source=Source(title="Daetwyler HD, Villanueva B, Woolliams JA, PLoS ONE 2008;3:e3395", kind="paper"),
    worked=({"records": 2000, "heritability": 0.4, "segments": 800}, 0.707),
)


def _aggregate(p: Params) -> tuple[float, float]:
    """Covariances of the two phenotypes with the aggregate genotype: G a."""
    return (
        p["var_g1"] * p["weight1"] + p["cov_g"] * p["weight2"],
        p["cov_g"] * p["weight1"] + p["var_g2"] * p["weight2"],
    )


def _solved(p: Params, right: tuple[float, float]) -> tuple[float, float]:
    """Index coefficients b = P^-1 times `right` by Cramer's rule."""
    determinant = p["var_p1"] * p["var_p2"] - p["cov_p"] ** 2
    first = (p["var_p2"] * right[0] - p["cov_p"] * right[1]) / determinant
    return float(first), float((p["var_p1"] * right[1] - p["cov_p"] * right[0]) / determinant)


def index_weight(p: Params) -> float:
    """Coefficient of trait 1 in the Smith–Hazel index."""
    return _solved(p, _aggregate(p))[0]


def _if_positive(value: float) -> float | None:
    """A negative coefficient is no likely slip: such a mistake is left out of that draw."""
    return value if value > 0 else None


def _draw_index(rng: random.Random) -> Params | None:
    p: dict[str, Any] = {"var_p1": rng.randint(40, 95), "var_p2": rng.randint(20, 80), "weight1": rng.randint(2, 6), "weight2": rng.randint(2, 6)}
    p["var_g1"] = round(p["var_p1"] * rng.uniform(0.2, 0.55))
    p["var_g2"] = round(p["var_p2"] * rng.uniform(0.2, 0.55))
    p["cov_p"] = round(rng.uniform(0.15, 0.5) * math.sqrt(p["var_p1"] * p["var_p2"]))
    p["cov_g"] = round(rng.uniform(0.1, 0.55) * math.sqrt(p["var_g1"] * p["var_g2"]))
    return p if p["cov_g"] >= 2 and min(_solved(p, _aggregate(p))) >= 0.3 else None


B15B = Template(
    id="B15B",
    subarea="quantitative",
    draw=_draw_index,
    gold=index_weight,
    mistakes={
        "covariances left out": lambda p: p["var_g1"] * p["weight1"] / p["var_p1"],
        "phenotypic covariance left out": lambda p: _aggregate(p)[0] / p["var_p1"],
        "genetic covariance left out": lambda p: _if_positive(_solved(p, (p["var_g1"] * p["weight1"], p["var_g2"] * p["weight2"]))[0]),
        "coefficient of the other trait": lambda p: _solved(p, _aggregate(p))[1],
        "economic weights left out": lambda p: _if_positive(_solved(p, (p["var_g1"] + p["cov_g"], p["var_g2"] + p["cov_g"]))[0]),
    },
    unit="",
    decimals=3,
    stems={
        "zh": (
            "对两个性状作 Smith–Hazel 选择指数 I = b1·x1 + b2·x2，b = P⁻¹Ga。表型方差依次为 {var_p1} 和 {var_p2}，表型协方差 {cov_p}；加性遗传方差依次为 {var_g1} 和 {var_g2}，遗传协方差 {cov_g}；经济权重 a1 = {weight1}，a2 = {weight2}。求性状 1 的系数 b1，保留三位小数。",
            "综合选择指数含性状 1 与性状 2：表型方差—协方差矩阵 P 的对角元为 {var_p1}、{var_p2}，非对角元为 {cov_p}；遗传方差—协方差矩阵 G 的对角元为 {var_g1}、{var_g2}，非对角元为 {cov_g}。两性状的经济权重分别是 {weight1} 和 {weight2}。由 Pb = Ga 解出 b1，取三位小数。",
        ),
        "en": (
            "A Smith–Hazel index I = b1·x1 + b2·x2 of two traits has b = P⁻¹Ga. Phenotypic variances are {var_p1} (trait 1) and {var_p2} (trait 2), their covariance {cov_p}; additive genetic variances are {var_g1} and {var_g2}, their covariance {cov_g}; economic weights are a1 = {weight1} and a2 = {weight2}. What is b1, the coefficient of trait 1, to three decimals?",
            "In a selection index of two traits the phenotypic matrix P has {var_p1} and {var_p2} on its diagonal and {cov_p} off the diagonal; the genetic matrix G has {var_g1} and {var_g2} on its diagonal and {cov_g} off the diagonal. The traits' economic weights are {weight1} and {weight2}, in this order. Solve Pb = Ga and give b1 to three decimals.",
        ),
    },
    explanation={
        "zh": "先求 Ga 的两个分量，再解二元一次方程组 Pb = Ga，取第一个解。",
        "en": "Form the two components of Ga, solve the two equations Pb = Ga, and take the first unknown.",
    },
    source=Source(title="Hazel LN, The genetic basis for constructing selection indexes, Genetics 1943;28:476-490", kind="paper"),
    worked=(
        {"var_p1": 60, "var_p2": 40, "cov_p": 20, "var_g1": 24, "var_g2": 12, "cov_g": 6, "weight1": 3, "weight2": 2},
        1.26,
    ),
)


def _shares(p: Params) -> tuple[float, float, float]:
    """Frequencies of the three alleles; the third is what the others leave."""
    return p["first"], p["second"], p["third"]


def _homozygotes(p: Params) -> float:
    return math.fsum(x * x for x in _shares(p))


def information_content(p: Params) -> float:
    """Polymorphism information content of a marker. Source: Botstein et al. 1980."""
    pairs = math.fsum(2 * x * x * y * y for x, y in itertools.combinations(_shares(p), 2))
    return 1 - _homozygotes(p) - pairs


def _draw_alleles(rng: random.Random) -> Params | None:
    p = {"first": decimal(rng, 0.31, 0.59), "second": decimal(rng, 0.16, 0.44)}
    p["third"] = round(1 - p["first"] - p["second"], 2)
    return p if p["third"] >= 0.11 and round(100 * p["third"]) % 10 and p["second"] != p["first"] else None


B16 = Template(
    id="B16",
    subarea="germplasm",
    draw=_draw_alleles,
    gold=information_content,
    mistakes={
        "expected heterozygosity": lambda p: 1 - _homozygotes(p),
        "homozygosity": _homozygotes,
        "pairs taken twice": lambda p: 2 * information_content(p) - (1 - _homozygotes(p)),
        "pairs not squared": lambda p: 1 - _homozygotes(p) - math.fsum(x * y for x, y in itertools.combinations(_shares(p), 2)),
        "rarest allele left out": lambda p: 1 - _homozygotes(p) + min(_shares(p)) ** 2,
    },
    unit="",
    decimals=4,
    stems={
        "zh": (
            "某 SSR 标记在种质群体中有三个等位基因，频率为 {first}、{second} 和 {third}。多态信息含量 PIC = 1 − Σpᵢ² − Σᵢ<ⱼ 2pᵢ²pⱼ²。求该标记的 PIC（小数，无单位），保留四位小数。",
            "对一批地方品种做 SSR 检测，一个位点测得三种等位基因，频率依次是 {first}、{second}、{third}。请按 Botstein 的定义（1 减去各频率平方之和，再减去每两个等位基因频率平方之积的 2 倍）计算多态信息含量，无单位，取四位小数。",
        ),
        "en": (
            "An SSR marker has three alleles in a germplasm collection, with frequencies {first}, {second} and {third}. The polymorphism information content is PIC = 1 − Σpᵢ² − Σᵢ<ⱼ 2pᵢ²pⱼ². What is the PIC of this marker (a decimal without unit), to four decimals?",
            "Landraces were typed with SSR markers; at one locus three alleles occur with frequencies {first}, {second} and {third}. Work out the polymorphism information content as Botstein defined it: 1, less the sum of the squared frequencies, less twice the product of the squared frequencies for each pair of alleles. No unit, four decimals.",
        ),
    },
    explanation={
        "zh": "期望杂合度 1 − Σpᵢ² 再减去 Σ 2pᵢ²pⱼ²（亲子杂合而不能判明来源的部分）。",
        "en": "From the expected heterozygosity 1 − Σpᵢ² take Σ 2pᵢ²pⱼ², the cases where parents and offspring are heterozygous alike.",
    },
    source=Source(title="Botstein D, White RL, Skolnick M, Davis RW, American Journal of Human Genetics 1980;32:314-331", kind="paper"),
    worked=({"first": 0.5, "second": 0.3, "third": 0.2}, 0.5478),
)


def corrected_milk(p: Params) -> float:
    """Milk corrected to 4 % fat, kg a day: 0.4 M + 15 F with F in kg. Source: Gaines 1928."""
    return float(0.4 * p["milk_kg"] + 15 * p["milk_kg"] * p["fat_percent"] / 100)


def _draw_milk(rng: random.Random) -> Params | None:
    return {"milk_kg": decimal(rng, 18.0, 46.0, 1), "fat_percent": decimal(rng, 2.8, 5.6)}


B16M = Template(
    id="B16M",
    subarea="livestock",
    draw=_draw_milk,
    gold=corrected_milk,
    mistakes={
        "scaled by the fat percentage": lambda p: p["milk_kg"] * p["fat_percent"] / 4,
        "milk not corrected": lambda p: p["milk_kg"],
        "percentage put in for kilograms of fat": lambda p: 0.4 * p["milk_kg"] + 15 * p["fat_percent"],
        "factors exchanged": lambda p: 0.15 * p["milk_kg"] + 40 * p["milk_kg"] * p["fat_percent"] / 100,
        "fat part left out": lambda p: 0.4 * p["milk_kg"],
        "scaled the other way": lambda p: p["milk_kg"] / (0.4 + 0.15 * p["fat_percent"]),
    },
    unit="kg",
    decimals=2,
    stems={
        "zh": (
            "4% 乳脂校正乳 FCM = 0.4M + 15F，M 为产奶量（kg），F 为乳脂量（kg）。某奶牛日产奶 {milk_kg} kg，乳脂率 {fat_percent}%。其日产 4% 校正乳多少 kg？保留两位小数。",
            "为比较乳脂率不同的奶牛，按 Gaines 公式把产奶量校正到乳脂率 4%：校正乳等于 0.4 乘以奶量加上 15 乘以乳脂千克数。一头牛当日产奶 {milk_kg} kg，乳脂率为 {fat_percent}%，求校正乳量（kg，取两位小数）。",
        ),
        "en": (
            "Milk corrected to 4% fat is FCM = 0.4M + 15F, with M the milk and F the fat, both in kg. A cow gives {milk_kg} kg of milk a day with {fat_percent}% fat. How much 4% fat-corrected milk is that, in kg, to two decimals?",
            "To compare cows of different fat content, Gaines's formula brings milk to 4% fat: 0.4 times the milk plus 15 times the kilograms of fat. On her test day a cow gave {milk_kg} kg with a fat content of {fat_percent}%. Work out the corrected milk in kg with two decimals.",
        ),
    },
    explanation={
        "zh": "先求乳脂量 F = M × 乳脂率，再代入 0.4M + 15F。",
        "en": "The fat is F = M × fat content; put it into 0.4M + 15F.",
    },
    source=Source(title="Gaines WL, The energy basis of measuring milk yield in dairy cows, Illinois Agric. Exp. Station Bulletin 308, 1928", kind="paper"),
    worked=({"milk_kg": 30.0, "fat_percent": 3.6}, 28.2),
)


def weaning_weight(p: Params) -> float:
    """Weaning weight brought to 205 days, kg, without correction for the age of the dam."""
    return float((p["weight_kg"] - p["birth_kg"]) / p["age_days"] * 205 + p["birth_kg"])


def _draw_calf(rng: random.Random) -> Params | None:
    p = {"birth_kg": rng.randint(28, 48), "age_days": rng.randint(160, 250)}
    p["weight_kg"] = p["birth_kg"] + round(p["age_days"] * rng.uniform(0.7, 1.15))
    return p if abs(p["age_days"] - 205) >= 14 and p["weight_kg"] >= 150 else None


B16W = Template(
    id="B16W",
    subarea="livestock",
    draw=_draw_calf,
    gold=weaning_weight,
    mistakes={
        "birth weight not taken off": lambda p: p["weight_kg"] / p["age_days"] * 205,
        "birth weight not added back": lambda p: weaning_weight(p) - p["birth_kg"],
        "ages exchanged": lambda p: (p["weight_kg"] - p["birth_kg"]) * p["age_days"] / 205 + p["birth_kg"],
        "weight not adjusted": lambda p: p["weight_kg"],
        "birth weight added to the whole gain": lambda p: p["weight_kg"] / p["age_days"] * 205 + p["birth_kg"],
    },
    unit="kg",
    decimals=1,
    tolerance=Tolerance(rel=0.005),
    stems={
        "zh": (
            "肉牛 205 日龄校正断奶重 =（断奶重 − 初生重）÷ 断奶日龄 × 205 + 初生重（不作母牛年龄校正）。某犊牛初生重 {birth_kg} kg，{age_days} 日龄断奶，断奶重 {weight_kg} kg。求校正断奶重，单位 kg，保留一位小数。",
            "一头肉用犊牛出生时体重 {birth_kg} kg，到 {age_days} 日龄断奶时为 {weight_kg} kg。假定日增重不变，把断奶重校正到 205 日龄，不校正母牛年龄。结果是多少 kg？取一位小数。",
        ),
        "en": (
            "The weaning weight of beef calves adjusted to 205 days is (weaning weight − birth weight) / age at weaning × 205 + birth weight, without adjustment for the dam's age. A calf was born at {birth_kg} kg and weaned at {age_days} days with {weight_kg} kg. What is its adjusted weaning weight in kg, to one decimal?",
            "A beef calf weighed {birth_kg} kg at birth and {weight_kg} kg when it was weaned at an age of {age_days} days. Taking its daily gain as constant, adjust the weaning weight to 205 days (no adjustment for the age of the dam). Answer in kg with one decimal.",
        ),
    },
    explanation={
        "zh": "平均日增重 ×205，再加初生重。",
        "en": "Daily gain from birth to weaning, times 205, plus the birth weight.",
    },
    source=Source(title="Beef Improvement Federation, Guidelines for Uniform Beef Improvement Programs", clause="205-day weight", kind="guideline"),
    worked=({"birth_kg": 40, "age_days": 210, "weight_kg": 250}, 245.0),
)

TEMPLATES: tuple[Template, ...] = (B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, B12, B13, B13F, B14, B15, B15B, B16, B16M, B16W)
