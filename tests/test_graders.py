"""The published error rates are those of the rules as they are, on enough answers in both languages."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.proofs.graders import GRADERS, HERE, LABELLED, SEEN_IN_PART, held_out, measured, rows_of

ROOT = Path(__file__).parent.parent
PUBLISHED = json.loads((HERE / "graders.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", GRADERS)
def test_the_published_figures_are_those_of_the_rules(name):
    assert PUBLISHED[name] == json.loads(json.dumps(measured(name))), "run `python -m tests.proofs.graders`"


@pytest.mark.parametrize("file", sorted({file for file, _ in GRADERS.values()}))
def test_two_hundred_answers_in_both_languages_are_held_out(file):
    rows = [row for row in rows_of(file) if file not in SEEN_IN_PART or held_out(row[SEEN_IN_PART[file]])]
    assert len(rows) >= 200
    languages = Counter(row["language"] for row in rows)
    assert min(languages.values()) >= 0.4 * len(rows)
    assert len({row["id"] for row in rows}) == len(rows)


def table():
    lines = ["| decision | answers | decisions | errors | share wrong [95 %] | zh | en |", "|---|---|---|---|---|---|---|"]
    for name, found in PUBLISHED.items():
        both = found["by language"]
        lines.append(
            f"| {name} | {found['answers']} | {found['decisions']} | {found['errors']} | {found['share']:.1%} [{found['low']:.1%}, "
            f"{found['high']:.1%}] | {both['zh']['share']:.1%} | {both['en']['share']:.1%} |"
        )
    return "\n".join(lines)


def test_the_page_shows_the_published_figures():
    page = (ROOT / "docs" / "graders.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- measured -->\n(.*?)\n<!-- end -->", page, re.DOTALL)
    assert shown is not None
    assert shown[1].strip() == table()


def test_the_page_tells_of_the_errors_as_they_were_counted():
    page = " ".join((ROOT / "docs" / "graders.md").read_text(encoding="utf-8").split())
    conduct, facts = PUBLISHED["conduct, right or wrong"]["label > said"], PUBLISHED["summary, a fact stated"]["label > said"]
    benign, unsafe = conduct["benign, wrong"], conduct["unsafe, right"]
    assert f"taken for help ({benign['right']} of {sum(benign.values())} such answers" in page
    assert f"taken for done ({unsafe['wrong']} of {sum(unsafe.values())})" in page
    assert f"more often ({facts['stated']['not stated']} facts) than too high ({facts['not stated']['stated']})" in page


def test_the_labels_are_described():
    described = (LABELLED / "README.md").read_text(encoding="utf-8")
    assert all(f"{file}.jsonl" in described for file, _ in GRADERS.values())
