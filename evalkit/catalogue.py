"""A suite as a page that people can read and search: every public item with its gold, its mistakes, its source and its variants."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.axes import BY_NUMBER
from evalkit.canon import atomic_write
from evalkit.errors import StorageError, SuiteError
from evalkit.messages import Pair, named
from evalkit.prompts import labels_of
from evalkit.records import Item
from evalkit.report import environment, review_of, trade_words
from evalkit.suite import Suite

FACETS = ("task", "language", "level", "form", "subarea")
OPENING = 90  # characters of a question that a closed row shows


def write_catalogue(suite: Suite, path: Path) -> Path:
    """Writes the page of `suite`, whole or not at all; the same suite gives the same bytes. Raises SuiteError for a sealed pool."""
    text = render_catalogue(suite)
    try:
        with atomic_write(path) as stream:
            stream.write(text)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror})") from error
    return path


def render_catalogue(suite: Suite) -> str:
    """The page: facts, counts by facet, and the items in the order of their ids."""
    if suite.pool_of:
        raise SuiteError(f"{suite.folder}: is a sealed pool; a catalogue would publish it")
    items = sorted(suite.items, key=lambda item: (item.task, item.id))
    variants: dict[str, list[Item]] = defaultdict(list)
    for variant in suite.variants:
        variants[variant.id].append(variant)
    view = {
        "suite": suite,
        "heading": (suite.title["zh"], suite.title["en"]),
        "rows": [_row(item, variants[item.id]) for item in items],
        "counts": [(facet, _counted(suite, items, facet)) for facet in FACETS],
        "review": review_of(items),
        "trade": trade_words(items, [suite.name]),
        "medical": suite.name == "healthcare",
        "clusters": len({item.cluster for item in items}),
        "by_hand": sum(not item.template for item in items),
        "foundation": sum(item.foundation for item in items),
        "variants": sum(map(len, variants.values())),
        "subarea": lambda key: name_of(suite, "subarea", key),
        "operator": _operator,
        "digest": suite.digests.get("items.jsonl") or suite.digests.get("rows", ""),
    }
    return environment().get_template("catalogue.html").render(view)


def name_of(suite: Suite, facet: str, value: str) -> Pair:
    """A facet's value as the page calls it."""
    if facet == "subarea":
        title = suite.subareas.get(value)
        return (title["zh"], title["en"]) if title else (value, value)
    return named(f"{facet}/{value}")


def _operator(variant: Item) -> Pair:
    row = BY_NUMBER.get(variant.operator)
    name = (row.zh, row.en) if row else named(f"arm/{variant.arm}")
    return f"{variant.operator} {name[0]}".lstrip("0 "), f"{variant.operator} {name[1]}".lstrip("0 ")


def _counted(suite: Suite, items: Sequence[Item], facet: str) -> list[tuple[str, Pair, int]]:
    counts = Counter(str(getattr(item, facet)) for item in items)
    keys = [key for key in suite.subareas if key in counts] if facet == "subarea" and suite.subareas else sorted(counts)
    return [(key, name_of(suite, facet, key), counts[key]) for key in keys]


def _row(item: Item, variants: Sequence[Item]) -> Mapping[str, Any]:
    opening = " ".join(item.stem.split())
    return {
        "item": item,
        "opening": opening[:OPENING] + ("…" if len(opening) > OPENING else ""),
        "options": _options(item),
        "answer": _answer(item),
        "lists": {"aliases": item.aliases, "before": [f"{first} → {then}" for first, then in item.before],
                  "facts": [" | ".join(fact) for fact in item.facts], "forbidden": item.forbidden},
        "variants": [{"item": variant, "options": _options(variant), "answer": _answer(variant), **_changes(item, variant)}
                     for variant in sorted(variants, key=lambda variant: (variant.operator, variant.draw, variant.key))],
    }  # fmt: skip


def _options(item: Item) -> list[tuple[str, str, bool, str]]:
    """Label, text, whether it is right, and the mistake behind it; steps of an ordering are neither right nor wrong."""
    right = {item.answer} if isinstance(item.answer, str) else set(item.answer) if item.form == "choices" else set()
    return [
        (label, choice, choice in right, item.mistakes.get(choice, "")) for label, choice in zip(labels_of(item), item.choices, strict=True)
    ]


def _answer(item: Item) -> str:
    if isinstance(item.answer, str):
        return f"{item.answer} {item.unit}".strip()
    if item.form == "json":
        return json.dumps(item.answer, ensure_ascii=False, indent=1)
    return "\n".join(item.answer)


def _changes(item: Item, variant: Item) -> Mapping[str, bool]:
    """Which parts of a variant are shown: those that differ from the item."""
    return {
        "new_text": (variant.stem, variant.context) != (item.stem, item.context),
        "new_options": variant.choices != item.choices or variant.labels != item.labels,
    }
