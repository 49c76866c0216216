"""Report and board in a real browser: widths, languages, sorting, no scripts, no requests."""

import shutil
from pathlib import Path

import pytest

from evalkit.leaderboard import build_board
from tests.browser.made import FORMULA, HOSTILE, make_bundle
from tests.test_leaderboard import BOARD, with_failures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SWITCHES = ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run"]  # fmt: skip


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("needs chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def board(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("site")
    (root / "board.yaml").write_text(BOARD, encoding="utf-8")
    bundles = (
        make_bundle(
            root / "a", "Alpha-with-a-rather-long-name-that-nobody-broke-7B-Instruct-GGUF-q4_1", skill=0.9, seed=1, vendor="V" * 60
        ),
        make_bundle(root / "b", f"Beta {HOSTILE}", skill=0.7, seed=2, parameters=7_000_000_000),
        make_bundle(root / "c", FORMULA, skill=0.2, seed=3, source="/a/very/long/path/" + "x" * 200),
        make_bundle(root / "e", "baseline:random", baseline=True, seed=5),
    )
    left = with_failures(make_bundle(root / "f", "Left-out-" + "x" * 200, seed=6), 2)
    return build_board(root / "board.yaml", (*bundles, left), out=root / "site")


@pytest.fixture
def opened(chromium, board):
    """Opens a page and fails at the end on an error in the console or a request that leaves the folder."""
    faults, contexts = [], []

    def open_page(path: Path, *, width: int = 1440, script: bool = True, query: str = "", **more):
        context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script, **more)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: faults.append(f"console: {said.text}"))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        root = board.parent.as_uri()
        page.on("request", lambda asked: None if asked.url.startswith((root, "data:,")) else faults.append(f"request: {asked.url}"))
        page.goto(path.as_uri() + query)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def pages_of(board: Path) -> list[Path]:
    return [board, *sorted((board.parent / "models").glob("*.html"))]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_the_page_never_scrolls_sideways(opened, board, width, language):
    for path in pages_of(board):
        page = opened(path, width=width, query=f"?lang={language}")
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        inside = "[...document.querySelectorAll('main > :not(section), main section > *, .card > *')]"
        beyond = page.evaluate(f"{inside}.filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 90))")
        assert beyond == [], path.name


def visible_in(page, language: str) -> int:
    return page.locator(f"main span.{language}:visible").count()


@pytest.mark.parametrize("script", [True, False])
def test_the_switch_changes_all_texts_without_loading(opened, board, script):
    for path in pages_of(board)[:2]:
        page = opened(path, script=script, locale="zh-CN")
        assert visible_in(page, "zh") > 20
        assert visible_in(page, "en") == 0
        page.locator("label[for=language-en]").click()
        assert visible_in(page, "zh") == 0
        assert visible_in(page, "en") > 20
        if script:
            assert page.evaluate("document.documentElement.lang") == "en"


def test_the_readers_language_is_the_first_one_shown(opened, board):
    assert visible_in(opened(board, locale="en-GB"), "zh") == 0
    assert visible_in(opened(board, locale="zh-CN"), "en") == 0
    assert visible_in(opened(board, locale="zh-CN", query="?lang=en"), "zh") == 0


def names_of(page, table: int = 0) -> list[str]:
    return (
        page.locator("table.board")
        .nth(table)
        .locator("tbody th")
        .evaluate_all("cells => cells.map(cell => cell.dataset.value.slice(0, 8))")
    )


def test_sorting_by_a_figure_by_name_and_back(opened, board):
    page = opened(board, query="?lang=en")
    before = names_of(page)
    assert before == ["Alpha-wi", "Beta <sc", "=HYPERLI", "baseline"]
    head = page.locator("table.board").first.locator("thead th").nth(1)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert names_of(page) == before
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert names_of(page) == before[::-1]
    head.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert names_of(page) == before
    name = page.locator("table.board").first.locator("thead th").first
    name.locator("button").press("Enter")  # by keyboard
    assert name.get_attribute("aria-sort") == "ascending"
    assert names_of(page) == sorted(before)
    assert names_of(page, 1) == before  # the other tables stay


def test_rows_without_a_figure_stay_last_both_ways(opened, board):
    page = opened(board, query="?lang=en")
    head = page.locator("table.board").first.locator("thead th").nth(5)
    assert "Efficiency" in head.inner_text()
    for _ in range(2):
        head.locator("button").click()
        assert names_of(page)[-1] == "baseline"


def test_without_scripts_the_board_is_complete_and_has_no_dead_buttons(opened, board):
    page = opened(board, script=False)
    assert page.locator("table.board").first.locator("tbody tr").count() == 4
    assert page.locator("th button").count() == 0


@pytest.mark.parametrize("number", [0, 1])
def test_tables_can_be_reached_by_keyboard_and_are_named(opened, board, number):
    page = opened(pages_of(board)[number], query="?lang=zh")
    for box in page.locator(".scroll").all():
        assert box.get_attribute("tabindex") == "0"
        assert box.get_attribute("aria-label")
    for table in page.locator("table").all():
        assert table.locator("caption").count() == 1
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("th:empty").count() == 0
    names = page.locator(".scroll").evaluate_all("boxes => boxes.map(box => box.getAttribute('aria-label'))")
    assert len(names) == len(set(names))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    while page.evaluate("document.activeElement.tagName") == "A":  # skip link, link back to the board
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "language"
    page.keyboard.press("ArrowRight")
    assert visible_in(page, "zh") == 0
    assert "none" not in page.evaluate("getComputedStyle(document.activeElement.nextElementSibling).outlineStyle")


def test_a_report_links_back_and_opens_from_the_board(opened, board):
    page = opened(board, query="?lang=en")
    page.locator("table.board").first.locator("tbody a").nth(1).click()
    assert page.locator("h1").inner_text().startswith("Beta <script>alert(1)</script>")
    page.get_by_role("link", name="Back to the board").click()
    assert page.locator("h1").inner_text() in ("Made board", "试榜")


def test_dark_is_dark_and_print_has_no_switch(opened, board):
    page = opened(board, color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 30)"
    page.emulate_media(media="print")
    assert page.locator(".switch").is_visible() is False
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
