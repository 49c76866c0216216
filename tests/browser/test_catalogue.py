"""The catalogue of a suite: everything of an item is there, and a browser filters, searches and links."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.build import build
from evalkit.catalogue import render_catalogue, write_catalogue
from evalkit.errors import SuiteError
from evalkit.suite import load_suite
from tests.browser.test_pages import SWITCHES

HOSTILE = "</span><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
def page_file(toy: Path) -> Path:
    """A toy suite whose stems and mistakes are hostile."""
    path = toy / "items" / "hand.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("off by one", HOSTILE.replace('"', '\\"')), encoding="utf-8")
    build(load_suite(toy))
    return write_catalogue(load_suite(toy), toy / "catalogue.html")


def test_every_item_is_there_with_its_gold_mistakes_source_and_variants(page_file: Path):
    text, suite = page_file.read_text(encoding="utf-8"), load_suite(page_file.parent)
    assert set(re.findall(r'<details id="([^"]+)" class="item"', text)) == {item.id for item in suite.items}
    assert text.count('<li class="right">') >= sum(item.form == "choice" for item in suite.items)
    for words in ("ten times", "Arithmetic", "2 + 2 = 4", "three"):
        assert words in text
    varied = {variant.id for variant in suite.variants}
    assert text.count('<details class="variants">') == len(varied)


def test_the_same_suite_gives_the_same_bytes(page_file: Path):
    assert render_catalogue(load_suite(page_file.parent)) == page_file.read_text(encoding="utf-8")


def test_a_sealed_pool_has_no_catalogue(page_file: Path):
    with pytest.raises(SuiteError, match="sealed pool"):
        render_catalogue(replace(load_suite(page_file.parent), pool_of="toy"))


@pytest.mark.browser
def test_a_browser_filters_searches_and_links(page_file: Path):
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs chromium: apt-get install chromium")
    from playwright.sync_api import expect, sync_playwright

    chinese = sum(item.language == "zh" for item in load_suite(page_file.parent).items)
    faults: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=SWITCHES)
        page = browser.new_context(viewport={"width": 360, "height": 800}).new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None)
        page.goto(page_file.as_uri() + "?lang=en")
        items = page.locator("#list > .item")
        total = items.count()
        shown = page.locator("#list > .item:visible")
        assert shown.count() == total
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.select_option("select[name=language]", "zh")
        expect(page.locator("#shown")).to_have_text(f"{chinese} / {total}")
        assert "language=zh" in page.url
        page.fill("input[name=q]", "2 + 2")
        expect(page.locator("#shown")).to_have_text(f"1 / {total}")
        page.reload()
        expect(page.locator("#shown")).to_have_text(f"1 / {total}")
        page.fill("input[name=q]", "nothing has this")
        expect(page.locator("#none")).to_be_visible()
        page.goto(page_file.as_uri() + "#toy-procedure-001-en")
        assert page.locator("#toy-procedure-001-en").get_attribute("open") is not None
        assert page.title() != "owned"
        bare = browser.new_context(java_script_enabled=False).new_page()
        bare.goto(page_file.as_uri())
        assert bare.locator("#list > .item:visible").count() == total
        assert not bare.locator("#filters").is_visible()
        browser.close()
    assert faults == []
