"""Markdown of lessons to HTML. Raw HTML in it is shown as text: an imported course is somebody else's."""

import io
import keyword
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

MOST = 50_000  # characters of one piece that are shown: the longest of ours has 1,900; 50,000 take a second at most


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "typographer": False, "highlight": fence}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.add_render_rule("table_open", lambda *_: '<div class="scroll" data-name="Table"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


_TOO_LONG = (
    '<p class="note caution">This text goes on for another {:,} characters, which are not shown: '
    "one piece of a lesson may have {:,}.</p>"
)


@lru_cache(maxsize=5000)  # some courses' worth: a lesson has a hundred pieces
def html(text: str) -> Markup:
    """Safe HTML: every link leads to a page of ours or opens apart, and nothing is loaded from outside: of an image
    that is not in the text itself, its words are shown. Of a text that is too long the beginning."""
    if len(text) > MOST:
        beginning = text[: text.rfind("\n", 1, MOST) if "\n" in text[1:MOST] else MOST]
        return html(beginning) + Markup(_TOO_LONG).format(len(text) - len(beginning), MOST)
    return _rendered(_parser().parse(text))


@lru_cache(maxsize=5000)
def inline(text: str) -> Markup:
    """The same for a line, without a paragraph around it: for a heading, a legend, an option."""
    return _rendered(_parser().parseInline(text[:MOST]))


def _rendered(tokens: list[Token]) -> Markup:
    for child in _of_kind("link_open", tokens):
        target = str(child.attrs.get("href", ""))
        if target.startswith("lesson:"):
            child.attrs["href"] = f"/lesson/{target.removeprefix('lesson:')}"
        elif target.startswith("//") or not target.startswith(("/", "#")):
            child.attrs |= {"rel": "noreferrer noopener", "target": "_blank"}
    for child in _of_kind("image", tokens):
        if not str(child.attrs.get("src", "")).startswith("data:"):
            child.type, child.content = "text", f"[picture: {child.content or 'without words'}]"
    parser = _parser()
    return Markup(parser.renderer.render(tokens, parser.options, {}))


def _of_kind(kind: str, tokens: list[Token]) -> Iterable[Token]:
    return (child for token in tokens for child in token.children or [] if child.type == kind)


# ---- Python in colour -----------------------------------------------------------------------------------------


@lru_cache(maxsize=1000)
def coloured(code: str) -> Markup:
    """Code as HTML for a `pre.code`. What cannot be read as Python is shown plainly from there on."""
    lines = code.split("\n")
    made: list[str] = []
    at = (1, 0)
    for kind, start, end in _pieces(code):
        made.append(escape(_between(lines, at, start)))
        # A text over several lines is closed and opened again at each, so that lines can be taken apart.
        made += ["\n".join(f'<span class="{kind}">{escape(part)}</span>'
                           for part in _between(lines, start, end).split("\n"))]  # fmt: skip
        at = end
    made.append(escape(_between(lines, at, (len(lines), len(lines[-1])))))
    return Markup("".join(map(str, made)))


def coloured_lines(code: str) -> list[Markup]:
    return [Markup(line) for line in str(coloured(code)).split("\n")]


def fence(code: str, language: str, _attributes: str) -> str:
    """How Markdown shows a fence: what markdown-it asks its option `highlight`."""
    inside = coloured(code.rstrip("\n")) if language == "python" else escape(code.rstrip("\n"))
    return f'<pre class="code" tabindex="0">{inside}</pre>'


def _pieces(code: str) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Class, beginning and end of what has a colour."""
    before = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            kind = ""
            if token.type == tokenize.COMMENT:
                kind = "c"
            elif token.type == tokenize.STRING:
                kind = "s"
            elif token.type == tokenize.NAME and keyword.iskeyword(token.string):
                kind = "k"
            elif token.type == tokenize.NAME and before in ("def", "class"):
                kind = "f"
            if token.string.strip():
                before = token.string
            if kind:
                yield kind, token.start, token.end
    except (tokenize.TokenError, SyntaxError):
        return


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    """The text from one place to another; a line is counted from 1."""
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    first, *middle = lines[start[0] - 1 : end[0] - 1]
    return "\n".join([first[start[1] :], *middle, lines[end[0] - 1][: end[1]]])
