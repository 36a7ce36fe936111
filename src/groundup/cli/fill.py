"""`groundup fill`: BERT says what belongs in the blanks of a sentence."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.shared import JsonOption, Stopped, complete_corpora, console, examples, print_json, say
from groundup.common.errors import GroundupError
from groundup.common.formatting import corpus_title, format_duration, make_printable

if TYPE_CHECKING:
    from groundup.training.fit import Scores
    from groundup.training.masked import Filled

BUDGET, CORPUS = "60s", "shakespeare"
EXAMPLES = examples(
    (
        "fill 'to be or not to ____'",
        "the five likeliest words; the first time it trains on Shakespeare first",
    ),
    ("fill 'my ____ lord, I ____ thee well'", "several blanks, each filled for itself"),
    ("fill --train 3min 'the king is ____'", "train it anew, longer"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(fill)


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
            metavar="BUDGET", help="Train it anew, so long: 60s, 500steps.", show_default=f"{BUDGET}, once"
        ),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            help="What it is trained on: a corpus by name, a file, a folder.",
            autocompletion=complete_corpora,
            show_default=CORPUS,
        ),
    ] = None,
    top: Annotated[int, typer.Option(help="How many words to show for each blank.", min=1)] = 5,
    seed: Annotated[int, typer.Option(help="Of the training.", min=0)] = 1,
    json: JsonOption = False,
) -> None:
    """Fill the blanks of a sentence by reading it whole, before each blank and after it.

    This is BERT, the transformer's encoder alone. It is trained the first time, and kept.
    """
    from groundup.training import masked

    if text == "-":
        text = sys.stdin.read()
    masked.blanks_in(text)  # a text without one is said before anything is trained
    if train is not None or not masked.is_trained():
        _train(train or BUDGET, corpus or CORPUS, seed, json)
    model, words, about = masked.load()
    if corpus is not None and train is None:
        _check_corpus(corpus, about)
    _report(about)
    found = masked.fill(model, words, text, top)
    if found.unknown:
        say(f"Unknown to this model, and read as such: {', '.join(found.unknown)}", error=True, style="dim")
    if json:
        blanks = [[{"word": word, "probability": share} for word, share in blank] for blank in found.blanks]
        facts = {"corpus": about["facts"]["corpus"], "scores": about["scores"]}
        print_json({"text": text, "best": found.best(), "blanks": blanks, "unknown": found.unknown, **facts})
    else:
        _show(found)


def _train(budget: str, corpus: str, seed: int, json: bool) -> None:
    from groundup.common.fetching import Fetching
    from groundup.text.corpora import load_corpus
    from groundup.training import masked
    from groundup.training.budget import Budget
    from groundup.training.fit import FitView

    wanted = Budget.parse(budget)
    with Fetching(console(error=True)) as progress:
        loaded = load_corpus(corpus, progress)
    say(f"bert learns to fill blanks in {corpus_title(loaded.spec)} ({budget}), this once.", error=True)
    with FitView(console(error=True), "bert", _in_words) as view:
        summary = masked.train(loaded, wanted, seed=seed, listen=view)
    if summary["reason"] == "interrupted":
        raise Stopped(
            "Stopped. What was learnt is saved.",
            "Use it as it is with `groundup fill TEXT`, or train it anew with --train.",
        )


def _in_words(scores: "Scores") -> str:
    return f"{scores['accuracy']:.1%} of masked words right"


def _check_corpus(corpus: str, about: dict[str, Any]) -> None:
    """A person who names a corpus wants a model of that corpus."""
    from groundup.text.corpora import load_corpus

    if load_corpus(corpus).spec != about["facts"]["corpus"]:
        raise GroundupError(
            f"The model that is kept was trained on {about['facts']['corpus']}.",
            f"Train it anew on yours with --train {BUDGET} --corpus {corpus}, or leave out --corpus.",
        )


def _report(about: dict[str, Any]) -> None:
    """Which model it is, and how good, on standard error."""
    facts, scores = about["facts"], about["scores"]
    say(
        f"bert on {corpus_title(facts['corpus'])}, {facts['steps']:,} steps in {format_duration(facts['seconds'])}: "
        f"{scores['accuracy']:.1%} of masked words right, by the commonest word alone "
        f"{scores['common_accuracy']:.1%}",
        error=True,
        style="dim",
    )


def _show(found: "Filled") -> None:
    """The text with the likeliest words, then for each blank the words with their probabilities."""
    say(make_printable(found.best().strip()), style="bold")
    for number, blank in enumerate(found.blanks, start=1):
        say("")
        if len(found.blanks) > 1:
            say(f"blank {number}", style="dim")
        longest = max(len(word) for word, _ in blank)
        for word, share in blank:
            say(f"  {word.ljust(longest)}  {share:6.1%}  {'█' * round(30 * share)}".rstrip())
