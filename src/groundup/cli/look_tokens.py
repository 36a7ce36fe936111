"""`groundup look tokens`: a text under several tokenizers, and the merges that make its tokens."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from groundup.cli.look_shared import DarkOption, OutOption, TextArgument, bar, cut, give, print_table, table
from groundup.cli.shared import JsonOption, complete_runs, console, examples, print_line
from groundup.common.errors import GroundupError
from groundup.common.formatting import make_printable

if TYPE_CHECKING:
    from rich.text import Text

    from groundup.lenses.merges import MergesTrace
    from groundup.lenses.tokens import Cut, TokensTrace

GROUNDS = ("black on #dedcd7", "black on #f6de45")
MOST_LINES = 10
MOST_STEPS = 24

EXAMPLES = examples(
    (
        "look tokens gpt-1 'To be, or not to be'",
        "beside the bytes, and published vocabularies that were fetched",
    ),
    ("look tokens gpt-1 'naïve café' --with bytes --with bpe:300 --languages", "beside these alone"),
    ("look tokens gpt-1 ' morning' --merges", "how byte pairs make its tokens, step by step"),
)


def add_to(group: typer.Typer) -> None:
    group.command(epilog=EXAMPLES)(tokens)


def tokens(
    tokenizer: Annotated[
        str,
        typer.Argument(
            help="A run, a published vocabulary (gpt2, llama, ...), a kind to learn now (bpe:512, words), or a "
            "tokenizer.json.",
            autocompletion=complete_runs,
            show_default=False,
        ),
    ],
    text: TextArgument,
    *,
    with_: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="Put this one beside it. Repeatable.",
            show_default="bytes and all vocabularies fetched",
        ),
    ] = None,
    languages: Annotated[
        bool, typer.Option("--languages", help="Count the same sentences in fifteen languages.")
    ] = False,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]PRICE", help="Price of a million tokens, of all or of one. Repeatable."),
    ] = None,
    merges: Annotated[
        bool, typer.Option("--merges", help="Replay the byte pairs of the first tokenizer instead.")
    ] = False,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """One text under several tokenizers, aligned: where each cuts it, and what that costs. - reads standard input."""
    from groundup.lenses.tokens import fetched_vocabularies, tokenizer_named, trace

    if text == "-":
        text = sys.stdin.read()
    if merges:
        if with_ or languages or price:
            raise GroundupError(
                "--merges looks at one tokenizer alone.", "Leave out --with, --languages and --price."
            )
        from groundup.lenses.merges import trace as replay

        replayed = replay(text, tokenizer_named(tokenizer, text), name=tokenizer)
        give(replayed, lambda: _show_merges(replayed), out=out, dark=dark, json=json)
        return
    beside = ["bytes", *fetched_vocabularies()] if with_ is None else with_
    found = trace(text, list(dict.fromkeys([tokenizer, *beside])), price=_prices(price), languages=languages)
    give(found, lambda: _show_tokens(found), out=out, dark=dark, json=json)


def _prices(given: list[str] | None) -> float | dict[str, float] | None:
    """`2.5` for all, or `gpt2=2.5` for one."""
    if not given:
        return None
    try:
        if len(given) == 1 and "=" not in given[0]:
            return float(given[0])
        pairs = [one.rpartition("=") for one in given]
        return (
            {name: float(amount) for name, _, amount in pairs if name}
            if all(p[0] for p in pairs)
            else float("-")
        )
    except ValueError:
        raise GroundupError(
            f"'{' '.join(given)}' is no price.", "Write --price 2.5 for all, or --price gpt2=2.5 for one."
        ) from None


# ---- tokens ------------------------------------------------------------------------------------------------


def _show_tokens(found: "TokensTrace") -> None:
    import numpy as np
    from rich.cells import cell_len

    from groundup.lenses.tokens import lines, spread_out

    terminal = console()
    room = [
        [max(cell_len(_seen(s)), len(str(i))) + 1 for s, i in zip(c.shown, c.ids, strict=True)]
        for c in found.cuts
    ]
    widths = np.ceil(spread_out(found.cuts, len(found.text), room))
    margin = max(len(one.name) for one in found.cuts) + 2
    every = lines(widths, terminal.width - margin, found.common)
    for span in every[:MOST_LINES]:
        for one in found.cuts:
            for line in _line(one, widths, span, margin):
                terminal.print(line, no_wrap=True, crop=False)
        print_line("")
    if len(every) > MOST_LINES:
        print_line(f"... and {len(found.text) - every[MOST_LINES - 1][1]:,} more characters", style="dim")
    _table(found)
    if found.languages:
        _show_languages(found)


def _seen(shown: str) -> str:
    return make_printable(shown.replace("\n", "⏎").replace(" ", "·")) or "∅"


def _line(one: "Cut", widths, span: tuple[int, int], margin: int) -> "tuple[Text, Text]":
    """The tokens of a stretch of the text, each on its ground, and their ids below. Partial ones are underlined."""
    from rich.text import Text

    from groundup.lenses.tokens import place_of

    first = float(widths[: span[0]].sum())
    above, below = Text(f"{one.name:<{margin}}"), Text(" " * margin)
    for number, (start, end) in enumerate(zip(one.starts, one.ends, strict=True)):
        if start >= span[1] or end <= span[0]:
            continue
        left, right = place_of(one, number, widths)
        left, right = max(round(left - first), 0), round(min(right, float(widths[: span[1]].sum())) - first)
        word, index = Text(_seen(one.shown[number])), Text(str(one.ids[number]), style="dim")
        for line, cell in ((above, word), (below, index)):
            cell.truncate(max(right - left - 1, 1), pad=True)
            line.append(" " * max(margin + left - line.cell_len, 0))
            if line is above:
                cell.stylize(GROUNDS[number % 2] + (" underline" if one.partial[number] else ""))
            line.append_text(cell)
    return above, below


def _table(found: "TokensTrace") -> None:
    from groundup.lenses.tokens import money

    most = max(len(one.ids) for one in found.cuts)
    priced = ["costs"] * bool(found.prices)
    made = table("", "tokens", " ", "bytes each", "vocabulary", "most cut", *priced, "lost",
                 right=("tokens", "bytes each", "vocabulary", "costs"))  # fmt: skip
    for one in found.cuts:
        worst = max(zip(one.per_word, found.words, strict=True), default=(0, ""))
        cost = ["-" if one.cost is None else money(one.cost)] * len(priced)
        lost = cut(", ".join(dict.fromkeys(part.strip() for part in one.lost)), 24) if one.lost else ""
        made.add_row(one.name, f"{len(one.ids):,}", bar(len(one.ids), most), f"{one.bytes_per_token:.2f}",
                     f"{one.vocab_size:,}", f"{worst[0]} in {cut(worst[1], 14)}", *cost, lost)  # fmt: skip
    print_table(made)
    if any(any(one.partial) for one in found.cuts):
        print_line("Underlined tokens begin or end within a character; \\xf0 is a byte.", style="dim")


def _show_languages(found: "TokensTrace") -> None:
    import math

    ratios = found.against_english()
    print_line("")
    print_line("The same three sentences, in tokens; and how many times those of English:", style="dim")
    names = [one.name for one in found.cuts]
    made = table("", *names, right=names)
    for column, language in enumerate(found.languages):
        counted = zip(found.language_tokens[:, column], ratios[:, column], strict=True)
        cells = ["-" if math.isnan(ratio) else f"{count} ×{ratio:.1f}" for count, ratio in counted]
        made.add_row(language, *cells)
    print_table(made)


# ---- merges ------------------------------------------------------------------------------------------------


def _show_merges(found: "MergesTrace") -> None:
    """Of a short text each step with its tokens; of a long one the pairs with their counts."""
    from rich.text import Text

    terminal = console()
    words = f"{found.bytes:,} bytes become {len(found.ids):,} tokens in {len(found.steps):,} merges"
    print_line(f"{found.name}: {words}", style="bold")
    if found.short:
        terminal.print(Text("   bytes  ", style="dim").append_text(_parts(found.start, "")))
    made = table("", "pair", "times", " ", "token", "id", "tokens left", "text" if found.short else "as in",
                 right=("", "times", "id", "tokens left"))  # fmt: skip
    most = max((step.count for step in found.steps), default=1)
    for number, step in enumerate(found.steps[:MOST_STEPS], start=1):
        pair = "looked up whole" if step.whole else f"{_seen(step.left)} + {_seen(step.right)}"
        made.add_row(str(number), pair, f"{step.count:,}", bar(step.count, most, 5), _seen(step.token), str(step.id),
                     f"{step.tokens:,}", _parts(step.after, step.token))  # fmt: skip
    print_table(made)
    if len(found.steps) > MOST_STEPS:
        print_line(f"... and {len(found.steps) - MOST_STEPS:,} more merges", style="dim")


def _parts(parts: list[str], new: str) -> "Text":
    from rich.text import Text

    line = Text()
    for part in parts:
        line.append(_seen(part), style=GROUNDS[part == new]).append(" ")
    return line
