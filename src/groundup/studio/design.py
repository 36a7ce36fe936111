"""The design system, live: every component of groundup.css, in both themes."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from groundup.studio.pages import page

router = APIRouter()


@router.get("/design")
def design(request: Request) -> Response:
    """The page."""
    return page(request, "design.html")
