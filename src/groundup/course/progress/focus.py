"""The focus timer: 25 minutes on one thing, five of rest. It says when time is up, and never before a check is done.

    focus = Focus(store)
    focus.begin("0.1")
    focus.left                  # seconds
    focus.word()                # "", or the sentence that is due: called after a check, never during one

Nothing runs in the background. The timer is the events in the store, so the command and the studio show the same one,
and a closed terminal does not stop it.
"""

from datetime import date
from typing import Literal

from groundup.common.errors import GroundupError
from groundup.course.progress.store import Store

WORK_MINUTES, REST_MINUTES = 25, 5  # (Cirillo's "pomodoro")
ABANDONED_AFTER_S = 3 * 3600.0  # seconds: who comes back later than this has not been sitting there

Phase = Literal["idle", "working", "paused", "over", "resting", "rested"]


class Focus:
    """The timer as it stands now."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def phase(self) -> Phase:
        return self._state()[0]

    @property
    def left(self) -> float:
        """Seconds of this phase that are left; 0 where nothing runs."""
        return self._state()[1]

    @property
    def about(self) -> str:
        """The lesson or exercise that it was begun on."""
        return self._state()[2]

    def begin(self, about: str, minutes: float = WORK_MINUTES) -> None:
        """Start on one thing. Raises GroundupError for a time that is none."""
        if not 1 <= minutes <= 180:
            raise GroundupError(
                f"{minutes:g} minutes are no time to focus.", "Between 1 and 180; 25 is usual."
            )
        self.store.add("focus", about, what="begin", minutes=minutes)

    def pause(self) -> None:
        """Stop the clock; a second call starts it again."""
        phase, _, about = self._state()
        if phase not in ("working", "paused"):
            raise GroundupError("No focus time is running.", "Start one: `groundup focus`.")
        self.store.add("focus", about, what="go on" if phase == "paused" else "pause")

    def rest(self, minutes: float = REST_MINUTES) -> None:
        """Begin the break."""
        self.store.add("focus", self.about, what="rest", minutes=minutes)

    def end(self) -> None:
        """Leave it. What was done so far counts."""
        if self.phase != "idle":
            self.store.add("focus", self.about, what="end")

    def word(self) -> str:
        """The sentence that is due, once: time to rest, or the rest is over. Call it when nothing is running."""
        phase, _, about = self._state()
        if phase not in ("over", "rested"):
            return ""
        last = self.store.events("focus")[-1]
        if last.data.get("what") == "said":
            return ""
        self.store.add("focus", about, what="said")
        if phase == "over":
            return "Your focus time is over. Stand up, look far away; `groundup focus --rest` counts five minutes."
        return "The five minutes are over. `groundup focus` starts the next 25."

    def _state(self) -> tuple[Phase, float, str]:
        """Phase, seconds left, about. Derived from the events since the last begin or rest."""
        phase: Phase = "idle"
        about, left, since = "", 0.0, self.store.now()
        for event in self.store.events("focus"):
            passed = max(0.0, (event.at - since).total_seconds())  # a clock may have been set back
            what = event.data.get("what")
            if what in ("begin", "rest"):
                phase = "working" if what == "begin" else "resting"
                about, left, since = (
                    event.about,
                    60.0 * float(event.data.get("minutes", WORK_MINUTES)),
                    event.at,
                )
            elif what == "pause" and phase == "working":
                phase, left, since = "paused", max(0.0, left - passed), event.at
            elif what == "go on" and phase == "paused":
                phase, since = "working", event.at
            elif what == "end":
                phase, left = "idle", 0.0
        waited = (self.store.now() - since).total_seconds()
        if phase in ("working", "resting"):
            left -= max(0.0, waited)
            waited = -left  # since its time was over
            if left <= 0:
                phase, left = ("over" if phase == "working" else "rested"), 0.0
        if phase in ("paused", "over", "rested") and waited > ABANDONED_AFTER_S:
            return "idle", 0.0, about
        return phase, left, about


def minutes_worked(store: Store, day: date) -> float:
    """Minutes of focus on a local date: from each begin to its pause, its end or the end of its time."""
    total, running, left, since = 0.0, False, 0.0, store.now()
    events = [event for event in store.events("focus") if event.data.get("what") != "said"]
    for number, event in enumerate(events):
        what = event.data.get("what")
        if what == "begin":
            left = 60.0 * float(event.data.get("minutes", WORK_MINUTES))
        running = what == "begin" or (what == "go on" and left > 0)
        since = event.at
        until = events[number + 1].at if number + 1 < len(events) else store.now()
        if running:
            worked = min(left, max(0.0, (until - since).total_seconds()))
            left -= worked
            total += worked if since.astimezone().date() == day else 0.0
    return total / 60
