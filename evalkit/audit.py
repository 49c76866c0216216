"""`evalkit suite check`: what a suite must not have, found by reading it. Every finding names the item.

`error` findings fail the check (exit code 1); `warning` findings are printed and counted.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from evalkit.build import freeze
from evalkit.errors import SuiteError
from evalkit.prompts import question
from evalkit.records import Item
from evalkit.suite import Suite

NEAR_DUPLICATE = 0.8  # Jaccard similarity of character 4-grams (numbers as one sign) above which two questions count as one
BALANCE_POINTS = 0.12  # a gold's place may differ from an even share by this much...
BALANCE_MINIMUM = 40  # ...in a suite with at least this many choice items of the same number of options
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


def check_suite(suite: Suite) -> tuple[Finding, ...]:
    """All findings, errors first. Raises SuiteError where the suite cannot be read at all."""
    items = suite.items
    found = [finding for rule in _RULES for finding in rule(suite, items)]
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


def _reproducible(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    """The build, made again in memory, must be what is frozen, byte for byte; variants pass their checks on the way."""
    if suite.dataset is not None:
        return
    seed = next((item.seed for item in items if item.seed), "public")
    try:
        frozen = freeze(suite, seed)
    except SuiteError as error:
        yield _error("reproducible", suite.name, str(error))
        return
    for name, text in frozen.files.items():
        path = suite.built / name
        if not path.is_file() or path.read_bytes() != text.encode():
            yield _error("reproducible", suite.name, f"built/{name} is not what a new build gives; run `evalkit suite build {suite.name}`")


def _card(suite: Suite, _: Sequence[Item]) -> Iterator[Finding]:
    if not (suite.folder / "CARD.md").is_file():
        yield _error("card", suite.name, "has no CARD.md")


def _unreviewed(suite: Suite, items: Sequence[Item]) -> Iterator[Finding]:
    waiting = sum(item.review.status == "unreviewed" for item in items)
    if waiting:
        text = f"{waiting} of {len(items)} items were answered blind by nobody yet"
        yield Finding(rule="review", level="warning", subject=suite.name, text=text)


_RULES: tuple[Rule, ...] = (
    _duplicate_ids,
    _sources,
    _named_mistakes,
    _pairs,
    _near_duplicates,
    _same_question,
    _label_balance,
    _longest_option,
    _foundation,
    _reproducible,
    _card,
    _unreviewed,
)


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that fail the check."""
    return tuple(finding for finding in findings if finding.level == "error")
