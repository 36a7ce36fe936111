"""Review, journal, settings, the focus timer, the glossary and the design page."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from page_checks import check_page
from playwright.sync_api import expect
from starlette.testclient import TestClient

from groundup.course.lessons.catalogue import load_course
from groundup.course.progress import exchange
from groundup.course.progress.review import Review
from groundup.course.progress.rhythm import celebrates
from groundup.course.progress.store import Store
from groundup.studio.app import create_app
from groundup.studio.glossary import load_glossary


def store_of(home):
    home.mkdir(parents=True, exist_ok=True)
    return Store(home / "progress.db")


@pytest.fixture
def client(home):
    home.mkdir(parents=True, exist_ok=True)
    return TestClient(create_app(), base_url="http://127.0.0.1")


@pytest.mark.slow
def test_a_review_set_by_keyboard_alone(tab, studio):
    with store_of(studio.home) as store:
        store.add("done", "0.1")
        items = Review(load_course(), store).set()
    tab.goto("/review")
    for number, item in enumerate(items, 1):
        card = tab.locator(".card-of-review:visible")
        assert tab.locator(".place").inner_text() == f"{number} of {len(items)}"
        if item.options:
            wrong = next(place for place, option in enumerate(item.options) if not option.right)
            right = next(place for place, option in enumerate(item.options) if option.right)
            first_choice = number == next(place for place, one in enumerate(items, 1) if one.options)
            tab.keyboard.press(str(1 + (wrong if first_choice else right)))
            card.locator(".next:focus").wait_for()
            assert card.locator(".opt.right .why").is_visible()
            assert card.locator(".opt.missed").count() == (1 if first_choice else 0)
            tab.keyboard.press("Enter")
        else:
            assert not card.locator(".said-answer").is_visible()
            tab.keyboard.press("Space")
            assert card.locator(".said-answer").is_visible()
            tab.keyboard.press("3")
        tab.wait_for_function(
            "before => document.querySelector('.place').textContent !== before",
            arg=f"{number} of {len(items)}",
        )
    assert tab.locator(".place").inner_text() == "once more"
    card = tab.locator(".card-of-review:visible")
    item = next(one for one in items if one.id == card.get_attribute("data-id"))
    tab.keyboard.press(str(1 + next(place for place, option in enumerate(item.options) if option.right)))
    card.locator(".next:focus").wait_for()
    tab.keyboard.press("Enter")
    tab.get_by_text(f"{len(items) - 1} of {len(items)} remembered.").wait_for()
    ratings = [event.data["rating"] for event in store_of(studio.home).events("reviewed")]
    assert (len(ratings), ratings.count("again"), ratings[-1]) == (len(items) + 1, 1, "good")


@pytest.mark.slow
def test_the_journal_is_saved_as_one_types_and_nothing_is_lost_to_another_tab(tab, studio):
    with store_of(studio.home) as store:
        store.add("done", "0.1")
        store.add("journal", "2026-01-02", text="The slope is not the height.")
    tab.goto("/journal")
    assert "Finished lesson 0.1, Slopes." in tab.locator(".happened").inner_text()
    assert "What surprised me?" in tab.get_by_role("textbox").input_value()
    other = tab.context.new_page()
    other.goto("/journal")
    tab.get_by_role("textbox").fill("Tabs: <b>one</b> & two.")
    tab.get_by_text("Saved.", exact=True).wait_for()
    tab.reload()
    assert tab.get_by_role("textbox").input_value() == "Tabs: <b>one</b> & two."
    other.get_by_role("textbox").fill("From the other tab.")
    other.get_by_role("button", name="Keep what I typed").click()
    other.get_by_text("Saved.", exact=True).wait_for()
    tab.get_by_role("textbox").fill("Left in the middle of a wo")
    tab.get_by_role(
        "link", name="Friday, 2 January"
    ).click()  # leaving saves, and meets what the other tab wrote
    expect(tab.get_by_role("textbox")).to_have_value("The slope is not the height.")
    texts = [event.data["text"] for event in store_of(studio.home).events("journal")]
    assert texts[1:] == ["Tabs: <b>one</b> & two.", "From the other tab."]


def test_export_import_and_settings(tab, studio, tmp_path):
    tab.goto("/settings")
    tab.get_by_label("Celebrations").uncheck()
    tab.get_by_text("Saved.", exact=True).wait_for(state="attached")
    tab.get_by_label("Minutes of focus").fill("40")
    tab.get_by_role("button", name="Focus: start 40 minutes").wait_for()
    tab.get_by_text("Dark", exact=True).click()
    assert tab.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    tab.reload()
    assert tab.get_by_role("radio", name="Dark").is_checked()
    assert not celebrates(store_of(studio.home))
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Export").click()
    mine = tmp_path / "mine.jsonl"
    download.value.save_as(mine)
    assert re.fullmatch(r"groundup-progress-\d{4}-\d\d-\d\d\.jsonl", download.value.suggested_filename)
    with Store(tmp_path / "other.db") as other:
        assert exchange.import_progress(other, mine).new == 2
        other.add("done", "0.3")
        exchange.export_progress(other, both := tmp_path / "both.jsonl")
    for file, said in [(both, "1 event added; 2 were here already."), (both, "Nothing new: 3 events")]:
        tab.get_by_label("A file to import").set_input_files(file)
        tab.get_by_role("button", name="Import", exact=True).click()
        tab.get_by_text(said).wait_for()
    assert [event.about for event in store_of(studio.home).events("done")] == ["0.3"]
    assert str(studio.home / "workspace") in tab.locator("table").inner_text()


@pytest.mark.slow
def test_the_timer_runs_across_pages(tab, studio):
    tab.goto("/journal")
    tab.get_by_role("button", name="Focus: start 25 minutes").click()
    tab.get_by_role("button", name="Focus: 25 min left on 0.1").wait_for()
    assert tab.locator(".timer .glow").count() == 1
    check_page(tab, "/journal")  # with the timer running
    tab.goto("/lesson/0.2")
    tab.get_by_role("button", name="min left on 0.1").click()
    tab.keyboard.press("Enter")  # the first button of its panel has the focus: pause
    tab.get_by_role("button", name="Focus: paused").wait_for()
    other = tab.context.new_page()
    other.goto("/settings")
    other.get_by_role("button", name="Focus: paused").click()
    other.get_by_role("button", name="Stop", exact=True).click()
    tab.get_by_role("button", name="Focus: start 25 minutes").click()  # the other tab told this one
    tab.get_by_role("button", name="min left on 0.2").wait_for()  # tied to the lesson in hand
    done = [(one.about, one.data["what"]) for one in store_of(studio.home).events("focus")]
    assert done == [("0.1", "begin"), ("0.1", "pause"), ("0.1", "end"), ("0.2", "begin")]


def test_the_timer_says_that_time_is_up_once_and_never_during_a_check(tab, studio):
    begun = datetime.now(UTC) - timedelta(minutes=11)
    with Store(studio.home / "progress.db", now=lambda: begun) as store:
        store.add("focus", "0.1", what="begin", minutes=10)
    busy = "document.querySelector('main')?.setAttribute('aria-busy', 'true')"
    tab.add_init_script(f"document.addEventListener('DOMContentLoaded', () => {{ {busy} }})")
    tab.goto("/settings")
    tab.get_by_role("button", name="Time to rest").wait_for()
    tab.wait_for_timeout(2500)
    assert tab.locator(".toast").count() == 0
    tab.evaluate("document.querySelector('main').setAttribute('aria-busy', 'false')")
    tab.get_by_text("Your 10 minutes are over.").wait_for()
    said = [one.data["what"] for one in store_of(studio.home).events("focus")]
    assert said == ["begin", "said"]
    tab.get_by_role("button", name="Time to rest").click()
    tab.get_by_role("button", name="Rest 5 minutes").click()
    tab.get_by_role("button", name="Focus: rest, 5 min left").wait_for()


def test_words_have_cards_by_keyboard_by_pointer_and_by_touch(tab, studio):
    tab.goto("/lesson/0.3")
    word = tab.locator(".prose .gloss").first
    word.wait_for()
    card = tab.locator(".gloss-card")
    words = {form.casefold(): one for one in load_glossary(load_course()) for form in (one.word, *one.also)}
    said = words.get(word.inner_text().casefold()) or words[word.inner_text().casefold().removesuffix("s")]
    word.hover()
    card.wait_for()
    assert said.says in card.inner_text()
    tab.mouse.move(0, 0)
    card.wait_for(state="detached")
    tab.locator("h1").evaluate("heading => { heading.tabIndex = -1; heading.focus(); }")
    while not word.evaluate("word => word === document.activeElement"):
        tab.keyboard.press("Tab")
    card.wait_for()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent").startswith("Taught in")
    tab.keyboard.press("Escape")
    card.wait_for(state="detached")
    word.dispatch_event("click")
    card.wait_for()
    marked = [text.casefold() for text in tab.locator(".gloss").all_inner_texts()]
    assert len(marked) == len(set(marked)) > 3  # each word once


def test_every_word_is_taught_where_the_glossary_says():
    course, words = load_course(), load_glossary(load_course())
    assert len(words) >= 60
    for word in words:
        if word.taught:
            text = (course.lesson(word.taught).folder / "lesson.md").read_text(encoding="utf-8").casefold()
            assert any(form.casefold() in text for form in (word.word, *word.also)), word.word


@pytest.mark.parametrize(
    ("path", "body", "what"),
    [
        ("/api/review/answer", {"id": "0.1/none", "rating": "good"}, "There is no question"),
        ("/api/journal", {"day": "yesterday", "text": "x", "before": ""}, "'yesterday' is no date."),
        ("/api/focus", {"do": "pause"}, "No focus time is running."),
    ],
)
def test_what_is_wrong_is_told_in_two_sentences(client, path, body, what):
    answer = client.post(path, json=body)
    assert answer.status_code == 422
    assert what in answer.json()["error"]
    assert answer.json()["hint"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/settings", {"name": "celebrations", "value": 7}),
        ("/api/settings", {"name": "focus-minutes", "value": 1000}),
        ("/api/settings", {"name": "theme", "value": True}),
        ("/api/focus", {"do": "start", "about": "<script>"}),
        ("/api/focus", {"do": "explode"}),
        ("/api/journal", {"day": "2026-01-02", "text": "x" * 300_000, "before": ""}),
    ],
)
def test_what_no_page_sends_is_refused(client, home, path, body):
    assert client.post(path, json=body).status_code == 422
    assert store_of(home).rows() == []


def test_an_import_that_is_none_changes_nothing_and_names_the_file(client, home):
    for name, content in [
        ("notes.txt", b"hello"),
        ("../../progress.db", b"SQLite format 3\0junk"),
        ("x.jsonl", b""),
    ]:
        answer = client.post("/api/progress/import", files={"file": (name, content)})
        assert answer.status_code == 422, name
        assert str(home.parent) not in answer.text
        assert answer.json()["hint"]
    assert store_of(home).rows() == []


def test_a_review_marks_an_option_itself(client, home):
    with store_of(home) as store:
        store.add("done", "0.1")
        item = next(one for one in Review(load_course(), store).items if one.options)
        for option, choice in enumerate(item.options):
            answer = client.post("/api/review/answer", json={"id": item.id, "option": option}).json()
            assert answer["right"] == choice.right
        for body in ({"option": len(item.options)}, {"option": -1}, {"rating": "easy"}):
            assert client.post("/api/review/answer", json={"id": item.id, **body}).status_code == 422
        recall = next(one for one in Review(load_course(), store).items if not one.options)
        assert client.post("/api/review/answer", json={"id": recall.id, "option": 0}).status_code == 422
