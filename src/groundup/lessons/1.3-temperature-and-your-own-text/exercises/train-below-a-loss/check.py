import math

import numpy as np
import torch
import torch.nn.functional as F

from groundup.course.grading.checks import Failure, holds
from groundup.models.char_rnn import CharRNN, CharRNNConfig
from groundup.text.characters import Characters
from groundup.text.storyworld import stories

TEXT, UNSEEN = "".join(stories(60_000, seed=3)), "".join(stories(4_000, seed=4))
LETTERS = Characters.train([TEXT])
IDS = LETTERS.encode_to_array(TEXT)
STEPS, ENOUGH = 160, 2.9
torch.set_num_threads(1)
torch.optim.SGD(
    [torch.zeros(1)]
)  # the first optimiser makes torch wrap its manual_seed: so before the learner's


def fresh(width, vocabulary):
    torch.manual_seed(0)
    return CharRNN(CharRNNConfig(width=width, embedding=16), vocabulary)


def bits(model, ids):
    """Bits per character on a text, read whole."""
    tokens = torch.from_numpy(np.asarray(ids).astype(np.int64))
    with torch.no_grad():
        return F.cross_entropy(model(tokens[None, :-1])[0][0], tokens[1:]).item() / math.log(2)


def losses_in_bits(work, rng):
    """A number for each step; the first as high as luck is."""
    got = work["train"](fresh(16, LETTERS.vocab_size), IDS, 3)
    case = "train(model, ids, 3)"
    if not isinstance(got, list | tuple) or len(got) != 3:
        return Failure(
            "A list with one loss for each step is expected: three steps, three losses.", case, got
        )
    if any(isinstance(one, torch.Tensor) for one in got):
        says = "The losses are tensors, and each keeps its whole graph in memory. Take the number: `loss.item()`."
        return Failure(says, case)
    luck = math.log2(LETTERS.vocab_size)
    if abs(got[0] - luck * math.log(2)) < 0.5:
        says = f"The first loss is {got[0]:.1f}. Luck alone is {luck:.1f} in bits, {luck * math.log(2):.1f} in nats."
        return Failure(says, case)
    if abs(got[0] - luck) > 0.7:
        return Failure(
            f"The first loss is {got[0]:.1f}, and luck alone is {luck:.1f} bits per character.", case
        )
    return None


def gradients_start_empty(work, rng):
    """At each backward, no gradient of the step before is left."""
    model, left_over = fresh(16, LETTERS.vocab_size), []
    for parameter in model.parameters():
        parameter.register_hook(
            lambda _, p=parameter: left_over.append(p.grad is not None and bool(p.grad.any()))
        )
    work["train"](model, IDS, 3)
    if not left_over:
        return Failure("No gradient was ever computed: `loss.backward()` is missing.", "train(model, ids, 3)")
    if any(left_over):
        return Failure(
            "When new gradients came, those of the step before were still there.", "train(model, ids, 3)"
        )
    return None


def learns_a_rhyme(work, rng):  # noqa: PLR0911 (one for each symptom)
    """A text that repeats itself: after a while the next letter is certain."""
    rhyme = "one two tie my shoe. "
    letters = Characters.train([rhyme])
    ids, model = letters.encode_to_array(rhyme * 60), fresh(32, letters.vocab_size)
    before = [p.detach().clone() for p in model.parameters()]
    start, case = bits(model, ids[:300]), "train(model, ids of a rhyme that repeats, 100)"
    losses = work["train"](model, ids, 100)
    if all(torch.equal(one, other) for one, other in zip(before, model.parameters(), strict=True)):
        return Failure("After 100 steps every weight is what it was.", case)
    if not all(torch.isfinite(p).all() for p in model.parameters()):
        return Failure("The weights are no longer numbers (nan or infinite).", case)
    tokens = torch.from_numpy(ids[:300].astype(np.int64))
    with torch.no_grad():
        guesses = model(tokens[None])[0][0].argmax(-1)
    if (guesses == tokens).float().mean() > 0.9:
        return Failure("After each letter the model expects the same letter once more.", case)
    end = bits(model, ids[:300])
    if losses[-1] > 3 * losses[0]:
        return Failure("The loss rose from step to step, as if the weights went uphill.", case)
    if end > start + 0.5:
        return Failure("It costs more bits than at the start.", case)
    if (guesses[:-1] == tokens[1:]).float().mean() < 0.9:
        return Failure("After 100 steps it still cannot say how the rhyme goes on.", case)
    if losses[-1] > end + 1:
        says = (
            "The losses that come back are far above what the scores cost. Does `cross_entropy` get scores?"
        )
        return Failure(says, case)
    return None


def reaches(work, rng):
    """The loss on unseen text."""
    model = fresh(64, LETTERS.vocab_size)
    losses = work["train"](model, IDS, STEPS)
    got = bits(model, LETTERS.encode_to_array(UNSEEN))
    case = f"train(model, ids, {STEPS}), then 4 kB of text that it has not seen"
    if got < ENOUGH:
        return None
    told = f"its own losses went from {losses[0]:.1f} to {np.mean(losses[-20:]):.1f}"
    says = f"It needs {got:.2f} bits per character, and less than {ENOUGH} is asked; {told}."
    return Failure(says, case, round(got, 2))


CHECKS = [
    holds("a loss for each step, in bits, the first near luck", losses_in_bits),
    holds("each step starts with empty gradients", gradients_start_empty),
    holds("a rhyme that repeats is learnt", learns_a_rhyme),
    holds(f"below {ENOUGH} bits per character on unseen text after {STEPS} steps", reaches),
]
