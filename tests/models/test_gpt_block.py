"""A GPT block as one function, derived by hand, against the readable one: values, memory, every gradient."""

from contextlib import nullcontext

import pytest
import torch
from torch import nn

from groundup.models import attention, gpt_block, onednn
from groundup.models.gpt import GPT, Block, GPTConfig


@pytest.fixture
def taken(monkeypatch):
    """How often a block was read as one."""
    times = []
    read = gpt_block.read
    monkeypatch.setattr(gpt_block, "read", lambda *given: times.append(1) or read(*given))
    return times


def block(width=16, heads=4, dtype=torch.float64, **more) -> Block:
    made = Block(GPTConfig(width=width, heads=heads, **more)).to(dtype)
    generator = torch.Generator().manual_seed(1)
    for parameter in made.parameters():  # norms and biases too, so that none of them hides
        nn.init.normal_(parameter, std=0.4, generator=generator)
    return made


def random(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def gradients(model, x, weightings):
    """Output, keys, values; and the gradients of x and all parameters, where each of the three has its part."""
    x = x.clone().requires_grad_()
    outputs = model(x, None)
    loss = sum((output * weighting).sum() for output, weighting in zip(outputs, weightings, strict=False))
    return outputs, torch.autograd.grad(loss, [x, *model.parameters()])


@pytest.mark.parametrize("with_memory", [True, False])
@pytest.mark.parametrize(("time", "size_of_blocks"), [(1, 128), (7, 128), (7, 3), (6, 3)])
def test_it_is_the_readable_block_gradients_too(time, size_of_blocks, with_memory, taken, monkeypatch):
    monkeypatch.setattr(attention, "BLOCK", size_of_blocks)
    model, x = block(), random(2, time, 16)
    weightings = [random(2, time, 16, seed=2)]
    if with_memory:  # a loss that also depends on the keys and values
        weightings += [random(2, 4, time, 4, seed=seed) for seed in (3, 4)]
    got = gradients(model, x, weightings)
    assert taken
    want = gradients(model.eval(), x, weightings)
    assert len(taken) == 1
    torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("with_onednn", [True, False])
def test_in_float32_whichever_library_multiplies(with_onednn, taken, monkeypatch):
    if with_onednn and not onednn.HAS_ONEDNN:
        pytest.skip("this build of torch has no oneDNN for us")
    monkeypatch.setattr(onednn, "HAS_ONEDNN", with_onednn)
    model, x = (
        block(width=128, dtype=torch.float32),
        random(12, 64, 128, dtype=torch.float32),
    )  # larger than MANY
    weightings = [random(12, 64, 128, seed=2, dtype=torch.float32)]
    got = gradients(model, x, weightings)
    assert taken
    for one, other in zip(got[1], gradients(model.double().eval(), x.double(), weightings)[1], strict=True):
        assert (one - other).norm() < 1e-5 * other.norm()


def test_under_autocast_it_rounds_no_worse_than_the_readable_one(taken):
    model, x = block(width=64, dtype=torch.float32), random(4, 32, 64, dtype=torch.float32)
    weightings = [random(4, 32, 64, seed=2, dtype=torch.float32)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        (y, keys, _), got = gradients(model, x, weightings)
        assert taken
        (peer_y, peer_keys, _), peers = gradients(model.eval(), x, weightings)
    assert len(taken) == 1
    assert (y.dtype, keys.dtype) == (peer_y.dtype, peer_keys.dtype) == (torch.float32, torch.bfloat16)
    (true_y, _, _), true = gradients(model, x, weightings)
    for one, peer, exact in zip((y, *got), (peer_y, *peers), (true_y, *true), strict=True):
        assert one.dtype == torch.float32
        assert (one - exact).norm() < 1.5 * (peer - exact).norm()
        assert (one - exact).norm() < 0.03 * exact.norm()


def test_its_gradients_are_finite_differences(taken):
    model = block(width=4, heads=2)
    x = random(1, 3, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, *_: model(x, None), [x, *model.parameters()])
    assert taken


def test_weights_that_stay_as_they_are_get_no_gradient(taken):
    model, x = block(), random(2, 3, 16).requires_grad_()
    model.widen.weight.requires_grad_(requires_grad=False)
    model(x, None)[0].sum().backward()
    assert taken
    assert model.widen.weight.grad is None
    assert model.narrow.weight.grad is not None


@pytest.mark.parametrize("why", ["eval", "no gradient", "dropout", "a past", "another part"])
def test_where_it_does_not_suit_the_readable_one_runs(why, taken):
    model = block(dtype=torch.float32, dropout=0.5 if why == "dropout" else 0.0)
    x, past = random(2, 3, 16, dtype=torch.float32).requires_grad_(), None
    if why == "eval":
        model.eval()
    if why == "a past":
        past = (random(2, 4, 5, 4, dtype=torch.float32),) * 2
    if why == "another part":
        model.widen = nn.Linear(16, 64)
    with torch.no_grad() if why == "no gradient" else nullcontext():
        assert model(x, past)[0].shape == x.shape
    assert not taken


@pytest.mark.parametrize(
    "how",
    [
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
    ],
)
@pytest.mark.parametrize(
    "part",
    [
        "attention",
        "attention.qkv",
        "attention.out",
        "attention_norm",
        "feed_forward_norm",
        "widen",
        "dropout",
    ],
)
def test_whoever_listens_to_a_part_hears_it(how, part, taken):
    model, heard = block(), []
    getattr(model.get_submodule(part), how)(lambda *_: heard.append(1))
    model(random(2, 3, 16).requires_grad_(), None)[0].sum().backward()
    assert heard
    assert not taken


def test_a_model_in_training_takes_it_for_every_block(taken):
    model = GPT(GPTConfig(layers=3, width=16, heads=2, context=8), 11)
    model(torch.zeros(1, 8, dtype=torch.long))
    assert len(taken) == 3
