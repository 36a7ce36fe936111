"""Markdown of lessons to HTML. Raw HTML in it is shown as text: an imported course is somebody else's."""

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": False}).enable(["table", "strikethrough"])


def html(text: str) -> Markup:
    """Safe HTML: every link leads to a page of ours or opens apart, and nothing is loaded from outside."""
    parser = _parser()
    tokens = parser.parse(text)
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                target = str(child.attrs.get("href", ""))
                if target.startswith("lesson:"):
                    child.attrs["href"] = f"/lesson/{target.removeprefix('lesson:')}"
                elif not target.startswith(("/", "#")):
                    child.attrs |= {"rel": "noreferrer noopener", "target": "_blank"}
    return Markup(parser.renderer.render(tokens, parser.options, {}))
