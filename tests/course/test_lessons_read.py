"""What a careful reader found once in our lessons, held: lines too wide, lists that are none, nats for bits."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from groundup.course.lessons.catalogue import load_cards, load_course
from groundup.course.lessons.items import Prose
from groundup.course.lessons.lesson import Lesson

COURSE = load_course()
WIDE = 76  # a terminal of 80 columns, and the indent of a fence in it
every_lesson = pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.id)


def texts(value: object) -> Iterator[str]:
    """Every text in a block's fields, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts(one)
    elif hasattr(type(value), "model_fields"):
        for name in type(value).model_fields:
            if name not in (
                "kind",
                "id",
                "use",
                "call",
                "draw",
                "show",
                "at",
                "run",
                "prints",
                "url",
                "title",
                "by",
            ):
                yield from texts(getattr(value, name))


def sentences(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """(where, text) of all that a learner reads as sentences: blocks without fenced lines, exercises, cards."""
    for block in lesson.items:
        for text in texts(block):
            yield f"lesson.md:{block.line}", re.sub(r"(?ms)^```.*?^```$", "", text)
    for exercise in COURSE.exercises_of(lesson):
        for text in texts(exercise.about):
            yield exercise.id, text
    for card in load_cards(lesson):
        for text in texts(card):
            yield card.id, text


@every_lesson
def test_a_fenced_line_fits_a_terminal(lesson) -> None:
    wide = []
    for block in lesson.of(Prose):
        for fence in re.findall(r"(?ms)^```\w*\n(.*?)^```$", block.text):
            wide += [line for line in fence.split("\n") if len(line) > WIDE]
    assert wide == []


@every_lesson
def test_no_sentence_begins_as_a_numbered_list(lesson) -> None:
    """Markdown makes a list of "47. The tempting answer is twice as many"."""
    assert [(where, text[:40]) for where, text in sentences(lesson) if re.match(r"\s*\d+[.)]\s", text)] == []


@every_lesson
def test_the_right_answer_moves_about(lesson) -> None:
    """Where a lesson asks five questions or more, no place holds the right answer in more than two of three."""
    blocks = [block for block in lesson.items if getattr(block, "options", None)]
    places = Counter([option.right for option in block.options].index(True) for block in blocks)
    if len(blocks) >= 5:
        assert max(places.values()) <= 2 * len(blocks) / 3, places


def test_losses_are_told_in_bits() -> None:
    """Nats are named where the library's own are shown, and where a formula needs them; nothing is measured in them."""
    named = [
        where
        for lesson in COURSE.lessons
        for where, text in sentences(lesson)
        if re.search(r"\d\.\d+ nats?\b|\(nats?\)", text)
    ]
    assert named == [], "0.4 promised bits"
