"""Home: the first visit with its questions, and afterwards the resume card, the review and the way up."""

import pytest
from page_checks import check_page
from playwright.sync_api import expect
from starlette.testclient import TestClient

from groundup.course.lessons.catalogue import Course, load_course
from groundup.course.lessons.items import ExerciseItem
from groundup.course.progress.placement import load_placement
from groundup.course.progress.progress import CourseProgress
from groundup.course.progress.resume import ResumeCard, resume_card
from groundup.course.progress.store import Store
from groundup.studio.app import create_app
from groundup.studio.home import headline, hours, in_studio, way_up

ALWAYS_ONE = "def count_letters(text):\n    return {letter: 1 for letter in text}\n"
RIGHT = "def count_letters(text):\n    return {letter: text.count(letter) for letter in text}\n"


@pytest.fixture
def store(home):
    home.mkdir(parents=True, exist_ok=True)
    with Store(home / "progress.db") as opened:
        yield opened


@pytest.fixture
def client(home):
    home.mkdir(parents=True, exist_ok=True)
    return TestClient(create_app(), base_url="http://127.0.0.1", follow_redirects=False)


def paste(editor, text):
    """In place of all that is in an editor."""
    editor.press("ControlOrMeta+a")
    editor.evaluate(
        """(element, text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        text,
    )


def test_first_visit_by_the_questions_to_the_first_lesson(tab, studio):
    tab.goto("/")
    tab.get_by_role("link", name="Find where to start").click()
    tab.check("[value=yes]")
    code = tab.locator(".cm-content")
    paste(code, ALWAYS_ONE)
    tab.get_by_role("button", name="Check Ctrl").click()
    tab.get_by_text("Every count is 1").wait_for()
    assert not tab.get_by_role("link", name="Go on to question 2").is_visible()
    paste(code, RIGHT)
    tab.get_by_role("button", name="Check Ctrl").click()
    tab.get_by_role("link", name="Go on to question 2").click()
    tab.check("[value=skip]")
    tab.get_by_role("link", name="Go on to question 3").click()
    done = ["1\nPython\npassed", "2\nNeural networks\nskipped"]
    expect(tab.locator(".asked .done")).to_have_text(done, use_inner_text=True)
    tab.check("[value=no]")
    tab.get_by_role("button", name="Start at 1.1", exact=True).click()
    tab.get_by_text("Your answers place you at 1.1").wait_for()
    assert tab.get_by_role("heading", level=1).inner_text() == "You are on the first rung."
    tab.get_by_text("Rung 1 takes an RNN apart").wait_for()  # what the question says to whom it was new
    tab.get_by_role("link", name="Begin").click()
    tab.wait_for_url("**/lesson/1.1")
    placed = Store(studio.home / "progress.db").events("placed")
    assert [(one.about, one.data["answers"]) for one in placed] == [
        ("1.1", {"python": True, "networks": True, "rnns": False})
    ]


def test_home_after_some_events_in_both_themes_on_a_phone_and_without_motion(tab, studio):
    with Store(studio.home / "progress.db") as store:
        store.add("opened", "0.1", block=9)
        store.add("done", "0.1")
        store.add("opened", "0.2", block=4)
    check_page(tab, "/")
    tab.emulate_media(reduced_motion="reduce")
    tab.goto("/")
    assert tab.evaluate("document.getAnimations().length") == 0
    assert "You were" in tab.locator(".go-on").inner_text()
    assert tab.locator(".map .here .lessons a").first.inner_text() == "0.1 Slopes"
    assert tab.locator(".review .first").inner_text() != ""
    tab.locator(".go-on").get_by_role("link", name="Continue").click()
    tab.wait_for_url("**/lesson/0.2#block-*")


def test_the_ground_is_one_click_away(client, store):
    assert "Build a language model" in client.get("/").text
    answer = client.post("/placement/start", data={"question": "ground"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/lesson/0.1")
    assert [event.about for event in store.events("placed")] == ["0.1"]
    assert "You are on the ground floor." in client.get("/").text
    assert "Five questions" in client.get("/placement").text  # they stay open


def test_who_knows_all_of_it_starts_beyond(client, store):
    for question in load_placement(load_course()).questions:
        store.add("attempt", f"placement/{question.exercise}", passed=True)
    assert "You know all of it." in client.get("/").text
    client.post("/placement/start", data={"question": "beyond"})
    assert store.events("placed")[-1].about == "3.2"


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get("/placement?at=nework"),
        lambda client: client.post("/placement/start", data={"question": "nework"}),
    ],
)
def test_an_unknown_question_is_told_in_two_sentences(client, ask):
    answer = ask(client)
    assert answer.status_code == 422
    assert "There is no question" in answer.text
    assert "networks" in answer.text


def test_no_step_of_the_resume_card_names_a_command(store):
    """The card's sentences are written for the command line; each is brought over."""
    course, steps = load_course(), []
    for lesson in (course.lesson("0.4"), course.lesson("1.1")):  # every kind of block is in them
        for index, block in enumerate(lesson.items):
            store.add("opened", lesson.id, block=index)
            steps.append(in_studio(resume_card(CourseProgress(course, store)).next_step))
            if isinstance(block, ExerciseItem):
                for says in ("", "Row 2 sums to 1.31."):
                    store.add("attempt", f"{lesson.id}/{block.id}", passed=False, says=says)
                    steps.append(in_studio(resume_card(CourseProgress(course, store)).next_step))
                store.add("attempt", f"{lesson.id}/{block.id}", passed=True)
            elif getattr(block, "id", ""):
                store.add("answered", f"{lesson.id}/{block.id}", right=True)
    for lesson in course.lessons:
        store.add("done", lesson.id)
    here = resume_card(CourseProgress(course, store))
    assert here.lesson is None
    steps.append(in_studio(here.next_step))
    assert [step for step in steps if "`groundup " in step] == []
    for start in (
        "Press Check",
        "Write the first line",
        "The last check said",
        "Make a guess",
        "Try the experiment",
        "Read",
    ):
        assert any(step.startswith(start) for step in steps), start
    assert headline(course, here) == "You have climbed all that is written."


def test_the_way_up_shows_what_is_written_what_is_not_and_where_one_is(store):
    course = load_course()
    for identity in ("0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"):
        store.add("done", identity)
    progress = CourseProgress(course, store)
    rungs = {rung.id: rung for rung in way_up(progress, resume_card(progress))}
    assert list(rungs) == ["8", "7", "6", "5", "4", "3", "2", "1", "0"]
    assert (rungs["0"].state, rungs["0"].stat, set(rungs["0"].steps)) == ("done", "done", {"on"})
    assert (rungs["1"].state, rungs["1"].model, rungs["1"].steps[0]) == ("here", "m1", "here")
    assert (rungs["2"].stat, rungs["2"].says) == ("not written yet", "4 lessons not written yet")
    assert rungs["3"].steps == ["", "yet", "yet", "yet", "yet"]
    assert "To come" in rungs["3"].about


def test_every_planned_lesson_is_to_come():
    """A lesson that is written leaves the list: rung by rung, the curriculum's numbers hold."""
    contents = load_course().contents
    written = {rung.id: sum(one[0].isdigit() for one in rung.lessons) for rung in contents.rung}
    planned = {one.id: one.lessons for one in contents.planned}
    together = {name: written.get(name, 0) + planned.get(name, 0) for name in [*written, *planned]}
    assert together == {"0": 7, "1": 3, "2": 4, "3": 5, "4": 6, "5": 7, "6": 4, "7": 5, "8": 5}


def test_a_course_of_somebody_else_has_a_headline_too():
    course = load_course()
    lesson = course.lesson("0.1")
    rung = course.contents.rung[0].model_copy(update={"id": "rhymes", "title": "Rhymes"})
    other = Course(course.folder, course.contents.model_copy(update={"rung": [rung]}), [lesson])
    assert headline(other, ResumeCard(lesson, 0, "", "")) == "You are in “Rhymes”."


@pytest.mark.parametrize(("minutes", "said"), [(45, "45 min"), (60, "1 h"), (335, "5 h 35"), (125, "2 h 05")])
def test_hours(minutes, said):
    assert hours(minutes) == said
