"""A character RNN from nothing but NumPy: text in, training by hand-made gradients, text out.

    python -m groundup.foundations.char_rnn my.txt

It is `models/char_rnn.py` again, the same network with the same names for its weights. From the same start
and the same data both take the same steps, and a test holds them equal. There torch derives the gradients;
here each is a line that can be read.
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from groundup.foundations.cells import Weights, backward, forward, rnn_step, starting_weights
from groundup.foundations.descent import Adam
from groundup.foundations.softmax import cross_entropy, cross_entropy_backward, softmax

Array = np.ndarray[Any, np.dtype[Any]]
Parameters = dict[str, Array]
CELL = ("cells.weight_ih_l0", "cells.weight_hh_l0", "cells.bias_ih_l0", "cells.bias_hh_l0")


def start(vocab_size: int, width: int, embedding: int, generator: np.random.Generator) -> Parameters:
    """Fresh weights: a vector for each character, the cell, and the read-out, which scores what comes next."""
    most = width**-0.5
    return {
        "embedding.weight": generator.normal(size=(vocab_size, embedding)),
        **dict(zip(CELL, starting_weights("rnn", embedding, width, generator), strict=True)),
        "lm_head.weight": generator.uniform(-most, most, (vocab_size, width)),
        "lm_head.bias": np.zeros(vocab_size),
    }


def read(p: Parameters, tokens: Array, h: Array) -> tuple[Array, Array, list[Any]]:
    """tokens (batch, time) and the state h (batch, width) to every state (time, batch, width) and logits
    (time, batch, vocab). Time comes first inside, because it is what the cell walks along."""
    x = p["embedding.weight"][tokens.T]  # (time, batch, embedding): one row of the table for each character
    states, _, caches = forward(rnn_step, x, (h,), Weights(*(p[name] for name in CELL)))
    return states, states @ p["lm_head.weight"].T + p["lm_head.bias"], caches


def loss_and_gradients(
    p: Parameters, inputs: Array, targets: Array, h: Array
) -> tuple[float, Parameters, Array]:
    """The mean loss in nats a character, the gradient of every parameter, and the last state.

    No gradient goes back into the h that came in: back-propagation through time is cut there.
    """
    states, logits, caches = read(p, inputs, h)
    loss = cross_entropy(logits, targets.T)
    # Backwards, last line first. The read-out is y = h Wᵀ + b:
    d_logits = cross_entropy_backward(logits, targets.T)
    d_lm_head = np.einsum("tbv,tbw->vw", d_logits, states, optimize=True)
    d_x, _, d_cell = backward(rnn_step, d_logits @ p["lm_head.weight"], caches)
    # A row of the table gets the gradients of all the places where its character stood.
    d_embedding = np.zeros_like(p["embedding.weight"])
    np.add.at(d_embedding, inputs.T, d_x)
    gradients = {
        "embedding.weight": d_embedding,
        **dict(zip(CELL, d_cell, strict=True)),
        "lm_head.weight": d_lm_head,
        "lm_head.bias": d_logits.sum(axis=(0, 1)),
    }
    return loss, gradients, states[-1]


def learn(p: Parameters, gradients: Parameters, methods: dict[str, Adam]) -> None:
    """Change every parameter as its method says. Each has one of its own, which remembers its gradients."""
    for name, gradient in gradients.items():
        p[name] = p[name] + methods[name].step(gradient)


def streams(ids: Array, batch: int, time: int) -> Iterator[tuple[Array, Array, bool]]:
    """For ever: inputs and targets (batch, time), the next character each, and whether a pass begins.

    The text, of more than batch · time characters, is cut into `batch` parts that are read side by side. So
    each row goes on where it stopped a step before, and the state may be carried over.
    """
    length = (len(ids) - 1) // batch
    rows = np.arange(batch)[:, None] * length + np.arange(time)  # where each row's first characters stand
    while True:
        for first in range(0, length - time + 1, time):
            yield ids[rows + first], ids[rows + first + 1], first == 0


def sample(
    p: Parameters, prompt: Array, length: int, generator: np.random.Generator, temperature: float = 0.8
) -> list[int]:
    """`length` more characters after the prompt, each drawn from the model's own shares."""
    h, written = np.zeros((1, len(p["cells.weight_hh_l0"]))), []
    tokens = prompt
    for _ in range(length):
        states, logits, _ = read(p, tokens[None, :], h)
        h, shares = states[-1], softmax(logits[-1, 0], temperature)
        written.append(int(generator.choice(len(shares), p=shares)))
        tokens = np.array(written[-1:])
    return written


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m groundup.foundations.char_rnn")
    parser.add_argument("text", type=Path, help="a text file, the longer the better: 100 kB or more")
    for name, default in {"--steps": 2000, "--width": 128, "--seed": 1}.items():
        parser.add_argument(name, type=int, default=default)
    value = parser.parse_args()
    batch, time = 32, 32
    try:
        text = value.text.read_text(encoding="utf-8")
        characters, ids = np.unique(list(text), return_inverse=True)
        if len(text) <= batch * time:
            raise ValueError(f"The text is too short: {batch * time + 1:,} characters are the least.")
        if min(value.steps, value.width) < 1:
            raise ValueError("Steps and width must be at least 1.")
        generator = np.random.default_rng(value.seed)
    except (OSError, ValueError) as error:  # no such file, not UTF-8, too short, a seed below 0
        parser.error(str(error))
    p = start(len(characters), value.width, embedding=32, generator=generator)
    methods, losses = {name: Adam(learning_rate=0.003) for name in p}, []
    luck = math.log(len(characters))
    print(f"{len(text):,} characters, {len(characters)} kinds: by luck alone {luck:.2f}.")
    for step, (inputs, targets, fresh) in enumerate(streams(ids, batch, time), start=1):
        if fresh:
            h = np.zeros((batch, value.width))
        loss, gradients, h = loss_and_gradients(p, inputs, targets, h)
        learn(p, gradients, methods)
        losses.append(loss)
        if step % max(1, value.steps // 10) == 0:
            written = sample(p, ids[:1], 60, generator)
            output = "".join(characters[written]).replace("\n", "⏎")
            print(f"step {step:5,}  loss {np.mean(losses[-100:]):.3f}  {output}", flush=True)
        if step == value.steps:
            break


if __name__ == "__main__":
    main()
