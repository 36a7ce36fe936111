"""The loop with memory, windows and batches, against the plain loop that reads everything again each time."""

from random import Random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from groundup.common.errors import GroundupError
from groundup.generation.generate import generate, generate_batch, stream, stream_batch, window_start
from groundup.generation.sampling import Sampling, probabilities

GREEDY = Sampling(temperature=0)
DRAWN = Sampling(temperature=2.5, seed=1)
FILTERED = Sampling(temperature=2.5, top_k=12, top_p=0.95, repetition_penalty=1.3, seed=5)


def plainly(model, prompt, max_tokens, sampling):
    """No memory: the window is a list that loses its older half when full, and is read whole at each step."""
    die = Random(sampling.seed)
    text, window = list(prompt), []
    for token in prompt:
        window = slide(window, token, model.context)
    for _ in range(max_tokens):
        with torch.no_grad():
            logits = model(torch.tensor([window]))[0][:, -1]
        shares = probabilities(logits, sampling, torch.tensor([text]))[0].double()
        throw, token, edge = die.random() if sampling.temperature else 0.5, 0, shares[0].item()
        while edge <= throw:
            token += 1
            edge += shares[token].item()
        text.append(token)
        window = slide(window, token, model.context)
    return text[len(prompt) :]


def slide(window, token, context):
    window = [*window, token]
    return window if context is None or len(window) <= context else window[-max(1, context // 2) :]


@pytest.mark.slow
@pytest.mark.parametrize("sampling", [GREEDY, DRAWN, FILTERED])
@pytest.mark.parametrize("prompt_length", [1, 12, 13, 40])
def test_from_memory_equals_from_the_whole_window(model, sampling, prompt_length):
    prompt = [(7 * place) % model.vocab_size for place in range(prompt_length)]
    written = generate(model, prompt, 30, sampling)
    assert written == plainly(model, prompt, 30, sampling)
    if sampling != GREEDY:
        assert len(set(written)) > 4  # lively enough that this could fail


@given(context=st.integers(1, 20), length=st.integers(1, 200))
def test_window_start_is_the_sliding_rule(context, length):
    window = []
    for token in range(length):
        window = slide(window, token, context)
    assert window_start(length, context) == window[0]
    assert window_start(length, None) == 0


@pytest.mark.slow
@pytest.mark.parametrize("sampling", [GREEDY, DRAWN, FILTERED])
def test_a_row_of_a_batch_gives_what_it_gives_alone(model, sampling):
    prompts = [[3], [1, 2, 3, 4, 5], [9] * 20, [3], list(range(12))]
    together = generate_batch(model, prompts, 30, sampling)
    for row, prompt in enumerate(prompts):
        dials = {**sampling.__dict__, "seed": sampling.seed + row}
        assert together[row] == generate(model, prompt, 30, Sampling(**dials)), row
    if sampling.temperature:
        assert together[0] != together[3]  # the same prompt, but each row throws its own die


def test_a_seed_is_a_text(model):
    item, again, other = (
        generate(model, [1], 30, Sampling(temperature=2.5, seed=seed)) for seed in (8, 8, 9)
    )
    assert item == again != other


def test_the_stop_token_ends_a_row_and_is_its_last_token(model):
    free = generate(model, [1], 30)
    stop = free[10]
    until = free[: free.index(stop) + 1]
    assert generate(model, [1], 30, stop_token=stop) == until
    batch = generate_batch(model, [[1], [2, 3]], 30, stop_token=stop)
    assert batch[0] == until
    assert stop not in batch[1][:-1]


def test_finished_rows_are_not_computed_any_more(gpt):
    rows_read = []
    gpt.register_forward_pre_hook(lambda _, inputs: rows_read.append(tuple(inputs[0].shape)))
    generate_batch(gpt, [[1], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9]], 2)
    # One token is read together, then one more. Then row 0 has its two tokens and goes; the others read on
    # to the end of row 1's prompt at once. So does row 2 when it is alone.
    assert rows_read == [(3, 1), (3, 1), (2, 2), (2, 1), (1, 4), (1, 1)]


def test_a_text_without_an_end_takes_no_room_before_it_is_written(gpt):
    """Room for so many tokens would be 2**55 bytes, which no machine has."""
    endless = stream(gpt, [1, 2, 3], 2**52, DRAWN)
    assert [next(endless) for _ in range(40)] == generate(gpt, [1, 2, 3], 40, DRAWN)
    endless.close()


def test_a_caller_can_end_one_row(model):
    whole = generate_batch(model, [[1], [2], [3]], 12)
    done, seen = set(), [[], [], []]
    for row, token in stream_batch(model, [[1], [2], [3]], 12, done=done):
        seen[row].append(token)
        if row == 1 and len(seen[1]) == 4:
            done.add(1)
    assert seen == [whole[0], whole[1][:4], whole[2]]


def test_streaming_hands_out_each_token_before_the_next_is_computed(gpt):
    calls = []
    gpt.register_forward_hook(lambda *_: calls.append(1))
    tokens = stream(gpt, [1, 2], 20, GREEDY)
    first = [next(tokens) for _ in range(5)]
    assert len(calls) == 5
    assert torch.is_inference_mode_enabled() is False  # the caller's own code runs as before
    tokens.close()
    assert first == generate(gpt, [1, 2], 5, GREEDY)


def test_dropout_is_off_and_the_model_stays_in_its_mode(make_gpt):
    with_dropout, without = make_gpt(dropout=0.5), make_gpt(dropout=0.0)
    with_dropout.train()
    assert generate(with_dropout, [1], 20) == generate(without, [1], 20)
    assert all(part.training for part in with_dropout.modules())
    tokens = stream(with_dropout, [1], 20)
    next(tokens)
    assert with_dropout.training
    tokens.close()
    without.eval()
    generate(without, [1], 3)
    assert not without.training
    with torch.no_grad():
        next(with_dropout.parameters()).fill_(float("nan"))
    with pytest.raises(GroundupError, match="damaged"):
        generate(with_dropout, [1], 3)
    assert with_dropout.training


def test_nothing_asked_nothing_given(model):
    assert generate(model, [1, 2], 0) == []
    assert generate_batch(model, [], 5) == []


@pytest.mark.parametrize(
    ("prompt", "max_tokens", "says"),
    [([], 5, "empty"), ([1, 99], 5, "99"), ([-1], 5, "-1"), ([1], -2, "-2")],
)
def test_what_cannot_be_continued_is_refused(model, prompt, max_tokens, says):
    with pytest.raises(GroundupError, match=says):
        generate(model, prompt, max_tokens)
    with pytest.raises(GroundupError, match=says):
        generate_batch(model, [[1], prompt], max_tokens)


def test_a_context_of_one_is_enough(make_gpt):
    model = make_gpt(context=1)
    assert generate(model, [1, 2], 9) == plainly(model, [1, 2], 9, Sampling())
