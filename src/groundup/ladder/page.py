"""What the reports share: the frame of a page that needs no other file, and words and charts made safe for it.

To read, print or send: no script, no network. Everything that came from a text, a model or a person is escaped.
"""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path

from groundup import __version__
from groundup.common.formatting import make_printable

SAMPLE_CHARACTERS = 360
STYLE = Path(__file__).with_name("report.css")


def framed(title: str, lead: str, body: str, footer: str, *, notes: Sequence[str], style: str = "") -> str:
    """A whole page. Title, lead and notes are plain words; body and footer are HTML; `style` adds to report.css."""
    caution = "".join(f"<li>{escaped(note)}</li>" for note in notes)
    now = f"{datetime.now().astimezone():%d %B %Y, %H:%M}"
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escaped(title)}</title>
<style>
{STYLE.read_text(encoding="utf-8")}{style}</style>
<main>
<header>
{MARK}
<div>
<h1>{escaped(title)}</h1>
<p class="lead">{escaped(lead)}</p>
</div>
</header>
{f'<ul class="caution">{caution}</ul>' if caution else ""}
{body}
<footer>
{footer}
<p>groundup {__version__}, {now}.</p>
</footer>
</main>
</html>
"""


def scrolling_table(head: str, body: str) -> str:
    """A table that scrolls by itself on a phone; tabindex lets a keyboard scroll it too."""
    rows = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>"
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Numbers"><table>\n{rows}</table></div>'
    )


def svg(parts: list[str], width: int, height: float, form: str, finding: str) -> str:
    body = "\n".join(parts)
    about = f'viewBox="0 0 {width} {height:g}" role="img" aria-label="{escape(finding, quote=True)}"'
    return f'<svg class="plot {form}" {about}>\n{body}\n</svg>'


def escaped(text: str) -> str:
    return escape(make_printable(text))


def cut(sample: str) -> str:
    """The same length for all: so many tokens are a line of letters, or a page of words."""
    return sample if len(sample) <= SAMPLE_CHARACTERS else sample[:SAMPLE_CHARACTERS].rsplit(" ", 1)[0] + " …"


def said(text: str) -> str:
    return escaped(text.strip("\n")) or "⏎"


MARK = (
    '<svg class="mark" viewBox="0 0 24 32" aria-hidden="true">'
    '<path d="M4 30L6.7 2M20 30L17.3 2M1 30H23'
    'M4.7 22.4H19.3M5.3 16.3H18.7M5.8 11.5H18.2M6.2 7.6H17.8M6.5 4.5H17.5"/>'
    "</svg>"
)
