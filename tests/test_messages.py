import re
from pathlib import Path

import pytest

from evalkit import axes, messages
from evalkit.axes import ENERGY_BAND_J, FAMILIES, PROFILES
from evalkit.axes.profiles import ENERGY_WORDS
from evalkit.messages import MESSAGES, PHRASES, figure, interval, known_phrase, message, named, pair, phrase, quantity, visible
from evalkit.records import ABILITY_OF_TASK, AXES, DOMAINS, FORM_GROUP, LANGUAGES, LEVELS, STATES, Estimate

PAGES = Path(messages.__file__).parent / "pages"
CHINESE = re.compile("[\u4e00-\u9fff]")
NO_CHINESE = {"en", "form/json", "colon", "count"}


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_every_message_is_there_in_both_languages(key: str):
    zh, en = MESSAGES[key]
    assert zh.strip()
    assert en.strip()
    fields = [set(re.findall(r"{(\w+)}", text)) for text in (zh, en)]
    assert fields[0] == fields[1]
    if key not in NO_CHINESE | {"zh"}:
        assert CHINESE.search(zh), f"{key} is not Chinese"
        assert not CHINESE.search(en), f"{key} is not English"


def test_every_key_that_a_template_names_is_in_the_catalogue():
    for path in sorted(PAGES.glob("*.html")):
        text = path.read_text(encoding="utf-8")
        keys = re.findall(r"""\b(?:tt?|pair|fact|head)\(\s*"([^"]+)"(?=\s*[,)])""", text)
        assert keys or path.name in ("words.html",), path.name
        missing = [key for key in keys if key not in MESSAGES]
        assert not missing, f"{path.name}: {missing}"


def test_every_name_of_the_records_is_in_the_catalogue():
    wanted = [f"domain/{name}" for name in DOMAINS]
    wanted += [f"language/{name}" for name in LANGUAGES] + [f"level/{name}" for name in LEVELS] + [f"state/{name}" for name in STATES]
    wanted += [f"task/{name}" for name in ABILITY_OF_TASK] + [f"form/{name}" for name in FORM_GROUP] + [f"axis/{name}" for name in AXES]
    wanted += [f"ability/{name}" for name in ABILITY_OF_TASK.values() if name != "refusal"] + [
        f"group/{name}" for name in FORM_GROUP.values()
    ]
    wanted += [f"what/{name}" for name in AXES] + [f"profile/{name}" for name in PROFILES] + [*ENERGY_WORDS]
    assert [name for name in wanted if name not in MESSAGES] == []
    assert all(all(words) for words in FAMILIES.values())


def test_the_policys_terms_are_used_exactly():
    assert [MESSAGES[f"axis/{name}"][0] for name in AXES] == ["准确性", "通用性", "鲁棒性", "高效性"]


def test_the_english_of_energy_levels_is_that_of_the_axis():
    assert {level: MESSAGES[level][1] for level in ENERGY_WORDS} == dict(ENERGY_WORDS)


def test_what_the_axes_write_can_be_said_in_chinese():
    """Constant reasons and methods found in the axes' source, and filled ones as they write them."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in Path(axes.__file__).parent.glob("*.py"))
    constant = re.findall(r"""(?:withheld\(|no_axis\("\w+", |untimed: str = )"([^"{]+)\"""", source) + re.findall(r'reason="([^"{]+)"', source)
    assert len(constant) > 15
    assert [text for text in constant if not known_phrase(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "mean over domains with equal weight, clustered t, domains as strata; not corrected for chance; interval approximate (9 clusters)",
        "near chance: the clean mean's lower limit is -0.012, 0.15 is needed",
        "cell left out: ability write (0 items in 0 clusters; 20 and 5 needed)",
        "one point on cpu, Some CPU @ 2.40GHz x 2 cores; cost: device-seconds an item, offline; band 0.5 to 500 s",
        "one clean run, and the placebo changed 3 of 20 answers: keep rates lack a noise control and read too low; "
        "ask for 2 clean runs or more",
        "3 of 6 families",
        "needs 3 domains, 2 languages and 2 abilities in cells large enough; domain has 1, ability has 0",
        "share, Wilson on n/deff, deff 1.25; interval approximate (4 clusters)",
        "share, one-sided exact bound; n_eff 60, the clusters; interval approximate (9 clusters)",
        "a timed request failed (CUDA error)",
        "a timed request failed (TimeoutError: nothing; was)\n(heard, in 60 s)); answers are kept: run the same command again to measure",
        "every timed prompt is longer than the model's context",
    ],
)
def test_phrases_leave_no_english_sentence(text: str):
    zh, en = phrase(text)
    assert en == text
    assert known_phrase(text)
    assert CHINESE.search(zh)
    assert not re.search(r"\b(the|of|over|with|and|needed)\b", zh), zh


def test_phrases_inside_phrases_without_end_take_no_time():
    """Each level once asked for the next one twice: 2 to the power of the depth."""
    text = "validity gate: placebo cannot be had (" * 45 + "one run" + ")" * 45
    assert phrase(text)[0].count("没有安慰剂数字") == 45
    assert phrase("the clean mean has no interval (" * 20_000) == ("the clean mean has no interval (" * 20_000,) * 2


def test_an_engines_own_words_stay_as_they_are():
    said = "no answer, one run; {0} (x)"
    told = "计时的请求失败（" + said + "）"
    assert phrase(f"a timed request failed ({said})")[0] == told
    again = "answers are kept: run the same command again to measure"
    assert phrase(f"a timed request failed ({said}); {again}")[0] == told + "；答案已保留：再次运行同一命令即可测量"


def test_an_unknown_phrase_stays_as_it_is():
    assert phrase("a reason of tomorrow") == ("a reason of tomorrow", "a reason of tomorrow")


def test_patterns_fill_no_more_groups_than_they_have():
    for pattern, chinese in PHRASES:
        groups = re.compile(pattern).groups
        assert {int(number) for number in re.findall(r"{(\d)}", chinese)} <= set(range(groups)), pattern


def test_unknown_key_is_an_error_and_unknown_name_is_itself():
    with pytest.raises(KeyError):
        message("no such key", "zh")
    assert named("domain/shipbuilding") == ("shipbuilding", "shipbuilding")
    assert pair("partial", what=("甲", "a")) == ("不完整：甲", "partial: a")


@pytest.mark.parametrize(
    ("value", "unit", "printed"),
    [
        (0.12345, "", "0.123"),
        (-0.00001, "", "0.000"),
        (-0.25, "", "−0.250"),
        (None, "", "—"),
        (0.125, "%", "12.5 %"),
        (0.0871, "s", "87.1 ms"),
        (12.3456, "s", "12.3 s"),
        (0.0, "s", "0 s"),
        (1234.5, "token/s", "1,234 token/s"),
        (900 * 2**20, "B", "900 MiB"),
        (3 * 2**40, "B", "3.00 TiB"),
        (14.0, "J", "14.0 J"),
    ],
)
def test_figures_are_printed_with_their_unit(value, unit, printed):
    assert figure(value, unit) == printed


def test_intervals_show_open_ends():
    assert interval(Estimate(value=1.0, low=0.5, high=None, unit="s")) == "[500 ms, …]"
    assert interval(Estimate(value=1.0)) == ""


def test_quantities_are_short():
    assert [quantity(n) for n in (None, 134_515_008, 7_240_000_000, 950)] == ["", "134.5 M", "7.24 B", "950"]


def test_nothing_invisible_is_left_in_a_text():
    assert visible("a\u202eb\x00c\ud800\r\nd\te") == "a\\u202eb\\u0000c\\ud800\nd\te"
    assert ENERGY_BAND_J[0] < ENERGY_BAND_J[1]
