"""Memory tasks: the one right answer, checked by other means than those that made it."""

import doctest
import re

import pytest
import torch

from groundup.common.errors import GroundupError
from groundup.text import tasks
from groundup.text.tasks import IGNORED, TASKS, questions, split_of, task, tensors

EACH = pytest.mark.parametrize("name", TASKS)


def right(name: str, question: list[str], answer: list[str]) -> bool:
    """The same judgement, made on strings."""
    asked, text = "".join(question), "".join(answer)
    if name == "copy":
        return text == asked
    if name == "reverse":
        return text == asked[::-1]
    if name == "recall":
        return re.match(r"([a-h])(\d{3})[u-z]+\1$", asked)[2] == text
    if name == "brackets":
        closed = asked + text.removesuffix(".")
        while (shorter := re.sub(r"\(\)|\[\]|\{\}|<>", "", closed)) != closed:
            closed = shorter
        return closed == "" and text.endswith(".") and len(text) > 1
    if not text.isdigit():
        return False
    first, second = (int(number[::-1]) for number in asked.split("+"))
    return int(text[::-1]) == first + second and len(text) == (len(asked) - 1) // 2 + 1


@EACH
@pytest.mark.parametrize("length", [1, 2, 3, 7, 40])
def test_answers_are_right_and_any_other_is_wrong(name, length):
    asked = TASKS[name]
    for question in questions(asked, length, 30, "train", seed=3):
        answer = asked.answer(question)
        assert right(name, question, answer), (question, answer)
        assert asked.is_right(question, answer)
        assert len(answer) <= asked.longest_answer(length)
        assert len(question) + 1 + len(answer) <= asked.longest_text(length)
        for place in range(len(answer)):
            for token in asked.alphabet:
                changed = [*answer[:place], token, *answer[place + 1 :]]
                assert (
                    asked.is_right(question, changed) == (changed == answer) == right(name, question, changed)
                )
        assert not asked.is_right(question, answer[:-1])
        assert not asked.is_right(question, [*answer, answer[-1]])


@EACH
def test_the_length_counts_what_it_says(name):
    extra = {"recall": lambda n: n + 5, "addition": lambda n: 2 * n + 1}.get(name, lambda n: n)
    for length in (1, 2, 9):
        assert {len(q) for q in questions(TASKS[name], length, 20, "train", 1)} == {extra(length)}


def test_brackets_are_of_all_depths():
    """Not only nests and not only pairs: of twenty brackets two, four, ... twelve and more stay open."""
    asked = TASKS["brackets"]
    depths = {len(asked.answer(question)) for question in questions(asked, 20, 300, "train", 1)}
    assert depths >= {3, 5, 7, 9, 11}  # with the full stop


@EACH
def test_held_out_questions_are_never_trained_on(name):
    asked = TASKS[name]
    for length in (1, 2, 3, 5):
        trained = {"".join(q) for q in questions(asked, length, 3000, "train", 1)}
        tested = ["".join(q) for q in questions(asked, length, 200, "test", 1)]
        assert trained
        assert tested
        assert not trained & set(tested)
        assert len(set(tested)) == len(tested)
    kinds = [split_of(asked.ask(12, tasks.Random(seed))) for seed in range(2000)]
    assert 0.2 < kinds.count("test") / 2000 < 0.3


@EACH
def test_the_seed_decides(name):
    asked = TASKS[name]
    assert questions(asked, 8, 20, "train", 5) == questions(asked, 8, 20, "train", 5)
    assert questions(asked, 8, 20, "train", 5) != questions(asked, 8, 20, "train", 6)
    assert questions(asked, 8, 20, "test", 5) == questions(asked, 8, 20, "test", 5)
    assert len(questions(asked, 8, 20, "test", 5)) == 20


@EACH
def test_targets_are_the_next_tokens_of_the_answer_and_nothing_else(name):
    asked = TASKS[name]
    value = questions(asked, 6, 16, "train", 2)
    tokens, targets = tensors(asked, value)
    assert tokens.shape == targets.shape
    assert tokens.dtype == targets.dtype == torch.int64
    assert int(tokens.max()) < asked.vocab_size
    for row, question in enumerate(value):
        answer = asked.answer(question)
        first, end = len(question), len(question) + len(answer)
        assert asked.decode(tokens[row, :end].tolist()) == [*question, "|", *answer[:-1]]
        assert asked.decode(targets[row, first:end].tolist()) == answer
        assert bool((targets[row, :first] == IGNORED).all())
        assert bool((targets[row, end:] == IGNORED).all())


def test_the_examples_are_lines_to_read():
    for name, asked in TASKS.items():
        output = asked.example()
        question, answer = output.removeprefix(f"{name}: ").split(" | ")
        assert right(name, question.split(), answer.split()), output
    assert "a f c | a f c" in tasks.__doc__
    assert not doctest.testmod(tasks).failed


def test_what_cannot_be():
    with pytest.raises(GroundupError, match=r"no task 'revers'.*Did you mean 'reverse'"):
        task("revers")
    for length in (0, -3):
        with pytest.raises(GroundupError, match="at least 1"):
            questions(TASKS["copy"], length, 1, "train", 1)
