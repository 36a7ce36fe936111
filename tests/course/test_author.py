"""What authors are told about a lesson's text and its place in the course: each rule broken once."""

import json

import pytest
from small_course import add, change, finished, front

from groundup.common.errors import GroundupError
from groundup.course.authoring.check import check
from groundup.course.authoring.order import check_place
from groundup.course.authoring.targets import LessonFault, by_id, fault_of, targets
from groundup.course.authoring.text import check_text

OPTIONS = '{ text = "yes", why = "a", right = true }, { text = "no", why = "b" }'


@pytest.fixture
def lesson(tmp_path):
    return finished(tmp_path / "course")


def said(faults, *, warning=None):
    return [fault.says for fault in faults if warning in (None, fault.warning)]


def only(faults):
    """The one fault among what is said."""
    (fault,) = list(faults)
    return fault


# ---- the whole ------------------------------------------------------------------------------------------------


def test_a_finished_lesson_has_nothing_to_mend_and_progress_is_told(lesson):
    steps = []
    assert check([str(lesson.folder)], lesson.folder.parent, watch=steps.append) == []
    doing = [step.doing for step in steps]
    assert {"numbers", "fixtures", "code", "experiments", "pictures", "text"} <= set(doing)
    assert {f"mean/{name}" for name in ("starter.py", "solution.py", "mutants/sum.py")} <= set(doing)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert all(step.lesson == "1.1" and step.done < step.of for step in steps)


def test_one_lesson_is_checked_though_the_rest_of_the_course_is_unfinished(lesson):
    course = lesson.folder.parent
    change(lesson, "../course.toml", '["1.1"]', '["0.1", "1.1", "1.2"]')
    (course / "1.2-broken").mkdir()
    (course / "1.2-broken" / "lesson.md").write_text("+++\nnothing", encoding="utf-8")
    assert targets(["1.1"], course) == ([lesson], [])
    assert list(check_place(lesson)) == []
    found, missing = targets([], course)
    assert [target.lesson for target in found] == ["1.1", "1.2"]
    assert only(missing).says == "the lesson '0.1' has no folder 0.1-<a few words> with a lesson.md."
    faults = list(check_text(found[1]))
    assert any("the front matter is missing" in fault.says for fault in faults)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1.9", "There is no lesson '1.9'"),
        ("1.1/median", "The lesson 1.1 has no exercise 'median'."),
        ("..", "There is no lesson '..'"),
    ],
)
def test_a_name_that_is_not_there_is_said(lesson, name, expected):
    with pytest.raises(GroundupError, match=expected.replace(".", r"\.")):
        targets([name], lesson.folder.parent)


def test_an_exercise_can_be_checked_alone(lesson):
    (target,), _ = targets(["1.1/mean"], lesson.folder.parent)
    assert [exercise.id for exercise in target.exercises()] == ["1.1/mean"]


def test_a_broken_course_file_is_said(lesson):
    course = lesson.folder.parent
    (course / "course.toml").write_text("id = ", encoding="utf-8")
    with pytest.raises(GroundupError, match="cannot be read"):
        targets([], course)
    assert "cannot be read" in only(check_place(lesson)).says


def test_a_fault_names_file_and_line_and_survives_json(lesson):
    error = GroundupError(f"{lesson.file}, line 7: there is no block 'x'.", "Known: quiz.")
    fault = fault_of(error, lesson.folder)
    assert fault == LessonFault(lesson.file, "there is no block 'x'. Known: quiz.", 7)
    assert fault.text(lesson.folder) == "lesson.md:7: there is no block 'x'. Known: quiz."
    assert LessonFault.from_json(json.loads(json.dumps(fault.to_json()))) == fault
    assert fault_of(GroundupError("Something else."), lesson.file, 3) == LessonFault(
        lesson.file, "Something else.", 3
    )


# ---- the place in the course ----------------------------------------------------------------------------------


def test_needs_must_be_there_and_come_before(lesson):
    second = finished(lesson.folder.parent, "1.2-medians")
    front(second, needs='["1.1", "1.0"]')
    assert only(check_place(second)).says.startswith(
        "it needs the lesson '1.0', which is not in course.toml."
    )
    front(second, needs='["1.1"]')
    front(lesson, needs='["1.2"]')
    assert only(check_place(lesson)).says == "what lessons need goes in a circle: 1.1 needs 1.2 needs 1.1."
    front(second, needs="[]")
    fault = only(check_place(lesson))
    assert fault.says == "it needs the lesson 1.2, which comes later. Change the order, or the need."
    assert lesson.file.read_text(encoding="utf-8").split("\n")[fault.line - 1].startswith("needs")


def test_a_circle_of_one_is_a_circle(lesson):
    front(lesson, needs='["1.1"]')
    assert "1.1 needs 1.1" in only(check_place(lesson)).says


def test_what_is_used_is_taught_before(lesson):
    second = finished(lesson.folder.parent, "1.2-medians")
    front(second, uses='["1.1 mean"]')
    assert list(check_place(second)) == []
    front(second, uses='["1.1 meen"]')
    assert "which no earlier lesson teaches. Did you mean '1.1 mean'?" in only(check_place(second)).says
    front(lesson, uses='["1.2 mean"]')
    assert "It is taught later, in 1.2." in only(check_place(lesson)).says
    front(lesson, uses='["1.1 mean"]')
    assert "it teaches '1.1 mean' itself" in only(check_place(lesson)).says


def test_what_a_missing_lesson_may_teach_is_a_warning(lesson):
    change(lesson, "../course.toml", '["1.1"]', '["0.1", "1.1"]')
    front(lesson, uses='["sum"]')
    fault = only(check_place(lesson))
    assert (fault.warning, fault.says.endswith("Not written yet: 0.1.")) == (True, True)


def test_a_concept_that_is_taught_twice_is_said(lesson):
    second = finished(lesson.folder.parent, "1.2-medians")
    front(second, concepts='["1.2 mean", "1.1 mean"]')
    fault = only(check_place(second))
    assert (fault.warning, fault.says.startswith("'1.1 mean' is taught in 1.1 already.")) == (True, True)


def test_the_id_is_the_folders_and_in_the_list(lesson):
    front(lesson, id='"1.7"')
    assert "the id '1.7' is not in course.toml" in only(check_place(lesson)).says
    change(lesson, "../course.toml", '["1.1"]', '["1.1", "1.7"]')
    assert "the id is '1.7', but the folder is 1.1-means" in said(check_place(lesson))[0]


def test_two_lessons_with_one_id_are_said(lesson):
    second = finished(lesson.folder.parent, "1.2-medians")
    second.folder.rename(lesson.folder.parent / "1.1-medians")
    change(lesson, "../1.1-medians/lesson.md", 'id = "1.2"', 'id = "1.1"')
    assert "1.1-means and 1.1-medians have the same id. Change one." in said(check_place(lesson))


def test_exercises_build_on_earlier_ones_and_practise_what_was_taught(lesson):
    second = finished(lesson.folder.parent, "1.2-medians")
    file = "exercises/mean/exercise.toml"
    for own, builds_on, expected in (
        (lesson, "1.2/mean", "it builds on 1.2/mean, which comes later."),
        (lesson, "1.1/mean", "it builds on 1.1/mean, which this lesson asks for later."),
        (second, "1.1/mode", "builds_on: there is no exercise '1.1/mode'."),
    ):
        before = (own.folder / file).read_text(encoding="utf-8")
        change(own, file, "builds_on = []", f'builds_on = ["{builds_on}"]')
        assert only(check_place(own)).says.startswith(expected)
        (own.folder / file).write_text(before, encoding="utf-8")
    change(second, file, "builds_on = []", 'builds_on = ["1.1/mean"]')
    assert list(check_place(second)) == []
    change(second, file, '"1.2 mean"', '"1.2 meen"')
    assert "it practises '1.2 meen'" in only(check_place(second)).says


# ---- questions, numbers, links --------------------------------------------------------------------------------


def test_two_options_that_say_the_same(lesson):
    line = add(lesson, '```quiz\nid = "same"\nask = "Which?"\noptions = [')
    options = '{ text = "The sum.", why = "a", right = true }, { text = "the  sum.", why = "b" }]\n```'
    lesson.file.write_text(lesson.file.read_text(encoding="utf-8") + options, encoding="utf-8")
    fault = only(check_text(lesson))
    assert (fault.line, fault.says) == (line, "'same' has two options that say 'the sum.'. Let them differ.")


def test_the_right_option_is_not_always_at_the_same_place(lesson):
    for number in range(4):
        add(
            lesson, f'[[card]]\nid = "1.1/more-{number}"\nask = "Is it?"\noptions = [{OPTIONS}]', "cards.toml"
        )
    assert list(check_text(lesson)) == []
    change(lesson, "cards.toml", ", right = true", "")
    change(lesson, "cards.toml", "{ text = \"Nothing.\", why = \"That is the median.\"",
           "{ text = \"Nothing.\", why = \"That is the median.\", right = true")  # fmt: skip
    fault = only(check_text(lesson))
    assert fault.says == "the right option is number 1 in all 5 questions. Move some."
    assert fault.file.name == "cards.toml"


def test_a_broken_card_is_said_once(lesson):
    add(lesson, '[[card]]\nid = "1.1/none"\nask = "Why?"\nanswer = "So."', "cards.toml")
    fault = only(check_text(lesson))
    assert "a card without options needs both" in fault.says


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("The loss fell to 3.17 nats.", "3.17"),
        ("Of all words 12% are rare.", "12 %"),
        ("It took 1,024.5 steps.", "1,024.5"),
        ("In ```text``` it is 2.71.", "2.71"),
        ("```text\nloss 3.17\n```", "3.17"),
        ('```aside\ntone = "caution"\ntext = "It was 0.25 before."\n```', "0.25"),
    ],
)
def test_a_figure_typed_by_hand_is_a_warning(lesson, text, figure):
    line = add(lesson, text)
    fault = only(check_text(lesson))
    assert fault.warning
    assert fault.says.startswith(f"{figure} is typed by hand")
    assert line <= fault.line <= line + 2


@pytest.mark.parametrize(
    "text",
    [
        "The mean is {{mean}}, and {{mean}}% of it.",
        "Three of 1,024 runs. A learning rate of 0.1, then 0.001.",
        "Lesson 0.12 and lessons 1.10 and 1.11 say why. See [it](lesson:1.1).",
        "```python\n>>> 1.25 * 2\n2.5\n```",
    ],
)
def test_figures_that_are_computed_or_chosen_are_not_meant(lesson, text):
    add(lesson, text)
    assert list(check_text(lesson)) == []


def test_figures_given_in_numbers_py_or_known_there_are_not_meant(lesson):
    add(lesson, "With 0.25 of 50 % it is 4.31.")
    assert len(list(check_text(lesson))) == 3
    change(lesson, "numbers.py", "GIVEN = ()", 'GIVEN = ("0.25", "50%")')
    add(lesson, 'loss = "4.31"', "numbers.toml")
    assert list(check_text(lesson)) == []


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            "lesson:1.9",
            "the link leads to the lesson '1.9', which the course does not have. Did you mean '1.5'?",
        ),
        ("lesson:1.5", "the link leads to lesson 1.5, which is not written yet."),
        ("notes.md", "the link leads to notes.md, which is not there."),
        ("../../secret.md", "the link ../../secret.md leads out of the course."),
        ("#nowhere", "there is no heading #nowhere."),
        ("https://example.org/a", "https://example.org/a needs the network, which a learner may not have."),
    ],
)
def test_links_arrive(lesson, link, expected):
    change(lesson, "../course.toml", '["1.1"]', '["1.1", "1.5"]')
    line = add(lesson, f"See\n[there]({link}).")
    fault = only(check_text(lesson))
    assert fault.says.startswith(expected)
    assert fault.line == line + 1


def test_links_that_arrive(lesson):
    add(
        lesson,
        "[a](lesson:1.1) [b](numbers.py) [c](#one-number-for-many) ![d](../course.toml) `[e](gone.md)`",
    )
    assert list(check_text(lesson)) == []


# ---- what a lesson has ----------------------------------------------------------------------------------------


def test_exercises_asked_for_are_there_and_the_other_way_round(lesson):
    change(lesson, "lesson.md", '```exercise\nid = "mean"', '```exercise\nid = "maen"')
    faults = list(check_text(lesson))
    assert said(faults) == [
        "there is no folder exercises/maen. Did you mean 'mean'?",
        "the lesson never asks for this exercise: give it an `exercise` block.",
    ]
    assert faults[1].file == lesson.folder / "exercises" / "mean" / "exercise.toml"


def test_what_every_lesson_has_is_a_warning(lesson):
    text = lesson.file.read_text(encoding="utf-8")
    for kind in ("predict", "recap", "more", "quiz"):
        at = text.index(f"```{kind}\n")
        text = text[:at] + text[text.index("\n```\n", at) + 5 :]
    lesson.file.write_text(text, encoding="utf-8")
    faults = list(check_text(lesson))
    assert all(fault.warning for fault in faults)
    for expected in ("no `predict` block", "no `recap` block", "no `more` block", "2 `quiz` of at least 3",
                     "nothing is predicted before this experiment"):  # fmt: skip
        assert any(expected in says for says in said(faults)), expected


def test_minutes_that_cannot_be_are_a_warning_with_the_estimate(lesson):
    front(lesson, minutes="80")
    fault = only(check_text(lesson))
    assert fault.warning
    assert fault.says.startswith("it says 80 minutes; by its words, questions and exercises it takes about ")
    assert fault.line == 5


def test_what_is_marked_todo_is_still_to_write(lesson):
    line = add(lesson, "TODO: say why.")
    assert only(check_text(lesson)) == LessonFault(lesson.file, "still to write: say why.", line)


def test_a_folder_without_a_lesson_is_said(lesson):
    lesson.file.unlink()
    assert "there is no lesson.md yet" in said(check_text(lesson))[0]


def test_a_placement_leads_to_lessons_that_are_there(lesson):
    change(lesson, "../course.toml", 'id = "course"', 'id = "course"\nplacement = "placement"')
    folder = lesson.folder.parent / "placement"
    folder.mkdir()
    (lesson.folder / "exercises").rename(folder / "exercises")
    (folder / "placement.toml").write_text(
        'beyond = "1.9"\n[[question]]\nid = "a"\ntopic = "Means"\nask = "Do you know?"\nexercise = "mean"\n'
        'start = "1.1"\n',
        encoding="utf-8",
    )
    target = by_id(lesson.folder.parent, "placement")
    assert only(check_place(target)).says == "there is no lesson '1.9'. Known: 1.1."
    assert list(check_text(target)) == []
    assert targets([], lesson.folder.parent)[0] == [lesson, target]
