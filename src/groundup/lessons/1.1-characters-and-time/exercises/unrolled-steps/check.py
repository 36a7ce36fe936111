import numpy as np

from groundup.course.grading.checks import Failure, agrees, differs, example, holds

# The state as the list of letters that went into it: then every result can be read.


def read(letter):
    return letter


def update(x, h):
    return [*h, x]


def predict(h):
    return "after " + "".join(h)


def reference(letters, h, read, update, predict):
    states, guesses = [], []
    for letter in letters:
        h = update(read(letter), h)
        states.append(h)
        guesses.append(predict(h))
    return np.array(states), np.array(guesses)


def a_network(rng):
    """Weights for a state of three numbers and four letters, with the arguments that use them."""
    rows, recurrent, out = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=(4, 3))

    def read(letter):
        return rows[letter]

    def update(x, h):
        return np.tanh(x + recurrent @ h)

    def predict(h):
        return out @ h

    return rng.integers(0, 4, int(rng.integers(2, 7))).tolist(), rng.normal(size=3), read, update, predict


def once_for_each_letter(work, rng):
    """How often each part was called: a text of n letters takes n of each."""
    counts = dict.fromkeys(("read", "update", "predict"), 0)

    def counted(name, function):
        def call(*arguments):
            counts[name] += 1
            return function(*arguments)

        return call

    parts = [counted(name, part) for name, part in (("read", read), ("update", update), ("predict", predict))]
    work["unroll"]("banana", [], *parts)
    for name, count in counts.items():
        if count != 6:
            case = 'unroll("banana", [], read, update, predict)'
            says = f"`{name}` was called {count} times for six letters. Once for each is enough."
            return Failure(says, case, count, 6)
    return None


def nothing_to_read(work, rng):
    return differs(work["unroll"]("", [], read, update, predict), ([], []), 0.0, 'unroll("", [], ...)')


CHECKS = [
    example(
        "unroll", ("ban", [], read, update, predict),
        ([["b"], ["b", "a"], ["b", "a", "n"]], ["after b", "after ba", "after ban"]),
        title="the states and guesses of ban, in order",
    ),
    agrees("unroll", reference, draw=a_network, title="a real network gives the same states and guesses"),
    holds("read, update and predict are called once for each letter", once_for_each_letter),
    holds("no letters give no states", nothing_to_read),
]  # fmt: skip
