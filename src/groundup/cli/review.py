"""`groundup review`: three minutes of cards, each shown again just before it would be forgotten."""

from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.course_shared import open_store, the_course
from groundup.cli.shared import JsonOption, console, examples, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from groundup.cli.talk import Talk
    from groundup.course.progress.review import Item, Rating, Review

EXAMPLES = examples(
    ("review", "what is due, and a few new ones: about three minutes"),
    ("review --minutes 1", "a short one"),
    ("review --list", "what is due, and when the next ones are"),
)

KEYS: "dict[str, Rating]" = {"1": "again", "2": "hard", "3": "good", "4": "easy", "": "good"}


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(review)


def review(
    *,
    minutes: Annotated[float, typer.Option(help="How long the set may be.", min=0.5, max=60)] = 3.0,
    list_: Annotated[bool, typer.Option("--list", help="Show what is due, and ask nothing.")] = False,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            help="An answer given beforehand, in the order of the questions; repeat it.", show_default=False
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Be asked what you have learnt, just before you would forget it.

    Cards come from lessons that you have read, from questions that you missed, and from mistakes that an
    exercise recognised. Say the answer to yourself first; then see it, and mark yourself.
    """
    from groundup.cli.talk import Leave, NobodyThere, Talk
    from groundup.course.progress.review import Review

    with open_store() as store:
        deck = Review(the_course(store=store), store)
        items = deck.set(round(60 * minutes))
        screen = console()
        if json:
            due = [{"id": item.id, "ask": item.ask, "new": item.due is None} for item in items]
            print_json({"set": due, "due": len(deck.due()), "known": deck.known(), "all": len(deck.items)})
        elif list_ or not items:
            _tell(deck, items, screen)
        else:
            try:
                _ask_all(deck, items, Talk(screen, answer or ()), screen)
            except Leave:
                screen.print("What you have answered is kept. `groundup review` goes on.")
            except NobodyThere:
                screen.print(f"{len(items)} cards wait. `groundup review` asks them in a terminal.")


def _ask_all(deck: "Review", items: "list[Item]", talk: "Talk", screen: "Console") -> None:
    """The set; what was not known comes once more at its end."""
    from groundup.course.progress.review import when

    seconds = 20 * len(items)
    screen.print(
        f"{len(items)} card{'s' * (len(items) > 1)}, about {max(1, round(seconds / 60))} min. q leaves.\n",
        style="dim",
    )
    right, again = 0, []
    for number, item in enumerate(items, 1):
        rating = _ask(item, talk, screen, f"{number} of {len(items)}")
        due = deck.answer(item, rating)
        right += rating != "again"
        again += [item] if rating == "again" else []
        screen.print(f"Again {when(due, deck.store.now())}.\n", style="dim")
    for item in again:
        deck.answer(item, _ask(item, talk, screen, "once more"))
        screen.print()
    screen.print(f"{right} of {len(items)} remembered. {_next(deck)}")


def _ask(item: "Item", talk: "Talk", screen: "Console", place: str) -> "Rating":
    screen.print(f"── {place} · {item.id}", style="dim")
    screen.print(item.ask, style="bold")
    if item.options:
        for number, option in enumerate(item.options, 1):
            screen.print(f"  {number}  {option.text}")
        chosen = _choice(talk, len(item.options))
        option = item.options[chosen]
        if item.is_right(chosen):
            screen.print(f"✓ {option.why}")
            return "good"
        screen.print(f"✗ Not yet. {option.why}")
        screen.print(f"  Right: {item.answer} {item.why}")
        return "again"
    talk.ask("Say it to yourself, then Enter › ")
    screen.print(item.answer)
    if item.why:
        screen.print(item.why, style="dim")
    while (typed := talk.ask("1 forgotten · 2 hard · 3 knew it · 4 easy › ")) not in KEYS:
        screen.print("1, 2, 3 or 4; Enter alone is 3.")
    return KEYS[typed]


def _choice(talk: "Talk", count: int) -> int:
    while True:
        typed = talk.ask(f"1 to {count} › ")
        if typed.isdigit() and 1 <= int(typed) <= count:
            return int(typed) - 1


def _tell(deck: "Review", items: "list[Item]", screen: "Console") -> None:
    if not deck.items:
        screen.print(
            "No cards yet: they come with the first lesson that you have read. Begin: `groundup learn`."
        )
    elif not items:
        screen.print(f"Nothing is due. {_next(deck)}")
    else:
        for item in items:
            screen.print(f"  {'new' if item.due is None else 'due'}  {item.ask}")
        screen.print("`groundup review` asks them.")


def _next(deck: "Review") -> str:
    from groundup.course.progress.review import when

    if items := deck.set():
        return f"{len(items)} more can be asked now: `groundup review`."
    due = deck.next_due()
    return f"The next one is due {when(due, deck.store.now())}." if due else ""
