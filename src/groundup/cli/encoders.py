"""The models with an encoder: `groundup fill` fills blanks with BERT, `groundup translate` translates dates."""

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.look import DarkOption, OutOption, give
from groundup.cli.look_print import shade
from groundup.cli.shared import (
    JsonOption,
    Stopped,
    complete_corpora,
    console,
    examples,
    print_json,
    print_line,
)
from groundup.common.errors import GroundupError
from groundup.common.formatting import corpus_title, format_duration, make_printable

if TYPE_CHECKING:
    from groundup.training.fit import Scores
    from groundup.training.masked import Filled
    from groundup.training.translation import Rewritten

FILL_BUDGET, FILL_CORPUS = "60s", "shakespeare"
FILL_EXAMPLES = examples(
    (
        "fill 'to be or not to ____'",
        "the five likeliest words; the first time it trains on Shakespeare first",
    ),
    ("fill 'my ____ lord, I ____ thee well'", "several blanks, each filled for itself"),
    ("fill --train 3min 'the king is ____'", "train it again, longer"),
)


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    group.command("train")(train_translation)
    for name, summary in TRANSLATORS.items():
        group.command(name, help=summary)(_translate_command(name))
    app.add_typer(
        group,
        name="translate",
        help="Translate dates, and see the alignment of source and target.",
        epilog=TRANSLATE_EXAMPLES,
    )
    app.command(epilog=FILL_EXAMPLES)(fill)


def fill(
    text: Annotated[
        str,
        typer.Argument(
            help="A sentence with ____ for each missing word, or - for standard input.", show_default=False
        ),
    ],
    *,
    train: Annotated[
        str | None,
        typer.Option(
            metavar="BUDGET",
            help="Train it again, for this long: 60s, 500steps.",
            show_default=f"{FILL_BUDGET}, once",
        ),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            help="What it is trained on: a corpus by name, a file, a folder.",
            autocompletion=complete_corpora,
            show_default=FILL_CORPUS,
        ),
    ] = None,
    top: Annotated[int, typer.Option(help="How many words to show for each blank.", min=1)] = 5,
    seed: Annotated[int, typer.Option(help="Of the training.", min=0)] = 1,
    json: JsonOption = False,
) -> None:
    """Fill the blanks of a sentence by reading it whole, before each blank and after it.

    This is BERT, the transformer's encoder alone. It is trained at the first use, and saved.
    """
    from groundup.training import masked

    if text == "-":
        text = sys.stdin.read()
    masked.blanks_in(text)  # a text without a blank is an error before anything is trained
    if train is not None or not masked.is_trained():
        _train_bert(train or FILL_BUDGET, corpus or FILL_CORPUS, seed, json)
    model, words, about = masked.load()
    if corpus is not None and train is None:
        _check_corpus(corpus, about)
    _report_bert(about)
    filled = masked.fill(model, words, text, top)
    if filled.unknown:
        print_line(
            f"Unknown to this model, and read as such: {', '.join(filled.unknown)}", error=True, style="dim"
        )
    if json:
        blanks = [[{"word": word, "probability": share} for word, share in blank] for blank in filled.blanks]
        facts = {"corpus": about["facts"]["corpus"], "scores": about["scores"]}
        print_json(
            {"text": text, "best": filled.best(), "blanks": blanks, "unknown": filled.unknown, **facts}
        )
    else:
        _print_filled(filled)


def _train_bert(budget: str, corpus: str, seed: int, json: bool) -> None:
    from groundup.common.fetching import Fetching
    from groundup.text.corpora import load_corpus
    from groundup.training import masked
    from groundup.training.budget import Budget
    from groundup.training.fit import FitView

    limit = Budget.parse(budget)
    with Fetching(console(error=True)) as progress:
        loaded = load_corpus(corpus, progress)
    print_line(
        f"bert learns to fill blanks in {corpus_title(loaded.spec)} ({budget}), this once.", error=True
    )
    with FitView(console(error=True), "bert", _accuracy_text) as view:
        summary = masked.train(loaded, limit, seed=seed, listen=view)
    if summary["reason"] == "interrupted":
        raise Stopped(
            "Stopped. What was learnt is saved.",
            "Use it as it is with `groundup fill TEXT`, or train it again with --train.",
        )


def _accuracy_text(scores: "Scores") -> str:
    return f"{scores['accuracy']:.1%} of masked words right"


def _check_corpus(corpus: str, about: dict[str, Any]) -> None:
    """A person who names a corpus wants a model of that corpus."""
    from groundup.text.corpora import load_corpus

    if load_corpus(corpus).spec != about["facts"]["corpus"]:
        raise GroundupError(
            f"The saved model was trained on {about['facts']['corpus']}.",
            f"Train it again on yours with --train {FILL_BUDGET} --corpus {corpus}, or leave out --corpus.",
        )


def _report_bert(about: dict[str, Any]) -> None:
    """Which model it is, and how good, on standard error."""
    facts, scores = about["facts"], about["scores"]
    print_line(
        f"bert on {corpus_title(facts['corpus'])}, {facts['steps']:,} steps in {format_duration(facts['seconds'])}: "
        f"{scores['accuracy']:.1%} of masked words right, by the commonest word alone "
        f"{scores['common_accuracy']:.1%}",
        error=True,
        style="dim",
    )


def _print_filled(filled: "Filled") -> None:
    """The text with the likeliest words, then for each blank the words with their probabilities."""
    print_line(make_printable(filled.best().strip()), style="bold")
    for number, blank in enumerate(filled.blanks, start=1):
        print_line("")
        if len(filled.blanks) > 1:
            print_line(f"blank {number}", style="dim")
        longest = max(len(word) for word, _ in blank)
        for word, share in blank:
            print_line(f"  {word.ljust(longest)}  {share:6.1%}  {'█' * round(30 * share)}".rstrip())


TRANSLATORS = {
    "seq2seq": "Translate dates with the recurrent encoder-decoder and its attention (Bahdanau et al. 2015).",
    "encoder-decoder": "Translate dates with the whole transformer of 2017 and its cross-attention.",
}
TRANSLATE_EXAMPLES = examples(
    ("translate train seq2seq", "train it on generated dates, for about a minute"),
    ("translate seq2seq '3rd of March 1999'", "its translation of a date, and where it looked"),
    (
        "translate encoder-decoder 'March the 3rd, 1999' 'WED 3 MAR 1999' --out alignment.png",
        "two dates, drawn",
    ),
)


def complete_translators(incomplete: str) -> list[str]:
    return [name for name in TRANSLATORS if name.startswith(incomplete)]


def train_translation(
    model: Annotated[
        str,
        typer.Argument(
            help="seq2seq or encoder-decoder.", autocompletion=complete_translators, show_default=False
        ),
    ],
    *,
    budget: Annotated[
        str | None,
        typer.Option(help="How long to train: 90s, 2min, 500steps.", show_default="about a minute"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same numbers on the same machine.", min=0)] = 1,
    json: JsonOption = False,
) -> None:
    """Train one of the two on generated dates.

    The scores on the way are of dates that it never sees in training. Ctrl-C ends it, and keeps what was learnt.
    """
    from groundup.training import translation
    from groundup.training.budget import Budget
    from groundup.training.fit import FitView

    translation.preset(model)  # a wrong name is an error before anything is drawn
    with FitView(console(error=json), model, _exact_text) as view:
        summary = translation.train(model, Budget.parse(budget) if budget else None, seed=seed, listen=view)
    if json:
        print_json(summary)
    else:
        spent = f"{summary['steps']:,} steps, {format_duration(summary['seconds'])} of training"
        print_line(
            f"{model}: {summary['exact']:.1%} of held-out dates exact after {spent}. It is in {summary['folder']}"
        )
    if summary["reason"] == "interrupted":
        raise Stopped(
            "Stopped. What was learnt is saved.", f"Train it again with: groundup translate train {model}"
        )
    if not json:
        print_line(f"Next: groundup translate {model} '3rd of March 1999'", style="dim")


def _exact_text(scores: "Scores") -> str:
    return f"{scores['exact']:.1%} exact"


def _translate_command(name: str) -> Callable[..., None]:
    """The command of one model; typer reads the signature of the inner function."""

    def translate(
        texts: Annotated[list[str], typer.Argument(help="Dates as people write them.", show_default=False)],
        *,
        out: OutOption = None,
        dark: DarkOption = False,
        json: JsonOption = False,
    ) -> None:
        from groundup.lenses import alignment
        from groundup.training import translation

        model, about = translation.load(name)
        trace = alignment.trace(model, texts)
        exact, steps = about["scores"]["exact"], about["facts"]["steps"]
        print_line(f"{name}: {exact:.1%} of held-out dates exact, {steps:,} steps", error=True, style="dim")
        give(trace, partial(_print_alignments, trace.texts), out=out, dark=dark, json=json)

    return translate


def _print_alignments(texts: "list[Rewritten]") -> None:
    """Each result, and a grid: a row for each character written, darkest where it looked."""
    from rich.text import Text

    terminal = console()
    for translation in texts:
        print_line(f"{make_printable(translation.text)} → {translation.result or '(nothing)'}")
        wide = 2 if 2 * len(translation.text) + 4 <= terminal.width else 1
        print_line("    " + "".join(char.ljust(wide) for char in translation.text), style="dim")
        for char, row in zip(translation.result, translation.mean_alignment(), strict=True):
            terminal.print(Text(f"  {char} ").append_text(shade(row.tolist(), wide=wide)), soft_wrap=True)
