"""The one renderer of lessons' Markdown to HTML: links, pictures, tables, formulas, and Python in the page's colours.

Raw HTML in the text is shown as text, because an imported course has another author. A formula, `$x^2$` or `$$x^2$$`,
becomes `<span class="math inline">` or `<div class="math block">` with its TeX in it; static/math.js draws it.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import token as kinds
from pygments.lexers.python import PythonLexer

MAX_CHARACTERS = 50_000  # of one piece: the longest of ours has 1,900; 50,000 take a second at most
CLASSES = {  # of the stylesheet
    kinds.Comment: "c",
    kinds.String: "s",
    kinds.Keyword: "k",
    kinds.Operator.Word: "k",
    kinds.Name.Function: "f",
    kinds.Name.Class: "f",
}

_TOO_LONG = (
    '<p class="note caution">This text goes on for another {:,} characters, which are not shown: '
    "one piece of a lesson may have {:,}.</p>"
)


def with_formulas(parser: MarkdownIt) -> MarkdownIt:
    """The parser, which knows `$x^2$` and `$$x^2$$` from now on. A dollar beside a digit or a space is a dollar."""
    return parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False)


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "typographer": False, "highlight": _fence}
    parser = with_formulas(MarkdownIt("commonmark", options).enable(["table", "strikethrough"]))
    parser.add_render_rule("table_open", lambda *_: '<div class="scroll" data-name="Table"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


@lru_cache(maxsize=5000)  # the texts of several courses: a lesson has a hundred pieces
def html(text: str) -> Markup:
    """Safe HTML: every link leads to a page of ours or opens in a new tab, and nothing is loaded from outside: an image
    that is not in the text itself is shown as its words. A text that is too long is cut."""
    if len(text) > MAX_CHARACTERS:
        cut = text.rfind("\n", 1, MAX_CHARACTERS) if "\n" in text[1:MAX_CHARACTERS] else MAX_CHARACTERS
        return html(text[:cut]) + Markup(_TOO_LONG).format(len(text) - cut, MAX_CHARACTERS)
    return _render(_parser().parse(text))


@lru_cache(maxsize=5000)
def inline(text: str) -> Markup:
    """The same for a line, without a paragraph around it: for a heading, a legend, an option."""
    return _render(_parser().parseInline(text[:MAX_CHARACTERS]))


def _render(tokens: list[Token]) -> Markup:
    for child in _children("link_open", tokens):
        target = str(child.attrs.get("href", ""))
        if target.startswith("lesson:"):
            child.attrs["href"] = f"/lesson/{target.removeprefix('lesson:')}"
        elif target.startswith("//") or not target.startswith(("/", "#")):
            child.attrs |= {"rel": "noreferrer noopener", "target": "_blank"}
    for child in _children("image", tokens):
        if not str(child.attrs.get("src", "")).startswith("data:"):
            child.type, child.content = "text", f"[picture: {child.content or 'without words'}]"
    parser = _parser()
    return Markup(parser.renderer.render(tokens, parser.options, {}))


def _children(kind: str, tokens: list[Token]) -> Iterable[Token]:
    return (child for token in tokens for child in token.children or [] if child.type == kind)


def _fence(code: str, language: str, _attributes: str) -> str:
    """How Markdown shows a fence: markdown-it's option `highlight`."""
    code = code.rstrip("\n")
    return f'<pre class="code" tabindex="0">{highlight(code) if language == "python" else escape(code)}</pre>'


@lru_cache(maxsize=1000)
def highlight(code: str) -> Markup:
    """Python as HTML for a `pre.code`. A text over several lines is closed and opened again at each line, so that the
    lines can be taken apart."""
    spans = []
    tokens = PythonLexer(stripnl=False, ensurenl=False).get_tokens(code)
    for name, group in groupby(tokens, lambda token: _class_name(token[0])):
        lines = str(escape("".join(text for _, text in group))).split("\n")
        spans.append(
            "\n".join(f'<span class="{name}">{line}</span>' if name and line else line for line in lines)
        )
    return Markup("".join(spans))


def _class_name(kind: Any) -> str:
    """The class of a kind of token, or of the nearest kind above it; empty where it has no colour."""
    return next((CLASSES[parent] for parent in reversed(kind.split()) if parent in CLASSES), "")


def highlight_lines(code: str) -> list[Markup]:
    return [Markup(line) for line in str(highlight(code)).split("\n")]
