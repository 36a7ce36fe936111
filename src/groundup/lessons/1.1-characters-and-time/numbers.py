"""The numbers in the text and on the cards of lesson 1.1."""

import math
from pathlib import Path

import numpy as np

from groundup.course.lessons.parts import load_part
from groundup.foundations.cells import Weights, rnn_step
from groundup.lenses.hooked_model import hooked_model
from groundup.text.characters import Characters
from groundup.text.storyworld import expected_rate

toy = load_part(Path(__file__).with_name("experiments.py"))
SENTENCE = "She walked to the cellar."
GIVEN = ("50%",)


def numbers() -> dict[str, str]:
    banana = Characters.train(["banana"])
    states, shares = toy.walk("ban")
    backwards, _ = toy.walk("nab")
    bits = [-math.log2(shares[0, 0]), -math.log2(shares[1, 2])]  # a after b, n after ba
    one, zero = np.ones((1, 1)), np.zeros(1)
    (card,), _ = rnn_step(np.array([[0.3]]), (np.array([[0.2]]),), Weights(one, one, zero, zero))
    before_tanh = toy.ROWS[0] + toy.RECURRENT @ states[0]

    trained = hooked_model(toy.CHAR_RNN)
    found = toy.read(SENTENCE)
    at_cellar = SENTENCE.index("cellar") - 1
    likely = [(found["vocabulary"][i], found["shares"][0][i]) for i in np.argsort(-found["shares"][0])]
    return {
        "banana_ids": ", ".join(str(one - 1) for one in banana.encode("banana")),
        "mississippi": str(Characters.train(["Mississippi"]).vocab_size - 1),
        "hello": str(Characters.train(["Hello hello"]).vocab_size - 1),
        "row_n": pair(np.eye(3)[2] @ toy.ROWS, "g"),
        "after_b": pair(states[0]), "before_tanh": pair(before_tanh), "after_ba": pair(states[1]),
        "recurrent_times_h": pair(toy.RECURRENT @ states[0]),
        "after_ban": pair(states[2]), "after_nab": pair(backwards[2]),
        "a_after_b": f"{shares[0, 0]:.0%}", "n_after_ba": f"{shares[1, 2]:.0%}",
        "bits_a": f"{bits[0]:.2f}", "bits_n": f"{bits[1]:.2f}", "bits_mean": f"{sum(bits) / 2:.2f}",
        "luck_three": f"{math.log2(3):.2f}",
        "stories_vocabulary": str(trained.tokenizer.vocab_size - 1),
        "stories_luck": f"{math.log2(trained.tokenizer.vocab_size - 1):.2f}",
        "floor": f"{expected_rate().bits_per_byte:.2f}",
        "width": str(trained.hook_points.recurrent.width),
        "sentence_bits": f"{sum(found['bits']) / len(found['bits']):.1f}",
        "after_s": f"{likely[0][0]} with {likely[0][1]:.0%}, then {likely[1][0]} with {likely[1][1]:.0%}",
        "cellar_c": f"{found['bits'][at_cellar]:.1f}",
        "cellar_l": f"{found['bits'][at_cellar + 2]:.1f}",
        "stop": f"{found['bits'][-1]:.1f}",
        "worst_share": f"{2 ** -found['bits'][at_cellar]:.0%}",
        "last_three": f"{sum(found['kept'][at_cellar][-3:]):.0%}",
        "card_tanh": f"{card[0, 0]:.2f}",
    }  # fmt: skip


def pair(values, form: str = ".2f") -> str:
    return "(" + ", ".join(format(value + 0.0, form).replace("-", "−") for value in values) + ")"
