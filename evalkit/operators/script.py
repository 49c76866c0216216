"""Operator 4 (family 2): the same text in another script or width.

zh draw 0: traditional characters (OpenCC s2t; s2twp would swap words).  zh draw 1, en draw 0: full-width ASCII.

    屈服强度 355 MPa  ->  屈服強度 355 MPa  |  屈服强度 ３５５ ＭＰａ

Applies to forms whose gold does not have to be copied out of the text. Each change has an inverse, which is checked.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from evalkit.errors import UsageError
from evalkit.records import Item
from evalkit.templates import Template

# NFKC is no inverse (10² -> 102): only U+FF01..U+FF5E are mapped, character by character.
_TO_FULL = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_TO_HALF = {full: half for half, full in _TO_FULL.items()}
_FORMS = frozenset({"choice", "number", "ordering"})


def full_width(text: str) -> str:
    """Every printable ASCII character but the space in its full-width form."""
    return text.translate(_TO_FULL)


def half_width(text: str) -> str:
    """The inverse of `full_width` (Chinese full-width punctuation becomes ASCII too)."""
    return text.translate(_TO_HALF)


def converter(direction: str) -> Callable[[str], str]:
    """OpenCC by configuration name ("s2t", "t2s"). Raises UsageError naming the extra where it is not installed."""
    try:
        import opencc
    except ImportError as error:
        raise UsageError("operator 4 needs OpenCC to build a suite: pip install 'evalkit[authoring]'") from error
    convert: Callable[[str], str] = opencc.OpenCC(direction).convert
    return convert


def rewrite(item: Item, change: Callable[[str], str]) -> Item:
    """`item` with stem, context, options, gold and named mistakes put through `change`; a number's gold stays."""
    golds = item.answer
    if item.form == "choice":
        golds = change(str(item.answer))
    elif item.form == "ordering":
        golds = tuple(change(step) for step in item.answer)
    options = item.form in ("choice", "ordering")
    return replace(
        item,
        stem=change(item.stem),
        context=change(item.context),
        choices=tuple(change(choice) for choice in item.choices),
        answer=golds,
        mistakes={change(option): name for option, name in item.mistakes.items()} if options else item.mistakes,
        critical=tuple(change(step) for step in item.critical),
        before=tuple((change(first), change(then)) for first, then in item.before),
    )


class Script:
    """Operator 4: script and width."""

    number = 4
    name = "script and width"
    family = 2
    draws = 2

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._convert: dict[str, Callable[[str], str]] = {}

    def vary(self, item: Item, draw: int, rng: random.Random) -> Item | None:
        """The item in another script or width; None where nothing changes or the gold would have to be copied."""
        if item.form not in _FORMS or (item.language == "en" and draw > 0):
            return None
        traditional = item.language == "zh" and draw == 0
        varied = rewrite(item, self._opencc("s2t") if traditional else full_width)
        if varied.stem == item.stem or len(set(varied.choices)) != len(item.choices):
            return None
        changed = "traditional characters" if traditional else "full-width characters"
        return replace(varied, operator=4, draw=draw, arm="perturbed", changed=changed)

    def check(self, item: Item, variant: Item) -> str:
        """Undo the change and compare."""
        undo = self._opencc("t2s") if variant.changed == "traditional characters" else half_width
        same = undo if variant.changed == "traditional characters" else half_width
        for name in ("stem", "context", "choices"):
            before: Any = getattr(item, name)
            after: Any = getattr(variant, name)
            pairs = zip(before, after, strict=True) if isinstance(before, tuple) else [(before, after)]
            for old, new in pairs:
                if undo(new) != same(old):
                    return f"{name} does not come back: {new!r} -> {undo(new)!r}"
        return ""

    def _opencc(self, direction: str) -> Callable[[str], str]:
        if direction not in self._convert:
            self._convert[direction] = converter(direction)
        return self._convert[direction]
