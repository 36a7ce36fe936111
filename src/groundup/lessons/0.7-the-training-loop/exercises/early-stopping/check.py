"""Made-up losses, with weights that training changes in place: [1], [2], [3] after the epochs 1, 2, 3."""

import numpy as np

from groundup.course.grading.checks import Failure, holds, same


class Training:
    """Gives an epoch when it is asked for one, and counts how often it was. fresh: a new array for each."""

    def __init__(self, losses, fresh):
        self.losses, self.weights, self.trained, self.fresh = losses, np.zeros(1), 0, fresh

    def __iter__(self):
        return self

    def __next__(self):
        if self.trained == len(self.losses):
            raise StopIteration
        self.trained += 1
        if self.fresh:
            self.weights = np.zeros(1)
        self.weights[:] = self.trained
        return self.weights, 1.0 / self.trained, self.losses[self.trained - 1]


def expected(losses, patience):
    best = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            return best + 1, epoch + 1
    return best + 1, len(losses)


def judge(work, losses, patience, fresh=False):
    """What is wrong with what comes for these losses; None if nothing is."""
    training = Training(losses, fresh)
    shown = ", ".join(f"{loss:g}" for loss in losses[:12]) + (", ..." if len(losses) > 12 else "")
    case = f"patience {patience}, validation losses {shown}"
    got = work["train_with_patience"](training, patience)
    best, trained = expected(losses, patience)
    if not isinstance(got, tuple | list) or len(got) != 3:
        return Failure("Three results are expected: (best_weights, best_epoch, epochs_trained).", case, got)
    weights, epoch, said = got
    result = [int(epoch), int(said), training.trained, str(weights)]
    if training.trained != trained:
        says = f"It trained {training.trained} epochs; the run was to stop after {trained}."
        return Failure(says, case, result, [best, trained, trained, f"[{best}.]"])
    if not same(epoch, best):
        return Failure(f"The best epoch is said to be {epoch}; it is {best}.", case, result, best)
    if not same(weights, np.array([float(best)])):
        after = "These are not the weights of the best epoch"
        return Failure(f"{after}, which are [{best}.].", case, weights, np.array([float(best)]))
    if not same(said, trained):
        return Failure(
            f"It says that it trained {said} epochs, and it trained {trained}.", case, said, trained
        )
    return None


WORKED = [0.9, 0.6, 0.7, 0.5, 0.8, 0.6, 0.4]


def drawn(work, rng):
    count = int(rng.integers(3, 40))
    return judge(
        work, (1 + 0.1 * rng.standard_normal(count).cumsum()).round(3).tolist(), int(rng.integers(1, 6))
    )


CHECKS = [
    holds("The worked example: best epoch 4, six trained", lambda work, _: judge(work, WORKED, 2)),
    holds("A single bad epoch is borne", lambda work, _: judge(work, [3, 2, 2.5, 1, 1.5, 0.5, 0.7], 3)),
    holds(
        "Where the losses end first, so does the training", lambda work, _: judge(work, [3.0, 2.0, 1.0], 5)
    ),
    holds("An equal loss is no better one", lambda work, _: judge(work, [1.0, 1.0, 1.0, 0.5], 2)),
    holds("It is right on 30 courses drawn at random", drawn, times=30),
    holds(
        "It is right, too, where each epoch gives a new array",
        lambda work, _: judge(work, WORKED, 2, fresh=True),
    ),
]
