"""The records that pass between the stages: frozen, joined by key, never filled in later.

    Item (and its variants) -> Request -> Response -> Mark -> Score -> Estimate -> AxisScore

A suite's items become requests (`plan`), an engine turns requests into responses, a metric reads a response into a
mark, the mark and its item make a score, and scores become estimates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Language = Literal["zh", "en"]
Level = Literal["recall", "apply", "judge"]
Form = Literal["choice", "choices", "number", "ordering", "json", "text", "code"]
TaskType = Literal[
    "knowledge",
    "calculation",
    "compliance",
    "procedure",
    "diagnosis",
    "reading",
    "extraction",
    "classification",
    "terminology",
    "summary",
    "refusal",
    "code",
]
Arm = Literal["clean", "perturbed", "control", "placebo", "positive"]
Ability = Literal["score", "generate"]
ReviewStatus = Literal["unreviewed", "agreed", "repaired"]
Reviewer = Literal["", "automatic", "person", "trade"]
Answer = str | tuple[str, ...] | Mapping[str, Any]

DOMAINS = ("steel", "new_energy", "electronics", "healthcare", "breeding")
LANGUAGES: tuple[Language, ...] = ("zh", "en")
LEVELS: tuple[Level, ...] = ("recall", "apply", "judge")

# Facet "ability" of generality (design section 5): which task types make which ability. Refusal is reported apart.
ABILITY_OF_TASK: Mapping[str, str] = {
    "knowledge": "recall",
    "terminology": "recall",
    "compliance": "rule",
    "procedure": "rule",
    "calculation": "calculate",
    "reading": "read",
    "extraction": "read",
    "diagnosis": "judge",
    "classification": "judge",
    "summary": "write",
    "code": "write",
    "refusal": "refusal",
}
# Facet "form": choice; number; short = ordering + text; structured = json + code.
FORM_GROUP: Mapping[str, str] = {
    "choice": "choice",
    "choices": "choice",
    "number": "number",
    "ordering": "short",
    "text": "short",
    "json": "structured",
    "code": "structured",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact comes from: a title, the clause or chapter in it, and what kind of work it is."""

    title: str
    clause: str = ""
    kind: Literal["standard", "textbook", "paper", "guideline", "law", "manual", "practice", "made"] = "textbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """A number is right when |answer - gold| <= max(abs, rel * |gold|). Both 0: exact. `abs` is in the item's unit."""

    rel: float = 0.01
    abs: float = 0.0

    def width(self, gold: float) -> float:
        """Half the width of the accepted band, in the unit of `gold`."""
        return max(self.abs, self.rel * abs(gold))


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Whether somebody answered the item blind. `automatic` is a program or a model, never a person."""

    status: ReviewStatus = "unreviewed"
    by: Reviewer = ""
    date: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question. A variant keeps `id` and adds what an operator changed; `key` tells them apart.

    `answer` is the text of the right option (choice), all right options (choices), a decimal (number), the steps in
    a right order (ordering), an object (json), a text, a module's source (code), or the right conduct (refusal:
    "refuse", "help" or "support"). `mistakes` names the error behind each wrong option.

    What a text must or must not say, in `facts` and `forbidden`, is written as phrasings: a phrasing holds where all its
    parts, set apart by " & ", occur in one sentence of the text, in any order, whatever the case, width and spacing.
    """

    id: str
    suite: str
    task: TaskType
    subarea: str
    cluster: str
    form: Form
    language: Language
    level: Level
    foundation: bool = False
    stem: str
    context: str = ""
    choices: tuple[str, ...] = ()
    answer: Answer
    aliases: tuple[str, ...] = ()
    unit: str = ""
    tolerance: Tolerance = Tolerance()
    schema: Mapping[str, Any] | None = None
    critical: tuple[str, ...] = ()
    before: tuple[tuple[str, str], ...] = ()  # ordering: pairs of steps; with them every order that keeps all pairs is right
    facts: tuple[tuple[str, ...], ...] = ()  # what a text must state: for each fact its phrasings, any of which will do
    forbidden: tuple[str, ...] = ()  # phrasings that a text must not hold
    most: int = 0  # longest text allowed, in characters (zh) or words (en); 0: as long as it likes
    bench: str = ""  # code: the test bench, which prints PASS and nothing else where the module is right
    mistakes: Mapping[str, str] = field(default_factory=dict)
    explanation: str = ""
    template: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    seed: str = ""
    pair: str = ""
    twin: str = ""
    source: Source
    licence: str = ""
    review: Review = Review()
    canary: str = ""
    # what a variant adds
    operator: int = 0  # number in the operator table; 0 = none
    draw: int = 0
    arm: Arm = "clean"
    changed: str = ""  # in words, for readers
    prompt: str = "plain"  # prompt template (operator 8)
    labels: str = "ABCDEFGHIJ"  # option labels, as many as needed (operator 9)
    run: int = 0  # 1 and more: asked afresh though nothing changed (placebo, reruns)

    @property
    def key(self) -> str:
        """Name of the item or of this variant of it; unique in a suite."""
        return self.id if self.arm == "clean" and self.run == 0 else f"{self.id}#{self.operator}.{self.draw}.{self.arm}.{self.run}"

    @property
    def guess(self) -> float:
        """Score to expect from blind guessing: 1/options for choice, 0 for the forms that are written."""
        return 1 / len(self.choices) if self.form == "choice" and self.choices else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What is judged. Digests are SHA-256 in hexadecimal; an empty one means that there is no such file."""

    name: str
    source: str  # what the user wrote: path, hub id or short name
    weights_digest: str
    tokenizer_digest: str = ""
    template_digest: str = ""
    revision: str = ""
    dtype: str = ""
    note: str = ""  # such as "q4_1 weights computed in fp32"
    parameters: int | None = None
    weight_bytes: int | None = None
    context: int | None = None  # tokens
    licence: str = ""
    vendor: str = ""
    baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing asked of a model. `id` is the digest of all that could change the answer (design, rule 3).

    `cue` opens the answer ("Answer:"): the start of the assistant's turn when options are scored; for generation it is
    used only where the model has no chat template. `options` are the texts whose log-likelihood is wanted.
    """

    id: str
    item: str  # Item.key
    ability: Ability
    messages: tuple[Message, ...]
    cue: str = ""
    options: tuple[str, ...] = ()
    max_tokens: int = 0
    stop: tuple[str, ...] = ()
    run: int = 0
    temperature: float = 0.0  # 0: the likeliest token, always
    top_p: float = 1.0  # tokens are drawn from the likeliest ones that together have this probability
    seed: str = ""  # with the id it is the key of every draw; "" for greedy decoding


Finish = Literal["scored", "stop", "length", "over_context", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back, or the error. Times are seconds since the engine took the request up.

    `loglikelihoods` are natural logarithms, one for each option of the request, summed over its tokens. `stopped` says
    what ended a text whose finish is "stop": the end token, or the stop string.
    """

    request: str  # Request.id
    finish: Finish
    text: str = ""
    loglikelihoods: tuple[float, ...] = ()
    option_tokens: tuple[int, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0
    first_s: float | None = None  # to the first generated token
    total_s: float | None = None
    error: str = ""
    stopped: str = ""


State = Literal["answered", "refused", "unparsable", "cut_off", "over_context", "errored"]
STATES: tuple[State, ...] = ("answered", "refused", "unparsable", "cut_off", "over_context", "errored")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a metric made of one response. `value` is in [0, 1]; None only when `state` is "errored" (our failure)."""

    value: float | None
    state: State
    parsed: str = ""  # what was taken to be the answer
    rule: str = ""  # which reading rule fired
    confidence: float | None = None  # probability of the chosen option, choice by log-likelihood only
    brier: float | None = None  # sum over options of (p - [right])^2, in [0, 2]
    place: int | None = None  # of the chosen option, from 0; choice only


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One row of the table of scores: the item's facets and the mark. Axes are computed from these alone."""

    key: str
    item: str
    request: str
    suite: str
    task: TaskType
    subarea: str
    cluster: str
    form: Form
    language: Language
    level: Level
    foundation: bool
    operator: int
    draw: int
    arm: Arm
    run: int
    value: float | None
    guess: float
    state: State
    parsed: str
    rule: str
    confidence: float | None
    brier: float | None
    mistake: str  # name of the mistake behind a wrong option, else ""
    finish: Finish
    tokens_in: int
    tokens_out: int
    chosen_place: int | None = None  # of the option that was chosen, from 0; choice forms only
    gold_place: int | None = None


Standing = Literal["measured", "estimated", "declared", "not measured", "not reported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its denominator and its 95 % interval. `value` is None unless it was had; then `reason` says why."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    clusters: int = 0
    missing: int = 0
    method: str = ""
    unit: str = ""  # "" is a share or a chance-corrected score
    standing: Standing = "measured"
    reason: str = ""


AxisName = Literal["accuracy", "generality", "robustness", "efficiency"]
AXES: tuple[AxisName, ...] = ("accuracy", "generality", "robustness", "efficiency")


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisScore:
    """One of the four axes: its figure, the figures beside it by name, and what a reader must know."""

    axis: AxisName
    estimate: Estimate
    parts: Mapping[str, Estimate] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    partial: str = ""  # such as "3 of 6 families"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Sizes of a run; the one table of them is `axes.PROFILES`, printed on the method page."""

    name: Literal["preview", "fast", "full"]
    items_per_suite: int | None  # None: all
    core_per_suite: int  # items that operators are applied to
    draws: int  # V, variants of each operator
    reruns: int  # R, clean runs
    prompts: int  # templates of operator 8
    shifts: int  # cyclic shifts of operator 9
    redraws: int  # new parameters of operator 12
    cell_items: int  # smallest cell of generality
    cell_clusters: int
    stream_items: int  # timed one after another
    offline_items: int  # timed at once
    max_tokens: int
