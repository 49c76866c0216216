"""Orders: exact, and by Kendall's tau with critical steps."""

from dataclasses import replace
from itertools import permutations

import pytest
from scipy.stats import kendalltau

from evalkit.metrics.ordering import ordering, ordering_tau
from tests.metrics.items import ORDER, STEPS, said

LABEL = dict(zip(ORDER.choices, "ABCD", strict=True))


def order_text(steps) -> str:
    return "Answer: " + ", ".join(LABEL[step] for step in steps)


@pytest.mark.parametrize("steps", list(permutations(STEPS)), ids=lambda steps: "-".join(step[0] for step in steps))
def test_exact_and_tau_of_every_order(steps: tuple[str, ...]):
    """Against scipy's tau."""
    assert ordering(ORDER, said(order_text(steps))).value == float(steps == STEPS)
    tau = kendalltau([STEPS.index(step) for step in steps], range(4)).statistic
    assert ordering_tau(ORDER, said(order_text(steps))).value == pytest.approx(max(0.0, tau))


def test_a_critical_step_out_of_place_is_nothing():
    critical = replace(ORDER, critical=("test the gas",))
    swapped = (STEPS[1], STEPS[0], *STEPS[2:])
    assert ordering_tau(critical, said(order_text(swapped))).value == pytest.approx(2 / 3)
    late = (*STEPS[:2], STEPS[3], STEPS[2])
    assert ordering_tau(critical, said(order_text(late))).value == 0.0
    assert ordering_tau(ORDER, said(order_text(late))).value == pytest.approx(2 / 3)


def test_steps_written_out():
    assert ordering(ORDER, said("1. isolate\n2. vent\n3. test the gas\n4. enter")).value == 1.0


def test_not_all_steps():
    assert ordering(ORDER, said("Answer: B, A, D")).state == "unparsable"
