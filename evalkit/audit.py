"""`evalkit suite check`: what a suite must not have, found by reading it. Every finding names the item.

`error` findings fail the check (exit code 1); `warning` findings are printed and counted.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evalkit.answers import length_of, states, strange_numbers
from evalkit.build import freeze
from evalkit.errors import SuiteError
from evalkit.metrics import code
from evalkit.metrics.structured import schema_fault
from evalkit.prompts import question
from evalkit.records import LANGUAGES, LEVELS, Item
from evalkit.suite import Suite

NEAR_DUPLICATE = 0.8  # Jaccard similarity of character 4-grams (numbers as one sign) above which two questions count as one
BALANCE_POINTS = 0.12  # a gold's place may differ from an even share by this much...
BALANCE_MINIMUM = 40  # ...in a suite with at least this many choice items of the same number of options
BASELINE_POINTS = 0.03  # a rule that reads nothing may score this far from chance...
BASELINE_MINIMUM = 200  # ...in a suite with at least this many choice items: below, chance alone moves it further
LARGE = 200  # items from which a suite is held to the sizes of a published one
SIZES = {"items": 400, "tasks": 10, "clusters": 60, "of a language": 80, "of a level": 80}
BY_HAND_A_SUBAREA = 3
LONG_SENTENCE = {"zh": 120, "en": 60}  # characters, words: what a reader has to read twice
LONGEST_SHARE = 0.45  # the gold may be the longest option this often (0.25 is even for four)
_GRAM = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong with a suite."""

    rule: str
    level: Literal["error", "warning"]
    subject: str  # item id, or the suite
    text: str


Rule = Callable[[Suite, Sequence[Item]], Iterator[Finding]]


def check_suite(suite: Suite, *, seed: str | None = None) -> tuple[Finding, ...]:
    """All findings, errors first; `seed` is that of the build where items do not name it (a pool's).

    Raises SuiteError where the suite cannot be read at all.
    """
    items = suite.items
    found = [finding for rule in _RULES for finding in rule(suite, items)]
    found += _reproducible(suite, items, seed)
    return tuple(sorted(found, key=lambda finding: (finding.level, finding.rule, finding.subject)))


def _error(rule: str, subject: str, text: str) -> Finding:
    return Finding(rule=rule, level="error", subject=subject, text=text)


def _duplicate_ids(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    for name, times in Counter(item.id for item in items).items():
        if times > 1:
            yield _error("duplicate id", name, f"{times} items have this id")


def _sources(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    for item in items:
        if not item.source.title.strip():
            yield _error("source", item.id, "has no source title")
        if not item.explanation.strip():
            yield _error("explanation", item.id, "has no explanation")


def _named_mistakes(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    for item in items:
        if item.form != "choice":
            continue
        unnamed = [option for option in item.choices if option != item.answer and not item.mistakes.get(option, "").strip()]
        if unnamed:
            yield _error("mistake", item.id, f"the wrong option {unnamed[0]!r} has no named mistake")
        strange = [option for option in item.mistakes if option not in item.choices or option == item.answer]
        if strange:
            yield _error("mistake", item.id, f"names a mistake for {strange[0]!r}, which is not one of its wrong options")


def _pairs(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    by_id = {item.id: item for item in items}
    for item in items:
        if not item.pair:
            continue
        other = by_id.get(item.pair)
        if other is None:
            yield _error("pair", item.id, f"its pair {item.pair!r} does not exist")
        elif other.pair != item.id or other.language == item.language or other.cluster != item.cluster or other.form != item.form:
            yield _error("pair", item.id, f"{item.pair!r} must name it back, in the other language, same form and cluster")


def grams(text: str) -> frozenset[str]:
    """Character 4-grams of `text` without spaces, lower case, every number as "#": what differs in numbers only is alike."""
    dense = re.sub(r"\d+(?:\.\d+)?", "#", "".join(text.lower().split()))
    return frozenset(dense[index : index + _GRAM] for index in range(max(1, len(dense) - _GRAM + 1)))


def _near_duplicates(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    """Hand-written items whose questions read alike; a template's draws are alike by design."""
    by_hand = [(item, grams(f"{item.context} {item.stem} {' '.join(sorted(item.choices))}")) for item in items if not item.template]
    for index, (item, mine) in enumerate(by_hand):
        for other, theirs in by_hand[index + 1 :]:
            shared = len(mine & theirs) / len(mine | theirs)
            if item.language == other.language and shared >= NEAR_DUPLICATE:
                yield _error("near duplicate", item.id, f"reads like {other.id!r} ({shared:.0%} of their 4-grams)")


def _same_question(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for item in items:
        held = first.setdefault(question(item), item.id)
        if held != item.id:
            yield _error("same question", item.id, f"asks word for word what {held!r} asks")


def _label_balance(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    places: dict[int, Counter[int]] = defaultdict(Counter)
    for item in items:
        if item.form == "choice":
            places[len(item.choices)][item.choices.index(str(item.answer))] += 1
    for options, counts in places.items():
        total = sum(counts.values())
        for place in range(options):
            share = counts[place] / total
            if total >= BALANCE_MINIMUM and abs(share - 1 / options) > BALANCE_POINTS:
                letter = "ABCDEFGHIJ"[place]
                yield _error("label balance", suite.name, f"{letter} is right in {share:.0%} of {total} items with {options} options")


def _longest_option(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    by_hand = [item for item in items if item.form == "choice" and not item.template]
    hits = [item for item in by_hand if all(len(str(item.answer)) > len(option) for option in item.choices if option != item.answer)]
    if len(by_hand) >= BALANCE_MINIMUM // 2 and len(hits) / len(by_hand) > LONGEST_SHARE:
        yield _error("longest option", suite.name, f"the gold is the longest option in {len(hits)} of {len(by_hand)} hand-written items")
    for item in hits:
        rest = max(len(option) for option in item.choices if option != item.answer)
        if len(str(item.answer)) > 2 * rest:
            yield _error("longest option", item.id, f"its gold ({len(str(item.answer))} characters) gives itself away beside {rest}")


def _foundation(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    share = sum(item.foundation for item in items) / len(items)
    if share < 0.15 and suite.dataset is None:
        yield _error("foundation", suite.name, f"{share:.0%} of its items are foundation items; at least 15 % are wanted")


def _reproducible(suite: Suite, items: Sequence[Item], seed: str | None) -> Iterator[Finding]:
    """The build, made again in memory, must be what is frozen, byte for byte; variants pass their checks on the way."""
    if suite.dataset is not None:
        return
    seed = seed or next((item.seed for item in items if item.seed), "public")
    try:
        frozen = freeze(suite, seed)
    except SuiteError as error:
        yield _error("reproducible", suite.name, str(error))
        return
    for name, text in frozen.files.items():
        path = suite.built / name
        if not path.is_file() or path.read_bytes() != text.encode():
            yield _error("reproducible", suite.name, f"built/{name} is not what a new build gives; run `evalkit suite build {suite.name}`")


def _baselines(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    """What a model that reads nothing would score: always one place (the last where there are fewer options), always the longest."""
    asked = [item for item in items if item.form == "choice"]
    if len(asked) < BASELINE_MINIMUM or suite.dataset is not None:
        return
    chance = sum(1 / len(item.choices) for item in asked) / len(asked)
    rules: dict[str, Callable[[Item], str]] = {
        f"always {'ABCDEFGHIJ'[place]}": lambda item, place=place: item.choices[min(place, len(item.choices) - 1)]
        for place in range(max(len(item.choices) for item in asked))
    } | {"the longest option": lambda item: max(item.choices, key=len)}
    for name, choose in rules.items():
        share = sum(choose(item) == item.answer for item in asked) / len(asked)
        if abs(share - chance) > BASELINE_POINTS and (share > chance or len(asked) >= 2 * BASELINE_MINIMUM):
            yield _error("baseline", suite.name, f"{name} is right in {share:.1%} of {len(asked)} choice items, chance is {chance:.1%}")


_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_GRADE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{1,4}\d{2,}[A-Z0-9]*(?![A-Za-z])")


def _same_strings(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    """Numbers and grades of a hand-written pair are the same in both languages; dates may be told in words."""
    by_id = {item.id: item for item in items}
    for item in items:
        other = by_id.get(item.pair)
        if other is None or item.template or item.language != "zh" or item.task in ("extraction", "terminology"):
            continue
        for what, pattern in (("number", _NUMBER), ("grade", _GRADE)):
            mine, theirs = (Counter(pattern.findall(re.sub(r"(?<=\d)[,\u202f](?=\d{3})", "", _shown(one)))) for one in (item, other))
            differ = sorted((mine - theirs) + (theirs - mine))
            if differ:
                yield Finding(rule="strings", level="warning", subject=item.id, text=f"{what} {differ[0]} is not the same in {other.id}")


def _shown(item: Item) -> str:
    return "\n".join([item.context, item.stem, *item.choices])


def _terms(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    """A term of the suite's own glossary that stands in a Chinese item stands in its English pair by one of its accepted forms."""
    glossary = _glossary(items)
    by_id = {item.id: item for item in items}
    for item in items:
        other = by_id.get(item.pair)
        if other is None or item.template or item.language != "zh" or item.task == "terminology":
            continue
        theirs = re.sub(r"[\s-]+", "", _shown(other).casefold())
        for term, forms in glossary.items():
            if term in _shown(item) and not any(form in theirs for form in forms):
                text = f"says {term}, {other.id} none of {', '.join(sorted(forms))[:80]}"
                yield Finding(rule="term", level="warning", subject=item.id, text=text)


def _glossary(items: Sequence[Item]) -> dict[str, set[str]]:
    """Chinese term (three characters and more) > its accepted English forms, dense, from the drawn terminology items."""
    by_id = {item.id: item for item in items}
    found: dict[str, set[str]] = {}
    for item in items:
        other = by_id.get(item.pair)
        if item.task == "terminology" and item.form == "text" and item.language == "en" and other is not None:
            term = str(item.answer)
            forms = {re.sub(r"[\s-]+", "", form.casefold()) for form in (str(other.answer), *other.aliases)}
            if len(term) >= 3:
                found.setdefault(term, set()).update(forms)
    return found


def _long_sentences(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    for item in items:
        plain = re.sub(r"(?m)^\|.*$", "", f"{item.context}\n{item.stem}")  # table rows are no sentences
        sizes = [len(part.split()) if item.language == "en" else len(part) for part in re.split(r"[。！？；\n]|[.!?;](?=\s|$)", plain)]
        if max(sizes) > LONG_SENTENCE[item.language]:
            unit = "words" if item.language == "en" else "characters"
            yield Finding(rule="reading", level="warning", subject=item.id, text=f"has a sentence of {max(sizes)} {unit}")


_SCHEMA_WORDS = {"type", "enum", "properties", "required", "additionalProperties", "items", "description"}


def _schemas(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    for item in items:
        if item.form != "json" or item.schema is None:
            continue
        unknown = sorted(set(_words_of(item.schema)) - _SCHEMA_WORDS)
        if unknown:
            yield _error("schema", item.id, f"its schema uses {unknown[0]!r}, which is not held; known: {', '.join(sorted(_SCHEMA_WORDS))}")
            continue
        fault = schema_fault(item.answer, item.schema)
        if fault:
            yield _error("schema", item.id, f"its gold breaks its schema: {fault}")


def _words_of(schema: Mapping[str, Any]) -> Iterator[str]:
    for word, value in schema.items():
        yield word
        inner = value.values() if word == "properties" else [value] if word == "items" else []
        for part in inner:
            if isinstance(part, Mapping):
                yield from _words_of(part)


def _benches(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    asked = [item for item in items if item.bench]
    if asked and not code.available():
        text = f"{len(asked)} code items were not run: {code.COMPILER} is not installed"
        yield Finding(rule="code", level="warning", subject=suite.name, text=text)
        return
    for answer, bench in dict.fromkeys((str(item.answer), item.bench) for item in asked):
        said = code.fault_of(answer) or code.run_bench(answer, bench)
        if said != "PASS":
            yield _error("code", next(item.id for item in asked if item.bench == bench), f"its gold fails its own bench: {said}")


def _summaries(_: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    for item in items:
        if item.task != "summary" or item.form != "text":
            continue
        told = str(item.answer)
        missing = [fact for fact in item.facts if not states(fact, told)]
        if missing:
            yield _error("summary", item.id, f"its own summary does not state {missing[0][0]!r}")
        strange = strange_numbers(told, f"{item.stem}\n{item.context}")
        if strange or states(item.forbidden, told) or length_of(told, item.language) > item.most:
            yield _error("summary", item.id, "its own summary is too long, or says what the text does not")


def _sizes(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    """What a published suite is held to; smaller ones are left in peace."""
    if len(items) < LARGE or suite.dataset is not None or suite.pool_of:
        return
    languages, levels = Counter(item.language for item in items), Counter(item.level for item in items)
    read = {
        "items": len(items), "tasks": len({item.task for item in items}), "clusters": len({item.cluster for item in items}),
        "of a language": min(languages.get(one, 0) for one in LANGUAGES), "of a level": min(levels.get(one, 0) for one in LEVELS),
    }  # fmt: skip
    for name, wanted in SIZES.items():
        if read[name] < wanted:
            yield Finding(rule="size", level="warning", subject=suite.name, text=f"{read[name]} {name}; a published suite has {wanted}")
    by_hand = Counter(item.subarea for item in items if not item.template)
    for subarea in suite.subareas:
        if by_hand[subarea] < BY_HAND_A_SUBAREA:
            text = f"{subarea}: {by_hand[subarea]} hand-written items; {BY_HAND_A_SUBAREA} are wanted"
            yield Finding(rule="sub-area", level="warning", subject=suite.name, text=text)


def _card(suite: Suite, _: Sequence[Item]) -> Iterator[Finding]:
    if not suite.pool_of and not (suite.folder / "CARD.md").is_file():
        yield _error("card", suite.name, "has no CARD.md")


def _unreviewed(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    waiting = sum(item.review.status == "unreviewed" for item in items)
    if waiting:
        text = f"{waiting} of {len(items)} items were answered blind by nobody yet"
        yield Finding(rule="review", level="warning", subject=suite.name, text=text)


def _stale_reviews(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    """reviews.yaml speaks of templates and generators that there are, and of deleted items that there are not."""
    drawn = {item.template for item in items if item.template}
    for name in suite.reviews.drawn:
        if name not in drawn:
            yield _error("review", name, "reviews.yaml tells of it, and no item is drawn by it")
    ids = {item.id for item in items}
    for one in suite.reviews.deleted:
        if one.id in ids:
            yield _error("review", one.id, "reviews.yaml says that it was deleted")


_RULES: tuple[Rule, ...] = (
    _stale_reviews,
    _duplicate_ids,
    _sources,
    _named_mistakes,
    _pairs,
    _near_duplicates,
    _same_question,
    _label_balance,
    _longest_option,
    _foundation,
    _baselines,
    _same_strings,
    _terms,
    _long_sentences,
    _schemas,
    _benches,
    _summaries,
    _sizes,
    _card,
    _unreviewed,
)


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that fail the check."""
    return tuple(finding for finding in findings if finding.level == "error")
