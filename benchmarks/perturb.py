"""Ten variants of a question, made by generators whose key is the question's own: the same for everybody, on every run.

Six change the question and share the clean prefix; four change labels or instruction, and their shots with them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.material import Question
from evalkit.canon import rng_for

INSTRUCTION = "The following are multiple choice questions (with answers) about {subject}."
OTHER_INSTRUCTIONS = (
    "Choose the right option for each question about {subject}.",
    "Below is an exam on {subject}. Give the letter of the one correct answer to every question.",
)
DOUBLED = 0.3  # share of the spaces that are doubled


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A question as it is asked: what labels its options wear and what instruction stands before all."""

    name: str
    question: Question
    labels: str = "ABCD"
    instruction: str = INSTRUCTION


def variants(question: Question) -> tuple[Variant, ...]:
    """The ten, the clean one first."""
    return tuple(_variants(question))


def _variants(question: Question) -> Iterator[Variant]:
    yield Variant(name="clean", question=question)
    for shift in range(1, len(question.options)):
        yield Variant(name=f"shift {shift}", question=shifted(question, shift))
    yield Variant(name="lower case", question=replace(question, stem=question.stem.lower()))
    yield Variant(name="spacing", question=replace(question, stem=spaced(question.stem, question.key)))
    yield Variant(name="digits", question=question, labels="1234")
    yield Variant(name="small letters", question=question, labels="abcd")
    for number, instruction in enumerate(OTHER_INSTRUCTIONS, start=1):
        yield Variant(name=f"instruction {number}", question=question, instruction=instruction)


def shifted(question: Question, shift: int) -> Question:
    """The options moved `shift` places on, in a circle; the right one moves with them."""
    count = len(question.options)
    options = tuple(question.options[(place - shift) % count] for place in range(count))
    return replace(question, options=options, answer=(question.answer + shift) % count)


def spaced(text: str, key: str) -> str:
    """`text` with some of its spaces doubled, at least one where there is any."""
    rng = rng_for("benchmark", "spacing", key)
    words = text.split(" ")
    gaps = [1 + (rng.random() < DOUBLED) for _ in words[1:]]
    if gaps and max(gaps) == 1:
        gaps[rng.randrange(len(gaps))] = 2
    return "".join(" " * gap + word for gap, word in zip([0, *gaps], words, strict=True))
