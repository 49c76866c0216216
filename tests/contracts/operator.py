"""Laws that every operator must pass; plugins import them too."""

from collections.abc import Sequence

from evalkit.canon import rng_for
from evalkit.protocols import Operator
from evalkit.records import Item


def check_operator(operator: Operator, items: Sequence[Item]) -> None:
    """Same key, same variant; id and facets kept; what was made passes the operator's own check."""
    made = 0
    for item in items:
        for draw in range(operator.draws):
            variant = operator.vary(item, draw, rng_for("law", item.id, draw))
            assert variant == operator.vary(item, draw, rng_for("law", item.id, draw)), "the same key gave another variant"
            if variant is None:
                continue
            made += 1
            for name in ("id", "suite", "task", "subarea", "cluster", "form", "language", "level", "template", "pair", "source"):
                assert getattr(variant, name) == getattr(item, name), f"{operator.name} changed {name}"
            assert variant.arm != "clean"
            assert variant.draw == draw
            assert variant.operator == operator.number
            assert variant.changed
            assert operator.check(item, variant) == ""
            if item.form == "choice":
                assert variant.answer in variant.choices
                assert set(variant.mistakes) == set(variant.choices) - {variant.answer}
    assert made, f"{operator.name} applied to none of {len(items)} items"
