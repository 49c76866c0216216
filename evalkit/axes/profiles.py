"""The fixed tables behind the axes: sizes of a run, the 16 operators, the bands of efficiency. Printed on the method page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from evalkit.energy import EnergyLevel
from evalkit.records import Profile

Scored = Literal["retention", "keep"]
MachineClass = Literal["cpu", "accelerator"]

# full: 150 core items over five suites, two draws, three clean runs. fast: starred operators, 2 + 13 + 3 generations an item.
PROFILES: Mapping[str, Profile] = {
    "preview": Profile(
        name="preview",
        items_per_suite=20,
        core_per_suite=2,
        draws=1,
        reruns=1,
        prompts=1,
        shifts=1,
        redraws=1,
        cell_items=20,
        cell_clusters=5,
        stream_items=4,
        offline_items=12,
        max_tokens=48,
    ),
    "fast": Profile(
        name="fast",
        items_per_suite=160,
        core_per_suite=30,
        draws=1,
        reruns=2,
        prompts=2,
        shifts=2,
        redraws=2,
        cell_items=80,
        cell_clusters=10,
        stream_items=72,  # fewest that close the interval of a p95
        offline_items=200,
        max_tokens=512,
    ),
    "full": Profile(
        name="full",
        items_per_suite=None,
        core_per_suite=30,
        draws=2,
        reruns=3,
        prompts=6,
        shifts=4,
        redraws=4,
        cell_items=80,
        cell_clusters=10,
        stream_items=200,
        offline_items=1000,
        max_tokens=1024,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRow:
    """What the axis must know of an operator.

    `base`: the arm that a perturbed answer is compared with. `comparable`: the right answer reads the same before and
    after, so that a changed answer is a flip. `behaviour`: what is judged is conduct, not the label.
    """

    number: int
    zh: str
    en: str
    family: int
    scored: Scored = "retention"
    fast: bool = False
    base: Literal["clean", "control"] = "clean"
    comparable: bool = True
    behaviour: bool = False

    @property
    def name(self) -> str:
        """The English name."""
        return self.en


FAMILIES: Mapping[int, tuple[str, str]] = {
    1: ("输入不洁", "dirty input"),
    2: ("同义异写", "the same written another way"),
    3: ("提示形式", "prompt form"),
    4: ("上下文", "context"),
    5: ("题意改变", "the meaning changed"),
    6: ("压力与边界", "pressure and limits"),
}

OPERATORS: tuple[OperatorRow, ...] = (
    OperatorRow(number=1, zh="错别字", en="typing slips", family=1, fast=True),
    OperatorRow(number=2, zh="文字识别噪声", en="OCR noise", family=1, fast=True),
    OperatorRow(number=3, zh="语音转写文本", en="ASR text", family=1),
    OperatorRow(number=4, zh="繁简与全半角", en="script and width", family=2, fast=True, comparable=False),
    OperatorRow(number=5, zh="数字写法", en="numeral forms", family=2, fast=True),
    OperatorRow(number=6, zh="单位换算", en="unit conversion", family=2, comparable=False),
    OperatorRow(number=7, zh="中英混用术语", en="code-switched terms", family=2, comparable=False),
    OperatorRow(number=8, zh="提示模板", en="prompt templates", family=3, scored="keep", fast=True),
    OperatorRow(number=9, zh="选项顺序与标号", en="option order and labels", family=3, scored="keep", fast=True, comparable=False),
    OperatorRow(number=10, zh="无关数字句", en="irrelevant numeric sentence", family=4, fast=True, base="control"),
    OperatorRow(number=11, zh="长上下文", en="long context", family=4, base="control"),
    OperatorRow(number=12, zh="参数重抽", en="new parameters", family=5, fast=True, comparable=False),
    OperatorRow(number=13, zh="否定孪生题", en="negation twin", family=5, scored="keep", comparable=False),
    OperatorRow(
        number=14, zh="不可答孪生题", en="unanswerable twin", family=6, scored="keep", fast=True, comparable=False, behaviour=True
    ),
    OperatorRow(
        number=15,
        zh="追问质疑",
        en="challenge after the answer",
        family=6,
        scored="keep",
        base="control",
        comparable=False,
        behaviour=True,
    ),
    OperatorRow(
        number=16,
        zh="文档内藏指令",
        en="instruction hidden in the document",
        family=6,
        scored="keep",
        fast=True,
        base="control",
        comparable=False,
        behaviour=True,
    ),
)
BY_NUMBER: Mapping[int, OperatorRow] = {row.number: row for row in OPERATORS}

CHALLENGE = 15
CHALLENGE_DRAWS = {"doubt": 0, "authority": 1, "evidence": 2}  # draws of operator 15, by what the follow-up says
LONG_CONTEXT = 11
TEMPLATES = 8
OPTION_ORDER = 9

# Quality at budget (E4): a cost at or below the lower end counts in full, at or above the upper end not at all.
TIME_BANDS_S: Mapping[MachineClass, tuple[float, float]] = {"cpu": (0.5, 500.0), "accelerator": (0.05, 50.0)}
ENERGY_BAND_J = (1.0, 1000.0)
ENERGY_WORDS: Mapping[EnergyLevel, str] = {
    "L0": "measured, system",
    "L1": "measured, components (no PSU, fans, board)",
    "L2": "measured in part",
    "L3": "estimated",
    "L4": "not measured",
}

CLEAN_FLOOR = 0.15  # R3: robustness is not reported when the clean mean's lower limit is below it
GENERALITY_DOMAINS = 3
