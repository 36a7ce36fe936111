"""The numbers of the lesson on attention, computed by the library."""

from pathlib import Path

import numpy as np

from groundup.course.lessons.parts import load_part
from groundup.foundations.attention import worked_example
from groundup.foundations.softmax import softmax

GIVEN = ("1.1", "3.2.1", "4.3", "1.5", "0.99")  # lessons, a section of a paper, values chosen for a card
worked = load_part(Path(__file__).with_name("worked.py"))


def numbers() -> dict[str, str]:
    return _three_tokens() | _six_words() | _spread() | _additive() | _cost() | _trained()


def _three_tokens() -> dict[str, str]:
    plain, scaled = worked.three_tokens(), worked.three_tokens(scaled=True)
    found = {}
    for place, token in enumerate(worked.TOKENS):
        found[f"power_{token}"] = f"{plain.powers[place]:.2f}"
        found[f"share_{token}"] = f"{plain.shares[place]:.2f}"
        found[f"scaled_{token}"] = f"{scaled.scores[place]:.2f}"
        found[f"scaled_share_{token}"] = f"{scaled.shares[place]:.2f}"
    found["even_context"] = f"{np.mean([2, 4, 10]):.1f}"
    found["power_sum"] = f"{plain.powers.sum():.2f}"
    found["context_one"], found["context_many"] = (f"{number:.2f}" for number in plain.context)
    return found


def _six_words() -> dict[str, str]:
    masked, free, sharp = (
        worked_example(),
        worked_example(causal=False),
        worked_example(causal=False, scaled=False),
    )
    saw, dog = masked.words.index("saw"), masked.words.index("dog")
    # What people try instead of −infinity: a score of zero; and zeros after the softmax.
    zeroed = softmax(np.where(masked.mask[saw], masked.scores[saw], 0.0))
    before, after = worked.two_maps()
    things = [(f"{share:.2f}") for share in after]
    return {
        "run_context_thing": f"{masked.context[5, 0]:.1f}",
        "run_context_doing": f"{masked.context[5, 1]:.1f}",
        "saw_on_dog": f"{free.weights[saw, dog]:.2f}",
        "saw_on_dog_sharp": f"{sharp.weights[saw, dog]:.2f}",
        "saw_on_cat_masked": f"{masked.weights[saw, 1]:.2f}",
        "saw_on_the_masked": f"{masked.weights[saw, 0]:.2f}",
        "leak": f"{zeroed[3:].sum():.2f}",
        "left_after": f"{free.weights[saw, :3].sum():.2f}",
        "map_before_dog": f"{before[dog]:.2f}",
        "map_before_cat": f"{before[1]:.2f}",
        "map_after_dog": things[dog],
        "map_after_cat": things[1],
    }


def _spread() -> dict[str, str]:
    wide, scaled = worked.measure(256, 1.0), worked.measure(256, 16.0)
    return {
        "spread_4": f"{worked.measure(4, 1.0)[0]:.1f}",
        "spread_64": f"{worked.measure(64, 1.0)[0]:.1f}",
        "spread_256": f"{wide[0]:.1f}",
        "spread_by_d": f"{worked.measure(256, 256.0)[0]:.2f}",
        "largest_256": f"{wide[1]:.2f}",
        "slope_256": f"{wide[2]:.2f}",
        "slope_root_256": f"{scaled[2]:.2f}",
    }


def _additive() -> dict[str, str]:
    steps = worked.additive()
    found = {f"additive_score_{t}": f"{steps.scores[i]:.2f}" for i, t in enumerate(worked.TOKENS)}
    found |= {f"additive_share_{t}": f"{steps.shares[i]:.2f}" for i, t in enumerate(worked.TOKENS)}
    other = worked.additive_without_tanh(np.array([-1.0, 0.0]))
    found |= {f"no_tanh_{t}_other": f"{other[i]:.2f}" for i, t in enumerate(worked.TOKENS)}
    found |= {f"tanh_{number}": f"{np.tanh(number):.2f}" for number in (1, 2)}
    time, width = 256, 64
    return found | {
        "additive_kept": f"{time * time * width:,}",
        "dot_kept": f"{time * time:,}",
    }


def _cost() -> dict[str, str]:
    d = 64
    count = {time: worked.attention_multiplications(time, d) for time in (16, 32, 64)}
    rnn = {time: worked.rnn_multiplications(time, d) for time in (16, 32)}
    return {
        **{f"cost_{time}": f"{number:,}" for time, number in count.items()},
        **{f"rnn_{time}": f"{number:,}" for time, number in rnn.items()},
        "cost_twice": f"{count[32] / count[16]:.0f}",
        "rnn_twice": f"{rnn[32] / rnn[16]:.0f}",
    }


def _trained() -> dict[str, str]:
    found = worked.trained()
    one = next(text for text in found["texts"] if text["text"] == "March the 3rd, 1999")
    map_ = np.array(one["alignment"])
    last = map_[-1]
    return {
        "steps": f"{found['steps']}",
        "exact": f"{found['exact']:.0%}",
        "day_share": f"{last[one['text'].index('3')]:.1f}",
    }
