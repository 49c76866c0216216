import pytest

from evalkit.engines.tokens import Encoder, plain_text, separator, without_system
from evalkit.records import Message
from tests.contracts.engine import asked
from tests.tiny import tokenizer


def encoder_of(chat="", *, adds_bos=True) -> Encoder:
    return Encoder(tokenizer(chat=chat, adds_bos=adds_bos), chat=bool(chat))


@pytest.mark.parametrize(
    ("cue", "option", "between"),
    [
        ("Answer:", "A", " "), ("ANSWER:", "A", " "), ("答案：", "A", ""), ("答案:", "A", " "), ("Answer: ", "A", ""), ("", "A", ""),
        ("Answer:", " A", ""), ("(", "A", ""), ("Answer", "A", " "), ("答案", "A", ""), ("Answer:\n", "A", ""),
    ],
)  # fmt: skip
def test_one_space_after_an_ascii_cue_and_none_after_a_wide_one(cue, option, between):
    assert separator(cue, option) == between


def test_without_a_template_turns_stand_apart_by_a_blank_line():
    turns = (
        Message(role="system", content="Be brief."), Message(role="user", content="Q1"), Message(role="assistant", content="Answer: B"),
        Message(role="user", content="Q2"),
    )  # fmt: skip
    assert plain_text(turns, "Answer:") == "Be brief.\n\nQ1\nAnswer: B\n\nQ2\nAnswer:"
    assert plain_text(turns[1:2], "") == "Q1"


def test_golden_prompts():
    request = asked("score", "Which?")
    assert encoder_of("own bos").text(request) == "<|bos|><|im_start|>user\nWhich?<|im_end|>\n<|im_start|>assistant\nAnswer:"
    assert encoder_of("own bos").text(asked("generate", "Which?")) == "<|bos|><|im_start|>user\nWhich?<|im_end|>\n<|im_start|>assistant\n"
    assert encoder_of("").text(request) == encoder_of("").text(asked("generate", "Which?")) == "Which?\nAnswer:"


@pytest.mark.parametrize(
    ("chat", "adds_bos", "count"),
    [
        ("", True, 1),
        ("", False, 0),
        ("own bos", True, 1),  # both bring one: doubled, if nobody looked
        ("own bos", False, 1),
        ("no bos", True, 1),  # the template forgot it: missing, if nobody looked
        ("no bos", False, 0),
        ("two bos", True, 1),
    ],
)
def test_the_beginning_of_sequence_stands_once(chat, adds_bos, count):
    encoder = encoder_of(chat, adds_bos=adds_bos)
    bos = encoder.tokenizer.bos_token_id
    rows = [encoder.prompt(asked("generate", "Which?")), *(context for context, _ in encoder.pairs(asked("score", "Which?")))]
    for ids in rows:
        assert list(ids).count(bos) == count
        assert (ids[0] == bos) == bool(count)
    assert all(bos not in continuation for _, continuation in encoder.pairs(asked("score", "Which?")))


def lm_eval_pair(encode, context, continuation):
    """What lm_eval 0.4's `_encode_pair` does for a decoder-only model, written down from its description."""
    spaces = len(context) - len(context.rstrip())
    if spaces > 0:
        context, continuation = context[:-spaces], context[-spaces:] + continuation
    whole, head = encode(context + continuation), encode(context)
    return whole[: len(head)], whole[len(head) :]


@pytest.mark.parametrize(
    ("text", "cue", "options"),
    [
        ("Which gas?", "Answer:", ("A", "B")),
        ("Which gas?", "答案：", ("A", "B")),
        ("Which gas?", "Answer: ", ("A", "oxygen and more")),
        ("Which gas?", "Answer:  \n", ("A", "B")),
        ("Which gas is blo", "", ("wn into the converter", "B")),
        ("氧", "", ("气 and argon", "化")),
    ],
)
def test_pairs_are_cut_where_lm_eval_cuts_them(text, cue, options):
    encoder = encoder_of("")
    request = asked("score", text, cue=cue, options=options)
    context = f"{text}\n{cue}" if cue else text

    def encode(string):
        return tuple(encoder.tokenizer(string)["input_ids"])

    for option, pair in zip(options, encoder.pairs(request), strict=True):
        assert pair == lm_eval_pair(encode, context, separator(cue, option) + option)


def test_a_token_that_spans_the_border_keeps_the_whole_as_it_is():
    encoder = encoder_of("", adds_bos=False)
    tokens = {encoder.tokenizer.convert_ids_to_tokens(token): token for token in range(len(encoder.tokenizer))}
    merged = next(word for word in sorted(tokens) if word.isascii() and word.isalpha() and len(word) >= 3)
    head, tail = merged[:-1], merged[-1] + " B C D E F"
    request = asked("score", head, cue="", options=(tail,))
    ((context, continuation),) = encoder.pairs(request)
    whole = tuple(encoder.tokenizer(head + tail)["input_ids"])
    assert context + continuation == whole
    assert whole[0] == tokens[merged]  # the border really lies inside a token
    assert len(context) == len(encoder.tokenizer(head)["input_ids"])


def test_options_without_tokens_are_refused():
    with pytest.raises(ValueError, match="adds no token"):
        encoder_of("").pairs(asked("score", "x", cue="", options=("",)))
    with pytest.raises(ValueError, match="no options"):
        encoder_of("").pairs(asked("score", "x", options=()))
    with pytest.raises(ValueError, match="no token"):
        encoder_of("", adds_bos=False).prompt(asked("generate", "", cue=""))


def test_a_template_without_a_system_role_gets_its_text_in_the_first_turn():
    encoder = encoder_of("no system")
    request = asked("generate", "Which?")
    system = Message(role="system", content="Be brief.")
    with_system = type(request)(**{name: getattr(request, name) for name in request.__slots__} | {"messages": (system, *request.messages)})
    assert "<|im_start|>user\nBe brief.\n\nWhich?<|im_end|>" in encoder.text(with_system)
    assert without_system(request.messages) == request.messages


def test_a_tokenizers_own_truncation_and_padding_are_switched_off():
    made = tokenizer()
    made.backend_tokenizer.enable_truncation(4)
    made.backend_tokenizer.enable_padding(length=64)
    made.model_max_length = 4
    encoder = Encoder(made, chat=False)
    assert encoder.ids(["gas " * 30]) == encoder_of("").ids(["gas " * 30])
    assert len(encoder.ids(["gas " * 30])[0]) > 30


def test_the_end_of_a_turn_is_read_from_the_template():
    encoder = encoder_of("own bos")
    assert encoder.ends == {encoder.tokenizer.convert_tokens_to_ids("<|im_end|>")}
    assert encoder_of("").ends == frozenset()


def test_reading_leaves_special_tokens_out_and_spaces_in():
    encoder = encoder_of("")
    ids = encoder.tokenizer("a , b  。", add_special_tokens=False)["input_ids"]
    assert encoder.read([*ids, encoder.tokenizer.eos_token_id]) == "a , b  。"


DATED = (
    "{% macro day() %}{{ strftime_now('%d %b %Y') }}{% endmacro %}"
    "{% if not date_string is defined %}{% if strftime_now is defined %}{% set date_string = strftime_now('%Y-%m-%d') %}{% endif %}{% endif %}"
    "{{ date_string }}, {{ day() }}\n"
)


def test_a_template_that_prints_the_date_reads_the_same_on_every_day():
    made = tokenizer(chat="no bos")
    made.chat_template = DATED + made.chat_template
    assert Encoder(made, chat=True).text(asked("generate", "Which?")).startswith("2026-01-01, 01 Jan 2026\n<|im_start|>user\nWhich?")
