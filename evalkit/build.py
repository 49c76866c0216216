"""`evalkit suite build`: draw, order, perturb, freeze. The same suite and seed give the same bytes.

authored + drawn items -> selection order -> variants of the core -> built/{items,variants}.jsonl, digests.json
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit import registry
from evalkit.canon import atomic_write, bytes_digest, digest, order_key, rng_for
from evalkit.errors import SuiteError
from evalkit.generators import generate
from evalkit.protocols import Operator
from evalkit.records import ABILITY_OF_TASK, Item
from evalkit.suite import DIGESTS_FILE, ITEMS_FILE, VARIANTS_FILE, Suite, fault_of, find_suite, item_line, variant_line, with_defaults
from evalkit.templates import Params, Template, draw_items

PUBLIC_SEED = "public"
DEFAULT_CORE = 40
_LATE, _LATE_FROM = ("write", "refusal"), 2
OPERATOR_NAMES = ("script", "numerals", "prompt_form", "option_order", "new_parameters", "placebo", "positive_control")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The content of a suite's built folder: file name > text."""

    items: tuple[Item, ...]
    variants: tuple[Item, ...]
    files: Mapping[str, str]


def operators_for(templates: Mapping[str, Template], names: Iterable[str] = OPERATOR_NAMES) -> tuple[Operator, ...]:
    """The operators by their entry points, given the suite's templates."""
    return tuple(registry.find("operators", name)(templates) for name in names)


def freeze(suite: Suite, seed: str = PUBLIC_SEED, operators: Sequence[Operator] | None = None) -> Frozen:
    """Everything `build` writes, in memory. Raises SuiteError on duplicate ids, an empty suite or a variant that fails its check."""
    if suite.dataset is not None:
        raise SuiteError(f"{suite.folder}: is somebody else's benchmark, read as it is; there is nothing to build")
    templates = suite.templates
    items = selection_order([*suite.authored, *with_defaults(drawn(suite, seed), suite)], seed)
    _refuse(suite, items)
    variants = vary(items[: suite.core or DEFAULT_CORE], operators_for(templates) if operators is None else operators, seed)
    shown = seed
    if suite.pool_of:  # the seed of a pool is its secret: items name its digest
        shown = sealed_name(seed)
        items = [_sealed(item, shown) for item in items]
        variants = [(_sealed(item, shown), _sealed(variant, shown)) for item, variant in variants]
    texts = {
        ITEMS_FILE: "".join(item_line(item) + "\n" for item in items),
        VARIANTS_FILE: "".join(variant_line(item, variant) + "\n" for item, variant in variants),
    }
    files = {name: bytes_digest([text.encode()]) for name, text in texts.items()}
    head = {"suite": suite.name, "version": suite.version, "seed": shown, "items": len(items), "variants": len(variants), "files": files}
    texts[DIGESTS_FILE] = json.dumps(head, indent=1, ensure_ascii=False) + "\n"
    return Frozen(items=tuple(items), variants=tuple(variant for _, variant in variants), files=texts)


def sealed_name(seed: str) -> str:
    """What stands for a secret seed in public: its digest, cut."""
    return f"sealed:{digest(['seed', seed])[:16]}"


def _sealed(item: Item, shown: str) -> Item:
    return replace(item, seed=shown) if item.seed else item


def drawn(suite: Suite, seed: str) -> list[Item]:
    """All items that the suite's templates and generators draw under `seed`.

    A pool's are siblings of the public ones: as many of each, with other parameters, each naming its `twin`.
    """
    public = find_suite(suite.pool_of) if suite.pool_of else None
    taken: dict[str, list[Params]] = defaultdict(list)
    for item in sorted(public.items, key=lambda item: item.id) if public else ():  # so that the draws stand in their order
        if item.template and item.params not in taken[item.template]:
            taken[item.template].append(item.params)
    items = [item for template in suite.templates.values() for item in draws_of(template, suite, seed, taken[template.id])]
    for generator in suite.generators.values():
        draws = suite.draws if generator.draws is None else generator.draws
        items += generate(generator, suite=suite.name, seed=seed, draws=draws, twins=taken[generator.id])
    return [replace(item, twin=public.name + item.id.removeprefix(suite.name)) for item in items] if public else items


def draws_of(template: Template, suite: Suite, seed: str, taken: Sequence[Params] = ()) -> list[Item]:
    """The items of all draws of a template: no two draws have the same parameters, and none has those of `taken`."""
    items: list[Item] = []
    for index in range(suite.draws):
        items += draw_items(template, suite=suite.name, index=index, seed=seed, taken=[*taken, *(item.params for item in items)])
    return items


def build(suite: Suite, *, seed: str = PUBLIC_SEED, out: Path | None = None) -> Frozen:
    """Freezes the suite into `out` (default: its built folder), the digests last: files that do not match them are not read.

    Raises SuiteError where the suite cannot be built, StorageError where the folder cannot be written.
    """
    frozen = freeze(suite, seed)
    folder = out or suite.built
    for name in (ITEMS_FILE, VARIANTS_FILE, DIGESTS_FILE):
        with atomic_write(folder / name) as stream:
            stream.write(frozen.files[name])
    return frozen


def selection_order(items: Sequence[Item], seed: str) -> list[Item]:
    """The items such that the first n of them are balanced for every n.

    Abilities x languages take turns; within each, clusters take turns; within a cluster the order is keyed by the item's
    id, so that a new item moves no other one past another. Written texts and refusals join from the third turn on: a
    preview has too few items to fill their cells.
    """
    cells: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        cells[ABILITY_OF_TASK[item.task], item.language].append(item)
    rows = {cell: _take_turns(_by_cluster(cells[cell], seed)) for cell in sorted(cells, key=lambda cell: order_key(seed, *cell))}
    early = [row for (ability, _), row in rows.items() if ability not in _LATE]
    first = _take_turns([row[:_LATE_FROM] for row in early])
    return [*first, *_take_turns([row if ability in _LATE else row[_LATE_FROM:] for (ability, _), row in rows.items()])]


def vary(core: Sequence[Item], operators: Sequence[Operator], seed: str) -> list[tuple[Item, Item]]:
    """(item, variant) pairs of every operator and draw that applies. Raises SuiteError where a variant fails its operator's check."""
    made: list[tuple[Item, Item]] = []
    for item in core:
        for operator in operators:
            for draw in range(operator.draws):
                variant = operator.vary(item, draw, rng_for(seed, item.id, operator.name, draw))
                if variant is None:
                    continue
                fault = operator.check(item, variant)
                if fault:
                    raise SuiteError(f"operator {operator.number} ({operator.name}), draw {draw}, broke item {item.id!r}: {fault}")
                made.append((item, variant))
    return made


def _by_cluster(items: Iterable[Item], seed: str) -> list[list[Item]]:
    clusters: dict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: order_key(seed, "item", item.id)):
        clusters[item.cluster].append(item)
    return [clusters[name] for name in sorted(clusters, key=lambda name: order_key(seed, "cluster", name))]


def _take_turns(rows: Sequence[Sequence[Item]]) -> list[Item]:
    longest = max((len(row) for row in rows), default=0)
    return [row[turn] for turn in range(longest) for row in rows if turn < len(row)]


def _refuse(suite: Suite, items: Sequence[Item]) -> None:
    if not items:
        raise SuiteError(f"{suite.folder}: no items and no templates; add items/*.jsonl or templates.py")
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise SuiteError(f"{suite.folder}: two items have the id {item.id!r}; ids are unique in a suite")
        seen.add(item.id)
        fault = fault_of(item, suite)
        if fault:
            raise SuiteError(f"{suite.folder}: item {item.id!r}: {fault}")
