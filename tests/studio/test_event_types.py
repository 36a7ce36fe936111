"""The events that JavaScript reads are those that Python writes."""

from groundup.studio.make_event_types import FILE, event_types


def test_the_types_are_made_from_the_dataclasses():
    assert FILE.read_text(encoding="utf-8") == event_types(), (
        "run `python -m groundup.studio.make_event_types`"
    )
