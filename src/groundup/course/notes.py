"""The learner's own notes in the margin of a lesson: one for each block, the newest text counts."""

from dataclasses import dataclass
from datetime import datetime

from groundup.course.lesson import Lesson
from groundup.course.store import Store


@dataclass(frozen=True)
class Note:
    text: str
    at: datetime


def write_note(store: Store, lesson: Lesson, block: int, text: str) -> None:
    """Save what stands beside a block; an empty text takes it away. What it said before stays in the store."""
    store.add("note", lesson.id, block=block, text=text)


def notes(store: Store, lesson: Lesson) -> dict[int, Note]:
    """By the index of the block. A lesson may have become shorter since: what stood behind its end stands there."""
    found: dict[int, Note] = {}
    for event in store.events("note", lesson.id):
        block = event.data.get("block")
        if isinstance(block, int):
            found[max(0, min(block, len(lesson.blocks) - 1))] = Note(
                str(event.data.get("text", "")), event.at
            )
    return {block: note for block, note in found.items() if note.text.strip()}
