"""The cells of `cells.py` again, with back-propagation through time derived by hand: same numbers, sooner.

Where the time goes, and what is done about it:

- The products with what is read need no state, so they are one matrix product for all steps. Only the
  product with h must wait for the step before it.
- In the backward pass one quantity must wait: δ, the gradient of the sums inside the gates. Every δ is the
  gradient of h (or of c) times a factor that holds only numbers known from the forward pass. The factors of
  all steps are computed at once; a step is then a few products and one matrix product.
- A weight's gradient is a sum over steps of δ ⊗ input: again one matrix product for all steps.
- Large results kept for the backward pass go into storage that was used before.
- tanh(a) = 2σ(2a) − 1, and torch computes σ several times as fast as tanh. The doubling inside goes into the
  weights, once.

All tensors here have time first: x is (time, batch, input), outputs are (time, batch, width).
Source of the method: Werbos 1990, "Backpropagation through time: what it does and how to do it".
"""

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from groundup.models import onednn
from groundup.models.affine import multiply
from groundup.models.cells import State, Weights


def rnn(x: Tensor, state: State, w: Weights) -> tuple[Tensor, State]:
    """What `unroll(rnn_step, x, state, w)` computes."""
    outputs = _RNN.apply(x.contiguous(), *state, w.ih, w.hh, w.bias_ih + w.bias_hh)
    return outputs, (outputs[-1],)


def gru(x: Tensor, state: State, w: Weights) -> tuple[Tensor, State]:
    """What `unroll(gru_step, x, state, w)` computes."""
    outputs = _GRU.apply(x.contiguous(), *state, *w)
    return outputs, (outputs[-1],)


def lstm(x: Tensor, state: State, w: Weights) -> tuple[Tensor, State]:
    """What `unroll(lstm_step, x, state, w)` computes.

    oneDNN has the LSTM whole, in one operator, and there the hand-derived one is about a sixth slower. It
    is for all other cases, where torch would record every small operation of every step.
    """
    if onednn.suits_onednn(x):
        start = [part.unsqueeze(0) for part in state]
        outputs, h, c = torch.lstm(x, start, list(w), True, 1, 0.0, torch.is_grad_enabled(), False, False)
        return outputs, (h[0], c[0])
    outputs, c = _LSTM.apply(x.contiguous(), *state, w.ih, w.hh, w.bias_ih + w.bias_hh)
    return outputs, (outputs[-1], c)


class _RNN(Function):
    """a = W_ih x + W_hh h + b;  h' = tanh(a).   Backwards:  δ = dh' ⊙ (1 − h'²);  dh = δ W_hh."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, h: Tensor, ih: Tensor, hh: Tensor, bias: Tensor) -> Tensor:  # noqa: PLR0917
        states = _room_for(x, h)
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
        d_ih, d_bias = _of_weight(deltas, x)
        d_hh, _ = _of_weight(deltas, states[:-1])
        return _linear(deltas, ih.t()), dh, d_ih, d_hh, d_bias


class _GRU(Function):
    """With u = W_hn h + b_hn:  n = tanh(W_in x + b_in + r ⊙ u);  h' = (1 − z) ⊙ n + z ⊙ h.   Backwards:

    δn = dh' ⊙ (1 − z) ⊙ (1 − n²)        δu = δn ⊙ r
    δr = δu ⊙ u ⊙ (1 − r)                 (δn ⊙ u ⊙ r ⊙ (1 − r))
    δz = dh' ⊙ (h − n) ⊙ z ⊙ (1 − z)      with z ⊙ (h − n) = h' − n
    dh = dh' ⊙ z + [δr δz δu] W_hh        the inputs see [δr δz δn] instead
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, h: Tensor, ih: Tensor, hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> Tensor:  # noqa: PLR0917
        width = h.shape[-1]
        states = _room_for(x, h)
        ctx.kept = _Reused(x, *x.shape[:2], 4 * width)  # r, z, n and 2u
        twice_n = _twice(ih, 2 * width, 3 * width)
        recur, b_hh = _Recurrence(hh * twice_n.unsqueeze(1), len(h)), b_hh * twice_n
        sums = _linear(x, ih * twice_n.unsqueeze(1), b_ih * twice_n)
        h, minus_one = states[0], x.new_tensor(-1.0)
        parts = [sums[..., : 2 * width], sums[..., 2 * width :], ctx.kept.tensor[..., : 2 * width]]
        parts += [*ctx.kept.tensor.chunk(4, -1), states[1:]]
        for a_rz, a_n, rz, r, z, n, u, h_next in zip(*(p.unbind(0) for p in parts), strict=True):
            kept_rz, twice_u = recur(h, b_hh).split_with_sizes((2 * width, width), dim=1)
            torch.add(a_rz, kept_rz, out=rz).sigmoid_()
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
        r, z, n, twice_u = ctx.kept.tensor.chunk(4, -1)
        back = _Recurrence(hh.t(), states.shape[1])
        deltas = x.new_empty(*r.shape[:2], 3 * width)
        delta_r, delta_z, delta_u = deltas.chunk(3, -1)
        delta_n = torch.addcmul(x.new_ones(()), n, n, value=-1)  # 1 − n²
        delta_n.addcmul_(delta_n, z, value=-1)  # (1 − n²)(1 − z)
        torch.mul(delta_n, r, out=delta_u)
        torch.addcmul(twice_u, twice_u, r, value=-1, out=delta_r).mul_(delta_u).mul_(0.5)
        kept_of_h = states[1:] - n
        torch.addcmul(kept_of_h, kept_of_h, z, value=-1, out=delta_z)
        three = deltas.unflatten(-1, (3, width))  # so that one dh multiplies r, z and u
        d_before, dh = _gradients_from_above(d_outputs)
        steps = (three.unbind(0), deltas.unbind(0), delta_n.unbind(0), z.unbind(0), d_before)
        for rzu, delta, d_n, z_t, d_h in _backwards(*steps):
            rzu.mul_(dh.unsqueeze(1))
            d_n.mul_(dh)
            dh = back(delta, torch.addcmul(d_h, dh, z_t))
        d_hh, d_b_hh = _of_weight(deltas, states[:-1])
        delta_u.copy_(delta_n)
        d_ih, d_b_ih = _of_weight(deltas, x)
        return _linear(deltas, ih.t()), dh, d_ih, d_hh, d_b_ih, d_b_hh


class _LSTM(Function):
    """c' = f ⊙ c + i ⊙ g;  h' = o ⊙ tanh c'.   Backwards, with dc' what later steps ask of the cell:

    dc' ← dc' + dh' ⊙ o ⊙ (1 − tanh² c')
    δi = dc' ⊙ g ⊙ i(1 − i)      δf = dc' ⊙ c ⊙ f(1 − f)      δg = dc' ⊙ i ⊙ (1 − g²)
    δo = dh' ⊙ tanh c' ⊙ o(1 − o)
    dh = [δi δf δg δo] W_hh       dc = dc' ⊙ f
    """

    @staticmethod
    def forward(  # noqa: PLR0917
        ctx: Any, x: Tensor, h: Tensor, c: Tensor, ih: Tensor, hh: Tensor, bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        width = h.shape[-1]
        states, cells = _room_for(x, h), _room_for(x, c)
        ctx.kept = _Reused(x, *x.shape[:2], 4 * width)
        gates = ctx.kept.tensor
        twice_g = _twice(ih, 2 * width, 3 * width)
        sums = _linear(x, ih * twice_g.unsqueeze(1), bias * twice_g)
        recur = _Recurrence(hh * twice_g.unsqueeze(1), len(h))
        h, c, minus_one, tanh_c = states[0], cells[0], x.new_tensor(-1.0), torch.empty_like(h)
        parts = (sums, gates, *gates.chunk(4, -1), cells[1:], states[1:])
        for a, ifgo, i, f, g, o, c_next, h_next in zip(*(p.unbind(0) for p in parts), strict=True):
            torch.sigmoid(recur(h, a), out=ifgo)
            torch.add(minus_one, g, alpha=2, out=g)
            c = torch.mul(f, c, out=c_next).addcmul_(i, g)
            torch.add(c, c, out=tanh_c).sigmoid_()
            torch.add(minus_one, tanh_c, alpha=2, out=tanh_c)
            h = torch.mul(o, tanh_c, out=h_next)
        ctx.save_for_backward(x, states, cells, ih, hh)
        return states[1:], c.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_outputs: Tensor, d_last_c: Tensor) -> tuple[Tensor, ...]:
        x, states, cells, ih, hh = ctx.saved_tensors
        width, gates = hh.shape[1], ctx.kept.tensor
        back, one = _Recurrence(hh.t(), states.shape[1]), x.new_ones(())
        i, f, g, o = gates.chunk(4, -1)
        tanh_c = torch.mul(cells[1:], 2).sigmoid_().mul_(2).sub_(1)
        deltas = torch.addcmul(gates, gates, gates, value=-1)  # s(1 − s) of each gate
        delta_i, delta_f, delta_g, delta_o = deltas.chunk(4, -1)
        delta_i.mul_(g)
        delta_f.mul_(cells[:-1])
        torch.addcmul(one, g, g, value=-1, out=delta_g).mul_(i)
        delta_o.mul_(tanh_c)
        h_to_c = torch.addcmul(one, tanh_c, tanh_c, value=-1).mul_(o)
        three = deltas[..., : 3 * width].unflatten(-1, (3, width))
        d_before, dh = _gradients_from_above(d_outputs)
        dc = d_last_c.clone()
        dc_thrice = dc.unsqueeze(1)  # a view: multiplies i, f and g at once
        steps = (part.unbind(0) for part in (three, delta_o, deltas, h_to_c, f))
        for ifg, d_o, delta, to_c, f_t, d_h in _backwards(*steps, d_before):
            dc.addcmul_(dh, to_c)
            ifg.mul_(dc_thrice)
            d_o.mul_(dh)
            dh = back(delta, d_h)
            dc.mul_(f_t)
        d_ih, d_bias = _of_weight(deltas, x)
        d_hh, _ = _of_weight(deltas, states[:-1])
        return _linear(deltas, ih.t()), dh, dc, d_ih, d_hh, d_bias


class _Recurrence:
    """`h @ weight.T`, plus a term: the product that waits for the step before, its weight laid out once for all.

    A small one is MKL's, which is called sooner; a large one oneDNN's, which computes sooner.
    """

    LARGE = 2**17  # numbers in the weight; on two cores 256 x 256 is sooner done by MKL, 256 x 768 by oneDNN

    def __init__(self, weight: Tensor, rows: int) -> None:
        """weight (out, in); `rows` of h at a time are to be expected."""
        self.onednn = onednn.suits_onednn(weight) and weight.numel() > self.LARGE
        if not self.onednn:
            self.weight = weight.t().contiguous()
        elif weight.is_contiguous():
            self.weight = onednn.packed(weight, rows)
        else:  # a transposed one lies as oneDNN likes it
            self.weight = weight

    def __call__(self, h: Tensor, term: Tensor | None = None) -> Tensor:
        """h (batch, in) and a term: nothing, a bias (out,), or of the result's shape (batch, out)."""
        if self.onednn:
            if term is None or term.dim() == 1:
                return onednn.linear(h, self.weight, term)
            return onednn.linear_plus(h, self.weight, term)
        return h @ self.weight if term is None else torch.addmm(term, h, self.weight)


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The products of all steps at once: x (time, batch, in), weight (out, in)."""
    return multiply(x.flatten(0, 1), weight.t(), bias).view(*x.shape[:2], -1)


def _of_weight(deltas: Tensor, read: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of a weight and of its bias, from the δ of its sums and from what it read (time, batch, ·)."""
    rows = deltas.flatten(0, 1)
    return rows.t() @ read.flatten(0, 1), rows.sum(0)


def _twice(like: Tensor, first: int, last: int) -> Tensor:
    """One for each row of a weight, but two from `first` to before `last`: for the rows that go into a tanh."""
    factors = like.new_ones(len(like))
    factors[first:last] = 2.0
    return factors


class _Reused:
    """A large tensor whose storage goes to the next of its shape when this one is no longer needed.

    The system hands out memory page by page, at the first touch of each, and that costs more than to compute
    the numbers that go there. (On a GPU torch keeps memory by itself.)
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
        if sum(map(len, self._spare.values())) >= 8:  # shapes change: keep those of late
            self._spare.clear()
        self._spare.setdefault(self.key, []).append(tensor)


def _room_for(x: Tensor, start: Tensor) -> Tensor:
    """Storage (time + 1, batch, width) for a state: row t is the state before step t, row 0 the start."""
    states = x.new_empty(len(x) + 1, *start.shape)
    states[0] = start
    return states


def _gradients_from_above(d_outputs: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
    """Per step, the gradient from above of the output *before* it (zero for the start); the last one's."""
    steps = d_outputs.contiguous().unbind(0)
    return (torch.zeros_like(steps[0]), *steps[:-1]), steps[-1]


def _backwards(*series: Any) -> Any:
    """The steps of several series together, last first."""
    return zip(*(reversed(s) for s in series), strict=True)
