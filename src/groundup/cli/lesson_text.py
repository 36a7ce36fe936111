"""How the blocks of a lesson look in a terminal. Nothing is asked here: see lesson_steps.py.

Everything reads without colour, and at 60 columns as at 100.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.markdown import CodeBlock, Heading, Markdown
from rich.padding import Padding
from rich.segment import Segment
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from groundup.cli.learner import display_path
from groundup.common.formatting import make_printable
from groundup.course.lessons.code import library_source
from groundup.course.lessons.exercise import Exercise
from groundup.course.lessons.items import AnswerOption, Aside, Code, FurtherReading, Recap, Widget
from groundup.studio.markdown import with_formulas

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderResult

WIDEST = 88  # columns: longer lines are hard to read
NOTE_MARK = "╰ "
STYLES = {
    "markdown.h1": "bold", "markdown.h2": "bold", "markdown.h3": "bold", "markdown.h4": "bold",
    "markdown.code": "cyan", "markdown.item.bullet": "none", "markdown.item.number": "none",
    "markdown.block_quote": "italic", "markdown.strong": "bold", "markdown.link_url": "underline",
    "markdown.table.border": "dim", "markdown.table.header": "bold",
}  # fmt: skip


class _LeftHeading(Heading):
    LEVEL_ALIGN: ClassVar = dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "left")

    def __rich_console__(self, console: Console, options: "ConsoleOptions") -> "RenderResult":
        yield from super().__rich_console__(console, options)
        if self.tag in ("h1", "h2"):
            yield Text("─" * min(self.text.cell_len, options.max_width), style="dim")


class _PlainCode(CodeBlock):
    """Code on the terminal's own background, indented; lines are never cut."""

    def __rich_console__(self, console: Console, options: "ConsoleOptions") -> "RenderResult":
        code = str(self.text).rstrip()
        room = options.max_width - max(map(cell_len, code.split("\n")))
        yield Padding(highlighted(code, self.lexer_name), (0, 0, 0, min(4, max(0, room))))


class _Markdown(Markdown):
    elements: ClassVar = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "fence": _PlainCode,
        "code_block": _PlainCode,
    }

    def __init__(self, text: str) -> None:
        super().__init__("")
        self.parsed = with_formulas(MarkdownIt().enable(["strikethrough", "table"])).parse(text)
        for token in self.parsed:  # the TeX of a formula stands there as code does
            if token.type == "math_block":
                token.type, token.info = "fence", "text"
            for child in token.children or []:
                if child.type == "math_inline":
                    child.type, child.tag = "code_inline", "code"


class Page(Console):
    """A console for lessons: what is printed is no wider than reads well, unless a width is given."""

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*objects, **{"width": WIDEST} | how)


def page() -> Page:
    """On standard output."""
    return Page(highlight=False, markup=False, emoji=False, theme=Theme(STYLES))


def markdown(text: str) -> RenderableType:
    """Prose. A terminal control character in it would be a character like any other."""
    return _Markdown(make_printable(text))


def highlighted(code: str, language: str = "python") -> Text:
    """Code in the terminal's own colours. No line is added at its end."""
    syntax = Syntax("", language, theme="ansi_dark", background_color="default")
    text = Text(code) if language == "text" else syntax.highlight(code)
    text.rstrip()
    text.no_wrap, text.overflow = False, "fold"
    return text


# ---- blocks -------------------------------------------------------------------------------------------------


def title(text: str, *, kind: str = "") -> RenderableType:
    """The first line of a block that is not prose: what it is, and its title."""
    line = Text(kind.upper() if kind else "", style="bold cyan")
    return line.append(f"{'  ' if kind else ''}{text}", style="bold")


def options(choices: Sequence[AnswerOption]) -> RenderableType:
    """The choices, numbered from 1."""
    return Group(*(_hanging(f"  {number}  ", option.text) for number, option in enumerate(choices, start=1)))


def reasons(choices: Sequence[AnswerOption], chosen: int | None) -> RenderableType:
    """Every option with its reason; the right one and the chosen one are marked."""
    lines: list[RenderableType] = []
    for number, option in enumerate(choices):
        mark = "✓" if option.right else ("✗" if number == chosen else "·")
        yours = "  (yours)" if number == chosen else ""
        lines.append(
            _hanging(f"{mark} {number + 1}  ", f"{option.text}{yours}", "bold" if option.right else "")
        )
        lines.append(_hanging("     ", option.why))
    return Group(*lines)


def bullets(lines: Sequence[str], mark: str = "·") -> RenderableType:
    return Group(*(_hanging(f"  {mark} ", line) for line in lines))


def aside(block: Aside) -> RenderableType:
    """A sentence that matters, with a bar beside it."""
    name = "Worth keeping" if block.tone == "aha" else "Take care"
    return _barred(Group(Text(name, style="bold"), markdown(block.text)), "│ ")


def recap(block: Recap) -> RenderableType:
    return _barred(Group(Text("In one sentence", style="bold"), markdown(block.text)), "┃ ")


def more(block: FurtherReading) -> RenderableType:
    """Where to read more."""
    lines: list[RenderableType] = [Text("To read on", style="bold")]
    for source in block.sources:
        lines.append(_hanging("  · ", f"{source.title}, by {source.by}. {source.what}"))
        if source.url:
            lines.append(Text(f"    {source.url}", style="dim", overflow="fold"))
    return Group(*lines)


def goal(block: Widget, reached: bool) -> RenderableType:
    """What to bring about; with a box that is ticked once it was, where that can be seen."""
    box = ("[x] " if reached else "[ ] ") if block.check else ""
    return _hanging(box, f"Goal: {block.goal}", "bold")


def exercise(
    exercise: Exercise, file: Path, passed: bool, then: str = "; then: groundup check"
) -> RenderableType:
    """What to write and where, and what to run then."""
    about = exercise.about
    asks: list[RenderableType] = [
        title(f"{about.title}   ({about.minutes} min)", kind="Exercise"),
        markdown(about.asks),
        Text.assemble("Your file: ", (display_path(file), "bold"), overflow="fold"),
    ]
    if passed:
        asks.append(Text("✓ You have passed it.", style="bold green"))
    else:
        asks.append(Text(f"Edit it in any editor{then}", style="dim"))
    return Group(*asks)


def code(block: Code) -> RenderableType:
    """The library's own lines with their numbers, and each note below the line it is about."""
    source = library_source(block.show)
    lines = highlighted(source.text).split("\n", allow_blank=True)
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    waiting = list(block.notes)
    for number, line in enumerate(lines, start=source.first):
        table.add_row(str(number), line)
        for note in [note for note in waiting if note.at in line.plain]:
            waiting.remove(note)
            indent = len(line.plain) - len(line.plain.lstrip())
            table.add_row("", _note(note.text, min(indent, 24)))
    for note in waiting:  # it is about a line that is not there: its text is not lost
        table.add_row("", _note(f"{note.at}: {note.text}", 0))
    place = f"{block.show.replace(':', '.')}   (line {source.first} of {source.file.name})"
    return Group(Text(place, style="dim"), table)


def _note(text: str, indent: int) -> RenderableType:
    """A note on a line of code, below the line's first character."""
    table = Table.grid(padding=0)
    table.add_column(width=indent + len(NOTE_MARK), no_wrap=True)
    table.add_column(max_width=WIDEST - indent)
    style = "italic yellow"
    table.add_row(Text(" " * indent + NOTE_MARK, style=style), Padding(markdown(text), 0, style=style))
    return table


def _hanging(mark: str, text: str, style: str = "") -> RenderableType:
    """Text with a mark before its first line, and the others below the first."""
    table = Table.grid(padding=0)
    table.add_column(width=len(mark), no_wrap=True)
    table.add_column()
    table.add_row(Text(mark, style=style), Padding(markdown(text), 0, style=style or "none"))
    return table


class Padded:
    """Text as it is, a little to the right, with no line wrapped by us."""

    def __init__(self, text: str, indent: int = 2) -> None:
        self.text, self.indent = text, indent

    def __rich_console__(self, console: Console, options: "ConsoleOptions") -> "RenderResult":
        lines = self.text.split("\n")
        room = options.max_width - max((cell_len(line) for line in lines), default=0)
        before = " " * max(0, min(self.indent, room))
        for line in lines:
            yield Segment(f"{before}{line}\n")


class _barred:  # noqa: N801 (used as a function)
    """What stands beside a bar."""

    def __init__(self, inside: RenderableType, bar: str) -> None:
        self.inside, self.bar = inside, bar

    def __rich_console__(self, console: Console, options: "ConsoleOptions") -> "RenderResult":
        narrow = options.update(width=options.max_width - len(self.bar))
        for line in console.render_lines(self.inside, narrow, pad=False):
            yield Segment(self.bar, console.get_style("cyan"))
            yield from line
            yield Segment.line()
