"""The page of `xlner review` in a real browser."""

from __future__ import annotations

import json
import shutil
import threading
import time

import pytest

from tests.review.silver_folder import TEXTS, make_silver
from xlner_spacy.review.decisions import Review
from xlner_spacy.review.review_orders import ordered
from xlner_spacy.review.review_texts import read_silver
from xlner_spacy.web.listening import bind, make_server, url
from xlner_spacy.web.page_safety import PageSafety
from xlner_spacy.web.review_app import MAX_BYTES, ReviewPage, make_review_app

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.long,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
ARABIC = ("زار أنطونيو Guterres مدينة Maputo أمس", "Guterres visited Maputo yesterday")
ALL = [*TEXTS, ARABIC]


class Served:
    """The application in a thread, on a file of its own."""

    def __init__(self, silver, output):
        self.review = Review(silver, output, "Ana")
        page = ReviewPage(
            self.review, ordered(silver, "unsure"), [*silver.labels, "<i>NEW"], "unsure"
        )
        app = PageSafety(make_review_app(page), MAX_BYTES)
        self.socket = bind("127.0.0.1", 0)
        self.url = url(self.socket)
        self.server = make_server(app)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})
        self.thread.start()

    def stop(self):
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()
        self.review.close()


@pytest.fixture(scope="module")
def silver(tmp_path_factory):
    return read_silver(make_silver(tmp_path_factory.mktemp("page"), ALL))


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def served(silver, tmp_path):
    served = Served(silver, tmp_path / "gold.jsonl")
    yield served
    served.stop()


@pytest.fixture
def page(browser, served):
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("dialog", lambda dialog: page.problems.append(dialog.message))
    page.goto(served.url)
    page.wait_for_selector("#text .word")
    yield page
    context.close()
    assert page.problems == []


def to(page, beginning):
    """Go to a text by its number, as a link does."""
    texts = [page.evaluate(f"fetch('/api/texts/{n}').then(a => a.json())") for n in range(len(ALL))]
    (n,) = [t["n"] for t in texts if "".join(map("".join, t["words"])).startswith(beginning)]
    page.goto("about:blank")
    page.goto(f"{page.served_url}#{n + 1}")
    page.wait_for_function(
        "n => document.querySelector('#place').textContent.startsWith(`Text ${n} `)", arg=n + 1
    )


def marks(page):
    """The entities that are drawn."""
    return page.eval_on_selector_all(
        "#text mark",
        """marks => marks.map(mark => [
            [...mark.querySelectorAll('.word')].map(w => w.textContent).join(' '), mark.dataset.label])""",
    )


def until(page, wanted):
    """Wait until these are drawn."""
    end = time.monotonic() + 10
    while marks(page) != wanted:
        assert time.monotonic() < end, (marks(page), wanted)
        page.wait_for_timeout(20)


def gold(served):
    lines = served.review.output.read_text("utf8").splitlines()
    return [
        (r["text"], [(e["text"], e["label"]) for e in r["ents"]]) for r in map(json.loads, lines)
    ]


def until_done(page, n):
    page.wait_for_function("n => document.querySelector('#bar').value === n", arg=n)


@pytest.fixture(autouse=True)
def knows_its_address(page, served):
    page.served_url = served.url


def test_a_review_by_keyboard_alone(page, served):
    to(page, "O presidente")
    until(page, [["António Guterres", "PER"], ["Brasília", "LOC"]])
    page.keyboard.press("e")  # the least sure one is first: Brasília, so on to António Guterres
    page.keyboard.press("Shift+ArrowLeft")
    until(page, [["António", "PER"], ["Brasília", "LOC"]])
    page.keyboard.press("Shift+ArrowUp")
    until(page, [["recebeu António", "PER"], ["Brasília", "LOC"]])
    page.keyboard.press("u")
    page.keyboard.press("u")
    until(page, [["António Guterres", "PER"], ["Brasília", "LOC"]])
    page.keyboard.press("2")
    until(page, [["António Guterres", "ORG"], ["Brasília", "LOC"]])
    page.keyboard.press("x")
    until(page, [["Brasília", "LOC"]])
    page.keyboard.press("Shift+ArrowRight")  # its words are chosen again
    page.keyboard.press("3")
    until(page, [["António Guterres", "PER"], ["Brasília", "LOC"]])
    page.keyboard.press("Enter")
    until_done(page, 1)
    assert gold(served) == [(TEXTS[1][0], [("António Guterres", "PER"), ("Brasília", "LOC")])]
    page.wait_for_function("() => document.querySelector('#f1').textContent.includes('F1 1.000')")
    page.wait_for_function("() => document.querySelector('#place').textContent != 'Text 2 of 7'")
    page.keyboard.press("u")
    until_done(page, 0)
    assert gold(served) == []


def test_a_review_by_mouse(page, served):
    to(page, "A Petrobras")
    until(page, [["Petrobras", "ORG"], ["Maputo", "LOC"]])
    handle = page.locator("#text mark[data-label=ORG] .handle.end").bounding_box()
    word = page.locator("#text .word[data-n='4']").bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(word["x"] - 5, word["y"] + 8)
    page.mouse.move(word["x"] + word["width"] / 2, word["y"] + word["height"] / 2, steps=4)
    page.mouse.up()
    until(page, [["Petrobras abriu um escritório", "ORG"], ["Maputo", "LOC"]])
    page.click("#text mark[data-label=LOC]")
    page.click("#reject")
    until(page, [["Petrobras abriu um escritório", "ORG"]])
    first, last = (page.locator(f"#text .word[data-n='{n}']").bounding_box() for n in (5, 6))
    page.mouse.move(first["x"] + first["width"] / 2, first["y"] + 8)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] - 2, last["y"] + 8, steps=5)
    page.mouse.up()
    page.click("#labels button:has-text('NEW')")
    until(page, [["Petrobras abriu um escritório", "ORG"], ["em Maputo", "<i>NEW"]])
    page.click("#accept")
    until_done(page, 1)
    ((_, entities),) = gold(served)
    assert entities == [("Petrobras abriu um escritório", "ORG"), ("em Maputo", "<i>NEW")]


def test_an_entity_stops_at_its_neighbour(page):
    to(page, "A Petrobras")
    until(page, [["Petrobras", "ORG"], ["Maputo", "LOC"]])
    page.keyboard.press("e")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    until(page, [["Petrobras abriu um escritório em", "ORG"], ["Maputo", "LOC"]])
    page.keyboard.press("r")
    until(page, [["Petrobras", "ORG"], ["Maputo", "LOC"]])


def test_hostile_texts_and_labels_are_shown_as_they_are(page, served):
    to(page, "Veja")
    assert "<img src=x onerror=alert(1)> em <b>Lisboa</b>" in page.text_content("#text").replace(
        "LOC", ""
    )
    assert page.locator("#text img, #text b, #translations img, #labels i").count() == 0
    assert "<i>NEW" in page.text_content("#labels")
    assert "\u202e" not in page.text_content("#text")
    assert "Nowhere (LOC, en: no aligned word)" in page.text_content("#unplaced")
    page.keyboard.press("Enter")
    until_done(page, 1)
    ((text, _),) = gold(served)
    assert text == TEXTS[5][0]  # as it was, U+202E included


def test_source_and_target_stand_side_by_side(page):
    to(page, "O presidente")
    target, source = (page.locator(own).bounding_box() for own in ("#text", "#translations"))
    assert source["x"] > target["x"] + target["width"]
    assert "received" in page.text_content("#translations")
    assert page.text_content("#translations mark.answer") == "BrasíliaLOC"
    assert "confidence 0.40 · from “Brasília” (en, LOC)" in page.text_content("#detail")


def test_right_to_left(page):
    to(page, "زار")
    page.evaluate("document.querySelector('#text').dir = 'rtl'")
    until(page, [["Maputo", "LOC"]])
    page.keyboard.press("Shift+ArrowLeft")  # forwards
    until(page, [["Maputo أمس", "LOC"]])


def test_nothing_is_wider_than_a_phone_and_the_keys_are_listed(page):
    page.set_viewport_size({"width": 400, "height": 700})
    for n in range(1, len(ALL) + 1):
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, n
        page.keyboard.press("n")
        if n < len(ALL):
            page.wait_for_function("n => location.hash === `#${n}`", arg=n + 1)
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    assert "reject the entity" in page.text_content("#keys")
    page.keyboard.press("x")  # not heard by the page below
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()


def test_screen_readers_hear_names_and_changes(page):
    to(page, "Bom dia")
    entity = page.get_by_role("button", name="Teresa, LOC, confidence 0.50")
    assert entity.get_attribute("aria-pressed") == "true"
    assert entity.evaluate("node => node === document.activeElement")
    page.keyboard.press("3")
    page.wait_for_function("() => document.querySelector('#said').textContent === 'Teresa is PER'")
    assert page.get_by_role("button", name="Teresa, PER, changed").count() == 1
    assert page.get_by_role("progressbar", name="Reviewed texts").count() == 1


def test_two_pages_do_not_overwrite_each_other(page, browser, served):
    to(page, "Bom dia")
    other = browser.new_page()
    other.goto(page.url)
    other.wait_for_selector("#text mark")
    page.keyboard.press("3")
    until(page, [["Teresa", "PER"]])
    other.keyboard.press("x")
    other.wait_for_selector("#problem:visible")
    assert "changed on another page" in other.text_content("#problem")
    until(other, [["Teresa", "PER"]])
    other.close()


def test_a_server_that_is_gone_is_said(silver, browser, tmp_path):
    served = Served(silver, tmp_path / "other.jsonl")
    page = browser.new_page()
    page.goto(served.url)
    page.wait_for_selector("#text mark")
    served.stop()
    page.keyboard.press("Enter")
    page.wait_for_selector("#problem:visible")
    assert "does not answer" in page.text_content("#problem")
    page.close()
