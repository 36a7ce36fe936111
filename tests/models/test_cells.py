"""The cells against torch.nn, against finite differences, and fast against plain."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from groundup.models import cells
from groundup.models.cells import CELLS, CellWeights, Recurrent, unroll
from groundup.models.fast import accelerate
from groundup.models.fast import cells as fast_cells
from groundup.models.fast import onednn as products

NAMES = ["rnn", "gru", "lstm"]
PEERS = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


def plain(name):
    return lambda x, state, w: unroll(getattr(cells, f"{name}_step"), x, state, w)


def fast(name):
    return getattr(fast_cells, name)


@pytest.fixture(params=[True, False], ids=["onednn", "without"])
def onednn(request, monkeypatch):
    """Where torch has oneDNN the fast cells call it in float32; elsewhere they do without."""
    if request.param and not products.HAS_ONEDNN:
        pytest.skip("torch has no oneDNN here")
    monkeypatch.setattr(products, "HAS_ONEDNN", request.param)


def problem(name, *, time, batch=3, inputs=5, width=4, dtype=torch.float64, seed=0):
    """A torch.nn layer, and random x, state and gradients from above that suit it."""
    g = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    layer = PEERS[name](inputs, width).to(dtype)
    x = torch.randn(time, batch, inputs, dtype=dtype, generator=g).requires_grad_()
    state = tuple(
        torch.randn(batch, width, dtype=dtype, generator=g).requires_grad_()
        for _ in range(CELLS[name].states)
    )
    above = torch.randn(time, batch, width, dtype=dtype, generator=g)
    last = tuple(torch.randn(batch, width, dtype=dtype, generator=g) for _ in state)
    return layer, x, state, (above, last)


def everything(read, x, state, weights, gradients):
    """Outputs, final state, and the gradients of x, the state and all weights."""
    above, last = gradients
    outputs, after = read(x, state, weights)
    loss = (outputs * above).sum() + sum((a * b).sum() for a, b in zip(after, last, strict=True))
    return [outputs, *after, *torch.autograd.grad(loss, [x, *state, *weights])]


def as_torch_does(layer):
    def read(x, state, _):
        initial = tuple(part.unsqueeze(0) for part in state)
        outputs, after = layer(x, initial if len(initial) == 2 else initial[0])
        return outputs, tuple(part[0] for part in (after if len(initial) == 2 else (after,)))

    return read


@pytest.mark.parametrize("read", [plain, fast], ids=["plain", "fast"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("time", [1, 2, 35])
def test_equals_torch_nn(name, read, time):
    layer, x, state, gradients = problem(name, time=time)
    weights = CellWeights(*layer.parameters())
    theirs = everything(as_torch_does(layer), x, state, weights, gradients)
    ours = everything(read(name), x, state, weights, gradients)
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [64, 384], ids=["small", "large"])  # a large product goes another way
@pytest.mark.usefixtures("onednn")
def test_fast_in_float32_has_no_more_error_than_torch(name, width):
    """In float32 another library multiplies the matrices; float64 is the truth to which both are held."""
    layer, x, state, gradients = problem(name, time=50, batch=8, inputs=32, width=width, dtype=torch.float32)
    weights = CellWeights(*layer.parameters())
    ours = everything(fast(name), x, state, weights, gradients)
    theirs = everything(as_torch_does(layer), x, state, weights, gradients)
    layer.double()
    x, state = (
        x.detach().double().requires_grad_(),
        tuple(s.detach().double().requires_grad_() for s in state),
    )
    gradients = (gradients[0].double(), tuple(g.double() for g in gradients[1]))
    truth = everything(as_torch_does(layer), x, state, CellWeights(*layer.parameters()), gradients)
    for our, their, true in zip(ours, theirs, truth, strict=True):
        allowed = 4 * (their - true).abs().max() + 1e-6
        assert (our - true).abs().max() <= allowed


@pytest.mark.parametrize("name", NAMES)
def test_gradients_equal_finite_differences(name):
    layer, x, state, _ = problem(name, time=5, batch=2, inputs=3, width=2)
    weights = tuple(layer.parameters())

    def read(x, *rest):
        outputs, after = fast(name)(x, rest[: len(state)], CellWeights(*rest[len(state) :]))
        return (outputs, *after)

    assert torch.autograd.gradcheck(read, (x, *state, *weights))


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    time=st.integers(1, 40),
    batch=st.integers(1, 4),
    inputs=st.integers(1, 6),
    width=st.integers(1, 6),
    seed=st.integers(0, 1000),
)
def test_fast_equals_plain(*, name, time, batch, inputs, width, seed):
    layer, x, state, gradients = problem(name, time=time, batch=batch, inputs=inputs, width=width, seed=seed)
    weights = CellWeights(*layer.parameters())
    ours = everything(fast(name), x, state, weights, gradients)
    truth = everything(plain(name), x, state, weights, gradients)
    torch.testing.assert_close(ours, truth, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_fast_takes_strided_tensors_and_leaves_its_arguments_alone(name):
    layer, x, state, (above, last) = problem(name, time=7)
    weights = CellWeights(*layer.parameters())
    want = everything(fast(name), x, state, weights, (above, last))
    strided = x.detach().transpose(0, 2).contiguous().transpose(0, 2).requires_grad_()
    before = [t.detach().clone() for t in (strided, *state, *weights)]
    got = everything(fast(name), strided, state, weights, (above, last))
    torch.testing.assert_close(got, want)
    torch.testing.assert_close([t.detach() for t in (strided, *state, *weights)], before, rtol=0, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_may_be_asked_for_twice(name):
    layer, x, state, _ = problem(name, time=6)
    outputs, _ = fast(name)(x, state, CellWeights(*layer.parameters()))
    loss = outputs.sum()  # its gradient is one number, expanded: no storage of its own
    first = torch.autograd.grad(loss, x, retain_graph=True)
    second = torch.autograd.grad(loss, x)
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_layers_are_torch_nn_layers(name):
    """CellWeights go over by name, and two layers compute the same."""
    theirs = PEERS[name](6, 5, num_layers=2).double()
    ours = Recurrent(name, 6, 5, layers=2).double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(9, 3, 6, dtype=torch.float64)
    want, state = theirs(x)
    state = state if name == "lstm" else (state,)
    for layers in (ours, accelerate(ours)):
        outputs, memory = layers(x, layers.init_state(3, like=x))
        torch.testing.assert_close(outputs, want)
        torch.testing.assert_close([part.transpose(0, 1) for part in memory], list(state))


@pytest.mark.parametrize("name", NAMES)
def test_one_step_without_a_gradient_is_the_same_step(name):
    layer = accelerate(Recurrent(name, 6, 5, layers=2).double())
    x = torch.randn(4, 3, 6, dtype=torch.float64)
    whole, want = layer(x, layer.init_state(3, like=x))
    with torch.no_grad():
        memory, outputs = layer.init_state(3, like=x), []
        for step in x.split(1):
            output, memory = layer(step, memory)
            outputs.append(output)
    torch.testing.assert_close(torch.cat(outputs), whole)
    torch.testing.assert_close(memory, want)


def test_recurrent_matrices_start_orthogonal_and_the_forget_gate_open():
    layer = Recurrent("lstm", 7, 8, layers=2)
    for index in range(2):
        w = layer.weights(index)
        for gate in w.hh.split(8):
            torch.testing.assert_close(gate @ gate.T, torch.eye(8))
        i, f, g, o = (w.bias_ih + w.bias_hh).split(8)
        assert (f == 1).all()
        assert not torch.cat([i, g, o]).any()


def test_an_unknown_cell_is_refused_by_name():
    with pytest.raises(ValueError, match="no cell 'lstn'"):
        Recurrent("lstn", 3, 4)


@pytest.mark.parametrize("name", NAMES)
def test_storage_is_used_again_but_never_while_it_is_needed(name):
    """Two readings are held at once, one is dropped, a third is made: no gradients change."""
    layer, x, state, gradients = problem(name, time=9, seed=1)
    weights = CellWeights(*layer.parameters())
    want = everything(plain(name), x, state, weights, gradients)
    with torch.inference_mode():
        fast(name)(x, state, weights)
    first, _ = fast(name)(x, state, weights)
    second, _ = fast(name)(x + 1, state, weights)
    del second
    third, _ = fast(name)(x - 1, state, weights)
    got = torch.autograd.grad((first * gradients[0]).sum(), x)[0]
    alone = torch.autograd.grad((fast(name)(x, state, weights)[0] * gradients[0]).sum(), x)[0]
    torch.testing.assert_close(got, alone, rtol=0, atol=0)
    torch.testing.assert_close(
        everything(fast(name), x, state, weights, gradients), want, rtol=1e-10, atol=1e-10
    )
    assert third.isfinite().all()
