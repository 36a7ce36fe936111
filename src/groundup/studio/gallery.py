"""Two pages that are in no menu, for those who work on the studio: the design system, and every widget by itself.

`/design` shows every token and component of the stylesheet in both themes; the tokens are read from the stylesheet, so
that the page cannot disagree with it. `/widgets` shows the lessons' widgets as they begin, and those of the lenses
with the reference run (see make_fixtures.py). `/widgets?only=0.1.drag` and `/widgets?only=gates` show one.
"""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from groundup.common.errors import GroundupError, did_you_mean
from groundup.studio.fixtures import widgets
from groundup.studio.lesson_view import LessonView
from groundup.studio.look import LENSES
from groundup.studio.pages import STATIC, page, the_course, the_store

router = APIRouter()

_ROOT = re.compile(r":root \{(.*?)\n  \}", re.DOTALL)
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
    """The tokens of a style sheet, by name, with their values in the two themes."""
    root = _ROOT.search(css)
    declared = _DECLARED.findall(_COMMENT.sub("", root[1])) if root else []
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
    known = tokens((STATIC / "css" / "tokens.css").read_text(encoding="utf-8"))
    groups = {title: [known[name] for name in names] for title, names in GROUPS.items()}
    return page(request, "design.html", groups=groups, tokens=known)


# ---- every widget ---------------------------------------------------------------------------------------------

OF_LENSES = [*dict.fromkeys(file for lens in LENSES for file, _, _ in lens.widgets), "languages"]


@router.get("/widgets", include_in_schema=False)
def shown(request: Request, only: Annotated[str, Query(max_length=80)] = "") -> Response:
    course = the_course(request)
    by_name = {f"{lesson.id}.{block.id}": (lesson, block) for lesson, block in widgets(course)}
    if only and only not in by_name and only not in OF_LENSES:
        raise GroundupError(f"There is no widget '{only}'.", did_you_mean(only, [*by_name, *OF_LENSES]))
    with the_store(request) as store:
        rows = [
            (name, lesson, block, LessonView(course, lesson, store).html(lesson.items.index(block)))
            for name, (lesson, block) in by_name.items()
            if only in ("", name)
        ]
    lenses = [name for name in OF_LENSES if only in ("", name)]
    return page(request, "widgets.html", rows=rows, lenses=lenses)
