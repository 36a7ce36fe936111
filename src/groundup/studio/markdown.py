"""Markdown of lessons to HTML. Raw HTML in it is shown as text: an imported course is somebody else's."""

from collections.abc import Iterable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from groundup.studio.python_code import fence


@cache
def _parser() -> MarkdownIt:
    options = {"html": False, "typographer": False, "highlight": fence}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"])


def html(text: str) -> Markup:
    """Safe HTML: every link leads to a page of ours or opens apart, and nothing is loaded from outside."""
    return _rendered(_parser().parse(text))


def inline(text: str) -> Markup:
    """The same for a line, without a paragraph around it: for a heading, a legend, an option."""
    return _rendered(_parser().parseInline(text))


def _rendered(tokens: list[Token]) -> Markup:
    for child in _links(tokens):
        target = str(child.attrs.get("href", ""))
        if target.startswith("lesson:"):
            child.attrs["href"] = f"/lesson/{target.removeprefix('lesson:')}"
        elif not target.startswith(("/", "#")):
            child.attrs |= {"rel": "noreferrer noopener", "target": "_blank"}
    parser = _parser()
    return Markup(parser.renderer.render(tokens, parser.options, {}))


def _links(tokens: list[Token]) -> Iterable[Token]:
    return (child for token in tokens for child in token.children or [] if child.type == "link_open")
