"""`groundup progress`: what is done, how good the guesses are, and progress as a file to carry."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.learner import display_path, open_store, the_course, the_courses
from groundup.cli.shared import JsonOption, console, examples, print_json, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from groundup.course.lessons.catalogue import Rung
    from groundup.course.lessons.lesson import Lesson
    from groundup.course.progress.exchange import ImportResult
    from groundup.course.progress.progress import CourseProgress
    from groundup.course.progress.review import Review
    from groundup.course.progress.rhythm import Rhythm
    from groundup.course.progress.store import Store

EXAMPLES = examples(
    ("progress", "every lesson, and how far you are in it"),
    ("progress --export progress.jsonl", "all of it in one file: a copy to keep, or for another machine"),
    (
        "progress --import progress.jsonl",
        "add what another machine has; nothing is lost, nothing comes twice",
    ),
    ("progress --json", "the same for a program"),
)
MARKS = {"passed": "✓", "check again": "↻", "tried": "○", "new": "·"}
LEGEND = (
    "✓ done or passed",
    "▸ you are here",
    "… begun",
    "○ tried",
    "↻ passed, but it changed: check again",
    "· new",
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(progress)


def progress(
    *,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all of it to a file, as JSON lines.")
    ] = None,
    import_: Annotated[
        Path | None,
        typer.Option("--import", metavar="FILE", help="Add an export, or another machine's progress.db."),
    ] = None,
    celebrations: Annotated[
        bool | None,
        typer.Option(
            "--celebrations/--no-celebrations",
            help="Small sentences at firsts and endings. Remembered.",
            show_default="on",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """See what you have done, lesson by lesson. Nothing here is ever taken away."""
    from groundup.course.progress import exchange

    if export and import_:
        raise GroundupError("An export and an import at once are two things.", "Do one after the other.")
    with open_store() as store:
        if celebrations is not None:
            store.add("setting", "celebrations", value=celebrations)
        if import_:
            _say_imported(exchange.import_progress(store, import_.expanduser()), import_, json)
        elif export:
            count = exchange.export_progress(store, export.expanduser())
            if json:
                print_json({"exported": count, "file": export})
            else:
                print_line(f"{_many(count, 'event')} written to {display_path(export)}")
                print_line(
                    f"On the other machine: groundup progress --import {display_path(Path(export.name))}"
                )
        elif json:
            print_json(_as_json(store))
        else:
            _show(store, console())


def _say_imported(imported: "ImportResult", file: Path, json: bool) -> None:
    if imported.notice:
        print_line(imported.notice, error=True, style="bold")
    if json:
        print_json({"new": imported.new, "known": imported.known, "file": file})
    elif imported.new:
        also = f"; {imported.known:,} were here already" if imported.known else ""
        print_line(f"{_many(imported.new, 'event')} added{also}.")
    else:
        print_line(
            f"Nothing new: {_many(imported.known, 'event')} in {display_path(file)}, and all were here already."
        )


# ---- for people ---------------------------------------------------------------------------------------------


def _show(store: "Store", terminal: "Console") -> None:
    from rich.text import Text

    from groundup.course.progress.progress import CourseProgress
    from groundup.course.progress.resume import resume_card
    from groundup.course.progress.review import Review
    from groundup.course.progress.rhythm import rhythm

    for course in the_courses():
        seen = CourseProgress(course, store)
        here = resume_card(seen)
        terminal.print(Text(course.contents.title, style="bold"))
        for rung in course.contents.rung:
            terminal.print()
            terminal.print(_rung_head(rung, seen))
            terminal.print(_lessons(rung, seen, here.lesson, terminal.width))
        terminal.print()
        facts = [_exercises(seen), _cards(Review(course, store)), seen.calibration().sentence()]
        terminal.print(_facts(list(zip(("exercises", "cards", "guesses"), facts, strict=True))))
        terminal.print()
    terminal.print(Text(_legend(terminal.width), style="dim"))
    terminal.print()
    terminal.print(_facts([("days", _days(rhythm(store)))]))
    terminal.print()
    here = resume_card(CourseProgress(the_course(store=store), store))
    terminal.print(Text(f"{here.sentence} {here.next_step}"))


def _legend(width: int) -> str:
    """The marks, in lines; each stays beside its words."""
    lines = [LEGEND[0]]
    for words in LEGEND[1:]:
        if len(lines[-1]) + 3 + len(words) <= width:
            lines[-1] += f"   {words}"
        else:
            lines.append(words)
    return "\n".join(lines)


def _rung_head(rung: "Rung", seen: "CourseProgress") -> "Text":
    from rich.text import Text

    done = sum(seen.done(seen.course.lesson(identity)) for identity in rung.lessons)
    days = f" ({rung.days})" if rung.days else ""
    return Text.assemble((f"{rung.title}{days}", "bold"), (f"   {done} of {len(rung.lessons)}", "dim"))


def _lessons(rung: "Rung", seen: "CourseProgress", here: "Lesson | None", width: int) -> "Table":
    """A line a lesson: its mark, its title, what is answered, its exercises. Columns are those of all rungs."""
    from rich.table import Table
    from rich.text import Text

    lessons = seen.course.lessons
    identity = max(len(lesson.id) for lesson in lessons)
    marks_wide = max(2 * len(seen.course.exercises_of(lesson)) for lesson in lessons)
    title = min(max(len(lesson.front.title) for lesson in lessons), width - identity - marks_wide - 18)
    table = Table.grid(padding=(0, 2, 0, 0))
    for wide in (1, identity, max(title, 12), 8, marks_wide):
        table.add_column(width=wide)
    for lesson in (seen.course.lesson(identity) for identity in rung.lessons):
        answered, asked = seen.asked(lesson)
        if seen.done(lesson):
            mark, words = "✓", "done"
        elif here is not None and lesson.id == here.id:
            mark, words = "▸", f"{answered} of {asked}"
        elif seen.begun(lesson):
            mark, words = "…", f"{answered} of {asked}"
        else:
            mark, words = "·", ""
        marks = [MARKS[seen.exercise_state(exercise.id)] for exercise in seen.course.exercises_of(lesson)]
        style = "bold" if mark == "▸" else "dim" if mark == "·" else ""
        table.add_row(mark, lesson.id, Text(lesson.front.title), words, " ".join(marks), style=style)
    return table


def _exercises(seen: "CourseProgress") -> str:
    states = {identity: seen.exercise_state(identity) for identity in seen.course.exercises}
    passed = sum(state in ("passed", "check again") for state in states.values())
    sentence = f"{passed} of {len(states)} passed"
    if tried := sum(state == "tried" for state in states.values()):
        sentence += f", {tried} tried"
    changed = [identity for identity, state in states.items() if state == "check again"]
    if changed:
        sentence += f". Changed since you passed: {', '.join(changed)}. `groundup check` says whether yours still fits"
    return f"{sentence}."


def _cards(review: "Review") -> str:
    from groundup.course.progress.review import format_due

    if not review.items:
        return "None yet: a lesson's cards come once it is read."
    known = f"{review.known()} of {len(review.items)} known."
    if ready := len(review.set()):
        return f"{known} {_many(ready, 'card')} to ask now: `groundup review`."
    following = review.next_due()
    return f"{known} The next is due {format_due(following, review.store.now())}." if following else known


def _days(seen: "Rhythm") -> str:
    week = "  ".join(f"{day:%a} {count or '·'}" for day, count in seen.week())
    return f"{seen.sentence()} Steps on each:\n{week}" if seen.days else seen.sentence()


def _facts(rows: list[tuple[str, str]]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True, min_width=9)
    table.add_column(overflow="fold")
    for name, words in rows:
        table.add_row(name, Text(words))
    return table


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


# ---- for programs -------------------------------------------------------------------------------------------


def _as_json(store: "Store") -> dict[str, Any]:
    from groundup.course.progress.progress import CourseProgress
    from groundup.course.progress.resume import resume_card
    from groundup.course.progress.review import Review
    from groundup.course.progress.rhythm import rhythm

    courses = []
    for course in the_courses():
        seen, review = CourseProgress(course, store), Review(course, store)
        here = resume_card(seen)
        lessons = []
        for lesson in course.lessons:
            answered, asked = seen.asked(lesson)
            exercises = {
                exercise.id: seen.exercise_state(exercise.id) for exercise in course.exercises_of(lesson)
            }
            lessons.append({
                "id": lesson.id, "title": lesson.front.title, "rung": course.rung_of(lesson).id,
                "begun": seen.begun(lesson), "done": seen.done(lesson), "answered": answered, "asked": asked,
                "exercises": exercises,
            })  # fmt: skip
        courses.append({
            "id": course.contents.id, "title": course.contents.title, "lessons": lessons,
            "here": {"lesson": here.lesson and here.lesson.id, "block": here.index, "sentence": here.sentence,
                     "next_step": here.next_step},
            "cards": {"known": review.known(), "due": len(review.due()), "all": len(review.items)},
            "guesses": asdict(seen.calibration()),
        })  # fmt: skip
    return {
        "courses": courses,
        "days": {day.isoformat(): count for day, count in sorted(rhythm(store).days.items())},
    }
