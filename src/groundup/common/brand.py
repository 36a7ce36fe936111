"""The version, the mark, and the five models' numbers, names and colours: the same in the terminal, in pictures
and on pages.

Colour belongs to the models alone, from the ground up to the sky, and never comes without the number.
"""

from dataclasses import dataclass

VERSION = "0.1.0"


@dataclass(frozen=True)
class ModelStyle:
    """How one model is shown."""

    number: int
    title: str
    light: str
    """Its colour on paper."""
    dark: str
    """Its colour on a dark page."""
    middle: str
    """Between the two: for a terminal, whose background is not known."""


RUNGS = {
    "char-rnn": ModelStyle(1, "char RNN", "#6d2012", "#e37553", "#a74a32"),  # earth
    "word-gru": ModelStyle(2, "word GRU", "#b48517", "#f9c34d", "#d6a334"),  # straw
    "lstm-attention": ModelStyle(3, "LSTM + attention", "#217459", "#70f1d5", "#48b194"),  # leaf
    "transformer": ModelStyle(4, "transformer", "#348ae1", "#85bafd", "#60a2f0"),  # sky
    "gpt": ModelStyle(5, "GPT", "#7e38a3", "#ba66da", "#9c4fbf"),  # dusk
}

INK, INK_2, INK_3 = "#1d1913", "#4c4741", "#67625c"
PAPER, SHEET, LINE, EDGE = "#faf9f5", "#fffefd", "#dedcd7", "#838078"


def rung_of(model: str) -> ModelStyle:
    """How a model is shown; one that is not of the five is grey, with the number 0."""
    return RUNGS.get(model) or ModelStyle(0, model, EDGE, EDGE, EDGE)


def colour_on(model: str) -> str:
    """Black or white, whichever reads better on the model's paper colour."""
    return INK if rung_of(model).number in (2, 4) else SHEET


MARK = (
    '<svg class="mark" viewBox="0 0 24 32" aria-hidden="true">'
    '<path d="M4 30L6.7 2M20 30L17.3 2M1 30H23'
    'M4.7 22.4H19.3M5.3 16.3H18.7M5.8 11.5H18.2M6.2 7.6H17.8M6.5 4.5H17.5"/>'
    "</svg>"
)
