"""The text that the workloads are made of: questions with options, and word problems with worked answers.

    material = from_folder(Path("data"))     # mmlu/{dev,test}/<subject>_{dev,test}.csv, gsm8k/{train*,test}.jsonl
    material = from_suites()                 # evalkit's own built suites, so that anybody can run the benchmark

Reading is all it does; laying out is `benchmarks.workloads`.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import ConfigError
from evalkit.records import Item
from evalkit.suite import find_suite, known_suites

SHOTS = 5  # of a question with options
PROBLEM_SHOTS = 4
LETTERS = "ABCD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with four different options; `answer` is the place of the right one, from 0."""

    key: str
    stem: str
    options: tuple[str, ...]
    answer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Questions of one subject, and those that are shown worked before each of them (none of them asked)."""

    name: str
    shots: tuple[Question, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem whose answer is written out; `worked` is the answer that a shot shows."""

    key: str
    text: str
    worked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All there is to ask. Subjects with the shortest prompts come first."""

    source: str
    subjects: tuple[Subject, ...]
    problem_shots: tuple[Problem, ...]
    problems: tuple[Problem, ...]


def _shortest_first(subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """By mean characters of a prompt: the questions' mean and all shots. Decides which subjects a short run takes."""

    def size(question: Question) -> int:
        return len(question.stem) + sum(map(len, question.options))

    def mean(subject: Subject) -> float:
        return sum(map(size, subject.questions)) / len(subject.questions) + sum(map(size, subject.shots))

    return tuple(sorted(subjects, key=lambda subject: (mean(subject), subject.name)))


# ---------------------------------------------------------------- files of MMLU and GSM8K


def from_folder(folder: Path) -> Material:
    """MMLU and GSM8K under `folder`. Raises ConfigError naming the file that is missing or the line that is broken."""
    if not folder.is_dir():
        raise ConfigError(f"--data {folder}: no such folder; one with mmlu/dev, mmlu/test and gsm8k would work")
    tests = sorted((folder / "mmlu" / "test").glob("*_test.csv"))
    if not tests:
        raise ConfigError(f"--data {folder}: no mmlu/test/*_test.csv in it")
    subjects = []
    for path in tests:
        name = path.name.removesuffix("_test.csv")
        shots = _mmlu(folder / "mmlu" / "dev" / f"{name}_dev.csv", f"{name}/dev")
        asked = _mmlu(path, name)
        if len(shots) >= SHOTS and asked:
            subjects.append(Subject(name=name.replace("_", " "), shots=shots[:SHOTS], questions=asked))
    trains = sorted((folder / "gsm8k").glob("train*.jsonl"))
    if not trains:
        raise ConfigError(f"--data {folder}: no gsm8k/train*.jsonl in it")
    return Material(
        source="MMLU and GSM8K",
        subjects=_shortest_first(subjects),
        problem_shots=_gsm8k(trains[0], "gsm8k/train")[:PROBLEM_SHOTS],
        problems=_gsm8k(folder / "gsm8k" / "test.jsonl", "gsm8k"),
    )


def _mmlu(path: Path, prefix: str) -> tuple[Question, ...]:
    """Rows of a header-less CSV: question, four options, letter. Rows with two equal or empty options are left out."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    found = []
    for number, row in enumerate(rows, start=1):
        if len(row) != 6 or row[5].strip() not in LETTERS:
            raise ConfigError(f"{path}, row {number}: question, four options and a letter were expected, read {len(row)} columns")
        stem, *options = (cell.strip() for cell in row[:5])
        if stem and all(options) and len(set(options)) == len(options):
            answer = LETTERS.index(row[5].strip())
            found.append(Question(key=f"{prefix}/{number}", stem=stem, options=tuple(options), answer=answer))
    return tuple(found)


def _gsm8k(path: Path, prefix: str) -> tuple[Problem, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            read = json.loads(line)
            found.append(Problem(key=f"{prefix}/{number}", text=read["question"].strip(), worked=read["answer"].strip()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"{path}, line {number}: an object with question and answer was expected ({error})") from error
    return tuple(found)


# ---------------------------------------------------------------- evalkit's own suites


def from_suites() -> Material:
    """English items of the built suites: those with four options as questions, those with a number as problems.

    The first five of each suite's questions, and the first four problems of all, are the shots.
    """
    subjects, problems = [], []
    for name in known_suites():
        items = [item for item in find_suite(name).items if item.language == "en"]
        questions = [_question(item) for item in items if item.form == "choice" and len(item.choices) == len(LETTERS)]
        if len(questions) > SHOTS:
            subject = Subject(name=name.replace("_", " "), shots=tuple(questions[:SHOTS]), questions=tuple(questions[SHOTS:]))
            subjects.append(subject)
        problems += [_problem(item) for item in items if item.form == "number"]
    return Material(
        source="evalkit's own suites",
        subjects=_shortest_first(subjects),
        problem_shots=tuple(problems[:PROBLEM_SHOTS]),
        problems=tuple(problems[PROBLEM_SHOTS:]),
    )


def _question(item: Item) -> Question:
    stem = "\n".join(filter(None, (item.context, item.stem)))
    return Question(key=item.key, stem=stem, options=item.choices, answer=item.choices.index(str(item.answer)))


def _problem(item: Item) -> Problem:
    text = "\n".join(filter(None, (item.context, item.stem)))
    return Problem(key=item.key, text=text, worked=f"{item.explanation} #### {item.answer} {item.unit}".strip())
