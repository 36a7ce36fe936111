"""`groundup journal`: a page a day, begun for you from what happened."""

import os
import shlex
import shutil
import subprocess
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.course_shared import open_store, the_course
from groundup.cli.shared import JsonOption, console, examples, print_json, say
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    from groundup.course.progress.store import Store

EXAMPLES = examples(
    ("journal", "today's page: what happened, and what you wrote"),
    ("journal --edit", "write in your editor, from the draft"),
    ("journal --write 'The slope is not the height.'", "add a line to today's page"),
    ("journal --export journal.md", "all pages in one file"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(journal)


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
                say("Nothing was changed.")
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
    say(f"{len(days)} page{'s' * (len(days) > 1)} in {file}")
