"""Habits of learning: `groundup review`, `groundup journal` and `groundup focus`."""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.learner import open_store, the_course
from groundup.cli.shared import JsonOption, console, examples, print_json, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from rich.console import Console

    from groundup.cli.prompts import Prompter
    from groundup.course.progress.focus import Focus
    from groundup.course.progress.review import Rating, Review, ReviewItem
    from groundup.course.progress.store import Store

REVIEW_EXAMPLES = examples(
    ("review", "what is due, and a few new ones: about three minutes"),
    ("review --minutes 1", "a short one"),
    ("review --list", "what is due, and when the next ones are"),
)

KEYS: "dict[str, Rating]" = {"1": "again", "2": "hard", "3": "good", "4": "easy", "": "good"}


def register(app: typer.Typer) -> None:
    app.command(epilog=REVIEW_EXAMPLES)(review)
    app.command(epilog=JOURNAL_EXAMPLES)(journal)
    app.command(epilog=FOCUS_EXAMPLES)(focus)


def review(
    *,
    minutes: Annotated[float, typer.Option(help="How long the set may be.", min=0.5, max=60)] = 3.0,
    list_: Annotated[bool, typer.Option("--list", help="Show what is due, and ask nothing.")] = False,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            help="An answer given beforehand, in the order of the questions; repeat it.", show_default=False
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Be asked what you have learnt, just before you would forget it.

    Cards come from lessons that you have read, from questions that you missed, and from mistakes that an
    exercise recognised. Say the answer to yourself first; then see it, and mark yourself.
    """
    from groundup.cli.prompts import Leave, NoTerminal, Prompter
    from groundup.course.progress.review import Review

    with open_store() as store:
        deck = Review(the_course(store=store), store)
        items = deck.set(round(60 * minutes))
        screen = console()
        if json:
            due = [{"id": item.id, "ask": item.ask, "new": item.due is None} for item in items]
            print_json({"set": due, "due": len(deck.due()), "known": deck.known(), "all": len(deck.items)})
        elif list_ or not items:
            _print_cards(deck, items, screen)
        else:
            try:
                _ask_all(deck, items, Prompter(screen, answer or ()), screen)
            except Leave:
                screen.print("What you have answered is kept. `groundup review` goes on.")
            except NoTerminal:
                screen.print(f"{len(items)} cards wait. `groundup review` asks them in a terminal.")


def _ask_all(deck: "Review", items: "list[ReviewItem]", prompter: "Prompter", screen: "Console") -> None:
    """The set; what was not known comes once more at its end."""
    from groundup.course.progress.review import format_due

    seconds = 20 * len(items)
    screen.print(
        f"{len(items)} card{'s' * (len(items) > 1)}, about {max(1, round(seconds / 60))} min. q leaves.\n",
        style="dim",
    )
    right, again = 0, []
    for number, item in enumerate(items, 1):
        rating = _ask(item, prompter, screen, f"{number} of {len(items)}")
        due = deck.answer(item, rating)
        right += rating != "again"
        again += [item] if rating == "again" else []
        screen.print(f"Again {format_due(due, deck.store.now())}.\n", style="dim")
    for item in again:
        deck.answer(item, _ask(item, prompter, screen, "once more"))
        screen.print()
    screen.print(f"{right} of {len(items)} remembered. {_next_cards(deck)}")


def _ask(item: "ReviewItem", prompter: "Prompter", screen: "Console", place: str) -> "Rating":
    screen.print(f"── {place} · {item.id}", style="dim")
    screen.print(item.ask, style="bold")
    if item.options:
        for number, option in enumerate(item.options, 1):
            screen.print(f"  {number}  {option.text}")
        chosen = _choice(prompter, len(item.options))
        option = item.options[chosen]
        if item.is_right(chosen):
            screen.print(f"✓ {option.why}")
            return "good"
        screen.print(f"✗ Not yet. {option.why}")
        screen.print(f"  Right: {item.answer} {item.why}")
        return "again"
    prompter.ask("Say it to yourself, then Enter › ")
    screen.print(item.answer)
    if item.why:
        screen.print(item.why, style="dim")
    while (typed := prompter.ask("1 forgotten · 2 hard · 3 knew it · 4 easy › ")) not in KEYS:
        screen.print("1, 2, 3 or 4; Enter alone is 3.")
    return KEYS[typed]


def _choice(prompter: "Prompter", count: int) -> int:
    while True:
        typed = prompter.ask(f"1 to {count} › ")
        if typed.isdigit() and 1 <= int(typed) <= count:
            return int(typed) - 1


def _print_cards(deck: "Review", items: "list[ReviewItem]", screen: "Console") -> None:
    if not deck.items:
        screen.print(
            "No cards yet: they come with the first lesson that you have read. Begin: `groundup learn`."
        )
    elif not items:
        screen.print(f"Nothing is due. {_next_cards(deck)}")
    else:
        for item in items:
            screen.print(f"  {'new' if item.due is None else 'due'}  {item.ask}")
        screen.print("`groundup review` asks them.")


def _next_cards(deck: "Review") -> str:
    from groundup.course.progress.review import format_due

    if items := deck.set():
        return f"{len(items)} more can be asked now: `groundup review`."
    due = deck.next_due()
    return f"The next one is due {format_due(due, deck.store.now())}." if due else ""


JOURNAL_EXAMPLES = examples(
    ("journal", "today's page: what happened, and what you wrote"),
    ("journal --edit", "write in your editor, from the draft"),
    ("journal --write 'The slope is not the height.'", "add a line to today's page"),
    ("journal --export journal.md", "all pages in one file"),
)


def journal(
    *,
    day: Annotated[
        str | None, typer.Option(metavar="DATE", help="Which day: 2026-11-22.", show_default="today")
    ] = None,
    write: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Add this to the page.", show_default=False)
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Open the page in your editor ($EDITOR).")] = False,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write all pages to a Markdown file.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read and write your learning journal. The draft of a day is made from what you did on it."""
    from groundup.course.progress import journal as pages

    with open_store() as store:
        chosen = _day(day) if day else store.now().astimezone().date()
        course = the_course(store=store)
        if export:
            _export(store, export)
            return
        before = pages.entry(store, chosen)
        draft = pages.draft(course, store, chosen)
        if write is not None:
            pages.write(store, chosen, f"{before}\n{write}".strip())
        elif edit:
            written = _edited(before or draft)
            if written in ("", before):
                print_line("Nothing was changed.")
            else:
                pages.write(store, chosen, written)
        entry = pages.entry(store, chosen)
        if json:
            print_json({"day": chosen.isoformat(), "entry": entry, "draft": draft})
            return
        screen = console()
        screen.print(f"{chosen:%A, %d %B %Y}", style="bold")
        screen.print(entry or draft.split("\n\n")[0], soft_wrap=False)
        if not entry:
            screen.print("\nThis is only what was recorded. `groundup journal --edit` adds your own words.")


def _edited(text: str) -> str:
    """The text as it is after the person's editor was closed."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    usual = ("notepad",) if os.name == "nt" else ("nano", "vim", "vi")
    command = shlex.split(editor) if editor else [name for name in usual if shutil.which(name)][:1]
    if not command:
        raise GroundupError(
            "No editor was found.", "Set EDITOR to yours, or add a line with `groundup journal --write TEXT`."
        )
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "journal.md"
        page.write_text(text + "\n", encoding="utf-8")
        try:
            subprocess.run([*command, str(page)], check=True)
            return page.read_text(encoding="utf-8").strip()
        except (OSError, subprocess.CalledProcessError, UnicodeDecodeError) as error:
            raise GroundupError(
                f"The editor ({' '.join(command)}) did not end well: {error}.", "Set EDITOR to another one."
            ) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise GroundupError(f"'{text}' is no date.", "Write it as 2026-11-22.") from None


def _export(store: "Store", file: Path) -> None:
    from groundup.common.atomic import write_text
    from groundup.course.progress import journal as pages

    days = pages.days(store)
    if not days:
        raise GroundupError(
            "The journal has no page yet.", "`groundup journal --edit` writes today's, from a draft."
        )
    write_text(file, "\n\n".join(f"## {day}\n\n{pages.entry(store, day)}" for day in days) + "\n")
    print_line(f"{len(days)} page{'s' * (len(days) > 1)} in {file}")


FOCUS_EXAMPLES = examples(
    ("focus", "25 minutes on the block in hand; it runs on when you close this"),
    ("focus --minutes 10", "a short one"),
    ("focus --watch", "see it count down; Ctrl-C leaves, and the time goes on"),
    ("focus --rest", "five minutes of rest"),
)


def focus(
    *,
    minutes: Annotated[float, typer.Option(help="How long.", show_default="25, or 5 of rest")] = 0.0,
    rest: Annotated[bool, typer.Option("--rest", help="Begin the break.")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="Stop the clock; again: go on.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Leave it; what was done counts.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and show the time.")] = False,
    json: JsonOption = False,
) -> None:
    """Do one thing for 25 minutes, then rest for five.

    Nothing rings in the middle of a check: `check`, `watch` and `learn` say that time is up when they are done.
    Without an option it starts, or tells how much is left.
    """
    from groundup.course.progress.focus import REST_MINUTES, WORK_MINUTES, Focus

    with open_store() as store:
        timer = Focus(store)
        if stop:
            timer.end()
        elif pause:
            timer.pause()
        elif rest:
            timer.rest(minutes or REST_MINUTES)
        elif timer.phase not in ("working", "paused", "resting") or minutes:
            timer.begin(_in_hand(store), minutes or WORK_MINUTES)
        if json:
            print_json({"phase": timer.phase, "left": round(timer.left), "about": timer.about})
            return
        print_line(_sentence(timer))
        if watch and timer.phase in ("working", "resting"):
            _count_down(timer)


def _in_hand(store: "Store") -> str:
    """The block that the learner is at, as `groundup learn` would go on."""
    from groundup.course.progress.progress import CourseProgress
    from groundup.course.progress.resume import resume_card

    return resume_card(CourseProgress(the_course(store=store), store)).item_id


def _sentence(timer: "Focus") -> str:
    from groundup.common.formatting import format_duration

    on = f" on {timer.about}" if timer.about else ""
    left = format_duration(timer.left)
    return {
        "idle": "The timer is off. `groundup focus` starts 25 minutes.",
        "working": f"{left} left{on}. `groundup focus --pause` stops the clock.",
        "paused": f"Paused, {left} left{on}. `groundup focus --pause` goes on.",
        "over": "Your focus time is over. `groundup focus --rest` counts five minutes.",
        "resting": f"Rest: {left} left. Look at something far away.",
        "rested": "The five minutes are over. `groundup focus` starts the next 25.",
    }[timer.phase]


def _count_down(timer: "Focus") -> None:
    """Show the time that is left until it is over, or Ctrl-C."""
    from rich.live import Live
    from rich.text import Text

    try:
        with Live(console=console(), refresh_per_second=2, transient=True) as live:
            while timer.phase in ("working", "resting"):
                left = max(0, round(timer.left))
                live.update(Text(f"  {left // 60:02d}:{left % 60:02d}   {timer.about}"))
                time.sleep(0.5)
    except KeyboardInterrupt:
        print_line("\nThe time goes on. `groundup focus` tells how much is left.")
        return
    print_line("\a" + (timer.word() or _sentence(timer)))
