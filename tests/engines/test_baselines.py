from collections import Counter
from dataclasses import replace

import pytest

from evalkit.engines.baselines import ConstantLetterEngine, LongestOptionEngine, RandomEngine, option_texts, shown_labels
from evalkit.engines.echo import EchoEngine
from evalkit.prompts import PROMPTS, prompt_of
from evalkit.records import Item, Request, Source
from tests.contracts.engine import EngineLaws, asked

LINES = "Which?\nA. oxygen\nB. nitrogen gas\nC. argon\nD. helium"


def item(**changes) -> Item:
    fields = {
        "id": "steel-1", "suite": "steel", "task": "knowledge", "subarea": "x", "cluster": "steel-1", "form": "choice", "language": "en",
        "level": "recall", "stem": "Which gas?", "choices": ("oxygen", "nitrogen; B is dry", "argon (pure)", "He"), "answer": "oxygen",
        "source": Source(title="t"),
    }  # fmt: skip
    return Item(**{**fields, **changes})


class TestRandom(EngineLaws):
    @pytest.fixture
    def engine(self):
        return RandomEngine()

    def test_is_uniform_over_options(self, engine):
        responses = engine.answer([asked("score", f"{number}\n{LINES}") for number in range(2000)])
        counts = Counter(response.loglikelihoods.index(0.0) for response in responses)
        assert set(counts) == {0, 1, 2, 3}
        chi_square = sum((count - 500) ** 2 / 500 for count in counts.values())
        assert chi_square < 16.27  # 3 degrees of freedom, p = 0.001; the draws are fixed by their keys


class TestConstant(EngineLaws):
    @pytest.fixture
    def engine(self):
        return ConstantLetterEngine()

    def test_takes_the_place_it_was_made_for(self):
        for index, expected in ((0, 0), (2, 2), (9, 3)):
            (response,) = ConstantLetterEngine(index=index).answer([asked("score", LINES)])
            assert response.loglikelihoods.index(0.0) == expected

    def test_places_are_different_models(self):
        assert ConstantLetterEngine(index=1).model.weights_digest != ConstantLetterEngine().model.weights_digest


class TestLongest(EngineLaws):
    @pytest.fixture
    def engine(self):
        return LongestOptionEngine()

    @pytest.mark.parametrize("language", ["en", "zh"])
    @pytest.mark.parametrize("layout", sorted(PROMPTS))
    @pytest.mark.parametrize("labels", ["ABCD", "1234", "甲乙丙丁"])
    def test_reads_every_prompt_template(self, layout, labels, language):
        asked_item = item(prompt=layout, labels=labels, language=language)
        prompt = prompt_of(asked_item)
        request = Request(id="r", item="i", ability="score", messages=prompt.messages, cue=prompt.cue, options=prompt.options)
        assert option_texts(request, prompt.options) == asked_item.choices
        (response,) = LongestOptionEngine().answer([request])
        assert response.loglikelihoods.index(0.0) == 1
        assert shown_labels(replace(request, options=())) == prompt.options

    def test_the_options_behind_a_quoted_list_count(self):
        request = asked("score", "A. long and quoted text\nB. b\nC. c\nD. d\n\n" + LINES)
        assert option_texts(request, request.options) == ("oxygen", "nitrogen gas", "argon", "helium")

    def test_labels_without_text_are_an_error_not_a_guess(self):
        (response,) = LongestOptionEngine().answer([asked("score", "No options here.")])
        assert response.finish == "error"
        assert "A, B, C, D" in response.error

    def test_full_text_options_are_measured_themselves(self):
        (response,) = LongestOptionEngine().answer([asked("score", "Blown gas:", options=("oxygen", "nitrogen", "argon"))])
        assert response.loglikelihoods.index(0.0) == 1


@pytest.mark.parametrize("engine", [RandomEngine(), ConstantLetterEngine(), LongestOptionEngine()], ids=lambda e: e.model.name)
def test_written_forms_get_no_answer_and_written_choices_a_label(engine):
    (written,) = engine.answer([asked("generate", "How long does it take?")])
    assert (written.finish, written.text) == ("stop", "")
    (choice,) = engine.answer([asked("generate", LINES)])
    assert choice.text in "ABCD"
    assert len(choice.text) == 1
    assert engine.model.baseline


def test_baselines_ignore_the_configuration_and_have_distinct_identities():
    made = [kind(object()) for kind in (RandomEngine, ConstantLetterEngine, LongestOptionEngine)]
    assert len({engine.model.weights_digest for engine in made}) == 3


class TestEcho(EngineLaws):
    @pytest.fixture
    def engine(self):
        return EchoEngine(answer=lambda request: request.options[1] if request.options else "yes")

    def test_failures_delays_and_the_order_of_asking(self):
        requests = [asked("generate", text) for text in ("one", "two")]
        engine = EchoEngine(fails=lambda request: "down" if request.item == "two" else "", delay_s=0.01)
        first, second = engine.answer(requests)
        assert (first.text, first.finish) == ("one", "stop")
        assert first.total_s >= 0.01
        assert (second.finish, second.error) == ("error", "down")
        assert engine.asked == [request.id for request in requests]

    def test_an_answer_outside_the_options_is_an_error(self):
        (response,) = EchoEngine(answer=lambda _: "Z").answer([asked("score", LINES)])
        assert response.finish == "error"
