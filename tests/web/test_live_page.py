"""The live page in a real browser, on a real service."""

from __future__ import annotations

import re
import shutil
from urllib.parse import quote

import pytest

from tests.web.conftest import serving, write_config

pytestmark = [pytest.mark.long, pytest.mark.browser]
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
TEXT = "Maria vive em Lisboa."
EVIL = '<img src=x onerror="window.ran=1"><script>window.ran=1</script> Maria \u202e vive em Lisboa'


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Opens a page on a text. At the end: it asked its own origin only, and nothing went wrong on it."""
    contexts, requests, errors = [], [], []

    def open_page(address, text=TEXT, width=1000, **options):
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: requests.append((address, request.url)))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.goto(f"{address}/#text={quote(text)}")
        page.wait_for_selector("#result .side")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert [url for own, url in requests if not url.startswith((own, "data:"))] == []
    assert not any("Maria" in url for _, url in requests)  # the text is in no address


def marks(page, side=0):
    return (
        page.locator(".side")
        .nth(side)
        .locator("mark")
        .evaluate_all(
            "own => own.map(m => [[...m.querySelectorAll('.word')].map(w => w.textContent).join(' '), m.dataset.label])"
        )
    )


def lit(page, side):
    return page.locator(".side").nth(side).locator(".word.lit").all_inner_texts()


def test_entities_stand_above_those_of_the_translation(service, visit):
    page = visit(service.address)
    assert marks(page) == [["Maria", "PER"], ["Lisboa", "LOC"]]
    assert marks(page, 1) == [["Maria", "PER"], ["Lisbon", "LOC"]]
    above, below = (page.locator(".side").nth(n).bounding_box() for n in (0, 1))
    assert above["y"] + above["height"] <= below["y"]


def test_pointing_at_an_entity_draws_lines_to_the_words_that_answer_it(service, visit):
    page = visit(service.address)
    assert page.locator(".sides path").count() == 0
    page.locator(".side mark").nth(1).hover()
    assert (lit(page, 0), lit(page, 1)) == (["Lisboa"], ["Lisbon"])
    line = page.locator(".sides path").bounding_box()
    word = page.locator(".side").nth(0).locator(".word.lit").bounding_box()
    other = page.locator(".side").nth(1).locator(".word.lit").bounding_box()
    assert line["y"] == pytest.approx(word["y"] + word["height"], abs=3)
    assert line["y"] + line["height"] == pytest.approx(other["y"], abs=3)
    page.locator("h1").hover()
    assert page.locator(".sides path").count() == 0
    page.locator(".side").nth(1).get_by_text("lives").hover()
    assert lit(page, 0) == ["vive"]


def test_an_unsure_entity_is_paler(service, visit, browser):
    page = visit(service.address)
    shade = page.locator(".side mark").first.evaluate("m => m.style.getPropertyValue('--shade')")
    assert 15 < float(shade.rstrip("%")) < 100


def test_with_the_keyboard_alone(service, visit):
    page = visit(service.address, "Maria")
    page.locator("#text").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Petrobras abriu um escritório em Maputo")
    page.keyboard.press("Control+Enter")
    page.get_by_text("2 entities").wait_for()
    focused = "document.activeElement"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(f"{focused}.classList.contains('words')"):
            break
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert lit(page, 1) == ["opened"]
    assert page.locator("#said").inner_text() == "abriu: abriu – opened"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.dataset.label") == "ORG"
    assert lit(page, 1) == ["Petrobras"]
    page.keyboard.press("Enter")
    row = page.locator("details[open]")
    assert "From “Petrobras” in the translation (English)" in row.inner_text()
    assert row.locator("tr.placed td").first.inner_text() == "Petrobras"
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 0


def test_candidates_say_why_they_lost(service, visit):
    page = visit(service.address, "Maria Silva vive em Lisboa")
    page.locator(".side mark").first.click()
    rows = page.locator("details[open] tbody tr").all_inner_texts()
    assert "placed" in rows[0]
    assert len(rows) > 1
    assert all(re.search("scored higher|went to|chosen", row) for row in rows[1:])


def test_what_found_no_place_and_why(service, visit):
    page = visit(service.address, "fim")
    lost = page.locator("section", has=page.get_by_role("heading", name="Found no place"))
    assert "no aligned word" in lost.inner_text()
    page.locator(".side").nth(1).locator("mark.lost").click()
    assert "Found in the translation (English)" in lost.locator("details[open]").inner_text()


def test_a_narrow_screen_needs_no_sideways_scrolling(service, visit):
    long = "Maria vive em " + "Lisboa" * 30 + " e " + "palavra " * 40 + "Petrobras"
    page = visit(service.address, long, width=400)
    page.locator("details summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def luminance(color):
    parts = [value / 255 for value in color]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# A color as the browser paints it, whatever notation the style has.
PAINTED = """(own, [selector, property]) => {
  const pen = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d");
  pen.fillStyle = getComputedStyle(document.querySelector(selector))[property];
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(service, visit, scheme):
    page = visit(service.address, color_scheme=scheme)

    def painted(selector, property):
        return luminance(page.locator("body").evaluate(PAINTED, [selector, property]))

    paper = painted("body", "backgroundColor")
    assert (paper < 0.1) == (scheme == "dark")
    sheet = painted(".sheet", "backgroundColor")
    pairs = [
        (painted("body", "color"), paper),
        (painted(".quiet", "color"), paper),
        (painted(".side h3", "color"), sheet),
        (painted("a", "color"), paper),
        *[
            (
                painted(f'.side mark[data-label="{label}"]', "color"),
                painted(f'.side mark[data-label="{label}"]', "backgroundColor"),
            )
            for label in ("PER", "LOC")
        ],
        (painted("button.main", "color"), painted("button.main", "backgroundColor")),
    ]
    for one, other in pairs:
        light, dark = max(one, other), min(one, other)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_link_brings_the_same_text_and_choices(service, visit):
    page = visit(service.address, "Petrobras em Maputo & 100% «#»")
    page.locator("#share").click()
    address = page.url
    assert "#" in address
    other = visit(service.address, "Maria")
    other.goto(address)
    other.reload()
    other.wait_for_selector("#result .side")
    assert other.locator("#text").input_value() == "Petrobras em Maputo & 100% «#»"
    assert marks(other) == [["Petrobras", "ORG"], ["Maputo", "LOC"]]


def test_hostile_text_does_not_run(service, visit):
    page = visit(service.address, EVIL)
    page.locator("details summary").first.click()
    assert page.evaluate("window.ran") is None
    assert page.locator("#result img, #result script").count() == 0
    assert '<img src=x onerror="window.ran=1">' in page.locator(".side .words").first.inner_text()
    assert "\u202e" not in page.locator("#result").inner_text()


def test_an_error_is_shown_and_the_page_goes_on(service, browser):
    page = browser.new_context().new_page()
    page.goto(f"{service.address}/#text=RAISES")
    page.get_by_role("alert").filter(has_text="engine fell over").wait_for()
    page.locator("#text").fill(TEXT)
    page.locator("#find").click()
    page.get_by_text("2 entities").wait_for()
    assert not page.get_by_role("alert").is_visible()
    page.context.close()


def test_the_description_of_the_service_is_a_page_of_ours(service, visit):
    page = visit(service.address)
    page.goto(f"{service.address}/docs")
    page.get_by_role("heading", name="POST /project").wait_for()
    assert service.address in page.locator("pre").inner_text()


@pytest.fixture(scope="module")
def from_right(tmp_path_factory):
    """Hebrew, and labels that are HTML."""
    label = '"<img src=x onerror=window.ran=1>"'
    with serving(write_config(tmp_path_factory.mktemp("rtl"), "he", label)) as running:
        yield running


def test_right_to_left(from_right, visit):
    page = visit(from_right.address, "יוחנן גר בלונדון")
    page.locator("#lang").wait_for()
    text, translation = page.locator(".words").all()
    assert (
        text.evaluate("p => getComputedStyle(p).direction"),
        translation.get_attribute("dir"),
    ) == ("rtl", "ltr")
    first, last = (text.locator(".word").nth(n).bounding_box() for n in (0, 2))
    assert first["x"] > last["x"]
    assert page.locator("#text").get_attribute("dir") == "rtl"
    page.locator(".side mark").first.hover()
    assert lit(page, 1) == ["John"]
    text.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert lit(page, 1) == ["lives"]
    assert page.evaluate("window.ran") is None
    assert page.locator("#result img").count() == 0
    assert "<img" in page.locator(".label").first.inner_text()
