"""The timer in the bar: what it shows is in the store, so every tab, and the command, show the same one."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from groundup.course.progress.focus import REST_MINUTES, WORK_MINUTES, Focus
from groundup.course.progress.resume import resume_card
from groundup.course.progress.store import Store
from groundup.studio.pages import in_hand, the_courses, the_store

router = APIRouter()

MINUTES = "focus-minutes"  # the name of the setting


class Timer(BaseModel):
    """The timer as it stands."""

    phase: Literal["idle", "working", "paused", "over", "resting", "rested"]
    left: float
    """Seconds of this phase that are left."""
    minutes: float
    """Of the whole phase, or what a start would begin."""
    about: str
    """The lesson or exercise that it was begun on."""
    word: str = ""
    """What is due to be said, once: that the time is over."""


class Turn(BaseModel):
    """What to do with it."""

    do: Literal["start", "pause", "rest", "stop", "word"]
    """`pause` a second time goes on; `word` asks for what is due to be said, when nothing is running."""
    about: str = Field("", max_length=200, pattern=r"^[\w./-]*$")
    """A lesson or an exercise; without one, what is in hand."""


@router.get("/api/focus")
def timer(request: Request) -> Timer:
    """How it stands."""
    with the_store(request) as store:
        return _timer(store)


@router.post("/api/focus")
def turn(request: Request, action: Turn) -> Timer:
    """Start it, pause or go on, rest, stop; or take the word that is due."""
    with the_store(request) as store:
        focus, word = Focus(store), ""
        if action.do == "start":
            about = action.about or resume_card(in_hand(the_courses(request), store)).item_id
            focus.begin(about, minutes(store))
        elif action.do == "pause":
            focus.pause()
        elif action.do == "rest":
            focus.rest()
        elif action.do == "stop":
            focus.end()
        else:
            word = the_word(store)
        return _timer(store, word)


def the_word(store: Store) -> str:
    """What is due to be said, once: that the time is over, or the rest. Ask when nothing is running."""
    focus = Focus(store)
    phase, whole = focus.phase, _timer(store).minutes
    if not focus.word():
        return ""
    return (
        f"Your {whole:g} minutes are over. Stand up, look far away."
        if phase == "over"
        else "The rest is over."
    )


def minutes(store: Store) -> int:
    """How long a focus time is: the setting, or 25."""
    chosen = store.events("setting", MINUTES)
    value = chosen[-1].data.get("value") if chosen else None
    return value if isinstance(value, int) and 1 <= value <= 180 else WORK_MINUTES


def _timer(store: Store, word: str = "") -> Timer:
    focus = Focus(store)
    phase = focus.phase
    begun = [event for event in store.events("focus") if event.data.get("what") in ("begin", "rest")]
    whole = begun[-1].data.get("minutes") if begun and phase != "idle" else minutes(store)
    usual = REST_MINUTES if phase in ("resting", "rested") else WORK_MINUTES
    return Timer(
        phase=phase,
        left=focus.left,
        minutes=whole if isinstance(whole, int | float) else usual,
        about=focus.about,
        word=word,
    )
