"""Review: three minutes of questions, each just before it would be forgotten. By keyboard or by hand."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from groundup.common.errors import GroundupError
from groundup.course.progress.review import SECONDS_PER_ITEM, Rating, Review, ReviewItem, format_due
from groundup.studio.pages import every_lesson, page, the_store

router = APIRouter()

RATINGS: tuple[tuple[Rating, str], ...] = (
    ("again", "Forgotten"),
    ("hard", "Hard"),
    ("good", "Knew it"),
    ("easy", "Easy"),
)


@router.get("/review")
def review(request: Request, minutes: Annotated[int, Query(ge=1, le=60)] = 3) -> Response:
    """A set for so many minutes. All of it is in the page; its module asks one after the other."""
    with the_store(request) as store:
        deck = Review(every_lesson(request), store)
        items = deck.set(60 * minutes)
        following = deck.next_due()
        return page(
            request,
            "review.html",
            items=items,
            minutes=max(1, round(len(items) * SECONDS_PER_ITEM / 60)),
            lessons=[item.id.partition("/")[0] for item in items],
            ratings=RATINGS,
            known=deck.known(),
            count=len(deck.items),
            next=format_due(following, store.now()) if following else "",
        )


class Answer(BaseModel):
    """How a question went: the option that was chosen, or, where it has none, one's own mark."""

    id: str
    option: int | None = None
    rating: Literal["again", "hard", "good", "easy"] | None = None


class Answered(BaseModel):
    right: bool
    due: str
    """When it is asked again: in 10 minutes."""
    left: int
    """How many more could be asked now."""
    next: str
    """When the next one is due; empty where none is."""


@router.post("/api/review/answer")
def answer(request: Request, given_answer: Answer) -> Answered:
    """Store how it went."""
    with the_store(request) as store:
        deck = Review(every_lesson(request), store)
        item = next((one for one in deck.items if one.id == given_answer.id), None)
        if item is None:
            raise GroundupError(
                f"There is no question '{given_answer.id[:80]}' to review.", "Load the page again."
            )
        rating = _rating(item, given_answer)
        due = deck.answer(item, rating)
        following = deck.next_due()
        return Answered(
            right=rating != "again",
            due=format_due(due, store.now()),
            left=len(deck.set()),
            next=format_due(following, store.now()) if following else "",
        )


def _rating(item: ReviewItem, given_answer: Answer) -> Rating:
    if item.options:
        if given_answer.option is None or not 0 <= given_answer.option < len(item.options):
            raise GroundupError(
                "That is none of the options.", f"There are {len(item.options)}, counted from 0."
            )
        return "good" if item.is_right(given_answer.option) else "again"
    if given_answer.rating is None:
        raise GroundupError("A question without options needs your own mark.", "again, hard, good or easy.")
    return given_answer.rating
