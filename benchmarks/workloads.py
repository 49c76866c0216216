"""The five workloads: real text laid out so that both sides are given the very same strings.

    letters     five shots, the options' letters are scored
    cloze       five shots, the options' texts are scored
    zero_shot   the same two without shots, side by side
    perturbed   ten variants of each question (`benchmarks.perturb`), five shots, letters
    generation  four shots, at most 64 tokens, greedy

Sizes of a quick and of a full run are `QUICK` and `FULL`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.material import Material, Problem, Question, Subject
from benchmarks.perturb import Variant, variants
from evalkit.canon import digest
from evalkit.engines.tokens import plain_text, separator
from evalkit.errors import ConfigError
from evalkit.records import Message, Request

CUE = "Answer:"
MAX_TOKENS = 64
STOP: tuple[str, ...] = ()  # 64 tokens, or the end token before: the same work on both sides whatever a model writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question put to a model. With options they are scored, without any an answer is written.

    The model reads `prefix` + `body` + a line break + `cue`; `prefix` (instruction and shots) is what asks share.
    """

    key: str
    part: str  # timed together: the subject
    prefix: str
    body: str
    cue: str = CUE
    options: tuple[str, ...] = ()
    max_tokens: int = 0
    stop: tuple[str, ...] = ()

    @property
    def context(self) -> str:
        """All that stands before a continuation: what lm_eval calls the context."""
        return plain_text(self.messages, self.cue)

    @property
    def continuations(self) -> tuple[str, ...]:
        """Each option with the space in front of it: what lm_eval calls the continuation."""
        return tuple(separator(self.cue, option) + option for option in self.options)

    @property
    def messages(self) -> tuple[Message, ...]:
        """One turn of a user, which a model without chat template reads as it stands."""
        return (Message(role="user", content=self.prefix + self.body),)

    @property
    def request(self) -> Request:
        """The same as evalkit's request."""
        return Request(
            id=digest([self.key, self.prefix, self.body, self.cue, list(self.options), self.max_tokens, list(self.stop)]),
            item=self.key,
            ability="score" if self.options else "generate",
            messages=self.messages,
            cue=self.cue,
            options=self.options,
            max_tokens=self.max_tokens,
            stop=self.stop,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Asks, and what must be said beside their figures. `items` are questions before they are varied."""

    name: str
    items: int
    shots: int
    asks: tuple[Ask, ...]
    there: int = 0  # questions of the same subjects, those that are not asked included

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts in the order of their first ask."""
        return tuple(dict.fromkeys(ask.part for ask in self.asks))

    @property
    def prefixes(self) -> int:
        """Different prefixes (instruction and shots) among the asks."""
        return len({ask.prefix for ask in self.asks})

    @property
    def items_per_prefix(self) -> float:
        """Asks that share one prefix, on average."""
        return len(self.asks) / self.prefixes

    def first(self, count: int) -> tuple[Ask, ...]:
        """The first asks, for trials."""
        return self.asks[:count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Questions of each subject in each workload (None: all), and how many subjects there are."""

    subjects: int
    letters: int | None
    cloze: int | None
    zero_shot: int | None
    perturbed: int | None  # of one subject
    generation: int | None


QUICK = Sizes(subjects=1, letters=100, cloze=40, zero_shot=24, perturbed=8, generation=16)
FULL = Sizes(subjects=3, letters=None, cloze=None, zero_shot=None, perturbed=100, generation=64)
AT_LEAST = 100  # questions of a subject that a run takes where there are such subjects


def capped(sizes: Sizes, most: int) -> Sizes:
    """`sizes` with at most `most` questions a subject: for a first look."""

    def cut(size: int | None) -> int:
        return most if size is None else min(size, most)

    return replace(
        sizes,
        letters=cut(sizes.letters),
        cloze=cut(sizes.cloze),
        zero_shot=cut(sizes.zero_shot),
        perturbed=cut(sizes.perturbed),
        generation=cut(sizes.generation),
    )


def chosen_subjects(material: Material, count: int) -> tuple[Subject, ...]:
    """The `count` subjects with the shortest prompts, those with 100 questions and more first."""
    return tuple(sorted(material.subjects, key=lambda subject: len(subject.questions) < AT_LEAST)[:count])


# ---------------------------------------------------------------- laying out


def _lettered(variant: Variant, *, solved: bool) -> str:
    lines = [variant.question.stem]
    lines += [f"{label}. {option}" for label, option in zip(variant.labels, variant.question.options, strict=True)]
    return "\n".join([*lines, f"{CUE} {variant.labels[variant.question.answer]}"] if solved else lines)


def _open(question: Question, *, solved: bool) -> str:
    text = f"Question: {question.stem}"
    return f"{text}\n{CUE} {question.options[question.answer]}" if solved else text


def _written(problem: Problem, *, solved: bool) -> str:
    text = f"Question: {problem.text}"
    return f"{text}\n{CUE} {problem.worked}" if solved else text


def _prefix(instruction: str, shots: Sequence[str]) -> str:
    return "".join(f"{part}\n\n" for part in (instruction, *shots))


def _letters_ask(subject: Subject, variant: Variant, *, shots: bool) -> Ask:
    """Shots wear the variant's labels and instruction: another convention is another prefix, a changed question is not."""
    worked = [_lettered(replace(variant, question=shot), solved=True) for shot in subject.shots] if shots else []
    return Ask(
        key=f"{variant.question.key}#{variant.name}",
        part=subject.name,
        prefix=_prefix(variant.instruction.format(subject=subject.name), worked),
        body=_lettered(variant, solved=False),
        options=tuple(variant.labels),
    )


def _cloze_ask(subject: Subject, question: Question, *, shots: bool) -> Ask:
    worked = [_open(shot, solved=True) for shot in subject.shots] if shots else []
    return Ask(
        key=f"{question.key}#cloze",
        part=subject.name,
        prefix=_prefix(f"The following are questions (with answers) about {subject.name}.", worked),
        body=_open(question, solved=False),
        options=question.options,
    )


def _letters(material: Material, sizes: Sizes) -> Workload:
    return _over_subjects("letters", material, sizes.subjects, sizes.letters, lambda subject, question: [_clean(subject, question)])


def _clean(subject: Subject, question: Question, *, shots: bool = True) -> Ask:
    return _letters_ask(subject, Variant(name="clean", question=question), shots=shots)


def _cloze(material: Material, sizes: Sizes) -> Workload:
    return _over_subjects(
        "cloze", material, sizes.subjects, sizes.cloze, lambda subject, question: [_cloze_ask(subject, question, shots=True)]
    )


def _zero_shot(material: Material, sizes: Sizes) -> Workload:
    made = _over_subjects(
        "zero_shot",
        material,
        sizes.subjects,
        sizes.zero_shot,
        lambda subject, question: [_clean(subject, question, shots=False), _cloze_ask(subject, question, shots=False)],
    )
    return replace(made, shots=0)


def _perturbed(material: Material, sizes: Sizes) -> Workload:
    return _over_subjects(
        "perturbed",
        material,
        1,
        sizes.perturbed,
        lambda subject, question: [_letters_ask(subject, variant, shots=True) for variant in variants(question)],
    )


def _over_subjects(
    name: str, material: Material, subjects: int, size: int | None, asks_of: Callable[[Subject, Question], Sequence[Ask]]
) -> Workload:
    asks: list[Ask] = []
    items = shots = there = 0
    for subject in chosen_subjects(material, subjects):
        questions = subject.questions[:size]
        items, shots = items + len(questions), len(subject.shots)
        there += len(subject.questions)
        asks += [ask for question in questions for ask in asks_of(subject, question)]
    return Workload(name=name, items=items, shots=shots, asks=tuple(asks), there=there)


def _generation(material: Material, sizes: Sizes) -> Workload:
    worked = [_written(shot, solved=True) for shot in material.problem_shots]
    problems = material.problems[: sizes.generation]
    asks = tuple(
        Ask(
            key=problem.key,
            part="problems",
            prefix=_prefix("Solve each problem.", worked),
            body=_written(problem, solved=False),
            max_tokens=MAX_TOKENS,
            stop=STOP,
        )
        for problem in problems
    )
    return Workload(name="generation", items=len(problems), shots=len(worked), asks=asks, there=len(material.problems))


WORKLOADS: Mapping[str, Callable[[Material, Sizes], Workload]] = {
    "letters": _letters,
    "cloze": _cloze,
    "zero_shot": _zero_shot,
    "perturbed": _perturbed,
    "generation": _generation,
}


def build(name: str, material: Material, sizes: Sizes) -> Workload:
    """The workload of that name. Raises ConfigError where the material has nothing for it."""
    made = WORKLOADS[name](material, sizes)
    if not made.asks:
        raise ConfigError(f"workload {name}: {material.source} has nothing to ask; another --data would work")
    return made
