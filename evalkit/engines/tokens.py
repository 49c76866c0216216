"""From a request to token ids: chat template, beginning-of-sequence token, and where an option's tokens begin.

The border between context and option is lm_eval's (`_encode_pair`), so that figures can be compared with the field's.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from evalkit.errors import ModelError
from evalkit.records import Message, Request

Pair = tuple[tuple[int, ...], tuple[int, ...]]  # context ids, continuation ids
_PROBE = "EVALKITPROBE"
# Some templates (Llama 3's) print the current date. A request must read the same on every day, so this is the date.
TODAY = datetime(2026, 1, 1)  # noqa: DTZ001 (a date for a calendar line, in no zone)


class _Standing(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]  # a plain date is all that templates format
        del tz
        return TODAY


@contextmanager
def _date_stands() -> Iterator[None]:
    """While it lasts, `strftime_now` of chat templates formats TODAY.

    transformers turns everything handed to a template into plain data, so its clock itself is put aside.
    """
    from transformers.utils import chat_template_utils as module

    clock = getattr(module, "datetime", None)
    module.datetime = _Standing
    try:
        yield
    finally:
        module.datetime = clock


def separator(cue: str, option: str) -> str:
    """What stands between a cue and an option: one space after ASCII text, nothing after "：" or an own space.

    >>> separator("Answer:", "A"), separator("答案：", "A"), separator("", "A")
    (' ', '', '')
    """
    if not cue or option[:1].isspace():
        return ""
    last = cue[-1]
    return " " if last.isascii() and (last.isalnum() or last in ":.,;?!=>") else ""


def plain_text(messages: Sequence[Message], cue: str) -> str:
    """The prompt of a model without chat template: turns apart by a blank line, an answer on the line after its question."""
    text = ""
    for message in messages:
        gap = "" if not text else "\n" if message.role == "assistant" else "\n\n"
        text += gap + message.content
    return f"{text}\n{cue}" if cue else text


def without_system(messages: Sequence[Message]) -> tuple[Message, ...]:
    """`messages` with the system's text at the head of the first user turn, for templates that know no system role."""
    system = [message.content for message in messages if message.role == "system"]
    others = [message for message in messages if message.role != "system"]
    if system and others:
        others[0] = replace(others[0], content="\n\n".join([*system, others[0].content]))
    return tuple(others)


class _Numbers(dict[int, int]):
    """Each token id as one object: thousands of prompts then take 8 bytes a token, not 36."""

    def __missing__(self, number: int) -> int:
        self[number] = number
        return number


class Encoder:
    """A tokenizer with the rules of one run. `chat`: whether its chat template lays out the turns."""

    def __init__(self, tokenizer: Any, *, chat: bool) -> None:
        self.tokenizer = tokenizer
        self.chat = chat
        self.bos: int | None = tokenizer.bos_token_id
        self._numbers = _Numbers()
        self.adds_bos = self.bos is not None and self._raw([_PROBE], special=True)[0][:1] == [self.bos]
        if chat:
            self._check_date()
        self.ends = frozenset(self._turn_ends()) if chat else frozenset()

    def _check_date(self) -> None:
        if "strftime_now" not in str(self.tokenizer.chat_template):
            return
        with _date_stands():
            turns = [{"role": "user", "content": ""}]
            shown = self.tokenizer.apply_chat_template(turns, chat_template="{{ strftime_now('%Y-%m-%d') }}", tokenize=False)
        if shown != TODAY.date().isoformat():
            raise ModelError("the chat template prints the date, which this version of transformers does not let stand; 5.x would work")

    def _raw(self, texts: Sequence[str], *, special: bool = False) -> list[list[int]]:
        # a strangers' tokenizer.json may carry truncation and padding of its own: both are switched off
        encoded = self.tokenizer(list(texts), add_special_tokens=special, truncation=False, padding=False, verbose=False)
        return [list(ids) for ids in encoded["input_ids"]]

    def _turns(self, messages: Sequence[Message], *, prompt: bool) -> str:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        with _date_stands():
            return str(self.tokenizer.apply_chat_template(turns, add_generation_prompt=prompt, tokenize=False))

    def _turn_ends(self) -> list[int]:
        """The special token that closes an answer in the chat template (such as <|im_end|>), which need not be the EOS."""
        turns = (Message(role="user", content="?"), Message(role="assistant", content=_PROBE))
        try:
            tail = self._turns(turns, prompt=False).rpartition(_PROBE)[2]
        except (ValueError, TypeError, KeyError, self._template_error()):
            return []
        added = getattr(self.tokenizer, "added_tokens_decoder", {})
        special = {*self.tokenizer.all_special_ids, *(token for token, entry in added.items() if entry.special)}
        return [token for token in self._raw([tail])[0] if token in special][:1]

    @staticmethod
    def _template_error() -> type[Exception]:
        from jinja2 import TemplateError

        return TemplateError

    def text(self, request: Request) -> str:
        """The prompt as text, with the cue where it belongs (`Request`); raises jinja2's TemplateError or ValueError."""
        if not self.chat:
            return plain_text(request.messages, request.cue)
        cue = request.cue if request.ability == "score" else ""
        try:
            return self._turns(request.messages, prompt=True) + cue
        except self._template_error():
            if all(message.role != "system" for message in request.messages):
                raise
            return self._turns(without_system(request.messages), prompt=True) + cue

    def ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Token ids of each text with the beginning-of-sequence token once, where this tokenizer or its template has one."""
        return [self._once(ids) for ids in self._raw(texts)]

    def _once(self, ids: list[int]) -> tuple[int, ...]:
        if self.chat or self.adds_bos:
            while self.bos is not None and ids[:2] == [self.bos, self.bos]:
                ids = ids[1:]
        if self.adds_bos and self.bos is not None and ids[:1] != [self.bos]:
            ids = [self.bos, *ids]
        return tuple(map(self._numbers.__getitem__, ids))

    def prompt(self, request: Request) -> tuple[int, ...]:
        """Token ids that the model continues. Raises ValueError where there are none."""
        ids = self.ids([self.text(request)])[0]
        if not ids:
            raise ValueError("the prompt has no token")
        return ids

    def pairs(self, request: Request) -> tuple[Pair, ...]:
        """Context and continuation of each option.

        The context's trailing spaces go to the continuation, since tokens carry the space in front of a word. The two
        are encoded together and cut at the context's own length, also where a token spans the border. Raises ValueError
        for no options, and for an option that adds no token.
        """
        if not request.options:
            raise ValueError("a request to score has no options")
        text = self.text(request)
        context = text.rstrip()
        spaces = text[len(context) :]
        joined = [context + spaces + separator(request.cue, option) + option for option in request.options]
        head, *wholes = self.ids([context, *joined])
        if not head:
            raise ValueError("the prompt has no token")
        for option, whole in zip(request.options, wholes, strict=True):
            if len(whole) <= len(head):
                raise ValueError(f"option {option!r} adds no token to the prompt")
        return tuple((whole[: len(head)], whole[len(head) :]) for whole in wholes)

    def read(self, ids: Sequence[int]) -> str:
        """The text of generated tokens, without special tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))
