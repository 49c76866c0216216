"""What a suite's `templates.py` is written with: a template is a formula that draws items.

    template = Template(
        id="N7", task="calculation", subarea="wind", level="apply", foundation=True,
        draw=lambda rng: {"energy_gwh": rng.randrange(120, 260, 5), "power_mw": rng.choice((50, 80, 100))},
        gold=lambda p: p["energy_gwh"] * 1000 / p["power_mw"],
        mistakes={"hours of a month": lambda p: ..., ...},          # at least three
        unit="h", decimals=0, tolerance=Tolerance(rel=0.01),
        stems={"zh": ("…{energy_gwh}…", "…"), "en": ("…{energy_gwh}…", "…")},
        explanation={"zh": "…", "en": "…"},
        source=Source(title="…", clause="…", kind="practice"),
        worked=({"energy_gwh": 210, "power_mw": 100}, 2100.0),
    )

Every draw gives four items: choice and number form, zh and en, in one cluster (the template: its draws are not
independent of one another). A draw is thrown back when the guard refuses it (`draw` returns None), when the gold lies
within three tolerances of a named mistake or half-way between two printed values, or when two options would print alike.
"""

import math
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.canon import rng_for
from evalkit.errors import SuiteError
from evalkit.records import LANGUAGES, Form, Item, Language, Level, Source, TaskType, Tolerance

Params = Mapping[str, Any]
NEAR_MISS_TOLERANCES = 3.0
OPTIONS = 4
_TRIES = 2000
_HALF = 1e-6  # of a step: nearer than this to a half, the last printed digit is a matter of bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A formula with its ranges, mistakes and stems in zh and en.

    `draw` returns the parameters that the stems print (already rounded as printed), or None where the guard refuses
    them. `gold` and each mistake are pure functions of the parameters, in `unit`; a mistake may be None for a draw to
    which it does not apply. `decimals` is what options and answers print. Stems are `str.format` texts over the
    parameters and over what `shown` adds. `worked` is an example with its gold, from the source or computed by hand.
    """

    id: str
    subarea: str
    draw: Callable[[random.Random], Params | None]
    gold: Callable[[Params], float]
    mistakes: Mapping[str, Callable[[Params], float | None]]
    unit: str | Mapping[Language, str]
    decimals: int
    stems: Mapping[Language, tuple[str, ...]]
    explanation: Mapping[Language, str]
    source: Source
    worked: tuple[Params, float]
    task: TaskType = "calculation"
    level: Level = "apply"
    foundation: bool = False
    tolerance: Tolerance = Tolerance()
    shown: Callable[[Params, Language], Mapping[str, Any]] | None = None
    pin: tuple[str, ...] = field(default=())  # parameters that operator 12 keeps

    def unit_in(self, language: Language) -> str:
        """The unit as `language` writes it."""
        return self.unit if isinstance(self.unit, str) else self.unit[language]

    def text(self, value: float) -> str:
        """`value` as options and answers print it: fixed decimals, never "-0"."""
        printed = f"{value:.{self.decimals}f}"
        return printed.lstrip("-") if float(printed) == 0 else printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Parameters that passed the guards, the gold they give, and the wrong options with the names of their mistakes."""

    params: Params
    gold: float
    wrong: Mapping[str, str]  # option text without unit > name of the mistake


def _consider(template: Template, params: Params, rng: random.Random) -> Draw | None:
    gold = template.gold(params)
    if half_way(gold, template.decimals):
        return None
    band = NEAR_MISS_TOLERANCES * template.tolerance.width(gold)
    wrong: dict[str, str] = {}
    for name, formula in template.mistakes.items():
        value = formula(params)
        if value is None:
            continue
        if abs(value - gold) <= band or template.text(value) == template.text(gold):
            return None  # the number form could not tell this mistake from the gold
        wrong.setdefault(template.text(value), name)
    if len(wrong) < OPTIONS - 1:
        return None
    kept = sorted(rng.sample(sorted(wrong), OPTIONS - 1)) if len(wrong) > OPTIONS - 1 else sorted(wrong)
    return Draw(params=params, gold=gold, wrong={text: wrong[text] for text in kept})


def half_way(value: float, decimals: int) -> bool:
    """Whether `value` lies half-way between two numbers of `decimals` digits: people round it up, computers as their bits fall.

    >>> half_way(12.155, 2), half_way(12.1551, 2)
    (True, False)
    """
    steps = abs(value) * 10**decimals
    return bool(abs(steps - math.floor(steps) - 0.5) < _HALF)


def amount(rng: random.Random, low: float, high: float, digits: int) -> float:
    """A decimal in [low, high] with exactly `digits` digits after the point, the last of them not 0: a redraw has as many.

    `high - low` must hold such a number, in steps of 10**-digits; a range without one is SuiteError.
    """
    scale = 10**digits
    first, last = round(low * scale), round(high * scale)
    if all(step % 10 == 0 for step in range(first, min(last, first + 1) + 1)):
        raise SuiteError(f"no number from {low} to {high} has {digits} digits after the point with the last of them not 0; widen the range")
    while True:
        steps = rng.randint(first, last)
        if steps % 10:
            return steps / float(scale)


def draw_params(template: Template, rng: random.Random, accept: Callable[[Params], bool] = lambda _: True) -> Draw:
    """Draw until the guards, the near-miss rule and `accept` agree. Raises SuiteError when they never do."""
    for _ in range(_TRIES):
        params = template.draw(rng)
        if params is None or not accept(params):
            continue
        drawn = _consider(template, params, rng)
        if drawn is not None:
            return drawn
    raise SuiteError(
        f"template {template.id}: {_TRIES} draws and none usable; widen its ranges, or move a mistake further than "
        f"{NEAR_MISS_TOLERANCES:g} tolerances from the gold"
    )


def draw_items(template: Template, *, suite: str, index: int, seed: str, taken: Collection[Params] = ()) -> list[Item]:
    """The four items (zh and en, choice and number) of draw number `index` under `seed`; parameters in `taken` are passed over.

    The place of the gold among the options rotates with `index` from a start keyed by the template: no letter is favoured.
    """
    drawn = draw_params(template, rng_for(seed, suite, template.id, index), lambda params: params not in taken)
    return [
        _item(template, drawn, suite=suite, index=index, seed=seed, language=language, form=form)
        for language in LANGUAGES
        for form in ("choice", "number")
    ]


def redraw(template: Template, item: Item, rng: random.Random) -> Item:
    """`item` with new parameters of the same digits and magnitude, same phrasing, form and place of the gold."""

    def alike(params: Params) -> bool:
        return params != item.params and all(
            _shape(params[name]) == _shape(old) and (name not in template.pin or params[name] == old) for name, old in item.params.items()
        )

    drawn = draw_params(template, rng, alike)
    index = int(item.id.split("-")[-3])
    fresh = _item(template, drawn, suite=item.suite, index=index, seed=item.seed, language=item.language, form=item.form)
    return replace(item, stem=fresh.stem, choices=fresh.choices, answer=fresh.answer, params=fresh.params, mistakes=fresh.mistakes)


def _shape(value: Any) -> Any:
    """Digits before and after the point: what must stay for a redrawn parameter to be as hard to compute with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else type(value).__name__
    whole, _, fraction = f"{abs(value)!r}".partition(".")
    return (value < 0, len(whole), "" if fraction in ("", "0") else len(fraction), "e" in repr(value))


def _item(template: Template, drawn: Draw, *, suite: str, index: int, seed: str, language: Language, form: Form) -> Item:
    name = f"{suite}-{template.id}-{index:03d}"
    unit = template.unit_in(language)
    stems = template.stems[language]
    shown = {**drawn.params, **(template.shown(drawn.params, language) if template.shown else {})}
    answer = template.text(drawn.gold)
    options: tuple[str, ...] = ()
    mistakes = dict(drawn.wrong)
    if form == "choice":
        wrong = list(drawn.wrong)
        rng_for(seed, suite, template.id, index, "order").shuffle(wrong)
        start = rng_for(seed, suite, template.id, "place").randrange(OPTIONS)  # few draws never even out over one template
        place = (start + index + LANGUAGES.index(language) * 2) % OPTIONS
        options = tuple(f"{text} {unit}".strip() for text in [*wrong[:place], answer, *wrong[place:]])
        mistakes = {f"{text} {unit}".strip(): mistake for text, mistake in drawn.wrong.items()}
        answer = options[place]
    try:
        stem = stems[index % len(stems)].format(**shown)
    except (KeyError, IndexError, ValueError) as error:
        raise SuiteError(f"template {template.id}: its {language} stem cannot be filled ({error!r}); it has {sorted(shown)}") from error
    other = "en" if language == "zh" else "zh"
    return Item(
        id=f"{name}-{language}-{form}",
        suite=suite,
        task=template.task,
        subarea=template.subarea,
        cluster=f"{suite}-{template.id}",
        form=form,
        language=language,
        level=template.level,
        foundation=template.foundation,
        stem=stem,
        choices=options,
        answer=answer,
        unit=unit if form == "number" else "",
        tolerance=template.tolerance,
        mistakes=mistakes,
        explanation=template.explanation[language],
        template=template.id,
        params=dict(drawn.params),
        seed=seed,
        pair=f"{name}-{other}-{form}",
        source=template.source,
    )
