"""The views, fed with the events of a training: they fit, are plain where they must be, and obey no model."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from groundup.common.brand import RUNGS
from groundup.common.formatting import format_count, make_printable, sparkline
from groundup.ladder.climb import RungEnd, RungStart
from groundup.ladder.views import ClimbLines, ClimbView
from groundup.training.events import EndEvent, EvaluationEvent, Notice, StartEvent, StepEvent
from groundup.training.view import LineView, TerminalView, watch

START = StartEvent(
    step=0, tokens=0, seconds=0.0, run="gpt-1", model="gpt",
    corpus="shakespeare", budget="10s", parameters=812345, flops_per_token=1, vocab_size=1024,
    tokenizer="bpe", precision="bfloat16", precision_why="2.08 times as fast as float32",
    device="cpu", spent=0.0,
)  # fmt: skip
HOSTILE = "My lord\x1b[2J\x07,\r\n" + "the king " * 40


def events():
    """As a trainer sends them: four evaluations, five steps before each."""
    yield Notice("Turning the text into tokens")
    yield START
    for number in range(1, 21):
        at = {"step": number, "tokens": number * 100, "seconds": number / 2}
        yield StepEvent(**at, loss=6 - number / 10, learning_rate=0.001, gradient_norm=1.0,
                        spent=number / 20, tokens_per_second=31234)  # fmt: skip
        if number % 5 == 0:
            yield EvaluationEvent(**at, bpb=4 - number / 10, loss=2.0, perplexity=7.4,
                                  best=True, coverage=1.0, spent=number / 20, sample=HOSTILE)  # fmt: skip
    yield EndEvent(step=20, tokens=2000, seconds=10.0, reason="budget", best_bpb=2.0, best_step=20,
                   tokens_per_second=31234)  # fmt: skip


def frames(width, encoding="utf-8", **options):
    """Every frame that a terminal of that width is shown."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=file, width=width, height=30, force_terminal=True, legacy_windows=False, **options)
    view, seen = TerminalView(console), []
    for event in events():
        view.read(event)
        with console.capture() as capture:
            console.print(view.frame())
        seen.append(capture.get())
    return seen


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_frame_fits_and_says_all(width):
    seen = frames(width, no_color=True, color_system=None)
    assert all(len(line) <= width for frame in seen for line in frame.splitlines())
    assert max(frame.count("\n") for frame in seen) <= 16
    last = seen[-2]
    for shown in (
        "GPT",
        "shakespeare",
        "812 k parameters",
        "2.000",
        "31,234",
        "0.001",
        "step 20",
        "bfloat16 on cpu",
        "My lord",
    ):
        assert shown in last
    halfway = seen[13]
    assert "50%" in halfway
    assert "5.0 s left" in halfway


def test_no_colour_means_no_codes_and_what_a_model_writes_commands_nothing():
    assert all("\x1b" not in frame for frame in frames(80, no_color=True, color_system=None))
    coloured = frames(80, color_system="truecolor")
    assert any("\x1b[" in frame for frame in coloured)
    assert all("\x1b[2J" not in frame and "\x07" not in frame for frame in coloured)


def test_an_old_terminal_gets_no_blocks():
    for frame in frames(80, encoding="ascii", no_color=True, color_system=None):
        assert not set(frame) & set("▁▂▃▄▅▆▇█")


def test_the_live_view_is_drawn_by_events_alone():
    """No thread redraws, so training keeps its cores; each frame replaces the one before."""
    file = io.StringIO()
    console = Console(file=file, width=80, height=30, force_terminal=True, legacy_windows=False)
    with TerminalView(console) as view:
        assert view.live.auto_refresh is False
        for event in events():
            view(event)
    shown = file.getvalue()
    assert shown.count("GPT") < 12  # far fewer frames than events
    assert "\x1b[2K" in shown  # lines are cleared, not scrolled
    assert shown.endswith("\x1b[?25h")  # the cursor is back


def test_plain_lines():
    lines = []
    view = LineView(lines.append)
    with view:
        for event in events():
            view(event)
    text = "".join(lines)
    assert "gpt-1 starts: GPT on shakespeare" in text
    assert text.count("bits per byte") == 4
    assert " 50%  step 10  loss 5.000  3.000 bits per byte  31,234 tokens/s  5.0 s left" in text
    assert "\r" not in text
    assert "\x1b" not in text
    assert all(line.endswith("\n") for line in lines)


def test_a_notebook_gets_a_bar_that_fills():
    written = []
    view = LineView(written.append, bar=True)
    for event in events():
        view(event)
    bars = [part for part in written if part.startswith("\r█") or part.startswith("\r░")]
    filled = [part.count("█") for part in bars]
    assert len(bars) == 20
    assert filled == sorted(filled)
    assert filled[-1] == 24
    assert "left" in bars[0]


def test_watch_takes_the_view_that_fits():
    assert isinstance(watch(Console(file=io.StringIO(), force_terminal=True)), TerminalView)
    plain = watch(Console(file=io.StringIO()))
    assert isinstance(plain, LineView)
    assert not plain.bar
    notebook = watch(Console(file=io.StringIO(), force_jupyter=True))
    assert isinstance(notebook, LineView)
    assert notebook.bar


def climb_events():
    for number, model in enumerate(("char-rnn", "gpt"), start=1):
        yield RungStart(model, number, 2)
        yield from (
            replace(event, model=model) if isinstance(event, StartEvent) else event for event in events()
        )
        if model == "gpt":
            yield RungEnd("gpt", error="not enough memory")
        else:
            yield RungEnd(model, {"bpb": 2.0, "seconds": 10.0, "tokens_per_second": 31234})


def test_the_climb_shows_every_rung_highest_on_top():
    console = Console(
        file=io.StringIO(), width=60, height=30, no_color=True, force_terminal=True, color_system=None
    )
    view, seen = ClimbView(console, ["char-rnn", "gpt"]), []
    for event in climb_events():
        view.read(event)
        with console.capture() as capture:
            console.print(view.frame())
        seen.append(capture.get().splitlines())
    assert "waiting" in seen[0][0]
    assert "training" in seen[0][1]
    assert "failed: not enough memory" in seen[-1][0]
    assert "2.000 bits per byte" in seen[-1][1]
    assert all(len(line) <= 60 for frame in seen for line in frame)


def test_the_climb_in_plain_lines():
    lines = []
    view = ClimbLines(lines.append)
    for event in climb_events():
        view(event)
    text = "".join(lines)
    assert "1 of 2: char RNN" in text
    assert "char RNN: 2.000 bits per byte" in text
    assert "GPT: failed: not enough memory" in text


def test_words_for_people():
    assert [format_count(n) for n in (None, 4200, 9999, 10000, 812345, 999600, 1.21e6, 7e9)] == [
        "-", "4,200", "9,999", "10 k", "812 k", "1 M", "1.21 M", "7 G",
    ]  # fmt: skip
    assert (
        make_printable("a\x1b[31mb\tc\u202e\r\né")
        == "a\N{REPLACEMENT CHARACTER}[31mb c\N{REPLACEMENT CHARACTER}\né"
    )
    assert sparkline([4.0, 3.0, 2.0, 1.0], 4) == "█▆▃▁"
    assert sparkline([900.0] + [5 - n / 10 for n in range(20)], 10)[-1] == "▁"
    assert sparkline([1.0], 10) == ""
    assert sparkline([2.0, 2.0], 10) == "▁▁"
    assert [shown.number for shown in RUNGS.values()] == [1, 2, 3, 4, 5]
