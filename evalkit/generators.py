"""What a suite's `generators/*.py` are written with: a generator draws items of any form, in zh and en.

    generator = Generator(
        id="GS1", task="compliance", subarea="testing_grades", level="judge",
        draw=lambda rng: {"c": amount(rng, 0.10, 0.24, 2), "mn": amount(rng, 1.0, 1.6, 2)},   # None: thrown back
        write=_lot_against_limits,     # (params, language) -> the contents, one a form
        source=Source(title="…", kind="made"),
        draws=6,
    )

`draw` gives what both languages are written from; `write` gives one `Content` a form, always the same forms. Each draw
becomes an item a language and form; zh and en are a pair. Templates (evalkit.templates) are for calculations: a formula
with named mistakes; generators are for the rest: verdicts, tables, documents, logs, orders, terms, requests.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from evalkit.canon import rng_for
from evalkit.errors import SuiteError
from evalkit.records import LANGUAGES, Answer, Form, Item, Language, Level, Source, TaskType, Tolerance
from evalkit.templates import Params

_TRIES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """An item in one language and form. Fields mean what they mean in `Item`.

    `choices` may stand in any order: options are shuffled and the gold's place rotates from draw to draw; the steps of an
    ordering are shuffled. `level` and `explanation` may differ from form to form.
    """

    form: Form
    stem: str
    answer: Answer
    explanation: str
    context: str = ""
    choices: tuple[str, ...] = ()
    mistakes: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    unit: str = ""
    tolerance: Tolerance = Tolerance()
    schema: Mapping[str, Any] | None = None
    critical: tuple[str, ...] = ()
    before: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    forbidden: tuple[str, ...] = ()
    most: int = 0
    bench: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """Draws items: see the module's head.

    `draws`: how many a build freezes; None: the suite's. `cluster` names what draws have in common: by default all draws of
    a generator are one cluster, as those of a template are; a generator over a list of independent facts (terms) names the
    fact, so that each is a cluster of its own. `distinct` tells which draws of one build count as the same (default: those
    with the same parameters): requests whose places and figures are drawn differ by what is asked. `subarea`, `level` and
    `foundation` may depend on what was drawn.
    """

    id: str
    task: TaskType
    subarea: str | Callable[[Params], str]
    level: Level | Callable[[Params], Level]
    draw: Callable[[random.Random], Params | None]
    write: Callable[[Params, Language], Sequence[Content]]
    source: Source | Callable[[Params], Source]
    draws: int | None = None
    foundation: bool | Callable[[Params], bool] = False
    cluster: Callable[[Params], str] | None = None
    distinct: Callable[[Params], Any] | None = None

    def facets(self, params: Params) -> tuple[Any, ...]:
        """Level, foundation and sub-area of what was drawn."""
        read = (self.level, self.foundation, self.subarea)
        return tuple(facet(params) if callable(facet) else facet for facet in read)


def table(head: Sequence[Any], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; every row has as many cells as `head`. Raises SuiteError where one has not."""
    for row in rows:
        if len(row) != len(head):
            raise SuiteError(f"a table row has {len(row)} cells under {len(head)} headings: {list(row)}")
    written = ["| " + " | ".join(str(cell) for cell in line) + " |" for line in (head, *rows)]
    return "\n".join([written[0], "|" + "---|" * len(head), *written[1:]])


def draw_once(
    generator: Generator, rng: random.Random, taken: Collection[Params] = (), accept: Callable[[Params], bool] = lambda _: True
) -> Params:
    """Parameters that the guard lets pass, that are not in `taken` and that `accept` takes. Raises SuiteError when there are none."""
    for _ in range(_TRIES):
        params = generator.draw(rng)
        if params is not None and params not in taken and accept(params):
            return params
    raise SuiteError(
        f"generator {generator.id}: {_TRIES} draws and none usable beside the {len(taken)} there are; widen it, or lower its draws"
    )


def generate(generator: Generator, *, suite: str, seed: str, draws: int, twins: Sequence[Params] = ()) -> list[Item]:
    """The items of `draws` draws under `seed`, no two of them the same (`Generator.distinct`).

    With `twins`, the public draws in their order, each draw is a sibling of the twin of its number: other parameters than any
    of theirs, its level and foundation, its conduct where it is a request, and, where the generator has more of it, its sub-area.
    Raises SuiteError where there are fewer twins than draws: the public suite was built of something else.
    """
    if twins and len(twins) < draws:
        raise SuiteError(
            f"generator {generator.id}: {draws} siblings are wanted of {len(twins)} public draws; build the public suite first"
        )
    items: list[Item] = []
    taken: list[Params] = []
    for index in range(draws):
        rng = rng_for(seed, suite, generator.id, index)
        rules = [_alike(generator, taken, twins[index], parts) for parts in (3, 2)] if twins else [_fresh(generator, taken)]
        params = _first(generator, rng, (*taken, *twins), rules)
        taken.append(params)
        items += items_of(generator, params, suite=suite, index=index, seed=seed)
    return items


Rule = Callable[[Params], bool]


def _fresh(generator: Generator, taken: Sequence[Params]) -> Rule:
    """Whether parameters are none of those `taken` in the generator's own sense."""
    key = generator.distinct
    if key is None:
        return lambda params: params not in taken
    had = [key(params) for params in taken]
    return lambda params: key(params) not in had


def _alike(generator: Generator, taken: Sequence[Params], twin: Params, parts: int) -> Rule:
    """Whether fresh parameters give the first `parts` facets of `twin`, and of a request its conduct."""
    fresh, wanted = _fresh(generator, taken), generator.facets(twin)[:parts]
    return lambda params: fresh(params) and generator.facets(params)[:parts] == wanted and params.get("kind") == twin.get("kind")


def _first(generator: Generator, rng: random.Random, taken: Collection[Params], rules: Sequence[Rule]) -> Params:
    """Parameters by the first rule that can be met."""
    for accept in rules[:-1]:
        try:
            return draw_once(generator, rng, taken, accept)
        except SuiteError:
            continue
    return draw_once(generator, rng, taken, rules[-1])


def items_of(generator: Generator, params: Params, *, suite: str, index: int, seed: str) -> list[Item]:
    """The items of one draw: zh and en, one a form. Raises SuiteError where the languages differ in form or a gold is no option."""
    written = {language: tuple(generator.write(params, language)) for language in LANGUAGES}
    forms = {language: [content.form for content in contents] for language, contents in written.items()}
    if forms["zh"] != forms["en"] or len(set(forms["zh"])) != len(forms["zh"]) or not forms["zh"]:
        raise SuiteError(f"generator {generator.id}: zh and en need the same forms, each once; read {forms}")
    return [
        _item(generator, params, content, _Place(suite, index, seed, language)) for language in LANGUAGES for content in written[language]
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    suite: str
    index: int
    seed: str
    language: Language


def _item(generator: Generator, params: Params, content: Content, at: _Place) -> Item:
    name = f"{at.suite}-{generator.id}-{at.index:03d}"
    other = "en" if at.language == "zh" else "zh"
    cluster = f"{at.suite}-{generator.id}"
    own = {entry.name: getattr(content, entry.name) for entry in fields(Content)}
    return Item(
        **{**own, "choices": _arranged(generator, content, at)},
        id=f"{name}-{at.language}-{content.form}",
        suite=at.suite,
        task=generator.task,
        subarea=generator.subarea if isinstance(generator.subarea, str) else generator.subarea(params),
        cluster=f"{cluster}-{generator.cluster(params)}" if generator.cluster else cluster,
        language=at.language,
        level=generator.level if isinstance(generator.level, str) else generator.level(params),
        foundation=generator.foundation if isinstance(generator.foundation, bool) else generator.foundation(params),
        template=generator.id,
        params=dict(params),
        seed=at.seed,
        pair=f"{name}-{other}-{content.form}",
        source=generator.source if isinstance(generator.source, Source) else generator.source(params),
    )


def _arranged(generator: Generator, content: Content, at: _Place) -> tuple[str, ...]:
    """The options in the order shown: shuffled by key, a choice's gold in a place that rotates from draw to draw."""
    where = f"generator {generator.id}, draw {at.index}, {at.language}"
    options = list(dict.fromkeys(content.choices))
    if len(options) != len(content.choices):
        raise SuiteError(f"{where}: two options are the same: {content.choices}")
    rng_for(at.seed, at.suite, generator.id, at.index, content.form, "order").shuffle(options)
    if content.form == "ordering":
        return tuple(_unsolved(options, content))
    if content.form != "choice":
        return tuple(options)
    if content.answer not in options:
        raise SuiteError(f"{where}: the gold {content.answer!r} is not one of {content.choices}")
    gold = str(content.answer)
    options.remove(gold)
    start = rng_for(at.seed, at.suite, generator.id, content.form, "place").randrange(len(options) + 1)
    place = (start + at.index + LANGUAGES.index(at.language) * ((len(options) + 1) // 2)) % (len(options) + 1)
    return (*options[:place], gold, *options[place:])


def _unsolved(steps: list[str], content: Content) -> list[str]:
    """`steps`, turned by one place until the order shown is not a right one already."""
    for _ in steps:
        kept = all(steps.index(first) < steps.index(then) for first, then in content.before)
        if not (kept if content.before else steps == list(content.answer)):
            return steps
        steps = [*steps[1:], steps[0]]
    return steps


