"""From an item to the messages that a model reads: six prompt templates, labels, shots.

`plain` is what every clean item is asked with; the other five are operator 8 (prompt form): they differ in separators,
order, wording, heading style and layout, never in content. A golden file in the tests shows each of them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.records import Form, Item, Language, Message, TaskType

Block = Callable[[Item, Sequence[str]], str]  # item and its labels, to the text of the question

# What the model is told to answer with, by form. One sentence each, so that readers of either language see the same task.
_INSTRUCTIONS: Mapping[Language, Mapping[Form, tuple[str, str]]] = {
    "en": {
        "choice": ("Answer with the letter of the right option only.", "Give only the label of the one correct option."),
        "choices": ("Answer with the letters of all right options.", "Give only the labels of every correct option."),
        "number": (
            "End with a line 'Answer: <number> {unit}'.",
            "Write the result on the last line in the form 'Answer: <number> {unit}'.",
        ),
        "ordering": (
            "Answer with the letters in the right order, such as 'Answer: B, A, C'.",
            "Write the correct sequence of labels on the last line, for example 'Answer: B, A, C'.",
        ),
        "json": ("Answer with one JSON object and nothing else.", "Return a single JSON object, without any other text."),
        "text": ("Answer in a few words, on a line 'Answer: ...'.", "Reply briefly; put the answer on a line 'Answer: ...'."),
        "code": ("Answer with one code block.", "Return a single code block."),
    },
    "zh": {
        "choice": ("只回答正确选项的标号。", "请仅给出唯一正确选项的标号。"),
        "choices": ("回答所有正确选项的标号。", "请给出全部正确选项的标号。"),
        "number": ("最后一行写“答案：<数值> {unit}”。", "请把结果写在最后一行，格式为“答案：<数值> {unit}”。"),
        "ordering": ("按正确顺序写出标号，例如“答案：B, A, C”。", "请在最后一行写出正确的先后顺序，例如“答案：B, A, C”。"),
        "json": ("只回答一个 JSON 对象。", "请只返回一个 JSON 对象，不要附带其他文字。"),
        "text": ("用几个词回答，写成“答案：……”。", "请简短作答，并写成“答案：……”。"),
        "code": ("只回答一个代码块。", "请只返回一个代码块。"),
    },
}
# Tasks whose answer is a whole text: a summary is told its length, and a request that may have to be refused stands as it is.
_TASK_INSTRUCTIONS: Mapping[Language, Mapping[TaskType, tuple[str, str]]] = {
    "en": {
        "summary": ("Write only the summary, in at most {most} words.", "Give the summary alone; it may have {most} words at most."),
        "refusal": ("", ""),
    },
    "zh": {
        "summary": ("只写摘要，不超过 {most} 字。", "请只给出摘要，字数不超过 {most} 字。"),
        "refusal": ("", ""),
    },
}
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {"material": "Material", "question": "Question", "options": "Options", "answer": "Answer:", "task": "Task"},
    "zh": {"material": "材料", "question": "问题", "options": "选项", "answer": "答案：", "task": "要求"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTemplate:
    """How a question is laid out: its block, which of the two wordings instructs, and on which side of the block."""

    block: Block
    wording: int = 0
    instruction_first: bool = False
    upper_case: bool = False  # headings and cue in capitals (en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a request is made of, before a tokenizer sees it."""

    messages: tuple[Message, ...]
    cue: str
    options: tuple[str, ...]  # labels whose log-likelihood answers a choice


def labels_of(item: Item) -> tuple[str, ...]:
    """One label an option, from the item's label set."""
    return tuple(item.labels[: len(item.choices)])


def _plain(item: Item, labels: Sequence[str]) -> str:
    parts = [item.context] if item.context else []
    options = "\n".join(f"{label}. {choice}" for label, choice in zip(labels, item.choices, strict=True))
    return "\n\n".join([*parts, "\n".join(filter(None, (item.stem, options)))])


def _headed(item: Item, labels: Sequence[str], *, separator: str = ": ", capitals: bool = False) -> str:
    words = _WORDS[item.language]
    name = (lambda key: words[key].upper()) if capitals else words.__getitem__
    colon = "：" if item.language == "zh" else separator
    parts = [f"{name('material')}{colon}{item.context}"] if item.context else []
    parts.append(f"{name('question')}{colon}{item.stem}")
    if item.choices:
        options = "\n".join(f"({label}) {choice}" for label, choice in zip(labels, item.choices, strict=True))
        parts.append(f"{name('options')}{colon.rstrip()}\n{options}")
    return "\n".join(parts)


def _capitals(item: Item, labels: Sequence[str]) -> str:
    return _headed(item, labels, separator=" - ", capitals=True)


def _rules(item: Item, labels: Sequence[str]) -> str:
    parts = [item.context] if item.context else []
    parts.append(item.stem)
    if item.choices:
        parts.append("; ".join(f"{label}) {choice}" for label, choice in zip(labels, item.choices, strict=True)))
    return "\n-----\n".join(parts)


def _json(item: Item, labels: Sequence[str]) -> str:
    asked: dict[str, object] = {"material": item.context} if item.context else {}
    asked["question"] = item.stem
    if item.choices:
        asked["options"] = dict(zip(labels, item.choices, strict=True))
    return json.dumps(asked, ensure_ascii=False, indent=1)


PROMPTS: Mapping[str, PromptTemplate] = {
    "plain": PromptTemplate(block=_plain),
    "headed": PromptTemplate(block=_headed),
    "instruction first": PromptTemplate(block=_plain, instruction_first=True, wording=1),
    "rules": PromptTemplate(block=_rules, wording=1),
    "json": PromptTemplate(block=_json),
    "capitals": PromptTemplate(block=_capitals, upper_case=True),
}


def question(item: Item) -> str:
    """The text of the user's turn: block and instruction, in the item's language and prompt template."""
    template = PROMPTS[item.prompt]
    block = template.block(item, labels_of(item))
    instruction = _instruction(item, template.wording)
    parts = (instruction, block) if template.instruction_first else (block, instruction)
    return "\n\n".join(filter(None, parts))


def _instruction(item: Item, wording: int) -> str:
    """One sentence that says how to answer, "" where the request stands alone."""
    wordings = _TASK_INSTRUCTIONS[item.language].get(item.task) if item.form == "text" else None
    text = (wordings or _INSTRUCTIONS[item.language][item.form])[wording]
    return text.replace(" {unit}", f" {item.unit}".rstrip()).replace("{most}", str(item.most))


def cue_of(item: Item) -> str:
    """What opens the answer: "Answer:" or "答案："."""
    cue = _WORDS[item.language]["answer"]
    return cue.upper() if PROMPTS[item.prompt].upper_case else cue


def gold_text(item: Item) -> str:
    """The right answer as a model would write it after the cue: a letter, a number with its unit, an order, an object."""
    labels = dict(zip(item.choices, labels_of(item), strict=False))
    if item.form == "choice":
        return labels[str(item.answer)]
    if item.form in ("choices", "ordering"):
        return ", ".join(labels[step] for step in item.answer)
    if item.form == "json":
        return json.dumps(item.answer, ensure_ascii=False)
    return f"{item.answer} {item.unit}".strip()


def _worked(shot: Item) -> str:
    if shot.form in ("json", "code"):
        return gold_text(shot)
    return f"{cue_of(shot)}{'' if shot.language == 'zh' else ' '}{gold_text(shot)}"


def prompt_of(item: Item, shots: Sequence[Item] = ()) -> Prompt:
    """Messages, cue and options for `item`, after `shots` (worked items, never the tested one or one of its cluster).

    Raises ValueError where a shot shares the item's cluster: it would show the answer.
    """
    turns: list[Message] = []
    for shot in shots:
        if shot.cluster == item.cluster or shot.id == item.id:
            raise ValueError(f"shot {shot.id!r} is of the same cluster as {item.id!r}: it may not be shown")
        turns.append(Message(role="user", content=question(shot)))
        turns.append(Message(role="assistant", content=_worked(shot)))
    turns.append(Message(role="user", content=question(item)))
    return Prompt(messages=tuple(turns), cue=cue_of(item), options=labels_of(item) if item.form == "choice" else ())
