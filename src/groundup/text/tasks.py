"""Memory tasks: small questions whose answer can be known only by remembering what was read.

    copy      a f c | a f c           say the letters again
    reverse   a f c | c f a           say them from the last to the first
    recall    b 7 0 4 x z w b | 7 0 4 which number came with this letter, so many tokens ago?
    brackets  ( [ ] { | } ) .         close what is still open
    addition  7 4 + 8 3 | 5 8 0       47 + 38 = 085, units first, as it is done on paper

Each is made as long as one likes. A model reads the question and the bar, and is scored on what comes after
the bar, exactly: one wrong token, and the whole answer is wrong. Words of a real text can be guessed from
their neighbours; these cannot, so that they show how far back a model can reach, and nothing else.

Copying goes back to Hochreiter and Schmidhuber 1997 ("Long short-term memory", section 5), and as a test of
today's models to Graves et al. 2014 ("Neural Turing machines", section 4.1); recall at a distance is close to
the "associative recall" there (section 4.3); addition with the units first is from Lee et al. 2023
("Teaching arithmetic to small transformers").
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal

from groundup.common.errors import GroundupError, did_you_mean

if TYPE_CHECKING:  # torch is loaded only when tensors are made: the command's help shows examples without it
    from torch import Tensor

Split = Literal["train", "test"]
Tokens = list[str]

BAR = "|"  # here the question ends and the answer begins
IGNORED = -100  # no target here: what `torch.nn.functional.cross_entropy` leaves out
SHARE = 4  # one question in so many is held out for tests, and never trained on


@dataclass(frozen=True)
class Task:
    """One kind of question. `ask(length, random)` draws one; `answer(question)` is the only right answer."""

    name: str
    asks: str
    """What is to be done, in a sentence."""
    counted: str
    """What its length counts."""
    alphabet: str
    """All that a question and its answer are made of: one character a token. The bar comes after them."""
    ask: Callable[[int, Random], Tokens]
    answer: Callable[[Sequence[str]], Tokens]
    longest_answer: Callable[[int], int]
    """Tokens that the answer to a question of a length has at most."""

    @property
    def vocab_size(self) -> int:
        return len(self.alphabet) + 1

    def is_right(self, question: Sequence[str], answer: Sequence[str]) -> bool:
        """Whether all of the answer is right."""
        return list(answer) == self.answer(question)

    def encode(self, tokens: Sequence[str]) -> list[int]:
        return [(self.alphabet + BAR).index(token) for token in tokens]

    def decode(self, ids: Sequence[int]) -> Tokens:
        return [(self.alphabet + BAR)[i] for i in ids]

    def longest_text(self, length: int) -> int:
        """Tokens of a question of this length with the bar and the answer, at most."""
        first, second = (len(self.ask(short, Random(0))) for short in (1, 2))
        return first + (length - 1) * (second - first) + 1 + self.longest_answer(length)

    def example(self, length: int = 4, seed: int = 1) -> str:
        """One question with its answer, for people to read.

        >>> task("reverse").example()
        'reverse: f a b a | a b a f'
        """
        return joined_question(self, questions(self, length, 1, "test", seed)[0])


def joined_question(task: Task, question: Sequence[str]) -> str:
    """A question and its answer as one line."""
    return f"{task.name}: {' '.join([*question, BAR, *task.answer(question)])}"


# ---- the five ----------------------------------------------------------------------------------------------

LETTERS, DIGITS, FILLER = "abcdefgh", "0123456789", "uvwxyz"
NUMBER = 3  # digits in what is to be recalled
PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}


def _letters(length: int, random: Random) -> Tokens:
    return random.choices(LETTERS, k=length)


def _recall(length: int, random: Random) -> Tokens:
    """A letter and its number, `length` tokens that mean nothing, and the letter again."""
    key, number = random.choice(LETTERS), random.choices(DIGITS, k=NUMBER)
    return [key, *number, *random.choices(FILLER, k=length), key]


def _number_of(question: Sequence[str]) -> Tokens:
    """What came after the letter that is asked for."""
    result = list(question).index(question[-1]) + 1
    return list(question[result : result + NUMBER])


def _brackets(length: int, random: Random) -> Tokens:
    """`length` brackets of which at least one stays open; each as likely to open as to close another."""
    tokens: Tokens = []
    still_open: Tokens = []
    for place in range(length):
        # The last one must not close the last that is open.
        must_open = not still_open or (place == length - 1 and len(still_open) == 1)
        if must_open or random.random() < 0.5:
            tokens.append(random.choice("([{<"))
            still_open.append(tokens[-1])
        else:
            tokens.append(PAIRS[still_open.pop()])
    return tokens


def _close(question: Sequence[str]) -> Tokens:
    """The closing brackets that are missing, the innermost first, and a full stop."""
    still_open: Tokens = []
    for token in question:
        if token in PAIRS:
            still_open.append(token)
        else:
            still_open.pop()
    return [PAIRS[token] for token in reversed(still_open)] + ["."]


def _sum(length: int, random: Random) -> Tokens:
    """Two numbers of `length` digits, the units first."""
    return [*random.choices(DIGITS, k=length), "+", *random.choices(DIGITS, k=length)]


def _add(question: Sequence[str]) -> Tokens:
    """Digit by digit with a carry: one digit more than the numbers have."""
    plus = list(question).index("+")
    carry, digits = 0, []
    for a, b in zip(question[:plus], question[plus + 1 :], strict=True):
        carry, digit = divmod(int(a) + int(b) + carry, 10)
        digits.append(str(digit))
    return [*digits, str(carry)]


TASKS = {
    task.name: task
    for task in (
        Task("copy", "Say the letters again.", "letters", LETTERS, _letters, list, lambda length: length),
        Task(
            "reverse",
            "Say the letters from the last to the first.",
            "letters",
            LETTERS,
            _letters,
            lambda question: list(reversed(question)),
            lambda length: length,
        ),
        Task(
            "recall",
            "Which number came with this letter, so many tokens ago?",
            "tokens in between",
            LETTERS + DIGITS + FILLER,
            _recall,
            _number_of,
            lambda length: NUMBER,
        ),
        Task(
            "brackets",
            "Close the brackets that are still open, and end with a full stop.",
            "brackets",
            "".join(PAIRS) + "".join(PAIRS.values()) + ".",
            _brackets,
            _close,
            lambda length: length + 1,
        ),
        Task(
            "addition",
            "Add two numbers, written with the units first.",
            "digits in each number",
            DIGITS + "+",
            _sum,
            _add,
            lambda length: length + 1,
        ),
    )
}


def task(name: str) -> Task:
    """A task by name. Raises GroundupError with the nearest name if there is none."""
    if name not in TASKS:
        raise GroundupError(f"There is no task '{name}'.", did_you_mean(name, TASKS))
    return TASKS[name]


# ---- questions for training and for tests, and as tensors --------------------------------------------------


def split_of(question: Sequence[str]) -> Split:
    """Which split a question belongs to, by its checksum: the same question is always in the same one.

    Of the four remainders it is the last, because then every task has questions of length 1 in both.
    """
    return "test" if zlib.crc32("".join(question).encode()) % SHARE == SHARE - 1 else "train"


def questions(task: Task, length: int, count: int, split: Split, seed: int) -> list[Tokens]:
    """`count` questions of one length; those for tests are all different, and fewer where there are no more.

    The same seed gives the same questions. Raises GroundupError for a length below 1.
    """
    if length < 1:
        raise GroundupError(f"A length of {length} asks nothing.", f"It counts {task.counted}: at least 1.")
    random = Random(f"{task.name} {length} {split} {seed}")
    result: list[Tokens] = []
    seen: set[str] = set()
    tries = 0
    while len(result) < count and (split == "train" or tries < 40 * count or not result):
        tries += 1
        question = task.ask(length, random)
        if split_of(question) != split:
            continue
        if split == "test":
            if "".join(question) in seen:
                continue
            seen.add("".join(question))
        result.append(question)
    return result


def tensors(task: Task, asked: Sequence[Sequence[str]]) -> "tuple[Tensor, Tensor]":
    """Tokens and targets, each `(batch, time)` int64, as all language models here are trained.

    A target is the token that comes next where that belongs to the answer, and -100, which the loss leaves
    out, everywhere else. Shorter rows are filled up at the end, where no target is.

        tokens    a  f  c  |  a  f
        targets   .  .  .  a  f  c
    """
    import torch

    rows = [(question, task.answer(question)) for question in asked]
    time = max(len(question) + len(answer) for question, answer in rows)
    bar = task.encode([BAR])
    tokens = torch.zeros(len(rows), time, dtype=torch.int64)
    targets = torch.full_like(tokens, IGNORED)
    for row, (question, answer) in enumerate(rows):
        ids = task.encode(question) + bar + task.encode(answer)
        tokens[row, : len(ids) - 1] = torch.tensor(ids[:-1])
        targets[row, len(question) : len(ids) - 1] = torch.tensor(ids[len(question) + 1 :])
    return tokens, targets
