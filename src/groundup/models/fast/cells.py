"""The cells of cells.py for training: back-propagation through time derived by hand, for the RNN and the GRU.

Where the time goes, and what is done about it:

- The products with the input need no state, so they are one matrix product for all steps. Only the product with h
  must wait for the step before it.
- In the backward pass one quantity must wait: δ, the gradient of the sums inside the gates. Every δ is the
  gradient of h times a factor that holds only numbers known from the forward pass. The factors of all steps are
  computed at once; a step is then a few products and one matrix product.
- A weight's gradient is a sum over steps of δ ⊗ input: again one matrix product for all steps.
- Large results kept for the backward pass go into storage that was used before.
- tanh(a) = 2σ(2a) − 1, and torch computes σ several times as fast as tanh. The doubling inside goes into the
  weights, once.

PyTorch has the LSTM whole, forward and backward, in one operator, which is faster than a hand-derived one.

All tensors here have time first: x is (time, batch, input), outputs are (time, batch, width).
Source of the method: Werbos 1990, "Backpropagation through time: what it does and how to do it".
"""

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from groundup.models.cells import CellWeights, Recurrent, State
from groundup.models.contract import Memory
from groundup.models.fast import onednn
from groundup.models.fast.linear import multiply


class FastRecurrent(Recurrent):
    """`Recurrent`, each layer as one function of the whole text."""

    def __init__(self, plain: Recurrent) -> None:
        vars(self).update(vars(plain))

    @torch.compiler.disable  # torch.compile cannot look into gradients that are derived by hand
    def forward(self, x: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Under autocast the cells still compute in the weights' precision: a rounding error of one step would be
        carried through all that follow."""
        with torch.autocast(x.device.type, enabled=False):
            dtype = self.weights(0).hh.dtype
            return super().forward(x.to(dtype), tuple(part.to(dtype) for part in memory))

    def run_layer(self, x: Tensor, state: State, w: CellWeights) -> tuple[Tensor, State]:
        if len(x) == 1 and not torch.is_grad_enabled():  # one step, in generation: nothing to prepare
            return super().run_layer(x, state, w)
        return {"rnn": rnn, "gru": gru, "lstm": lstm}[self.cell](x, state, w)


def rnn(x: Tensor, state: State, w: CellWeights) -> tuple[Tensor, State]:
    """What `unroll(rnn_step, x, state, w)` computes."""
    outputs = _RNN.apply(x.contiguous(), *state, w.ih, w.hh, w.bias_ih + w.bias_hh)
    return outputs, (outputs[-1],)


def gru(x: Tensor, state: State, w: CellWeights) -> tuple[Tensor, State]:
    """What `unroll(gru_step, x, state, w)` computes."""
    outputs = _GRU.apply(x.contiguous(), *state, *w)
    return outputs, (outputs[-1],)


def lstm(x: Tensor, state: State, w: CellWeights) -> tuple[Tensor, State]:
    """What `unroll(lstm_step, x, state, w)` computes, by PyTorch's operator for one layer."""
    initial = [part.unsqueeze(0) for part in state]
    outputs, h, c = torch.lstm(x, initial, list(w), True, 1, 0.0, torch.is_grad_enabled(), False, False)
    return outputs, (h[0], c[0])


class _RNN(Function):
    """a = W_ih x + W_hh h + b;  h' = tanh(a).   Backwards:  δ = dh' ⊙ (1 − h'²);  dh = δ W_hh."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, h: Tensor, ih: Tensor, hh: Tensor, bias: Tensor) -> Tensor:
        states = _state_storage(x, h)
        sums, recur = _linear(x, 2 * ih, 2 * bias), _Recurrence(2 * hh, len(h))
        h, minus_one = states[0], x.new_tensor(-1.0)
        for a, h_next in zip(sums.unbind(0), states[1:].unbind(0), strict=True):
            h = torch.add(minus_one, recur(h, a).sigmoid_(), alpha=2, out=h_next)
        ctx.save_for_backward(x, states, ih, hh)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_outputs: Tensor) -> tuple[Tensor, ...]:
        x, states, ih, hh = ctx.saved_tensors
        back, dh = _Recurrence(hh.t(), states.shape[1]), torch.zeros_like(states[0])
        factors = torch.addcmul(x.new_ones(()), states[1:], states[1:], value=-1)  # 1 − h'²
        deltas = factors * d_outputs
        for delta, factor in _backwards(deltas.unbind(0), factors.unbind(0)):
            dh = back(delta.addcmul_(factor, dh))
        d_ih, d_bias = _weight_gradients(deltas, x)
        d_hh, _ = _weight_gradients(deltas, states[:-1])
        return _linear(deltas, ih.t()), dh, d_ih, d_hh, d_bias


class _GRU(Function):
    """With u = W_hn h + b_hn:  n = tanh(W_in x + b_in + r ⊙ u);  h' = (1 − z) ⊙ n + z ⊙ h.   Backwards:

    δn = dh' ⊙ (1 − z) ⊙ (1 − n²)        δu = δn ⊙ r
    δr = δu ⊙ u ⊙ (1 − r)                 (δn ⊙ u ⊙ r ⊙ (1 − r))
    δz = dh' ⊙ (h − n) ⊙ z ⊙ (1 − z)      with z ⊙ (h − n) = h' − n
    dh = dh' ⊙ z + [δr δz δu] W_hh        the inputs see [δr δz δn] instead
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, h: Tensor, ih: Tensor, hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:
        width = h.shape[-1]
        states = _state_storage(x, h)
        ctx.gates = _Reused(x, *x.shape[:2], 4 * width)  # r, z, n and 2u
        twice_n = _twice(ih, 2 * width, 3 * width)
        recur, b_hh = _Recurrence(hh * twice_n.unsqueeze(1), len(h)), b_hh * twice_n
        sums = _linear(x, ih * twice_n.unsqueeze(1), b_ih * twice_n)
        h, minus_one = states[0], x.new_tensor(-1.0)
        parts = [sums[..., : 2 * width], sums[..., 2 * width :], ctx.gates.tensor[..., : 2 * width]]
        parts += [*ctx.gates.tensor.chunk(4, -1), states[1:]]
        for a_rz, a_n, rz, r, z, n, u, h_next in zip(*(p.unbind(0) for p in parts), strict=True):
            hidden_rz, twice_u = recur(h, b_hh).split_with_sizes((2 * width, width), dim=1)
            torch.add(a_rz, hidden_rz, out=rz).sigmoid_()
            u.copy_(twice_u)
            torch.addcmul(a_n, r, u, out=n).sigmoid_()
            torch.add(minus_one, n, alpha=2, out=n)
            h = torch.lerp(n, h, z, out=h_next)
        ctx.save_for_backward(x, states, ih, hh)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_outputs: Tensor) -> tuple[Tensor, ...]:
        x, states, ih, hh = ctx.saved_tensors
        width = hh.shape[1]
        r, z, n, twice_u = ctx.gates.tensor.chunk(4, -1)
        back = _Recurrence(hh.t(), states.shape[1])
        deltas = x.new_empty(*r.shape[:2], 3 * width)
        delta_r, delta_z, delta_u = deltas.chunk(3, -1)
        delta_n = torch.addcmul(x.new_ones(()), n, n, value=-1)  # 1 − n²
        delta_n.addcmul_(delta_n, z, value=-1)  # (1 − n²)(1 − z)
        torch.mul(delta_n, r, out=delta_u)
        torch.addcmul(twice_u, twice_u, r, value=-1, out=delta_r).mul_(delta_u).mul_(0.5)
        difference = states[1:] - n
        torch.addcmul(difference, difference, z, value=-1, out=delta_z)
        three = deltas.unflatten(-1, (3, width))  # so that one dh multiplies r, z and u
        d_before, dh = _gradients_from_above(d_outputs)
        steps = (three.unbind(0), deltas.unbind(0), delta_n.unbind(0), z.unbind(0), d_before)
        for rzu, delta, d_n, z_t, d_h in _backwards(*steps):
            rzu.mul_(dh.unsqueeze(1))
            d_n.mul_(dh)
            dh = back(delta, torch.addcmul(d_h, dh, z_t))
        d_hh, d_b_hh = _weight_gradients(deltas, states[:-1])
        delta_u.copy_(delta_n)
        d_ih, d_b_ih = _weight_gradients(deltas, x)
        return _linear(deltas, ih.t()), dh, d_ih, d_hh, d_b_ih, d_b_hh


class _Recurrence:
    """`h @ weight.T`, plus a term: the product that waits for the step before, its weight laid out once for all.

    MKL computes a small one, because its calls cost less; oneDNN a large one, because it multiplies faster.
    """

    # Numbers in the weight: on two cores MKL is faster for 256 x 256, oneDNN for 256 x 768.
    ONEDNN_MIN_WEIGHTS = 2**17

    def __init__(self, weight: Tensor, rows: int) -> None:
        """weight (out, in); `rows`: how many rows h will have."""
        self.onednn = onednn.supports(weight) and weight.numel() > self.ONEDNN_MIN_WEIGHTS
        if not self.onednn:
            self.weight = weight.t().contiguous()
        elif weight.is_contiguous():
            self.weight = onednn.packed(weight, rows)
        else:  # a transposed weight already has oneDNN's layout
            self.weight = weight

    def __call__(self, h: Tensor, term: Tensor | None = None) -> Tensor:
        """h (batch, in) and a term: None, a bias (out,), or of the result's shape (batch, out)."""
        if self.onednn:
            if term is None or term.dim() == 1:
                return onednn.linear(h, self.weight, term)
            return onednn.linear_plus(h, self.weight, term)
        return h @ self.weight if term is None else torch.addmm(term, h, self.weight)


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The products of all steps at once: x (time, batch, in), weight (out, in)."""
    return multiply(x.flatten(0, 1), weight.t(), bias).view(*x.shape[:2], -1)


def _weight_gradients(deltas: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of a weight and of its bias, from the δ of its sums and its inputs (time, batch, ·)."""
    rows = deltas.flatten(0, 1)
    return rows.t() @ inputs.flatten(0, 1), rows.sum(0)


def _twice(like: Tensor, first: int, last: int) -> Tensor:
    """One for each row of a weight, but two from `first` to before `last`: for the rows that go into a tanh."""
    factors = like.new_ones(len(like))
    factors[first:last] = 2.0
    return factors


class _Reused:
    """A large tensor whose storage is reused for the next tensor of its shape when this one is no longer needed.

    The system hands out memory page by page, at the first touch of each, and that costs more than computing
    the numbers that go there. (On a GPU torch keeps memory itself.)
    """

    _spare: ClassVar[dict[tuple, list[Tensor]]] = {}

    def __init__(self, like: Tensor, *shape: int) -> None:
        self.key = (shape, like.dtype, like.device)
        spare = self._spare.get(self.key)
        self.tensor = spare.pop() if spare else like.new_empty(shape)

    def __del__(self) -> None:
        tensor = getattr(self, "tensor", None)
        # Not what torch.compile traces with, nor what inference mode made: training could not use it.
        if type(tensor) is not Tensor or tensor.is_inference():
            return
        if sum(map(len, self._spare.values())) >= 8:  # shapes change: keep the recent ones
            self._spare.clear()
        self._spare.setdefault(self.key, []).append(tensor)


def _state_storage(x: Tensor, start: Tensor) -> Tensor:
    """Storage (time + 1, batch, width) for a state: row t is the state before step t, row 0 the start."""
    states = x.new_empty(len(x) + 1, *start.shape)
    states[0] = start
    return states


def _gradients_from_above(d_outputs: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
    """Per step, the gradient from above of the output *before* it (zero for the first); and that of the last output."""
    steps = d_outputs.contiguous().unbind(0)
    return (torch.zeros_like(steps[0]), *steps[:-1]), steps[-1]


def _backwards(*series: Any) -> Any:
    """The steps of several series together, last first."""
    return zip(*(reversed(s) for s in series), strict=True)
