"""The measured part of a suite's CARD.md: sizes, balance, baselines, blind reading, a small model's scores.

    python -m tests.suites.card     writes it into every card, between its two marks

A test holds the cards to it, so that no card tells of another suite than the frozen one.
"""

import json
import math
import re
from collections import Counter
from pathlib import Path

from evalkit.records import DOMAINS, LANGUAGES, LEVELS
from evalkit.suite import find_suite

FEWEST = 10  # items from which a card shows a figure
ALIKE = 0.1  # correlation of answers within a cluster, for the second half-width
START, END = "<!-- measured -->", "<!-- end -->"
PROOF = Path(__file__).parent.parent / "proofs" / "suites.json"


def block(suite):
    """The text between the marks."""
    items = suite.items
    parts = [_sizes(suite, items), _tasks(items), _subareas(suite, items), _reading(suite, items), _baselines(items), _model(suite)]
    return "\n\n".join(parts)


def _sizes(suite, items):
    hand = sum(not item.template for item in items)
    templates = len({item.template for item in items if item.task == "calculation" and item.template})
    generators = len({item.template for item in items if item.task != "calculation" and item.template})
    foundation = sum(item.foundation for item in items)
    halves = [_half_width(items, alike) for alike in (0.0, ALIKE)]
    return (
        f"Version {suite.version}: {len(items)} items in {len({item.cluster for item in items})} clusters, {hand} written by hand, the others drawn by "
        f"{templates} templates and {generators} generators; {len(suite.variants)} variants; {foundation} foundation items ({foundation / len(items):.0%}). "
        f"Half-width of the 95 % interval of raw accuracy at one half: {halves[0] * 100:.1f} points where the items of a cluster are independent, "
        f"{halves[1] * 100:.1f} where their answers correlate by {ALIKE:g}."
    )


def _half_width(items, alike):
    """1.96 standard errors of a share of one half, with the design effect 1 + (m - 1) alike, m the mean size of an item's cluster."""
    sizes = Counter(item.cluster for item in items).values()
    mean = sum(size * size for size in sizes) / len(items)
    return 1.96 * math.sqrt(0.25 / len(items) * (1 + (mean - 1) * alike))


def _tasks(items):
    lines = ["| task | items | zh | en | choice | number | ordering | json | text | code | by hand |", "|---|---|---|---|---|---|---|---|---|---|---|"]
    for task, count in sorted(Counter(item.task for item in items).items()):
        own = [item for item in items if item.task == task]
        languages, forms = Counter(item.language for item in own), Counter(item.form for item in own)
        cells = [task, count, *(languages[one] for one in ("zh", "en")), *(forms[one] for one in ("choice", "number", "ordering", "json", "text", "code"))]
        lines.append("| " + " | ".join(str(cell) for cell in [*cells, sum(not item.template for item in own)]) + " |")
    both = Counter((item.language, item.level) for item in items)
    told = "; ".join(f"{level} {both['zh', level]} zh and {both['en', level]} en" for level in LEVELS)
    return "\n".join([*lines, "", f"Levels: {told}. Languages: {', '.join(f'{one} {sum(item.language == one for item in items)}' for one in LANGUAGES)}."])


def _subareas(suite, items):
    lines = ["| sub-area | by hand | drawn | templates and generators |", "|---|---|---|---|"]
    for key, title in suite.subareas.items():
        own = [item for item in items if item.subarea == key]
        names = sorted({item.template for item in own if item.template}, key=lambda name: (len(name), name))
        lines.append(f"| {title['en']} | {sum(not item.template for item in own)} | {sum(bool(item.template) for item in own)} | {', '.join(names) or '-'} |")
    return "\n".join(lines)


def _reading(suite, items):
    reviews = suite.reviews
    draws, apart = sum(one.draws for one in reviews.drawn.values()), sum(one.disagreed for one in reviews.drawn.values())
    repaired = sum(one.status == "repaired" for one in reviews.drawn.values())
    states = Counter(item.review.status for item in items if not item.template)
    return (
        f"Answered blind by a program that saw stem and options only, by no person: {reviews.hand.items} hand-written items "
        f"({reviews.hand.disagreed} answers were not the gold before repairs) and {draws} draws of {len(reviews.drawn)} templates and generators ({apart} were not; "
        f"{repaired} templates or generators were repaired). Of the hand-written items now in the suite {states['agreed']} stand as they were read, {states['repaired']} were "
        f"repaired afterwards, {states['unreviewed']} were not read; {len(reviews.deleted)} were taken out."
    )


def _baselines(items):
    asked = [item for item in items if item.form == "choice"]
    chance = sum(1 / len(item.choices) for item in asked) / len(asked)
    places = Counter("ABCDEFGHIJ"[item.choices.index(item.answer)] for item in asked)
    longest = sum(max(item.choices, key=len) == item.answer for item in asked) / len(asked)
    told = ", ".join(f"{letter} {count / len(asked):.1%}" for letter, count in sorted(places.items()))
    return f"Baselines on its {len(asked)} choice items: chance {chance:.1%}; always one letter: {told}; the longest option {longest:.1%}."


def _model(suite):
    held = json.loads(PROOF.read_text(encoding="utf-8")) if PROOF.is_file() else {"suites": {}}
    own = held["suites"].get(suite.name)
    if own is None or own["digest"] != suite.digests["items.jsonl"]:
        return "SmolLM2-135M-Instruct: not measured on this version."
    found = own["figures"]
    lines = [
        f"SmolLM2-135M-Instruct (4-bit weights computed in fp32) on its first {held['items']} items, no shots, answers of at most 48 tokens (JSON and requests 96, "
        "summaries 192): a model this small is near chance, which is what it is shown for.",
        "", "| figure | value | 95 % interval | n | clusters | missing |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    tasks = sorted(name for name in found if name.startswith("task/"))
    for name in ("raw", "corrected", *tasks, "refusal"):
        one = found.get(name)
        if one is None or one["value"] is None or one["n"] < FEWEST:
            continue
        between = f"{one['low']:.3f} to {one['high']:.3f}" if one["low"] is not None else "not reported"
        lines.append(f"| {_figure(name)} | {one['value']:.3f} | {between} | {one['n']} | {one['clusters']} | {one['missing']} |")
    return "\n".join([*lines, "", f"Tasks with fewer than {FEWEST} items among them are left out."])


def _figure(name):
    told = {"raw": "raw accuracy, without refusals", "corrected": "accuracy, chance-corrected", "refusal": "right conduct on refusal items, raw"}
    return told.get(name) or f"{name.removeprefix('task/')}, chance-corrected"


def within(card):
    """What stands between the marks of a card."""
    found = re.search(rf"{START}\n\n(.*?)\n\n{END}", card, re.DOTALL)
    return found[1] if found else None


def main():
    for name in DOMAINS:
        suite = find_suite(name)
        path = suite.folder / "CARD.md"
        text = path.read_text(encoding="utf-8")
        before, _, rest = text.partition(START)
        path.write_text(f"{before}{START}\n\n{block(suite)}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
