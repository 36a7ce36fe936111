"""Write static/events.types.js: the events of a run as JSDoc types, from the dataclasses of training/events.py.

    python -m groundup.studio.make_event_types

tests/studio/test_event_types.py holds the two equal.
"""

from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

from groundup.training.events import EVENT_KINDS, EndReason, RunEvent

FILE = Path(__file__).parent / "static" / "events.types.js"
TYPES = {
    int: "number", float: "number", str: "string", bool: "boolean", dict[str, float]: "Record<string, number>",
    EndReason: '"budget" | "early" | "interrupted"', dict[str, float] | None: "Record<string, number> | undefined",
}  # fmt: skip


def event_types() -> str:
    """The text of the file."""
    lines = [
        "// Made by groundup.studio.make_event_types from training/events.py: not to be edited by hand.",
        "",
    ]
    for kind in EVENT_KINDS:
        lines += [f"/** {kind.__doc__}", f" * @typedef {{object}} {kind.__name__}"]
        lines.append(f' * @property {{"{kind.kind}"}} event')
        lines += [f" * @property {{{text}}} {name}" for name, text in _properties(kind)]
        lines += [" */", ""]
    lines.append(f"/** @typedef {{{' | '.join(kind.__name__ for kind in EVENT_KINDS)}}} RunEvent */")
    return "\n".join([*lines, "", "export {};", ""])


def _properties(kind: type[RunEvent]) -> list[tuple[str, str]]:
    hints = get_type_hints(kind)
    return [(field.name, TYPES[hints[field.name]]) for field in fields(kind)]


if __name__ == "__main__":
    FILE.write_text(event_types(), encoding="utf-8")
