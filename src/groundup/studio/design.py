"""The design system, live: every token and component of groundup.css, in both themes. The tokens are read from the
stylesheet itself, so that what the page says is what holds."""

import re
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from groundup.studio.pages import STATIC, page

router = APIRouter()

_ROOT = re.compile(r"@layer tokens \{\s*:root \{(.*?)\n  \}", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DECLARED = re.compile(r"--([\w-]+):\s*([^;]+);")
GROUPS = {  # title: which names
    "Surfaces and lines": ("paper", "sheet", "sunk", "lift", "line", "edge"),
    "Ink": ("ink", "ink-2", "ink-3"),
    "Marker": ("mark", "mark-under", "mark-soft", "on-mark"),
    "Verdicts": ("good", "poor"),
    "Models": ("m1", "m2", "m3", "m4", "m5"),
}


@dataclass(frozen=True)
class Token:
    name: str
    light: str
    dark: str
    """The same as `light` where the theme makes no difference."""


def tokens(css: str) -> dict[str, Token]:
    """The tokens of a stylesheet, by name, with their values in the two themes."""
    found = _ROOT.search(css)
    declared = _DECLARED.findall(_COMMENT.sub("", found[1])) if found else []
    return {name: Token(name, _of(value, 0), _of(value, 1)) for name, value in declared}


def _of(value: str, theme: int) -> str:
    """The value with each light-dark(a, b) replaced by one of the two."""
    value = " ".join(value.split())
    while (start := value.find("light-dark(")) >= 0:
        depth, parts, at = 1, [""], start + len("light-dark(")
        while depth:
            sign = value[at]
            depth += (sign == "(") - (sign == ")")
            if depth == 1 and sign == ",":
                parts.append("")
            elif depth:
                parts[-1] += sign
            at += 1
        value = value[:start] + parts[theme].strip() + value[at:]
    return value


@router.get("/design", include_in_schema=False)
def design(request: Request) -> Response:
    known = tokens((STATIC / "groundup.css").read_text(encoding="utf-8"))
    groups = {title: [known[name] for name in names] for title, names in GROUPS.items()}
    return page(request, "design.html", groups=groups, tokens=known)
