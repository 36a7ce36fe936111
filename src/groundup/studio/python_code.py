"""Python in the stylesheet's colours: keywords, comments, text and the names that are defined. As HTML, escaped."""

import io
import keyword
import tokenize
from collections.abc import Iterator
from functools import lru_cache

from markupsafe import Markup, escape


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
