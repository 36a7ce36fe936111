"""`groundup look`: see what a model does inside. One command for each lens.

A lens without a command of its own here gets one from its entry in the registry. What is printed is in look_print.py.
"""

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from groundup.cli import look_print
from groundup.cli.shared import (
    JsonOption,
    checkpoint,
    complete_runs,
    examples,
    print_json,
    print_line,
    report_loaded,
)
from groundup.common.errors import GroundupError
from groundup.lenses.registry import Lens, Option, lenses

if TYPE_CHECKING:
    from groundup.generation import Sampling
    from groundup.lenses.hooked_model import HookedModel
    from groundup.lenses.trace import Trace

RunArgument = Annotated[
    str,
    typer.Argument(
        help="A run's name, or hf: and a folder, .gguf file or name of transformers' GPT-2 or Llama.",
        autocompletion=complete_runs,
        show_default=False,
    ),
]
TextArgument = Annotated[str, typer.Argument(help="The text it reads.", show_default=False)]
OutOption = Annotated[
    Path | None, typer.Option(help="Write the picture (.png, .svg) or the numbers (.json) to this file.")
]
DarkOption = Annotated[bool, typer.Option("--dark", help="Draw the picture on a dark ground.")]
CheckpointOption = Annotated[
    str | None, typer.Option("--checkpoint", help="best or last.", show_default="best")
]
RowsOption = Annotated[int, typer.Option(min=1, help="How many lines to show.")]

TemperatureOption = Annotated[float, typer.Option(help="Below 1 is bolder, above 1 wilder, 0 is greedy.")]
TopKOption = Annotated[int, typer.Option(help="Keep the k likeliest tokens; 0 is off.")]
TopPOption = Annotated[
    float, typer.Option(help="Keep the likeliest that hold this much probability; 1 is off.")
]
MinPOption = Annotated[
    float, typer.Option(help="Drop tokens less than this times as likely as the likeliest; 0 is off.")
]
TypicalOption = Annotated[float, typer.Option(help="Keep the most typical that hold this much; 1 is off.")]
PenaltyOption = Annotated[float, typer.Option(help="Make what was said less likely, such as 1.2; 1 is off.")]
LOOK_EXAMPLES = examples(
    ("look attention gpt-1 'To be, or not to be'", "every head: where it looks, and what it is"),
    ("look gates word-gru-1 'my lord, what news?'", "gates that open and close along a text"),
    ("look gradient-flow char-rnn-1 'To be, or not to be'", "how far back a prediction can be traced"),
)
group = typer.Typer(no_args_is_help=True, help="Look inside a model, through one of the lenses.")


def look_at(run: str, checkpoint_: str | None = None) -> "HookedModel":
    """The model to look at; says on standard error which it is."""
    from groundup.lenses.hooked_model import hooked_model
    from groundup.training.run import Run

    which = checkpoint(checkpoint_)
    if run.startswith("hf:"):
        if which is not None:
            raise GroundupError("A model of transformers has no checkpoints.", "Leave out --checkpoint.")
        print_line(f"Reading {run} ...", error=True, style="dim")
        return hooked_model(run)
    opened = Run.open(run)
    hooked = hooked_model(opened, which)
    report_loaded(opened, which)
    return hooked


def give(
    trace: "Trace", show: Callable[[], None], *, out: Path | None, dark: bool, json: bool, **how: Any
) -> None:
    """The end of every `look` command: JSON or what the terminal shows, and the file if one was asked for.

    `how` goes on to the trace's `plot`.
    """
    written = None if out is None else trace.save(out, dark=dark, **how)
    if json:
        print_json(trace.to_json())
        return
    show()
    if written is not None:
        print_line(f"Wrote {written}", style="dim")


# ---- attention ---------------------------------------------------------------------------------------------

ATTENTION_EXAMPLES = examples(
    ("look attention gpt-1 'To be, or not to be' --out heads.png", "all heads, and a picture of each"),
    ("look attention gpt-1 'To be, or not to be' --layer 1 --head 0", "one head, number by number"),
    ("look attention gpt-1 'To be, or not to be' --switch-off mean", "what it costs to be without each head"),
    (
        "look attention hf:smollm2 'The cat sat on the mat. The cat'",
        "a real model: groundup assets fetch smollm2",
    ),
)


@group.command(epilog=ATTENTION_EXAMPLES)
def attention(
    run: RunArgument,
    text: TextArgument,
    *,
    layer: Annotated[
        int | None, typer.Option(help="Take one head apart: its layer, from 0.", show_default=False)
    ] = None,
    head: Annotated[int | None, typer.Option(help="And its number, from 0.", show_default=False)] = None,
    position: Annotated[
        int | None, typer.Option(help="The token whose row is taken apart, from 0.", show_default="the last")
    ] = None,
    switch_off: Annotated[
        str | None,
        typer.Option(
            metavar="mean|zero",
            help="Switch off each head in turn, by putting its mean or zero in its place, and give the loss.",
            show_default=False,
        ),
    ] = None,
    rows: RowsOption = 40,
    checkpoint: CheckpointOption = None,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """Where every head looks; one head number by number; or what it costs to be without each."""
    from groundup.lenses import ablation
    from groundup.lenses import attention as lens
    from groundup.lenses import head as head_lens

    if (layer is None) != (head is None):
        raise GroundupError("One head has a layer and a number.", "Give both --layer and --head.")
    if switch_off is not None and layer is not None:
        raise GroundupError(
            "Heads are switched off one after another, all of them.", "Leave out --layer and --head."
        )
    if position is not None and layer is None:
        raise GroundupError("A row belongs to one head.", "Give --layer and --head too.")
    hooked = look_at(run, checkpoint)
    output: dict[str, Any] = {"out": out, "dark": dark, "json": json}
    if switch_off is not None:
        without = ablation.ablate_heads(hooked, text, switch_off)  # type: ignore[arg-type]  # it checks
        give(without, lambda: look_print.print_ablation(without), **output)
    elif layer is not None and head is not None:
        numbers = head_lens.trace(hooked, text, layer, head, position)
        give(numbers, lambda: look_print.print_head(numbers), **output)
    else:
        trace = lens.trace(hooked, text)
        give(trace, lambda: look_print.print_heads(trace, hooked, rows), **output)


# ---- gates -------------------------------------------------------------------------------------------------

GATES_EXAMPLES = examples(
    ("look gates word-gru-1 'my lord, what news?'", "the units whose gates move most"),
    (
        "look gates lstm-attention-1 'my lord, what news?' --out gates.png",
        "input, forget and output gates, drawn",
    ),
)


@group.command(epilog=GATES_EXAMPLES)
def gates(
    run: RunArgument,
    text: TextArgument,
    *,
    layer: Annotated[int, typer.Option(help="Which recurrent layer.", show_default="the top one")] = -1,
    rows: RowsOption = 6,
    checkpoint: CheckpointOption = None,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """What a recurrent model keeps, writes and shows, token by token: the units that move most."""
    from groundup.lenses import gates as lens

    trace = lens.trace(look_at(run, checkpoint), text)
    layer = lens.check_layer(trace, layer)
    give(
        trace, lambda: look_print.print_gates(trace, layer, rows), out=out, dark=dark, json=json, layer=layer
    )


# ---- gradient flow -----------------------------------------------------------------------------------------

GRADIENT_FLOW_EXAMPLES = examples(
    ("look gradient-flow char-rnn-1 'To be, or not to be'", "what the last letter was predicted from"),
    (
        "look gradient-flow char-rnn-1 'To be, or not to be' --beside gpt-1 --out gradient-flow.png",
        "two models on one text",
    ),
)


@group.command(epilog=GRADIENT_FLOW_EXAMPLES)
def gradient_flow(
    run: RunArgument,
    text: TextArgument,
    *,
    at: Annotated[
        int | None, typer.Option(help="The token that is predicted, from 1.", show_default="the last")
    ] = None,
    of: Annotated[
        str, typer.Option(metavar="loss|logit", help="The gradient of its loss, or of its logit.")
    ] = "loss",
    beside: Annotated[
        list[str] | None,
        typer.Option(help="Another run on the same text. Repeatable.", autocompletion=complete_runs),
    ] = None,
    rows: RowsOption = 24,
    checkpoint: CheckpointOption = None,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """How much a prediction depends on each earlier token, and how that decays: for one model, or for several."""
    from groundup.lenses import gradient_flow as lens

    if beside and at is not None:
        raise GroundupError(
            "Models have tokens of their own, so --at fits only one.", "Leave out --at or --beside."
        )
    output: dict[str, Any] = {"out": out, "dark": dark, "json": json}
    if beside:
        several = lens.compare_gradient_flow([look_at(name, checkpoint) for name in (run, *beside)], text, of)  # type: ignore[arg-type]  # it checks
        give(several, lambda: look_print.print_gradient_flows(several), **output)
        return
    trace = lens.trace(look_at(run, checkpoint), text, at, of)  # type: ignore[arg-type]  # it checks
    give(trace, lambda: look_print.print_gradient_flow(trace, rows), **output)


# ---- next --------------------------------------------------------------------------------------------------

NEXT_EXAMPLES = examples(
    ("look next gpt-1 'To be, or not to'", "what the model says comes next"),
    ("look next gpt-1 'To be, or not to' --temperature 0.8 --top-p 0.9", "and what each filter leaves"),
    ("look next gpt-1 'To be, or not to' --draws 1000 --out next.png", "throw the die 1,000 times"),
)


@group.command("next", epilog=NEXT_EXAMPLES)
def next_(
    run: RunArgument,
    text: TextArgument,
    *,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    min_p: MinPOption = 0.0,
    typical: TypicalOption = 1.0,
    repetition_penalty: PenaltyOption = 1.0,
    draws: Annotated[int, typer.Option(min=0, help="Draw so many tokens, and count them.")] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same draws.")] = 0,
    rows: RowsOption = 15,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """How the next token is chosen: the scores, each filter, and the die, over the whole vocabulary."""
    from groundup.lenses import next_token as lens

    sampling = _sampling(
        temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, typical=typical,
        repetition_penalty=repetition_penalty, seed=seed,
    )  # fmt: skip
    trace = lens.trace(look_at(run, checkpoint), text, sampling, draws=draws)
    give(trace, lambda: look_print.print_next(trace, rows), out=out, dark=dark, json=json)


def _sampling(
    *, temperature: float, top_k: int, top_p: float, min_p: float, typical: float, repetition_penalty: float,
    seed: int = 0,
) -> "Sampling":  # fmt: skip
    from groundup.generation import Sampling

    return Sampling(temperature, top_k, top_p, min_p, typical, repetition_penalty, seed)


# ---- tree --------------------------------------------------------------------------------------------------

TREE_EXAMPLES = examples(
    ("look tree gpt-1 'To be'", "the three likeliest, and the three after each"),
    ("look tree gpt-1 'To be' --breadth 2 --depth 6 --out tree.png", "narrow and far, as a picture"),
)


@group.command(epilog=TREE_EXAMPLES)
def tree(
    run: RunArgument,
    text: TextArgument,
    *,
    breadth: Annotated[int, typer.Option(help="Branches at each fork.")] = 3,
    depth: Annotated[int, typer.Option(help="How many tokens far.")] = 3,
    temperature: TemperatureOption = 1.0,
    top_k: TopKOption = 0,
    top_p: TopPOption = 1.0,
    min_p: MinPOption = 0.0,
    typical: TypicalOption = 1.0,
    repetition_penalty: PenaltyOption = 1.0,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """A tree of continuations: what could come next, and after each of those, with probabilities."""
    from groundup.lenses import tree as lens

    sampling = _sampling(
        temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, typical=typical,
        repetition_penalty=repetition_penalty,
    )  # fmt: skip
    trace = lens.trace(look_at(run, checkpoint), text, breadth=breadth, depth=depth, sampling=sampling)
    give(trace, lambda: look_print.print_tree(trace), out=out, dark=dark, json=json)


# ---- logits ------------------------------------------------------------------------------------------------

LOGITS_EXAMPLES = examples(
    ("look logits gpt-1 'To be, or not to be'", "what each layer would say comes next"),
    ("look logits gpt-1 'To be, or not to be' --token the", "and how one token fares on the way up"),
)


@group.command(epilog=LOGITS_EXAMPLES)
def logits(
    run: RunArgument,
    text: TextArgument,
    *,
    token: Annotated[str | None, typer.Option(help="A token to follow through the layers.")] = None,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """Logit lens: what the model would say if it stopped after each layer."""
    from groundup.lenses import logit_lens as lens

    trace = lens.trace(look_at(run, checkpoint), text, token=token)
    give(trace, lambda: look_print.print_logits(trace), out=out, dark=dark, json=json)


# ---- residual ----------------------------------------------------------------------------------------------

RESIDUAL_EXAMPLES = examples(
    ("look residual gpt-1 'To be, or not to'", "which heads and layers say the likeliest next token"),
    ("look residual gpt-1 'To be, or not to' --token be --against the", "what decides between two tokens"),
)


@group.command(epilog=RESIDUAL_EXAMPLES)
def residual(
    run: RunArgument,
    text: TextArgument,
    *,
    token: Annotated[
        str | None, typer.Option(help="The token that may follow.", show_default="the likeliest")
    ] = None,
    against: Annotated[str | None, typer.Option(help="Rather than this token: the difference.")] = None,
    position: Annotated[
        int, typer.Option(help="After which token of the text, from 0; -1 is the last.")
    ] = -1,
    rows: RowsOption = 24,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """Residual stream: what each head and layer adds, and says for or against a token."""
    from groundup.lenses import residual as lens

    trace = lens.trace(look_at(run, checkpoint), text, token=token, against=against, position=position)
    give(trace, lambda: look_print.print_residual(trace, rows), out=out, dark=dark, json=json)


# ---- embeddings --------------------------------------------------------------------------------------------

EMBEDDINGS_EXAMPLES = examples(
    ("look embeddings word-gru-1", "the 60 most frequent tokens on a plane (PCA)"),
    ("look embeddings word-gru-1 --method tsne --count 200 --out words.png", "by neighbourhood"),
    ("look embeddings word-gru-1 --seeds 4 --out seeds.png", "the same vectors, four seeds of t-SNE"),
    ("look embeddings word-gru-1 --nearest king", "which vectors point the same way"),
    ("look embeddings word-gru-1 --analogy 'king - man + woman'", "arithmetic with words"),
    ("look embeddings gpt-1 --of positions", "the vectors that say where a token stands"),
)


@group.command(epilog=EMBEDDINGS_EXAMPLES)
def embeddings(
    run: RunArgument,
    tokens: Annotated[
        list[str] | None, typer.Argument(help="Which tokens.", show_default="the most frequent")
    ] = None,
    *,
    count: Annotated[int, typer.Option(help="How many of the most frequent.")] = 60,
    of: Annotated[
        Literal["tokens", "positions"], typer.Option(help="Vectors of tokens or of positions.")
    ] = "tokens",
    method: Annotated[Literal["pca", "tsne"], typer.Option(help="How to draw them on a plane.")] = "pca",
    perplexity: Annotated[
        float, typer.Option(help="t-SNE: about how many neighbours each point keeps.")
    ] = 15.0,
    seed: Annotated[int, typer.Option(help="t-SNE: same seed, same picture.")] = 0,
    seeds: Annotated[int, typer.Option(min=0, max=9, help="t-SNE from so many seeds, side by side.")] = 0,
    nearest: Annotated[str | None, typer.Option(help="Only the nearest to this token.")] = None,
    analogy: Annotated[str | None, typer.Option(help="Only the nearest to a - b + c.")] = None,
    rows: RowsOption = 10,
    out: OutOption = None,
    dark: DarkOption = False,
    checkpoint: CheckpointOption = None,
    json: JsonOption = False,
) -> None:
    """The vectors that stand for tokens: on a plane, who is near whom, and arithmetic with them."""
    from groundup.lenses import embeddings as lens
    from groundup.lenses import neighbours

    words = None if analogy is None else _analogy(analogy)
    hooked = look_at(run, checkpoint)
    if nearest is not None:
        near = neighbours.nearest(hooked, nearest, rows, of=of)
        give(near, lambda: look_print.print_near(near), out=out, dark=dark, json=json)
    elif words is not None:
        near = neighbours.analogy(hooked, *words, n=rows)
        give(near, lambda: look_print.print_near(near), out=out, dark=dark, json=json)
    elif seeds:
        several = lens.compare_seeds(
            hooked, seeds=range(1, seeds + 1), of=of, tokens=tokens or count, perplexity=perplexity
        )
        give(several, lambda: look_print.print_seeds(several), out=out, dark=dark, json=json)
    else:
        trace = lens.trace(
            hooked, of=of, tokens=tokens or count, method=method, perplexity=perplexity, seed=seed
        )
        give(trace, lambda: look_print.print_plane(trace), out=out, dark=dark, json=json)


def _analogy(asked: str) -> tuple[str, str, str]:
    """The three words of "king - man + woman"."""
    match = re.fullmatch(r"\s*(\S+)\s+[-−]\s+(\S+)\s+\+\s+(\S+)\s*", asked)
    if match is None:
        raise GroundupError(f"'{asked}' is no analogy.", "Write it as 'king - man + woman', with the spaces.")
    return match[1], match[2], match[3]


# ---- tokens ------------------------------------------------------------------------------------------------

TOKENS_EXAMPLES = examples(
    (
        "look tokens gpt-1 'To be, or not to be'",
        "beside the bytes, and published vocabularies that were fetched",
    ),
    ("look tokens gpt-1 'naïve café' --with bytes --with bpe:300 --languages", "beside these alone"),
    ("look tokens gpt-1 ' morning' --merges", "how byte pairs make its tokens, step by step"),
)


@group.command(epilog=TOKENS_EXAMPLES)
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
    from groundup.lenses import tokens as lens

    if text == "-":
        text = sys.stdin.read()
    if merges:
        if with_ or languages or price:
            raise GroundupError(
                "--merges looks at one tokenizer alone.", "Leave out --with, --languages and --price."
            )
        from groundup.lenses.merges import trace as replay

        replayed = replay(text, lens.tokenizer_named(tokenizer, text), name=tokenizer)
        give(replayed, lambda: look_print.print_merges(replayed), out=out, dark=dark, json=json)
        return
    beside = ["bytes", *lens.fetched_vocabularies()] if with_ is None else with_
    trace = lens.trace(
        text, list(dict.fromkeys([tokenizer, *beside])), price=_prices(price), languages=languages
    )
    give(trace, lambda: look_print.print_tokens(trace), out=out, dark=dark, json=json)


def _prices(prices: list[str] | None) -> float | dict[str, float] | None:
    """`2.5` for all, or `gpt2=2.5` for one."""
    if not prices:
        return None
    try:
        if len(prices) == 1 and "=" not in prices[0]:
            return float(prices[0])
        pairs = [price.rpartition("=") for price in prices]
        return (
            {name: float(amount) for name, _, amount in pairs if name}
            if all(p[0] for p in pairs)
            else float("-")
        )
    except ValueError:
        raise GroundupError(
            f"'{' '.join(prices)}' is no price.", "Write --price 2.5 for all, or --price gpt2=2.5 for one."
        ) from None


# ---- weights -----------------------------------------------------------------------------------------------

WEIGHTS_EXAMPLES = examples(
    ("look weights gpt-1", "every part with its size, and how its weights are spread"),
    ("look weights gpt-1 --out weights.png", "the largest matrices with their singular values"),
)


@group.command(epilog=WEIGHTS_EXAMPLES)
def weights(
    run: RunArgument,
    *,
    checkpoint_: CheckpointOption = None,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """What a model is made of: its parts with shapes and sizes, and how their weights are spread.

    Instead of a run it can also be a .safetensors file.
    """
    from groundup.lenses import weights as lens

    if run.endswith(".safetensors"):
        checkpoint(checkpoint_)
        trace = lens.trace(run)
    else:
        hooked = look_at(run, checkpoint_)
        trace = lens.trace(hooked.model, name=hooked.name)
    give(trace, lambda: look_print.print_weights(trace), out=out, dark=dark, json=json)


# ---- training ----------------------------------------------------------------------------------------------

TRAINING_EXAMPLES = examples(
    ("look training gpt-1", "its curves, its samples, and what they say"),
    ("look training gpt-1 --out training.png", "the same as a picture"),
)


@group.command(epilog=TRAINING_EXAMPLES)
def training(
    run: Annotated[
        str, typer.Argument(help="A run's name.", autocompletion=complete_runs, show_default=False)
    ],
    *,
    out: OutOption = None,
    dark: DarkOption = False,
    json: JsonOption = False,
) -> None:
    """How a training went: loss, gradients, updates and samples, and in words whether something is wrong."""
    from groundup.lenses import training as lens

    trace = lens.trace(run)
    give(trace, lambda: look_print.print_training(trace), out=out, dark=dark, json=json)


# ---- any other lens ------------------------------------------------------------------------------------------


def add_commands() -> None:
    """A command for each lens of the registry that has none yet; then all in the registry's order."""
    names = {_name(command) for command in group.registered_commands}
    for lens in lenses():
        if lens.command and lens.name not in names:
            group.command(lens.name)(_command(lens))
    places = {lens.name: place for place, lens in enumerate(lenses())}
    group.registered_commands.sort(key=lambda command: places[_name(command)])


def _name(command: Any) -> str:
    """The name that typer gives a command."""
    return command.name or command.callback.__name__.replace("_", "-")


def _command(lens: Lens) -> Callable[..., None]:
    """The command of a lens, with the options of its entry."""

    def command(
        run: str,
        text: str = "",
        *,
        checkpoint: str | None,
        out: Path | None,
        dark: bool,
        json: bool,
        **options: Any,
    ) -> None:
        trace = lens.run(look_at(run, checkpoint), text, **options)
        give(trace, lambda: look_print.print_trace(trace), out=out, dark=dark, json=json)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("run", kind, annotation=RunArgument)]
    if lens.reads:
        parameters.append(inspect.Parameter("text", kind, annotation=TextArgument))
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, default, annotation in [
            *((option.name, option.default, _annotation(option)) for option in lens.options),
            ("checkpoint", None, CheckpointOption),
            ("out", None, OutOption),
            ("dark", False, DarkOption),
            ("json", False, JsonOption),
        ]
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = lens.question
    return command


def _annotation(option: Option) -> Any:
    value: Any = Literal[option.choices] if option.choices else option.value_type
    limits: dict[str, Any] = {} if value is str else {"min": option.least, "max": option.most}
    return Annotated[
        value | None if option.default is None else value, typer.Option(help=option.help, **limits)
    ]


def register(app: typer.Typer) -> None:
    add_commands()
    app.add_typer(group, name="look", epilog=LOOK_EXAMPLES)
