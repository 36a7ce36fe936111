"""Courses by others in the studio: added, asked for before their code runs, learnt from like ours, and taken out."""

import io
import sys
import zipfile
from pathlib import Path

import pytest
from page_checks import check_page
from starlette.testclient import TestClient

from groundup.course.authoring.imported import courses_folder, import_course
from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.review import Review
from groundup.course.progress.store import Store
from groundup.studio.app import create_app

sys.path.append(str(Path(__file__).parents[1] / "course"))
from small_course import add, change, finished, questions

HOSTILE = """
## Never <script>alert(1)</script>

<script>document.title = "taken"</script>
<img src="https://evil.example/x.png" onerror="document.title = 'taken'">

[press](javascript:alert(1)) and [there](//evil.example/page) and [out](https://evil.example/).

![a pixel](https://evil.example/pixel.png) ![](/api/progress/export)
![in the text](data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=)
"""
GLOSSARY = """
[[word]]
word = "couplet"
says = "Two lines that rhyme, one after the other."
taught = "rhymes-1.1"
"""


@pytest.fixture
def theirs(tmp_path):
    """A finished course of one lesson, by another author; something in it is hostile."""
    target = finished(tmp_path / "rhymes", "rhymes-1.1-ends")
    change(target, "lesson.md", "Three runs", "A couplet of runs. Three runs")
    change(target, "lesson.md", "The same in Python:", f"{HOSTILE}\n\nThe same in Python:")
    add(target, 'Path(__file__).with_name("ran").write_text("yes")', "pictures.py")
    pictures = target.folder / "pictures.py"
    pictures.write_text(f"from pathlib import Path\n{pictures.read_text(encoding='utf-8')}", encoding="utf-8")
    (target.folder.parent / "glossary.toml").write_text(GLOSSARY, encoding="utf-8")
    return target.folder.parent


@pytest.fixture
def client(home):
    home.mkdir(parents=True, exist_ok=True)
    return TestClient(
        create_app(), base_url="http://127.0.0.1", client=("127.0.0.1", 1), follow_redirects=False
    )


def zipped(folder: Path, **more: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(folder).as_posix())
        for name, text in more.items():
            archive.writestr(name, text)
    return made.getvalue()


@pytest.mark.long
def test_added_by_zip_learnt_found_reviewed_and_removed(tab, studio, theirs, tmp_path):
    file = tmp_path / "rhymes.zip"
    file.write_bytes(zipped(theirs))
    tab.goto("/settings#courses")
    form = tab.locator(".add-course")
    form.get_by_label("A ZIP").set_input_files(file)
    form.get_by_role("button", name="Add the course").click()  # the box is not ticked: the browser says so
    assert not courses_folder().exists()
    form.get_by_label("I trust who made it").check()
    form.get_by_role("button", name="Add the course").click()
    tab.get_by_text("Added “Rhymes”, 1 lesson.").wait_for()
    tab.get_by_role("link", name="Rhymes").click()
    tab.get_by_text("You added “Rhymes”").wait_for()  # it is the first visit still
    tab.get_by_role("link", name="begin with rhymes-1.1 Means").click()
    tab.wait_for_url("**/lesson/rhymes-1.1")
    guess = tab.locator('form[data-id="one-more"]')
    guess.get_by_label("Your guess").fill("6")
    guess.get_by_role("button", name="Answer").click()
    tab.locator('form[data-id="one-more"].answered').get_by_text("Right", exact=False).first.wait_for()
    widget = tab.locator('[data-widget="pull"]')
    widget.scroll_into_view_if_needed()
    widget.get_by_role("spinbutton").or_(widget.get_by_role("slider")).first.wait_for()
    solve(
        tab, (theirs / "rhymes-1.1-ends" / "exercises" / "mean" / "solution.py").read_text(encoding="utf-8")
    )
    tab.get_by_role("button", name="Write a note beside “One number for many”").click()
    tab.keyboard.type("Heights, too.")
    tab.keyboard.press("Control+Enter")
    assert tab.title() == "rhymes-1.1 Means · groundup"
    tab.locator('[data-do="finish"]').click()
    tab.locator("[data-end][data-done]").wait_for()

    check_page(tab, "/")
    assert tab.locator("#course-rhymes .map a").first.inner_text() == "Means"
    tab.keyboard.press("Control+k")
    tab.get_by_role("combobox").fill("means")
    tab.get_by_role("option", name="rhymes-1.1 Means").first.wait_for()
    tab.keyboard.press("Escape")
    tab.goto("/review")
    assert tab.locator(".card-of-review:visible").get_attribute("data-id").startswith("rhymes-1.1/")

    check_page(tab, "/settings")
    tab.get_by_role("button", name="Remove Rhymes").click()
    tab.get_by_role("button", name="Remove", exact=True).click()
    tab.get_by_text("“Rhymes” is out. It lies in").wait_for()
    assert tab.locator(".added").count() == 0
    with Store(studio.home / "progress.db") as store:
        assert [one.about for one in store.events("attempt")] == ["rhymes-1.1/mean"]


def solve(tab, text: str) -> None:
    task = tab.locator("[data-exercise]")
    task.locator(".cm-content").press("ControlOrMeta+a")
    task.locator(".cm-content").evaluate(
        """(element, text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        text,
    )
    task.get_by_role("button", name="Check Ctrl").click()
    task.locator(".all-pass").wait_for(timeout=60_000)


@pytest.mark.long
def test_the_question_before_its_code_runs(tab, theirs):
    questions(theirs, "rhymes-1.1", "rhymes-where")
    import_course(theirs)
    check_page(tab, "/lesson/rhymes-1.1")
    tab.get_by_role("button", name="I trust its author").click()
    tab.get_by_role("heading", level=1, name="Means").wait_for()
    check_page(tab, "/placement?course=rhymes")
    tab.check("[value=yes]")
    tab.locator(".cm-content").wait_for()
    assert tab.locator(".plain-code:visible, .outside:visible").count() == 0  # one editor, and no empty bar


@pytest.mark.slow
def test_no_code_runs_before_somebody_said_yes(client, home, theirs):
    """The command line has added it; its files are asked for here, and asked for again when they change."""
    folder = import_course(theirs).course.folder
    ran = folder / "rhymes-1.1-ends" / "ran"
    api = "/api/lesson/rhymes-1.1"
    asks = (
        lambda: client.get(f"{api}/picture/balance/light.png"),
        lambda: client.post(f"{api}/widget/pull", json={}),
        lambda: client.post("/api/exercise/rhymes-1.1/mean/check"),
    )
    for ask in asks:
        answer = ask()
        assert answer.status_code == 422
        assert answer.json()["error"] == "“Rhymes” has not been allowed to run its code."
    page = client.get("/lesson/rhymes-1.1").text
    assert "Its experiments and pictures are Python that runs on this machine, with your rights." in page
    assert "data-widget" not in page
    assert not ran.exists()
    answer = client.post("/courses/trust", data={"lesson": "rhymes-1.1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/lesson/rhymes-1.1")
    assert "data-widget" in client.get("/lesson/rhymes-1.1").text
    with client:  # with its processes, which end at the end
        assert client.get(f"{api}/picture/balance/light.png").headers["content-type"] == "image/png"
    assert ran.exists()

    client.post("/courses/trust", data={"lesson": "rhymes-1.1"})
    assert "data-widget" in client.get("/lesson/rhymes-1.1").text
    (folder / "rhymes-1.1-ends" / "experiments.py").write_text("import sys", encoding="utf-8")
    assert client.post(f"{api}/widget/pull", json={}).status_code == 422  # a file was changed where it lies

    client.post("/courses/trust", data={"lesson": "rhymes-1.1"})
    (theirs / "rhymes-1.1-ends" / "experiments.py").write_text("import os", encoding="utf-8")
    import_course(theirs)
    assert client.post(f"{api}/widget/pull", json={}).status_code == 422
    assert "Do you trust" in client.get("/lesson/rhymes-1.1").text


def test_its_questions_of_placement_are_asked_here(client, home, theirs):
    questions(theirs, "rhymes-1.1", "rhymes-where")
    import_course(theirs)
    assert 'href="/placement?course=rhymes"' in client.get("/").text  # the first visit
    asked = "Can you write a function that counts letters?"
    page = client.get("/placement?course=rhymes").text
    assert "Do you trust" in page  # its tasks are checked by its author's code
    assert asked not in page
    assert client.post("/api/exercise/rhymes-where/count-letters/check").status_code == 422
    answer = client.post("/courses/trust", data={"lesson": "rhymes-1.1", "to": "placement"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/placement?course=rhymes")
    assert client.post("/courses/trust", data={"lesson": "rhymes-1.1", "to": "//evil"}).status_code == 422

    page = client.get("/placement?course=rhymes").text
    assert asked in page
    assert 'data-exercise="rhymes-where/count-letters"' in page
    assert "?course=rhymes&amp;at=sums" in page
    assert "def count_letters" in client.get("/api/exercise/rhymes-where/count-letters/file").json()["text"]
    assert "rhymes-where" not in client.get("/placement").text  # ours has its own
    with Store(home / "progress.db") as store:
        store.add("attempt", "rhymes-where/count-letters", passed=True)
    assert "Can you add up a list?" in client.get("/placement?course=rhymes").text
    answer = client.post("/placement/start", data={"question": "sums", "course": "rhymes"})
    assert answer.status_code == 303
    with Store(home / "progress.db") as store:
        placed = store.events("placed")
        assert [(one.about, one.data["answers"]) for one in placed] == [
            ("rhymes-1.1", {"letters": True, "sums": False})
        ]
    home_page = client.get("/").text
    assert "Your answers place you at rhymes-1.1, Means." in home_page
    assert 'href="/placement?course=rhymes"' in home_page
    wrong = client.get("/placement?course=rhyme")
    assert (wrong.status_code, "no course &#39;rhyme&#39;" in wrong.text) == (422, True)
    (courses_folder() / "rhymes" / "rhymes-where" / "placement.toml").write_text("title =", encoding="utf-8")
    assert client.get("/").status_code == 200  # its own page says what is wrong
    client.post("/courses/trust", data={"lesson": "rhymes-1.1"})  # a file has changed
    assert "placement.toml cannot be read" in client.get("/placement?course=rhymes").text


def test_what_a_hostile_lesson_says_is_shown_and_does_nothing(client, theirs):
    import_course(theirs)
    client.post("/courses/trust", data={"lesson": "rhymes-1.1"})
    page = client.get("/lesson/rhymes-1.1").text
    lesson = page[page.index("<article") :]
    assert "&lt;script&gt;document.title" in lesson
    assert "&lt;img src=&quot;https://evil.example" in lesson
    for never in ("<script", "javascript:alert", 'src="http', 'src="/api/progress', ' onerror="'):
        assert never not in lesson.replace("[press](javascript:alert(1))", ""), never
    assert "[picture: a pixel] [picture: without words]" in lesson
    assert '<img src="data:image/gif;base64,' in lesson
    assert '<a href="//evil.example/page" rel="noreferrer noopener" target="_blank">there</a>' in lesson
    assert "img-src 'self' data: blob:" in client.get("/lesson/rhymes-1.1").headers["content-security-policy"]


def test_home_search_review_and_glossary_know_it(client, home, theirs):
    import_course(theirs)
    with Store(home / "progress.db") as store:
        store.add("opened", "0.1", block=2)
    shown = client.get("/").text
    assert "You are on the ground floor." in shown
    assert shown.count("you are here") == 1
    assert shown.index("The way up") < shown.index('id="course-rhymes"') < shown.index("/lesson/rhymes-1.1")
    found = client.get("/api/search", params={"q": "means"}).json()[0]
    assert (found["kind"], found["link"]) == ("lesson", "/lesson/rhymes-1.1")
    words = {one["word"] for one in client.get("/api/glossary", params={"lesson": "rhymes-1.1"}).json()}
    assert {"couplet", "gradient descent"} <= words
    assert "couplet" not in {one["word"] for one in client.get("/api/glossary?lesson=0.1").json()}
    assert 'id="rhymes-couplet"' in client.get("/glossary").text
    with Store(home / "progress.db") as store:
        store.add("opened", "rhymes-1.1", block=1)
    shown = client.get("/").text
    assert "You are in “The first stage”." in shown
    assert 'you would go on with <a href="/lesson/0.1">' in shown
    with Store(home / "progress.db") as store:
        store.add("done", "rhymes-1.1")
        assert Review(load_course(courses_folder() / "rhymes"), store).items
    assert "You are on the ground floor." in client.get("/").text  # that course is done
    assert 'data-id="rhymes-1.1/' in client.get("/review").text


def test_what_tries_to_leave_its_folder_or_is_no_course_is_refused(client, theirs, tmp_path):
    for sent, said in (
        (zipped(theirs, **{"../out.txt": "x"}), "it leads out of its folder"),
        (zipped(theirs, **{"/etc/x": "x"}), "it begins at the root of a disk"),
        (zipped(tmp_path / "none"), "x.zip has no course.toml"),
        (b"no zip", "x.zip cannot be read as a ZIP"),
    ):
        files = {"file": ("../x.zip", sent)}
        answer = client.post("/api/courses", data={"trusted": "true"}, files=files)
        assert answer.status_code == 422
        assert said in answer.json()["error"]
    assert not (courses_folder() / "rhymes").exists()
    assert list(courses_folder().iterdir()) == []
    for folder in ("/", "rhymes", "~no-such-user/x", "/" + "a" * 900, "/a\0b", str(courses_folder())):
        answer = client.post("/api/courses", data={"trusted": "true", "folder": folder})
        assert answer.status_code == 422, folder
    assert client.post("/api/courses", data={"folder": str(theirs)}).json()["hint"].startswith("Tick the box")
    assert client.post("/api/courses", data={"trusted": "true"}).json()["error"] == "Nothing was chosen."
    for name in ("../rhymes", "groundup", "rhymes"):
        assert client.post("/api/courses/remove", json={"id": name}).status_code == 422


def test_a_folder_is_named_at_the_machine_itself(home, client, theirs):
    given = {"trusted": "true", "folder": str(theirs)}
    far = TestClient(client.app, base_url="http://127.0.0.1", client=("192.168.1.9", 1))
    assert far.post("/api/courses", data=given).json()["error"].startswith("A folder can only be named")
    assert "Or a folder of this computer" not in far.get("/settings").text
    assert client.post("/api/courses", data=given).json()["course"]["title"] == "Rhymes"
    assert client.post("/api/courses", data=given).json()["kept"]  # an update: what was there is kept


def test_one_that_cannot_be_read_is_named_and_hides_nothing(client, theirs):
    folder = import_course(theirs).course.folder
    (folder / "rhymes-1.1-ends" / "lesson.md").write_text("no front", encoding="utf-8")
    assert "the front matter is missing" in client.get("/settings").text
    assert client.get("/").status_code == client.get("/lesson/0.1").status_code == 200
    assert client.get("/lesson/rhymes-1.1").status_code == 422
    assert client.post("/api/courses/remove", json={"id": "rhymes"}).status_code == 200
