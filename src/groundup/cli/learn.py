"""`groundup learn` goes on where the learner is; `groundup placement` finds the lesson to start at."""

from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.learner import (
    WorkspaceOption,
    complete_lessons,
    lesson_called,
    open_store,
    placement_command,
    the_course,
    the_courses,
    the_workspace,
)
from groundup.cli.shared import Stopped, examples, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from rich.console import Console

    from groundup.cli.lesson_steps import Steps
    from groundup.cli.prompts import Prompter
    from groundup.course.grading.workspace import Workspace
    from groundup.course.lessons.catalogue import Course
    from groundup.course.lessons.lesson import Lesson
    from groundup.course.progress.placement import Placement, PlacementQuestion
    from groundup.course.progress.progress import CourseProgress
    from groundup.course.progress.store import Store

LEARN_EXAMPLES = examples(
    ("learn", "go on where you are"),
    ("learn 0.1", "one lesson, from where you left it"),
    ("learn --list", "all lessons, and what is done"),
    ("learn 0.1 --all", "read a whole lesson, answers and all, and store nothing"),
)
SAVED = "Your place is kept. Go on with: groundup learn"


def register(app: typer.Typer) -> None:
    app.command(epilog=LEARN_EXAMPLES)(learn)
    app.command(epilog=PLACEMENT_EXAMPLES)(placement)


def learn(
    lesson: Annotated[
        str | None,
        typer.Argument(help="A lesson's id.", show_default="where you are", autocompletion=complete_lessons),
    ] = None,
    *,
    list_: Annotated[bool, typer.Option("--list", help="List the lessons.")] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="Print the whole lesson, answers too, without asking.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Begin the lesson at its first block.")] = False,
    one_block: Annotated[
        bool | None,
        typer.Option(
            "--one/--flow", help="Only the block in hand on the screen, or all below each other. Remembered."
        ),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(help="Answer what is asked next, without a terminal. Repeatable.", show_default=False),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Learn: go on where you are, or in a lesson of your choice. Everything stays open.

    One block after another: Enter goes on, b goes back, q leaves, and your place is kept.
    """
    from groundup.cli.lesson_steps import Steps
    from groundup.cli.lesson_text import page
    from groundup.cli.prompts import Prompter
    from groundup.course.progress.answers import one_item_at_a_time, set_one_item_at_a_time

    with open_store() as store:
        if list_:
            _print_lessons(store)
            return
        if one_block is not None:
            set_one_item_at_a_time(store, one_block)
        screen = page()
        prompter = Prompter(screen, answer or [])
        course, chosen, start = _start_of(lesson, again, store, screen, quiet=all_)
        clears = prompter.interactive and not all_ and one_item_at_a_time(store)
        steps = Steps(course, chosen, store, the_workspace(workspace, store), prompter, clears)
        if all_:
            _print_whole(steps)
        else:
            _walk(steps, start)


def _start_of(
    identity: str | None, again: bool, store: "Store", screen: "Console", *, quiet: bool
) -> "tuple[Course, Lesson, int]":
    """The lesson to show, and the block to begin with."""
    from groundup.cli.lesson_text import markdown
    from groundup.course.progress.progress import CourseProgress
    from groundup.course.progress.resume import resume_card

    if identity is not None:
        course, lesson = lesson_called(identity)
        progress = CourseProgress(course, store)
        return course, lesson, 0 if again else progress.next_item_index(lesson)
    course = the_course(store=store)
    here = resume_card(CourseProgress(course, store))
    if here.lesson is None:
        raise GroundupError(here.sentence, f"{here.next_step} `groundup learn --list` shows every lesson.")
    if not quiet:
        screen.print(markdown(f"{here.sentence} {here.next_step}"))
    return course, here.lesson, 0 if again else here.index


# ---- block after block --------------------------------------------------------------------------------------


def _walk(steps: "Steps", start: int) -> None:
    """From a block to the end, or to where the learner leaves or is not there."""
    from groundup.cli.lesson_steps import rule
    from groundup.cli.prompts import Back, Leave, NoTerminal
    from groundup.course.progress.focus import Focus

    screen, lesson, blocks = steps.page, steps.lesson, steps.lesson.items
    _head(steps, start)
    at = start
    try:
        while at < len(blocks):
            if steps.clears and at != start:
                screen.clear()
            rule(screen, f"{lesson.id} · {at + 1} of {len(blocks)}")
            steps.store.add("opened", lesson.id, block=at)
            try:
                steps.take(blocks[at])
                steps.between(blocks[at])
            except Back:
                at = max(0, at - 1)
                continue
            if word := Focus(steps.store).word():
                screen.print(word, style="bold")
            at += 1
    except Leave:
        print_line(SAVED)
        return
    except NoTerminal:
        print_line("")
        print_line(_what_is_needed(steps, at), style="bold")
        return
    except KeyboardInterrupt:
        raise Stopped("Stopped. Your place is kept.", "Go on with: groundup learn") from None
    _end(steps)


def _head(steps: "Steps", start: int) -> None:
    """The lesson's title and question; its advice, where one begins."""
    from rich.text import Text

    from groundup.cli.lesson_text import markdown

    front = steps.lesson.front
    steps.page.print(Text(f"\n{front.id}  {front.title}", style="bold reverse"))
    steps.page.print(Text(f"{front.question}", style="italic"))
    if start > 0:
        return
    count = len(steps.course.exercises_of(steps.lesson))
    exercises = f", {count} exercise{'s' * (count > 1)}" if count else ""
    steps.page.print(f"about {front.minutes} minutes{exercises}", style="dim")
    if missing := _needed(steps):
        steps.page.print(markdown(f"It builds on {missing}. You may go on all the same."))


def _needed(steps: "Steps") -> str:
    """Lessons to have done before, and not done."""
    from groundup.course.progress.progress import CourseProgress

    progress = CourseProgress(steps.course, steps.store)
    lessons = {lesson.id: lesson for lesson in steps.course.lessons}
    needed = [lessons[lesson] for lesson in steps.lesson.front.needs if lesson in lessons]
    return " and ".join(
        f"{lesson.id} ({lesson.front.title})" for lesson in needed if not progress.done(lesson)
    )


def _what_is_needed(steps: "Steps", at: int) -> str:
    """What the learner has to do at a block, when there is no terminal."""
    from groundup.course.lessons.items import ExerciseItem

    if isinstance(steps.lesson.items[at], ExerciseItem):
        return (
            "Your turn: edit that file, then `groundup check`. `groundup learn` goes on when it has passed."
        )
    return (
        "Your turn. `groundup learn` asks for it in a terminal; `groundup learn --answer ...` answers it here.\n"
        "`groundup learn --all` prints the whole lesson, answers too."
    )


def _end(steps: "Steps") -> None:
    """The lesson was read to its end: what waits in it, and where to go."""
    from groundup.cli.lesson_text import bullets, markdown
    from groundup.course.progress.progress import CourseProgress
    from groundup.course.progress.resume import resume_card

    steps.store.add("done", steps.lesson.id)
    progress, screen = CourseProgress(steps.course, steps.store), steps.page
    screen.print()
    waiting = [
        exercise.about.title
        for exercise in steps.course.exercises_of(steps.lesson)
        if exercise.id not in progress.passed
    ]
    if waiting:
        screen.print("That is the end of the lesson. These exercises still wait, for whenever you like:")
        screen.print(bullets(waiting))
    here = resume_card(progress)
    screen.print(markdown(f"{here.sentence} {here.next_step}"))


def _print_whole(steps: "Steps") -> None:
    """Everything, asking nothing and storing nothing."""
    _head(steps, 0)
    for block in steps.lesson.items:
        steps.page.print()
        steps.show(block)


# ---- the list -----------------------------------------------------------------------------------------------


def _print_lessons(store: "Store") -> None:
    """Every lesson of every course, with what is done of it."""
    from rich.table import Table
    from rich.text import Text

    from groundup.cli.lesson_text import page
    from groundup.course.progress.progress import CourseProgress
    from groundup.course.progress.resume import resume_card

    screen = page()
    for course in the_courses():
        progress = CourseProgress(course, store)
        here = resume_card(progress).lesson
        screen.print(Text(course.contents.title, style="bold"))
        for rung in course.contents.rung:
            screen.print(Text(f"\n{rung.title}{f' ({rung.days})' if rung.days else ''}"))
            table = Table.grid(padding=(0, 2, 0, 0))
            table.add_column(width=1)
            table.add_column(no_wrap=True)
            table.add_column(ratio=1)
            table.add_column(justify="right", no_wrap=True)
            table.add_column(no_wrap=True)
            for lesson in (course.lesson(identity) for identity in rung.lessons):
                at = here is not None and lesson.id == here.id
                mark, state, style = _lesson_state(progress, lesson, at)
                minutes = f"{lesson.front.minutes} min"
                table.add_row(mark, lesson.id, lesson.front.title, minutes, state, style=style)
            screen.print(table)
        screen.print()
    print_line("Everything is open: groundup learn ID. Where you are: groundup learn")


def _lesson_state(progress: "CourseProgress", lesson: "Lesson", at: bool) -> tuple[str, str, str]:
    """Mark, words and style of a lesson in the list."""
    answered, asked = progress.asked(lesson)
    if progress.done(lesson):
        return "✓", "done" if answered == asked else f"read, {answered} of {asked} done", "green"
    if at:
        return "▸", f"you are here, {answered} of {asked}" if answered else "you are here", "bold"
    return ("…", f"{answered} of {asked}", "") if progress.begun(lesson) else ("·", "", "")


PLACEMENT_EXAMPLES = examples(
    ("placement", "find out where to start; go on where you left it"),
    ("placement --start 1.1", "you know where: start there"),
    ("placement --course rhymes", "in a course that you imported"),
)


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
    from groundup.cli.learner import lesson_called
    from groundup.cli.lesson_text import page
    from groundup.cli.prompts import Back, Leave, NoTerminal, Prompter

    with open_store() as store:
        if start is not None:
            whole, lesson = lesson_called(start)
            store.add("placed", lesson.id, answers={})
            _print_start(whole, lesson.id)
            return
        asked, questions = _load_questions(course)
        prompter = Prompter(page(), answer or [])
        go_on = f"Go on with: {placement_command(asked)}"
        try:
            _ask_questions(asked, questions, store, the_workspace(workspace, store), prompter)
        except (Leave, Back):
            print_line(f"What you passed is kept. {go_on}")
        except NoTerminal:
            print_line(
                f"\nYour turn. `{placement_command(asked)}` asks in a terminal; --answer y or --answer n answers here."
            )
        except KeyboardInterrupt:
            raise Stopped("Stopped. What you passed is kept.", go_on) from None


def _load_questions(name: str) -> "tuple[Course, Placement]":
    """Of the course of that name; of the first without one."""
    from groundup.course.lessons.catalogue import find_course
    from groundup.course.progress.placement import load_placement

    course = find_course(the_courses(), name)
    if placement := load_placement(course):
        return course, placement
    raise GroundupError(
        "This course has no questions of placement.", "`groundup learn --list` shows its lessons."
    )


def _ask_questions(
    course: "Course", placement: "Placement", store: "Store", files: "Workspace", prompter: "Prompter"
) -> None:
    """From the first question that is open, until one is answered with no or all with yes."""
    from groundup.cli.lesson_text import markdown, title

    screen = prompter.console
    screen.print(title(placement.contents.title))
    screen.print(markdown(f"{placement.contents.intro}".strip()))
    if (before := placement.result(store)) is not None:
        lesson = course.lesson(before.about)
        screen.print(f"\nYou were placed at {lesson.id}, {lesson.front.title}.")
        if not prompter.confirm("Answer the questions again?"):
            return
    while (question := placement.open_question(store)) is not None:
        number = placement.questions.index(question) + 1
        screen.print(title(f"\n{number} of {len(placement.questions)}  {question.topic}"))
        screen.print(markdown(question.ask))
        known = placement.tried(question, store) or prompter.confirm("")
        if not (
            known
            and _ask_task(placement, question, course=course, store=store, files=files, prompter=prompter)
        ):
            break
    _print_start(course, placement.start_here(question, store).about, question.note if question else "")


def _ask_task(
    placement: "Placement", question: "PlacementQuestion", *,
    course: "Course", store: "Store", files: "Workspace", prompter: "Prompter",
) -> bool:  # fmt: skip
    """The task of a question: whether it passes before the learner has enough of it."""
    from groundup.cli import lesson_text as look
    from groundup.cli.exercise import check_now

    exercise, screen = placement.exercise(question), prompter.console
    screen.print()
    screen.print(look.exercise(exercise, files.place(exercise), False, then=", then come back here."))
    while True:
        if prompter.interactive:
            screen.print("Enter checks it · s skips it, and you start here · q leaves for now", style="dim")
        reply = prompter.ask("› ").lower()
        if reply in ("s", "skip", "n", "no"):
            return False
        if check_now(course, exercise, files, store, screen).ok:
            return True


def _print_start(course: "Course", start: str, note: str = "") -> None:
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
