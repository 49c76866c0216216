"""From a model's text to its answer: letters, numbers with units, orders, JSON, words. Every reader says which rule fired.

Where an answer is looked for, in this order: the last `\\boxed{}`, the last answer line ("答案：", "Answer:", "the answer
is"), and then what the form allows (a lone letter, the last number, ...). What cannot be told apart (two letters, a
range) is not guessed at. Everything here is linear in the length of the text and raises nothing.
"""

from evalkit.answers.abstention import read_abstention
from evalkit.answers.conduct import read_conduct
from evalkit.answers.letters import read_letter, read_letters
from evalkit.answers.numbers import read_number
from evalkit.answers.objects import read_json
from evalkit.answers.orders import read_order
from evalkit.answers.phrases import holds, length_of, states, strange_numbers
from evalkit.answers.places import Read, normalise_text, quote, strip_thinking, tidy
from evalkit.answers.units import Unit, parse_unit
from evalkit.answers.words import is_refusal, match_key, read_text

__all__ = [
    "Read",
    "Unit",
    "holds",
    "is_refusal",
    "length_of",
    "match_key",
    "normalise_text",
    "parse_unit",
    "quote",
    "read_abstention",
    "read_conduct",
    "read_json",
    "read_letter",
    "read_letters",
    "read_number",
    "read_order",
    "read_text",
    "states",
    "strange_numbers",
    "strip_thinking",
    "tidy",
]
