"""`groundup focus`: 25 minutes on one thing, then five of rest."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.course_shared import open_store, the_course
from groundup.cli.shared import JsonOption, console, examples, print_json, say

if TYPE_CHECKING:
    from groundup.course.progress.focus import Focus
    from groundup.course.progress.store import Store

EXAMPLES = examples(
    ("focus", "25 minutes on the block in hand; it runs on when you close this"),
    ("focus --minutes 10", "a short one"),
    ("focus --watch", "see it count down; Ctrl-C leaves, and the time goes on"),
    ("focus --rest", "five minutes of rest"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(focus)


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
    from groundup.course.progress.focus import REST, WORK, Focus

    with open_store() as store:
        timer = Focus(store)
        if stop:
            timer.end()
        elif pause:
            timer.pause()
        elif rest:
            timer.rest(minutes or REST)
        elif timer.phase not in ("working", "paused", "resting") or minutes:
            timer.begin(_in_hand(store), minutes or WORK)
        if json:
            print_json({"phase": timer.phase, "left": round(timer.left), "about": timer.about})
            return
        say(_sentence(timer))
        if watch and timer.phase in ("working", "resting"):
            _count(timer)


def _in_hand(store: "Store") -> str:
    """The block that the learner is at, as `groundup learn` would go on."""
    from groundup.course.progress.progress import Progress

    return Progress(the_course(store=store), store).here().in_hand


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


def _count(timer: "Focus") -> None:
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
        say("\nThe time goes on. `groundup focus` tells how much is left.")
        return
    say("\a" + (timer.word() or _sentence(timer)))
