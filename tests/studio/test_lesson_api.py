"""What the pages of lessons ask of the server, and what no client may get from it."""

import sys
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from groundup.course.grading.verdict import HeatMap, Verdict
from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.store import Store
from groundup.studio.app import create_app
from groundup.studio.exercise import mark_differences
from groundup.studio.lesson_view import Sketch
from groundup.studio.markdown import highlight, highlight_lines, html
from groundup.studio.pages import templates

EXERCISE = "/api/exercise/0.1/numerical-derivative"


@pytest.fixture
def client(home):
    home.mkdir(exist_ok=True)
    with TestClient(create_app(), base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as one:
        yield one


@pytest.mark.parametrize("lesson", [lesson.id for lesson in load_course().lessons])
def test_every_lesson_is_a_page_without_script_or_style_in_it(client, lesson):
    answer = client.get(f"/lesson/{lesson}")
    assert answer.status_code == 200
    assert "style=" not in answer.text
    assert "onclick" not in answer.text
    assert answer.text.count("<script") == answer.text.count(
        '<script type="module" src="'
    ) + answer.text.count('<script src="')
    assert "{{" not in answer.text


def test_reading_a_page_writes_nothing(client, home):
    """Else the first exercise of the last lesson that was looked at would be "the file that was saved last"."""
    client.get("/lesson/0.1")
    assert not (home / "workspace").exists()
    with Store(home / "progress.db") as store:
        assert store.events() == []


@pytest.mark.parametrize(("path", "body"), [
    ("/api/lesson/0.1/opened", {"block": 10**6}),
    ("/api/lesson/9.9/opened", {"block": 0}),
    ("/api/lesson/0.1/predict/three-and-a-bit", {"given": 7}),
    ("/api/lesson/0.1/predict/three-and-a-bit", {"given": "2"}),
    ("/api/lesson/0.1/predict/three-and-a-bit", {"given": [[0, 1], [1, 1]]}),
    ("/api/lesson/0.1/predict/left-of-zero", {"given": "nan"}),
    ("/api/lesson/0.1/predict/left-of-zero", {"given": []}),
    ("/api/lesson/0.7/predict/sketch-validation", {"given": [[0, 1]]}),
    ("/api/lesson/0.1/predict/left-of-zero", {"given": "-4", "sure": 60}),
    ("/api/lesson/0.1/predict/left-of-zero", {"given": "-4", "sure": "very"}),
    ("/api/lesson/0.1/predict/three-and-a-bit", {"given": 1, "sure": 10}),
    ("/api/lesson/0.1/predict/minus-two", {"given": 1}),
    ("/api/lesson/0.1/quiz/minus-two", {"option": -1}),
    ("/api/lesson/0.7/explain/nothing", {"text": "x"}),
    ("/api/lesson/checkpoint-1/explain/../x", {"text": " "}),
    ("/api/lesson/0.1/widget/drag", {"settings": {"y": 1}}),
    ("/api/lesson/0.1/widget/drag", {"settings": {"x": "wide"}}),
    ("/api/lesson/0.1/run/0", {}),
    ("/api/lesson/0.1/run/999", {}),
    ("/api/lesson/0.1/note", {"block": 0, "text": "x" * 30_000}),
    ("/api/exercise/0.1/../check", {}),
    ("/api/exercise/0.1/nothing/check", {}),
    ("/api/exercise/..%2F..%2Fetc/passwd/hint", {}),
])  # fmt: skip
def test_what_does_not_fit_is_refused_and_stores_nothing(client, home, path, body):
    answer = client.post(path, json=body)
    assert 400 <= answer.status_code < 500
    with Store(home / "progress.db") as store:
        assert store.events() == []


def test_a_save_never_loses_what_another_wrote(client, home):
    file = home / "workspace" / "0.1-slopes" / "numerical_derivative.py"
    first = client.put(f"{EXERCISE}/file", json={"text": "one\n", "was": ""}).json()
    file.write_text("outside\n", encoding="utf-8")
    assert client.put(f"{EXERCISE}/file", json={"text": "two\n", "was": first["stamp"]}).status_code == 409
    assert file.read_text(encoding="utf-8") == "outside\n"
    mine = client.put(f"{EXERCISE}/file", json={"text": "two\n", "was": first["stamp"], "mine": True}).json()
    assert file.read_text(encoding="utf-8") == "two\n"
    assert Path(mine["kept"]).read_text(encoding="utf-8") == "outside\n"
    assert client.put(f"{EXERCISE}/file", json={"text": "three\n", "was": mine["stamp"]}).status_code == 200

    file.write_bytes(b"\xff\xfe\x00binary")
    broken = client.get(f"{EXERCISE}/file").json()
    assert broken["wrong"]
    assert broken["text"] == ""
    assert "UTF-16" in client.get("/lesson/0.1").text
    client.post(f"{EXERCISE}/reset")
    assert file.with_name("numerical_derivative.kept-2.py").read_bytes() == b"\xff\xfe\x00binary"


def test_what_a_learner_writes_is_shown_as_text(client):
    bad = "</textarea><script>alert(1)</script>"
    client.put(f"{EXERCISE}/file", json={"text": bad, "was": ""})
    client.post("/api/lesson/0.1/note", json={"block": 0, "text": bad})
    assert "<script>alert" not in client.get("/lesson/0.1").text
    verdict = Verdict("0.1/x", "wrong", bad, [bad], bad, 1, bad, bad, bad, printed=bad, remarks=[bad],
                      picture=HeatMap([[1.0, 0.0]], 1.0))  # fmt: skip
    values = {
        "verdict": verdict,
        "marked": mark_differences(bad, bad),
        "took": "",
        "celebration": "",
        "word": "",
    }
    html = templates.get_template("blocks/results.html").render(values)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 8


def test_the_solution_waits_until_it_is_wanted(client, home):
    assert client.post(f"{EXERCISE}/solution", json={}).status_code == 409
    assert "A solution" in client.post(f"{EXERCISE}/solution", json={"before": True}).json()["html"]
    hints = [client.post(f"{EXERCISE}/hint").json() for _ in range(5)]
    assert [(one["number"], one["of"]) for one in hints] == [(1, 4), (2, 4), (3, 4), (4, 4), (4, 4)]
    with Store(home / "progress.db") as store:
        assert [event.data for event in store.events("solution")] == [{"passed": False}]
        assert [event.data["number"] for event in store.events("hint")] == [1, 2, 3, 4]


def test_the_editor_of_ones_own_opens_here_and_nowhere_else(client, home, tmp_path, monkeypatch):
    opened = tmp_path / "opened.txt"
    script = tmp_path / "my editor.py"
    script.write_text(
        "import pathlib, sys\npathlib.Path(sys.argv[1]).write_text(sys.argv[2])\n", encoding="utf-8"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} '{script}' '{opened}'")
    far = TestClient(create_app(), base_url="http://127.0.0.1", client=("192.168.1.5", 50000))
    assert far.post(f"{EXERCISE}/open").json()["opened"] == ""
    place = client.post(f"{EXERCISE}/open").json()
    assert place["opened"] == "It is open in your editor."
    until = time.monotonic() + 60
    while not (opened.exists() and opened.read_text(encoding="utf-8")) and time.monotonic() < until:
        time.sleep(0.05)
    assert opened.read_text(encoding="utf-8") == place["path"]


def test_the_wrong_part_is_marked():
    assert [piece for piece, wrong in mark_differences("[[0.88 0.50]]", "[[0.67 0.50]]") if wrong] == ["0.88"]
    assert [piece for piece, wrong in mark_differences("3.2", "3.2") if wrong] == []
    assert "".join(piece for piece, _ in mark_differences("a  [1,\n 2]", "b")) == "a  [1,\n 2]"


def test_code_is_coloured_and_stays_the_code():
    code = 'def f(x):\n    """Two\n    lines <b>."""\n    return "a" if x else None  # why\n'
    html = str(highlight(code))
    assert '<span class="k">def</span> <span class="f">f</span>' in html
    assert "&lt;b&gt;" in html
    assert len(highlight_lines(code)) == code.count("\n") + 1
    assert all(line.count("<span") == line.count("</span") for line in highlight_lines(code))
    assert str(highlight("no (python")) == "no (python"


def test_ticks_of_a_sketch_are_round():
    sheet = Sketch((0, 1000), (0, 1.7), ("step", "loss"))
    assert [name for _, name in sheet.ticks_y] == ["0", "0.5", "1", "1.5"]
    assert [name for _, name in sheet.ticks_x] == ["0", "200", "400", "600", "800", "1000"]
    assert (
        sheet.path([(1000, 0), (0, 1.7)])
        == f"M{sheet.left:.1f} {sheet.top:.1f}L{sheet.right:.1f} {sheet.bottom:.1f}"
    )


def test_formulas_become_elements_with_their_tex_and_dollars_stay_dollars():
    text = html(
        "It costs $5 and 6 $. The loss is $-\\log p(x_t \\mid x_{<t})$, not `$x$`.\n\n$$\na_i < \\sum_j b_j\n$$\n"
    )
    assert '<span class="math inline">-\\log p(x_t \\mid x_{&lt;t})</span>' in text
    assert '<div class="math block">\na_i &lt; \\sum_j b_j\n</div>' in text
    assert "costs $5 and 6 $" in text
    assert "<code>$x$</code>" in text
    assert "<script" not in html("$<script>$")
