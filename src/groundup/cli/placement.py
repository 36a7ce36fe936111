"""`groundup placement`: a few questions, each with a tiny task to be sure, choose the lesson to start at."""

from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.course_shared import (
    WorkspaceOption,
    open_store,
    placement_command,
    the_courses,
    the_workspace,
)
from groundup.cli.shared import Stopped, examples, say
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from groundup.cli.talk import Talk
    from groundup.course.grading.workspace import Workspace
    from groundup.course.lessons.catalogue import Course
    from groundup.course.progress.placement import Placement, Question
    from groundup.course.progress.store import Store

EXAMPLES = examples(
    ("placement", "find out where to start; go on where you left it"),
    ("placement --start 1.1", "you know where: start there"),
    ("placement --course rhymes", "in a course that you imported"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(placement)


def placement(
    *,
    start: Annotated[
        str | None, typer.Option(metavar="LESSON", help="Start at this lesson, without questions.")
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(help="Answer what is asked next, without a terminal. Repeatable.", show_default=False),
    ] = None,
    course: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Ask the questions of this course; groundup's own without it.",
            show_default=False,
        ),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Find out where to start. Everything stays open, whatever comes out."""
    from groundup.cli.course_shared import lesson_called
    from groundup.cli.lesson_text import page
    from groundup.cli.talk import Back, Leave, NobodyThere, Talk

    with open_store() as store:
        if start is not None:
            whole, lesson = lesson_called(start)
            store.add("placed", lesson.id, answers={})
            _result(whole, lesson.id)
            return
        asked, questions = _questions(course)
        talk = Talk(page(), answer or [])
        go_on = f"Go on with: {placement_command(asked)}"
        try:
            _ask(asked, questions, store, the_workspace(workspace, store), talk)
        except (Leave, Back):
            say(f"What you passed is kept. {go_on}")
        except NobodyThere:
            say(
                f"\nYour turn. `{placement_command(asked)}` asks in a terminal; --answer y or --answer n answers here."
            )
        except KeyboardInterrupt:
            raise Stopped("Stopped. What you passed is kept.", go_on) from None


def _questions(name: str) -> "tuple[Course, Placement]":
    """Of the course of that name; of the first without one."""
    from groundup.course.lessons.catalogue import course_called
    from groundup.course.progress.placement import load_placement

    course = course_called(the_courses(), name)
    if found := load_placement(course):
        return course, found
    raise GroundupError(
        "This course has no questions of placement.", "`groundup learn --list` shows its lessons."
    )


def _ask(course: "Course", found: "Placement", store: "Store", files: "Workspace", talk: "Talk") -> None:
    """From the first question that is open, until one is answered with no or all with yes."""
    from groundup.cli.lesson_text import markdown, title

    screen = talk.console
    screen.print(title(found.contents.title))
    screen.print(markdown(f"{found.contents.intro}".strip()))
    if (before := found.result(store)) is not None:
        lesson = course.lesson(before.about)
        screen.print(f"\nYou were placed at {lesson.id}, {lesson.front.title}.")
        if not talk.yes("Answer the questions again?"):
            return
    while (question := found.open_question(store)) is not None:
        number = found.questions.index(question) + 1
        screen.print(title(f"\n{number} of {len(found.questions)}  {question.topic}"))
        screen.print(markdown(question.ask))
        known = found.tried(question, store) or talk.yes("")
        if not (known and _task(found, question, course=course, store=store, files=files, talk=talk)):
            break
    _result(course, found.start_here(question, store).about, question.note if question else "")


def _task(
    found: "Placement", question: "Question", *,
    course: "Course", store: "Store", files: "Workspace", talk: "Talk",
) -> bool:  # fmt: skip
    """The task of a question: whether it passes before the learner has enough of it."""
    from groundup.cli import lesson_text as look
    from groundup.cli.exercise import check_now

    exercise, screen = found.exercise(question), talk.console
    screen.print()
    screen.print(look.exercise(exercise, files.place(exercise), False, then=", then come back here."))
    while True:
        if talk.there:
            screen.print("Enter checks it · s skips it, and you start here · q leaves for now", style="dim")
        said = talk.ask("› ").lower()
        if said in ("s", "skip", "n", "no"):
            return False
        if check_now(course, exercise, files, store, screen).ok:
            return True


def _result(course: "Course", start: str, note: str = "") -> None:
    """Where one starts."""
    from groundup.cli.lesson_text import markdown, page

    lesson = course.lesson(start)
    screen = page()
    screen.print()
    screen.print(f"You start at {lesson.id}, {lesson.front.title}.", style="bold")
    if note:
        screen.print(markdown(note))
    screen.print("Every other lesson is open as well: groundup learn --list")
    screen.print("Begin: groundup learn")
