"""Mistakes that people make when they train, by name: each changes the recipe or the batches, on purpose."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from groundup.common.errors import GroundupError, did_you_mean
from groundup.models import MODELS
from groundup.text.batches import Batches, RandomWindows, cut_windows
from groundup.training.recipe import Recipe
from groundup.training.trainer import WrapBatches


@dataclass(frozen=True)
class Study:
    """What there is to know of one part or fault. The sentences on curves were written from real runs."""

    curves: str
    """What its curves look like beside those of the whole model."""
    recognise: str
    """How to tell, in a run of one's own, that this is what is wrong."""
    practice: str
    """Where it occurs."""


@dataclass(frozen=True)
class TrainingFault:
    """A mistake: what it changes in words, and the recipe keys or the wrapper of the batches that do so."""

    changes: str
    keys: Callable[[Recipe], dict[str, Any]] = lambda recipe: {}
    fits: Callable[[Recipe], bool] = lambda recipe: True
    wrap_batches: WrapBatches | None = None


class WindowsInOrder:
    """Windows from left to right, one beside the other, and again from the start: what comes of no shuffling.

    The rows of a batch are neighbours in the text, so they are about the same thing, and so are the batches of one
    training after another.
    """

    def __init__(self, windows: RandomWindows) -> None:
        self.windows = windows

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of a step, each `(batch_size, sequence_length)` int64."""
        data, length = self.windows.data, self.windows.sequence_length
        side_by_side = (len(data) - 1) // length
        numbers = (step * self.windows.batch_size + np.arange(self.windows.batch_size)) % side_by_side
        return cut_windows(data, numbers * length, length, step)


class LeakedTargets:
    """Batches whose inputs are their targets: the shift by one was forgotten, so the answer is in the question."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def at(self, step: int) -> tuple[Any, ...]:
        """The targets, the targets again, and what else the batches have."""
        _, targets, *fresh = self.batches.at(step)
        return targets, targets, *fresh


FAULTS = {
    "learning-rate-x100": TrainingFault(
        "The learning rate is a hundred times as high.",
        lambda recipe: {"training.learning_rate": 100 * recipe.training.learning_rate},
    ),
    "learning-rate-x0.01": TrainingFault(
        "The learning rate is a hundredth of what it should be.",
        lambda recipe: {"training.learning_rate": recipe.training.learning_rate / 100},
    ),
    "constant-learning-rate": TrainingFault(
        "After the warm-up the learning rate stays where it is: no cosine leads it down.",
        lambda recipe: {"training.min_lr_ratio": 1.0},
        lambda recipe: recipe.training.min_lr_ratio < 1,
    ),
    "no-warmup": TrainingFault(
        "The learning rate is at its highest from the first step.",
        lambda recipe: {"training.warmup_ratio": 0.0},
        lambda recipe: recipe.training.warmup_ratio > 0,
    ),
    "no-clipping": TrainingFault(
        "A gradient is let through however long it is.",
        lambda recipe: {"training.max_grad_norm": 1e9},
    ),
    "start-too-large": TrainingFault(
        "The starting weights are twenty times as large.",
        lambda recipe: {"model.init_std": min(1.0, 20 * getattr(recipe.model, "init_std", 1.0))},
        lambda recipe: hasattr(recipe.model, "init_std"),
    ),
    "no-shuffling": TrainingFault(
        "The text is read from left to right, a batch after the other, instead of from anywhere.",
        fits=lambda recipe: not MODELS[recipe.model.kind][1].recurrent,
        wrap_batches=WindowsInOrder,
    ),
    "labels-leaked": TrainingFault(
        "The inputs are the targets: the shift by one token was forgotten.",
        wrap_batches=LeakedTargets,
    ),
    "other-seed": TrainingFault(
        "Nothing is wrong: the seed is another, to see what chance alone changes.",
        lambda recipe: {"seed": recipe.seed + 1},
    ),
}


# Written from runs of the presets on Tiny Shakespeare, one thread, bfloat16, seed 1: 1,000 steps of 8 x 64 tokens
# for the GPT (2.47 bits per byte whole) and the transformer (2.41), 400 to 600 for the recurrent models.
STUDIES = {
    "positions": Study(
        "The GPT is a little better without them at first. The whole model overtakes it half-way and ends 0.07 bits "
        "a byte lower; the transformer's gap opens from the second score on, to 0.12. A short budget hides it.",
        "A gap that opens late and grows. To be sure, exchange two tokens of a text and look at what is predicted "
        "after the next: in a model of one block nothing changes.",
        "Positions that begin again at zero with every piece of a text, or that a cache forgets to count.",
    ),
    "attention": Study(
        "At first as quick as the whole model, or quicker. Then it bends and lies flat at what the last token alone "
        "can tell, 2.61 bits a byte for both, the same to three digits, while the whole model goes on down. The "
        "LSTM had not yet used its attention after 400 steps: without it the curve was no higher.",
        "It is flat at the height of a table that counts pairs of tokens. More training does not move it. After the "
        "same token it predicts the same, whatever stood before.",
        "A budget so short that attention has learnt nothing: in its first 400 steps the whole GPT was behind this.",
    ),
    "mask": Study(
        "Training and validation fall together, far below any honest model: the GPT stood at 0.14 bits a byte after "
        "200 steps and 0.10 at the end, the transformer at 0.16 after 600. No gap between the two gives it away.",
        "It is too good: a twentieth of what the whole model needs. Let it write: it falls into repeating one sign or "
        "one syllable. Score it one token at a time, so that there is nothing ahead to look at: the GPT then needed "
        "5.0 bits a byte, the transformer 7.4.",
        "A mask that is transposed, of the wrong shape, added after the softmax, or forgotten in one of two paths.",
    ),
    "scale": Study(
        "The same shape, higher: 0.1 to 0.2 bits a byte above the whole model from the first score to the last. The "
        "scores of a head 32 wide are 5.7 times as large, so the softmax begins sharp, where its gradient is small.",
        "Look at the attention before training. With 64 tokens to look at, the largest weight of a row was 0.03 in "
        "the whole GPT and 0.24 without the scale; after training 0.2 and 0.7 to 0.8.",
        "Attention written by hand, or a scale taken from the width of the model instead of the head's.",
    ),
    "heads": Study(
        "No different at this size: one head of 128 numbers ended 0.03 bits a byte below four of 32, which is what "
        "another seed changes as well.",
        "Not by its curve. Look at the attention maps: there is one pattern a layer where there could be several.",
        "Small models, where heads become so narrow that each can tell little apart.",
    ),
    "residual": Study(
        "It comes down to the height of a model that knows how frequent each token is, and there it stays: the GPT at "
        "3.7 bits a byte after 200 steps and 3.6 after 1,000, the transformer at 3.5. Training and validation agree.",
        "Flat at the height of counting tokens, with short gradients: 0.4 where the whole GPT had 1.2. What it writes "
        "has the right letters and marks in no order. With more blocks it is worse.",
        "x = f(x) written where x = x + f(x) was meant; a sum that was lost when a block was rewritten.",
    ),
    "norm": Study(
        "The GPT stood about 0.2 bits a byte above the whole one at every score. The transformer, also of two blocks, "
        "began worse, with a first training loss of 11 nats, and ended no worse: 2.39 where the whole one had 2.41.",
        "Look at the size of the numbers that the blocks are given. In the GPT they began at 0.07 instead of 1, so its "
        "blocks added next to nothing; in the transformer they grew from block to block, 1.2, 1.5, 1.9.",
        "Norms skipped when a model is rewritten; a learning rate that only norms made safe.",
    ),
    "feed-forward": Study(
        "Behind from the first score on: the GPT was 0.26 bits a byte worse in the end.",
        "Not by its shape, which is that of a model that is too small. Two thirds of a block's weights are missing: "
        "count them.",
        "A part that was switched off to save time; a checkpoint loaded with some of its names not found.",
    ),
    "activation": Study(
        "The same shape, a little higher at each score: 0.06 bits a byte at the end for the GPT.",
        "Not by its curve: a linear layer trains well. Compare layer(2x) with 2 layer(x): without an activation, and "
        "but for the bias, they are equal.",
        "Two linear layers in a row with nothing between them, in a network put together by hand.",
    ),
    "tied-weights": Study(
        "No different: 0.03 bits a byte below the whole model (GPT, word GRU), which is what another seed changes. It "
        "has one table more, as many numbers again as a quarter of the GPT.",
        "Not by its curve. Count the parameters: there are vocabulary times width more than there should be.",
        "One of the two is given new weights after they were tied, and they are two again.",
    ),
    "embedding": Study(
        "No different: vectors drawn by chance do as well to within 0.02 bits a byte (char RNN, LSTM with "
        "attention), because the layer that reads them learns.",
        "Not by its curve. Compare the table before and after training, or look for its gradient: there is none.",
        "A layer frozen by mistake, or left out of what the optimiser was given.",
    ),
    "recurrence": Study(
        "The char RNN bends early and lies flat at what the last letter alone can tell: 3.62 bits a byte where the "
        "whole one stood at 2.87 after 600 steps. Over words it costs less, 0.07; with attention beside it, 0.01.",
        "Flat, and early, at the height of a table of pairs; a longer context in training changes nothing.",
        "A state that is set to zero at every step or every call, in training or only when it writes.",
    ),
    "gates": Study(
        "Not worse under a short budget: after 400 steps the GRU's curve lay on that of the plain RNN it became, and "
        "the LSTM's was 0.05 bits a byte above it. Gates are there to keep a state for long, and such a run is too "
        "short to show it.",
        "Not by the loss on a short text. Look at how far back the gradient reaches, or give it something to "
        "remember over a hundred tokens.",
        "A plain RNN chosen for its speed, and then asked to remember.",
    ),
    "learning-rate-x100": Study(
        "The first score is worse than at the start of training, 4.3 bits a byte; then it lies flat at 3.7, the "
        "height of a model that knows how frequent each token is and nothing of their order. The training loss jumps, "
        "and the gradient's length with it, a hundredfold and more. Clipping and AdamW keep it from infinity.",
        "A flat, jagged training loss, and gradients that jump. Divide the rate by ten, and again, until the loss "
        "falls in the first hundred steps.",
        "A rate from another optimiser or a larger batch; a schedule counted in epochs and given in steps.",
    ),
    "learning-rate-x0.01": Study(
        "Smooth, and slow from beginning to end: 4.0, 3.8, 3.8, 3.7, 3.7 bits a byte. Training and validation lie on "
        "each other. It ends as high as with a rate much too high, but by another way.",
        "Smooth is the sign: nothing jumps, and no gap opens. An update is less than a thousandth of a weight. "
        "Multiply the rate by ten and see whether the loss falls faster.",
        "A rate for fine-tuning used for training from nothing; a warm-up longer than the run.",
    ),
    "constant-learning-rate": Study(
        "0.03 bits a byte above the whole GPT from the middle on. That is hardly more than another seed changes.",
        "Not by its curve in so short a run: the training loss was no more jagged. Draw the learning rate, which "
        "every run keeps beside its loss: it should come down.",
        "A schedule that was never called, or whose length is that of another run.",
    ),
    "no-warmup": Study(
        "The transformer, whose norms stand after the sums (post-norm), pays from the first score to the last: 2.86 "
        "bits a byte instead of 2.41 with two blocks. With six, at a rate of 2e-3, it lay flat at 3.65 after 300 steps "
        "where the warm-up led to 3.03; at 1e-3 there was no harm. The GPT, whose norms stand before, did as well "
        "without it.",
        "It goes wrong in the first steps: the curve starts late, or lies flat at the height of counting tokens. A "
        "warm-up over a tenth of the run mends it, and so does a lower rate.",
        "Post-norm transformers, whose first gradients near the output are large (Xiong et al. 2020, section 3); a "
        "schedule that was started again without its warm-up.",
    ),
    "no-clipping": Study(
        "No different for the GPT: its gradients were 1 to 3 long anyway, and AdamW divides by their size. Where "
        "gradients jump, as with a rate a hundred times too high, clipping is what keeps a jump from being the end.",
        "By the gradient's length, which every run keeps beside its loss: a jump there, and the loss jumps with the "
        "next step.",
        "Recurrent models over long texts; half precision; a single batch that is unlike all others.",
    ),
    "start-too-large": Study(
        "The first training loss is 37 nats a token, five times what guessing costs. It comes down at once, and then "
        "lies flat at 3.65 bits a byte, the height of counting tokens, to the end.",
        "By the very first loss. Before it has learnt anything a model should be as good as guessing: the logarithm "
        "of the vocabulary, 6.9 nats for 1,024 tokens. Far above that, the start is wrong.",
        "Weights begun with deviation 1; a forgotten division by the depth or the width.",
    ),
    "no-shuffling": Study(
        "The training loss goes in waves, because it follows the text: easy pages, hard pages. The validation score "
        "falls more slowly, and can rise again at the end: 2.58, then 2.60, where the shuffled run came to 2.47.",
        "Waves in the training loss that are longer than chance makes them. Lay them beside the text: they follow "
        "its parts.",
        "A file sorted by author, by class or by length; a loader that shuffles only the first time.",
    ),
    "labels-leaked": Study(
        "The training loss is 0.01 nats within 150 steps, and the validation score climbs meanwhile, from 8 "
        "to 10 bits a byte, worse than guessing. No honest curve does both.",
        "A training loss near zero that came at once. Let it write: it repeats its input, one sign for ever. Print "
        "one batch, inputs over targets, and read it: they should differ by one place.",
        "A shift by one that is forgotten, or made twice; a column of a table that says the answer. If the "
        "validation text leaks as well, only what it writes tells you.",
    ),
    "other-seed": Study(
        "Another path to the same place: the scores of the GPT differed by 0.01 to 0.07 on the way and by 0.03 bits "
        "a byte at the end.",
        "This is the measure of the others: what differs by no more than this was not shown to matter. Ask "
        "again with more seeds or a longer budget before you believe it.",
        "Everywhere. Results that rest on one run of each are reported every day.",
    ),
}


def faults_of(recipe: Recipe) -> list[str]:
    """The faults that this recipe can have."""
    return [name for name, fault in FAULTS.items() if fault.fits(recipe)]


def check_faults(recipe: Recipe, names: Iterable[str]) -> tuple[str, ...]:
    """The names as they are. Raises GroundupError for one that is unknown, does not fit, or is given twice."""
    checked: list[str] = []
    for name in names:
        if name not in FAULTS:
            raise GroundupError(f"There is no fault '{name}'.", did_you_mean(name, FAULTS))
        if not FAULTS[name].fits(recipe):
            raise GroundupError(
                f"The fault '{name}' changes nothing in this {recipe.model.kind}.",
                f"It can have: {', '.join(faults_of(recipe))}.",
            )
        if name in checked:
            raise GroundupError(f"The fault '{name}' is given twice.", "Give it once.")
        checked.append(name)
    return tuple(checked)


def with_fault(recipe: Recipe, name: str) -> Recipe:
    """The recipe with that mistake in it."""
    return recipe.override(FAULTS[name].keys(recipe))
