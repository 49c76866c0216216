"""The configurations in configs/tasks: on the published files where they are at hand, else on made files of the format described."""

import csv
import json
import os
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from evalkit.config import RunConfig
from evalkit.errors import SuiteError
from evalkit.plan import build_plan
from evalkit.prompts import question
from evalkit.records import Model
from evalkit.suite import find_suite

ROOT = Path(__file__).parent.parent
TASKS = ROOT / "configs" / "tasks"
SHIPPED = ("ceval", "cmexam", "cmmlu", "gsm8k", "mmlu", "pubmedqa", "seedbench", "supergpqa")
PUBLISHED = Path(os.environ.get("EVALKIT_DATA") or os.environ.get("EVALKIT_TEST_DATA") or ROOT.parent / "shared" / "data")
ENGINE = SimpleNamespace(model=Model(name="m", source="m", weights_digest="w"), rules="r", abilities=frozenset({"score", "generate"}))


@pytest.fixture(autouse=True)
def _own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("EVALKIT_DATA", str(tmp_path))


def _suite(name: str):
    return find_suite(str(TASKS / name))


def _published(name: str, monkeypatch: pytest.MonkeyPatch):
    if not (PUBLISHED / name).is_dir():
        pytest.skip(f"needs the data set {name} (set EVALKIT_DATA to the folder that holds it)")
    monkeypatch.setenv("EVALKIT_DATA", str(PUBLISHED))
    return _suite(name)


# ---------------------------------------------------------------- published files


def _rows(folder: Path, ending: str) -> dict[str, list[list[str]]]:
    """Subject > rows, by the csv module."""
    found = {}
    for path in sorted(folder.glob(f"*{ending}")):
        with path.open(encoding="utf-8", newline="") as stream:
            found[path.name.removesuffix(ending)] = list(csv.reader(stream))
    return found


def test_mmlu_is_read_row_for_row(monkeypatch: pytest.MonkeyPatch):
    suite = _published("mmlu", monkeypatch)
    rows = _rows(PUBLISHED / "mmlu" / "test", "_test.csv")
    items = {item.id: item for item in suite.items}
    left = [re.match(r"row (\d+) of (\w+)_test.csv", reason).groups() for reason in suite.left_out]
    assert len(items) + len(left) == sum(map(len, rows.values()))
    expected = {
        f"mmlu-test-{subject}-{number:05d}": (subject, *(cell.strip() for cell in row[:5]), row["ABCD".index(row[5]) + 1].strip())
        for subject, lines in rows.items()
        for number, row in enumerate(lines)
        if (str(number), subject) not in left
    }
    assert {key: (item.subarea, item.stem, *item.choices, item.answer) for key, item in items.items()} == expected
    assert all(len({cell.strip() for cell in rows[subject][int(number)][1:5]}) < 4 for number, subject in left)


def test_mmlu_of_ten_subjects_has_the_rows_we_counted(monkeypatch: pytest.MonkeyPatch):
    suite = _published("mmlu", monkeypatch)
    counts = Counter(item.subarea for item in suite.items)
    ten = {"anatomy": 135, "clinical_knowledge": 265, "college_medicine": 173, "computer_security": 100, "conceptual_physics": 235,
           "electrical_engineering": 144, "high_school_statistics": 216, "medical_genetics": 100, "nutrition": 306, "virology": 166}  # fmt: skip
    assert {subject: counts[subject] for subject in ten} == ten
    first, last = (next(item for item in suite.items if item.id == f"mmlu-test-{end}") for end in ("anatomy-00000", "virology-00165"))
    assert first.stem == "A lesion causing compression of the facial nerve at the stylomastoid foramen will cause ipsilateral"
    assert first.answer == "paralysis of the facial muscles."
    assert last.answer == "We disturb forests where they quietly exist as a zoonosis"
    drawn = Counter(item.subarea for item in suite.items[:200])
    assert len(drawn) >= 9, "the first items are of all subjects"


def test_shots_of_mmlu_are_its_dev_rows_in_their_order(monkeypatch: pytest.MonkeyPatch):
    suite = _published("mmlu", monkeypatch)
    dev = _rows(PUBLISHED / "mmlu" / "dev", "_dev.csv")
    assert [(shot.subarea, shot.stem) for shot in suite.shots] == [(name, row[0].strip()) for name, rows in dev.items() for row in rows]
    assert {len(rows) for rows in dev.values()} == {5}
    plan = build_plan(RunConfig(suites=(str(TASKS / "mmlu"),), shots=5, profile="full"), ENGINE)  # type: ignore[arg-type]
    assert len(plan.requests) == len(suite.items)
    dev_questions = {question(shot) for shot in suite.shots}
    for request in plan.requests:
        *shown, (asked, _) = zip(*[iter([*(message.content for message in request.messages), ""])] * 2, strict=True)
        assert len(shown) == 5
        assert {user for user, _ in shown} <= dev_questions
        assert asked not in {user for user, _ in shown}
        item = plan.items[request.item]
        own = [shot for shot in suite.shots if shot.cluster != item.cluster]
        assert [user for user, _ in shown] == [question(shot) for shot in own if shot.subarea == item.subarea][:5]
    twice = {item.id for item in suite.items if question(item) in dev_questions}
    assert "mmlu-test-college_medicine-00081" in twice, "a question of the test stands among the dev rows of another subject"
    assert {shot.cluster for shot in suite.shots} >= {item.cluster for item in suite.items if item.id in twice}


def test_gsm8k_golds_are_the_numbers_behind_the_marks(monkeypatch: pytest.MonkeyPatch):
    items = _published("gsm8k", monkeypatch).items
    lines = (PUBLISHED / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(items) == len(rows) == 1319
    # how lm_eval's gsm8k task frees a gold of everything else before it compares
    golds = [re.sub(r"\.$", "", re.sub(r"(?s).*#### ", "", re.sub(r",|\$", "", row["answer"]))) for row in rows]
    assert [item.answer for item in items] == golds
    assert [item.stem for item in items] == [row["question"].strip() for row in rows]
    assert (items[0].answer, items[146].answer, items[-1].answer) == ("18", golds[146], "14")
    assert {item.form for item in items} == {"number"}
    assert {(item.tolerance.rel, item.tolerance.abs) for item in items} == {(0.0, 0.0)}
    assert sum(float(str(item.answer)) >= 1000 for item in items) > 50, "those with a comma are numbers too"


def test_gsm8k_shows_rows_of_train(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    _published("gsm8k", monkeypatch)
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k" / "test.jsonl").write_bytes((PUBLISHED / "gsm8k" / "test.jsonl").read_bytes())
    train = next(iter(sorted((PUBLISHED / "gsm8k").glob("train*.jsonl")))).read_text(encoding="utf-8").splitlines()
    (tmp_path / "gsm8k" / "train.jsonl").write_text("\n".join(train), encoding="utf-8")
    monkeypatch.setenv("EVALKIT_DATA", str(tmp_path))
    suite = _suite("gsm8k")
    assert len(suite.shots) == len(train)
    assert suite.shots[0].stem == json.loads(train[0])["question"].strip()
    assert suite.left_out == ()


def test_pubmedqa_has_a_thousand_rows_and_five_hundred_of_the_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    suite = _published("pubmedqa", monkeypatch)
    rows = json.loads((PUBLISHED / "pubmedqa" / "ori_pqal.json").read_text(encoding="utf-8"))
    test = json.loads((PUBLISHED / "pubmedqa" / "test_ground_truth.json").read_text(encoding="utf-8"))
    golds = {item.id.removeprefix("pubmedqa-test-"): item.answer for item in suite.items}
    assert golds == test
    assert len(golds) == 500
    assert {shot.id.removeprefix("pubmedqa-train-") for shot in suite.shots} == set(rows) - set(test)
    whole = yaml.safe_load((TASKS / "pubmedqa" / "suite.yaml").read_text(encoding="utf-8"))
    whole["dataset"] |= {"split": "all", "order": "rows"}
    (tmp_path / "suite.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    items = find_suite(str(tmp_path)).items
    assert [item.id.removeprefix("pubmedqa-all-") for item in items] == list(rows)
    assert Counter(item.answer for item in items) == {"yes": 552, "no": 338, "maybe": 110}
    assert (items[0].id, items[0].answer, items[-1].id, items[-1].answer) == ("pubmedqa-all-21645374", "yes", "pubmedqa-all-17559449", "no")
    assert items[0].stem == "Do mitochondria play a role in remodelling lace plant leaves during programmed cell death?"
    for item, row in zip(items, rows.values(), strict=True):
        assert item.context == "\n".join(row["CONTEXTS"]).strip()
        assert item.choices == ("yes", "no", "maybe")


def test_pubmedqa_without_its_list_of_test_rows_says_what_would_work(tmp_path: Path):
    (tmp_path / "pubmedqa").mkdir()
    row = {"QUESTION": "q?", "CONTEXTS": ["a", "b"], "LONG_ANSWER": "l", "final_decision": "yes"}
    (tmp_path / "pubmedqa" / "ori_pqal.json").write_text(json.dumps({"1": row, "2": row}))
    with pytest.raises(SuiteError, match=r"test_ground_truth.json: no such file.*dataset.split: all"):
        _ = _suite("pubmedqa").items
    (tmp_path / "pubmedqa" / "test_ground_truth.json").write_text(json.dumps({"2": "yes", "3": "no"}))
    with pytest.raises(SuiteError, match="1 of its 2 ids have no row, the first: '3'"):
        _ = _suite("pubmedqa").items
    (tmp_path / "pubmedqa" / "test_ground_truth.json").write_text(json.dumps({"2": "yes"}))
    suite = _suite("pubmedqa")
    assert [item.id for item in suite.items] == ["pubmedqa-test-2"]
    assert [shot.id for shot in suite.shots] == ["pubmedqa-train-1"]


# ---------------------------------------------------------------- made files of the format described


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_cmmlu_as_described(tmp_path: Path):
    _write(tmp_path / "cmmlu/test/agronomy.csv", ",Question,A,B,C,D,Answer\n0,下列哪种作物是禾本科？,水稻,大豆,棉花,油菜,A\n1,“三农”不包括,农村,农民,工业,农业,C\n")
    _write(tmp_path / "cmmlu/test/genetics.csv", ",Question,A,B,C,D,Answer\n0,NA,None,1,2,3,D\n1,重复,甲,甲,乙,丙,C\n")
    _write(tmp_path / "cmmlu/dev/agronomy.csv", ",Question,A,B,C,D,Answer\n0,小麦是,草本,木本,藤本,蕨类,A\n")
    _write(tmp_path / "cmmlu/dev/genetics.csv", ",Question,A,B,C,D,Answer\n0,DNA 是,双链,单链,三链,四链,A\n")
    suite = _suite("cmmlu")
    assert {item.id: (item.subarea, item.answer) for item in suite.items} == {
        "cmmlu-test-agronomy-00000": ("agronomy", "水稻"), "cmmlu-test-agronomy-00001": ("agronomy", "工业"), "cmmlu-test-genetics-00000": ("genetics", "3"),
    }  # fmt: skip
    assert next(item for item in suite.items if item.subarea == "genetics").choices == ("None", "1", "2", "3")
    assert {item.language for item in suite.items} == {"zh"}
    assert [shot.subarea for shot in suite.shots] == ["agronomy", "genetics"]
    assert len(suite.left_out) == 1
    assert "row 1 of genetics.csv" in suite.left_out[0]


def test_ceval_as_described(tmp_path: Path):
    _write(tmp_path / "ceval/val/law_val.csv", "id,question,A,B,C,D,answer\n0,宪法由谁修改？,全国人大,国务院,法院,检察院,A\n")
    _write(tmp_path / "ceval/dev/law_dev.csv", 'id,question,A,B,C,D,answer,explanation\n0,民法典何时施行？,2019,2020,2021,2022,C,"一,\n二"\n')
    suite = _suite("ceval")
    assert [(item.id, item.answer) for item in suite.items] == [("ceval-val-law-00000", "全国人大")]
    assert [(shot.subarea, shot.answer) for shot in suite.shots] == [("law", "2021")]


def test_cmexam_as_described(tmp_path: Path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in (
        ("Question", "Options", "Answer", "Explanation"),
        ("下列哪项\\n是休克的表现？", "A 血压下降\\nB 血压升高\\nC 皮肤潮红\\nD 尿量增多\\nE 无变化", "A", "休克时\\n血压下降"),
        ("属于抗生素的有", "A 青霉素\\nB 头孢菌素\\nC 阿司匹林\\nD 红霉素", "ABD", None),
        ("没有答案的题", "A 甲\\nB 乙\\nC 丙\\nD 丁", None, None),
        ("答案在选项之外", "A 甲\\nB 乙\\nC 丙\\nD 丁", "E", None),
        (None, None, None, None),
        ("正常体温约为", "A 35 ℃\\nB 37 ℃\\nC 39 ℃\\nD 41 ℃", "B", "37"),
    ):
        book.active.append(line)
    (tmp_path / "cmexam").mkdir()
    book.save(tmp_path / "cmexam" / "val.xlsx")
    suite = _suite("cmexam")
    first, several, last = suite.items
    assert (first.form, first.stem, first.answer, first.explanation) == ("choice", "下列哪项\n是休克的表现？", "血压下降", "休克时\n血压下降")
    assert first.choices == ("血压下降", "血压升高", "皮肤潮红", "尿量增多", "无变化")
    assert (several.form, several.answer, several.explanation) == ("choices", ("青霉素", "头孢菌素", "红霉素"), "")
    assert (last.id, last.answer) == ("cmexam-test-00004", "37 ℃")
    assert [re.sub(r".*'xlsx': ", "", reason)[:24] for reason in suite.left_out] == ["nothing stands in column", "the answer 'E' is no let"]
    plan = build_plan(RunConfig(suites=(str(TASKS / "cmexam"),), profile="full"), ENGINE)  # type: ignore[arg-type]
    assert [request.ability for request in plan.requests] == ["score", "generate", "score"]


def test_supergpqa_as_described(tmp_path: Path):
    options = [f"{place} MPa" for place in range(10)]
    row = {"uuid": "u1", "question": "Which strength?", "options": options, "answer": "9 MPa", "answer_letter": "J", "discipline": "Engineering",
           "field": "Metallurgical Engineering", "subfield": "Rolling", "difficulty": "hard", "is_calculation": True}  # fmt: skip
    other = {**row, "uuid": "u2", "options": ["a", "b", "C"], "answer": "C", "answer_letter": "C", "field": "Crop Science", "is_calculation": False}
    eleven = {**row, "uuid": "u3", "options": [*options, "more"]}
    _write(tmp_path / "supergpqa/SuperGPQA-all.jsonl", "".join(json.dumps(line) + "\n" for line in (row, other, eleven)))
    suite = _suite("supergpqa")
    found = {item.id: (item.task, item.subarea, item.answer, len(item.choices)) for item in suite.items}
    assert found == {
        "supergpqa-test-u1": ("calculation", "Metallurgical Engineering", "9 MPa", 10),
        "supergpqa-test-u2": ("knowledge", "Crop Science", "C", 3),
    }
    assert "11 options are more than there are labels" in suite.left_out[0]


def _seed(question: str, answer: str, level: str = "Gene Basic Information Query") -> dict[str, object]:
    return {"instruction": "Choose.", "question": question, "answer": answer, "split": {"level1": level, "level2": "x"}, "task_type": "QA-1"}


def test_seedbench_as_described(tmp_path: Path):
    one = [
        _seed("A plant shows the phenotype. Which gene?\nA. OsMADS1\nB. OsNAC6\nC. Hd1\nD. Ghd7", "C"),
        _seed("水稻抽穗期基因是？ A：Hd1 B：Sub1A C：GS3 D：Wx", "A", "品种"),
        _seed("Which host? \nA. Rice\nB. Wheat\nC. Maize\nD. The bacterium E. coli", "A"),
        _seed("No options here.", "A"),
    ]
    _write(tmp_path / "seedbench/1-1.json", json.dumps(one, ensure_ascii=False))
    _write(tmp_path / "seedbench/1-2.json", json.dumps([_seed("Which are cereals?\n(A) rice\n(B) bean\n(C) wheat\n(D) cotton", "A, C")]))
    _write(tmp_path / "seedbench/1-3.json", json.dumps([_seed("not of the kind", "blank")]))
    suite = _suite("seedbench")
    found = {item.id: (item.form, item.language, item.stem, item.answer, item.choices) for item in suite.items}
    assert found == {
        "seedbench-test-00000": ("choice", "en", "A plant shows the phenotype. Which gene?", "Hd1", ("OsMADS1", "OsNAC6", "Hd1", "Ghd7")),
        "seedbench-test-00001": ("choice", "zh", "水稻抽穗期基因是？", "Hd1", ("Hd1", "Sub1A", "GS3", "Wx")),
        "seedbench-test-00004": ("choices", "en", "Which are cereals?", ("rice", "wheat"), ("rice", "bean", "wheat", "cotton")),
    }
    assert {item.subarea for item in suite.items} == {"Gene Basic Information Query", "品种"}
    assert ["two ways" in reason for reason in suite.left_out] == [True, False], "a bacterium is not a fifth option, and is not guessed at"


# ---------------------------------------------------------------- all of them


def test_the_eight_are_there_and_hold_nothing_but_their_words():
    assert tuple(sorted(path.name for path in TASKS.iterdir())) == SHIPPED
    assert [path.name for path in TASKS.rglob("*") if path.is_file()] == ["suite.yaml"] * len(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_each_says_how_to_get_its_files_and_under_what_licence(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    text = (TASKS / name / "suite.yaml").read_text(encoding="utf-8")
    suite = _suite(name)
    comment = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    assert suite.name == name
    assert f"Licence {suite.licence}" in comment
    assert suite.dataset["source"] != ""
    with pytest.raises(SuiteError, match=rf"{re.escape(suite.licence)}.*https?://|{re.escape(suite.licence)}.*hub data set"):
        _ = suite.items  # the folder is empty
    monkeypatch.delenv("EVALKIT_DATA")
    with pytest.raises(SuiteError, match=r"needs the environment variable EVALKIT_DATA: the folder that holds the files; "):
        _ = suite.items
    told = (ROOT / "docs" / "benchmarks_of_others.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}` \|[^\n]*{re.escape(suite.licence)}", told, re.MULTILINE)
    unproven = "NOT PROVEN ON THE PUBLISHED FILES" in re.sub(r"\s+", " ", comment)
    assert unproven == (name not in ("mmlu", "gsm8k", "pubmedqa"))
    assert unproven == bool(re.search(rf"^\| `{name}` \|[^\n]*format as described, not proven on the published files", told, re.MULTILINE))
