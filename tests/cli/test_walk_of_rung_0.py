"""The whole of rung 0 as a learner walks it, by the command alone: find out where to start, read, predict, fail, take
a hint, pass, review, write the journal, and carry all of it to another machine."""

import itertools
import json

import pytest

from groundup.common.places import progress_file, workspace_folder
from groundup.course.lessons.catalogue import load_course
from groundup.course.lessons.items import ExerciseItem, Explanation, Prediction, Quiz, Widget
from groundup.course.lessons.predictions import sketch_positions
from groundup.course.progress.store import Store

# Wrong, right, right, wrong, ...: a learner who thinks, and errs.
RIGHT = itertools.cycle([False, True, True])


def answers_to(block) -> list[str]:
    """What our learner types at a block; a lone "" is Enter."""
    if isinstance(block, Prediction | Quiz) and block.options:
        target = next(RIGHT)
        at = next(place for place, option in enumerate(block.options, 1) if option.right == target)
        return [str(at)]
    if isinstance(block, Prediction) and isinstance(block.answer, list):
        return [str(block.answer[0][1])] * len(sketch_positions(block))
    if isinstance(block, Prediction):
        return [str(block.answer if next(RIGHT) else 3 * block.answer + 1)]
    if isinstance(block, Explanation):
        return ["It goes downhill a little at a time.", *("y" for _ in block.rubric)]
    if isinstance(block, Widget):
        return []  # it is shown with its first settings
    return []


def sittings(lesson) -> list[tuple[list[str], str | None]]:
    """The lesson cut at its exercises: what is typed before each, and its name; the last part has none."""
    parts: list[tuple[list[str], str | None]] = []
    typed: list[str] = []
    for block in lesson.items:
        if isinstance(block, ExerciseItem):
            parts.append((typed, block.id))
            typed = []
        else:
            typed = [*typed, *answers_to(block)]
    return [*parts, (typed, None)]


def learn(groundup, lesson: str, typed: list[str]):
    result = groundup("learn", lesson, *(word for item in typed for word in ("--answer", item)))
    assert result.code == 0, result.err
    return result.out


def solve(groundup, exercise, *, stumble: bool) -> None:
    """Fail first, as people do; then pass."""
    file = exercise.file_in(workspace_folder())
    assert file.read_text(encoding="utf-8") == exercise.code("starter.py")
    if stumble:
        assert groundup("check", exercise.id).code == 1
        mutant = exercise.about.mutants[0]
        file.write_text(exercise.code(f"mutants/{mutant.name}.py"), encoding="utf-8")
        failed = groundup("check", exercise.id, "--json")
        assert failed.code == 1
        assert json.loads(failed.out)["mutant"] == mutant.name
        hint = groundup("hint", exercise.id).out
        assert exercise.about.hints[0].split("`")[0][:20].split("*")[0] in hint
    file.write_text(exercise.code("solution.py"), encoding="utf-8")
    passed = groundup("check", exercise.id)
    assert passed.code == 0, passed.out


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_place_read_predict_fail_hint_pass_review_journal_export_import(
    groundup, home, tmp_path, monkeypatch
):
    course = load_course()
    rung = [course.lesson(identity) for identity in course.contents.rung[0].lessons]

    placed = groundup("placement", "--answer", "n")
    assert placed.code == 0
    assert "You start at 0.1" in placed.out
    assert "0.1" in groundup("learn").out

    for lesson in rung:
        first = True
        for typed, name in sittings(lesson):
            out = learn(groundup, lesson.id, typed)
            if name is None:
                assert "Your turn" not in out
                continue
            assert "Your turn: edit that file" in out
            solve(groundup, course.exercise(f"{lesson.id}/{name}"), stumble=first)
            first = False

    with Store(progress_file()) as store:
        done = {event.about for event in store.events("done")}
        predicted = [event.data["right"] for event in store.events("predicted")]
        assert store.events("hint")
    assert done == {lesson.id for lesson in rung}
    assert True in predicted
    assert False in predicted
    passed = [exercise.id for lesson in rung for exercise in course.exercises_of(lesson)]
    assert len(passed) >= 12
    assert "1.1" in groundup("learn").out  # the next rung

    waiting = groundup("review", "--json").json
    assert len(waiting["set"]) == 9
    assert waiting["all"] > 40  # cards, missed questions, and the mistakes that were made
    options = [word for _ in range(60) for word in ("--answer", "1")]
    assert "remembered" in groundup("review", *options).out
    assert groundup("review", "--json").json["all"] == waiting["all"]

    draft = groundup("journal", "--json").json["draft"]
    assert all(f"Finished lesson {lesson.id}" in draft for lesson in rung)
    assert "On the way:" in draft
    groundup("journal", "--write", "A slope is not a height.")

    carried = tmp_path / "progress.jsonl"
    before = groundup("progress", "--json").json
    assert groundup("progress", "--export", carried).code == 0
    monkeypatch.setenv("GROUNDUP_HOME", str(tmp_path / "another-machine"))
    for _ in range(2):  # the second time adds nothing
        assert groundup("progress", "--import", carried).code == 0
        assert groundup("progress", "--json").json == before
    assert groundup("journal", "--json").json["entry"] == "A slope is not a height."
