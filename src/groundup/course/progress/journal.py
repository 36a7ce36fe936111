"""The journal: a page a day, in the learner's own words, with a draft of what happened to begin from."""

from collections import Counter
from datetime import date

from groundup.course.lessons.catalogue import Course
from groundup.course.progress.focus import minutes_worked
from groundup.course.progress.store import CourseEvent, Store


def entry(store: Store, day: date) -> str:
    """What was written for a day, as last saved; empty if nothing was."""
    written = store.events("journal", day.isoformat())
    return str(written[-1].data.get("text", "")) if written else ""


def write(store: Store, day: date, text: str) -> None:
    """Save the page of a day. Earlier texts stay in the store."""
    store.add("journal", day.isoformat(), text=text)


def days(store: Store) -> list[date]:
    """The days that have a page, oldest first."""
    return sorted({date.fromisoformat(event.about) for event in store.events("journal")})


def draft(course: Course, store: Store, day: date) -> str:
    """What happened on a day by the clock of this machine, as sentences, and three questions to go on from."""
    events = [event for event in store.events() if event.at.astimezone().date() == day]
    lines = [
        *_lessons(course, events),
        *_exercises(course, events),
        *_guesses(events),
        *_reviews(events),
    ]
    if minutes := round(minutes_worked(store, day)):
        lines.append(f"{minutes} minute{'s' * (minutes > 1)} of focus.")
    if not lines:
        lines = ["Nothing was recorded on this day."]
    happened = "\n".join(f"- {line}" for line in lines)
    return f"{happened}\n\nWhat surprised me?\n\nWhat would I explain to a friend?\n\nWhat is still foggy?\n"


def _lessons(course: Course, events: list[CourseEvent]) -> list[str]:
    titles = {lesson.id: f"{lesson.id}, {lesson.front.title}" for lesson in course.lessons}
    done = list(dict.fromkeys(event.about for event in events if event.kind == "done"))
    opened = dict.fromkeys(event.about for event in events if event.kind == "opened")
    lines = [f"Finished lesson {titles.get(lesson, lesson)}." for lesson in done]
    return lines + [
        f"Read in lesson {titles.get(lesson, lesson)}." for lesson in opened if lesson not in done
    ]


def _exercises(course: Course, events: list[CourseEvent]) -> list[str]:
    lines = []
    tried = dict.fromkeys(event.about for event in events if event.kind == "attempt")
    for exercise in tried:
        attempts = [event for event in events if event.kind == "attempt" and event.about == exercise]
        passed = next((place for place, event in enumerate(attempts, 1) if event.data.get("passed")), None)
        known = course.exercises.get(exercise)
        title = f"“{known.about.title}”" if known else exercise
        if passed:
            lines.append(f"Passed {title} at try {passed}." if passed > 1 else f"Passed {title} at once.")
        else:
            count = len(attempts)
            lines.append(f"Tried {title} {count} time{'s' * (count > 1)}; not yet.")
        mutants = dict.fromkeys(str(event.data["mutant"]) for event in attempts if event.data.get("mutant"))
        says = {mutant.name: mutant.says for mutant in known.about.mutants} if known else {}
        lines += [f"On the way: “{says[name]}”" for name in mutants if name in says]
    return lines


def _guesses(events: list[CourseEvent]) -> list[str]:
    guesses = [event for event in events if event.kind == "predicted"]
    if not guesses:
        return []
    right = sum(bool(event.data.get("right")) for event in guesses)
    return [
        f"Guessed {len(guesses)} time{'s' * (len(guesses) > 1)} before an experiment, {right} of them right."
    ]


def _reviews(events: list[CourseEvent]) -> list[str]:
    ratings = Counter(event.data.get("rating") for event in events if event.kind == "reviewed")
    if not ratings:
        return []
    count = ratings.total()
    return [f"Reviewed {count} card{'s' * (count > 1)}, {count - ratings['again']} remembered."]
