"""The recurrent encoder-decoder: each part of it against torch.nn, or against the paper's sums as loops."""

import doctest
import math

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from groundup.models import rnn_seq2seq
from groundup.models.rnn_seq2seq import RNNSeq2Seq, RNNSeq2SeqConfig
from groundup.models.seq2seq import BEGIN, PAD

VOCAB, WIDTH, EMBEDDING, SCORE = 9, 5, 4, 3


@pytest.fixture
def model():
    torch.manual_seed(1)
    model = RNNSeq2Seq(RNNSeq2SeqConfig(width=WIDTH, embedding=EMBEDDING, score_width=SCORE), VOCAB).double()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.7)
    return model


@pytest.fixture
def source():
    tokens = torch.randint(3, VOCAB, (3, 6), generator=torch.Generator().manual_seed(2))
    tokens[1, 4:], tokens[2, 1:] = PAD, PAD
    return tokens


def test_the_encoder_is_torchs_bidirectional_gru_on_packed_texts(model, source):
    peer = nn.GRU(EMBEDDING, WIDTH, batch_first=True, bidirectional=True).double()
    state = model.forward_encoder.state_dict()
    state |= {f"{name}_reverse": value for name, value in model.backward_encoder.state_dict().items()}
    peer.load_state_dict(state)
    lengths = torch.tensor([6, 4, 1])
    packed = pack_padded_sequence(model.source_embedding(source), lengths, batch_first=True)
    outputs, last = peer(packed)
    want, _ = pad_packed_sequence(outputs, batch_first=True)
    annotations, keys, real, start = model.encode(source)
    for row, length in enumerate(lengths):
        torch.testing.assert_close(annotations[row, :length], want[row, :length])
    assert real.sum(dim=1).tolist() == lengths.tolist()
    torch.testing.assert_close(keys, annotations @ model.key.weight.T)
    # The GRU that reads backwards ends at the first token: appendix A.2.2's start.
    torch.testing.assert_close(
        start, torch.tanh(last[1] @ model.initial_state.weight.T + model.initial_state.bias)
    )


def test_additive_attention_is_the_papers_sum(model):
    generator = torch.Generator().manual_seed(3)
    state = torch.randn(2, WIDTH, dtype=torch.float64, generator=generator)
    annotations = torch.randn(2, 4, 2 * WIDTH, dtype=torch.float64, generator=generator)
    real = torch.tensor([[True] * 4, [True, True, True, False]])
    context, weights = model.attend(state, annotations, model.key(annotations), real)
    w, u, v, bias = (part.tolist() for part in (model.query.weight, model.key.weight,
                                                model.score.weight[0], model.query.bias))  # fmt: skip
    for row, length in enumerate((4, 3)):
        energies = []
        for j in range(length):
            energy = 0.0
            for k in range(SCORE):
                inside = bias[k] + sum(w[k][i] * state[row, i].item() for i in range(WIDTH))
                inside += sum(u[k][i] * annotations[row, j, i].item() for i in range(2 * WIDTH))
                energy += v[k] * math.tanh(inside)
            energies.append(energy)
        total = sum(map(math.exp, energies))
        alphas = [math.exp(energy) / total for energy in energies]
        want = [
            sum(a * annotations[row, j, i].item() for j, a in enumerate(alphas)) for i in range(2 * WIDTH)
        ]
        assert weights[row].tolist() == pytest.approx([*alphas, *[0.0] * (4 - length)], abs=1e-12)
        assert context[row].tolist() == pytest.approx(want, abs=1e-12)


def test_the_decoder_is_torchs_gru_cell_fed_with_token_and_context(model, source):
    cell = nn.GRUCell(EMBEDDING + 2 * WIDTH, WIDTH).double()
    cell.load_state_dict({name.removesuffix("_l0"): p for name, p in model.cell.state_dict().items()})
    target = torch.tensor([[BEGIN, 3, 4], [BEGIN, 5, 6], [BEGIN, 7, 8]])
    annotations, keys, real, state = model.encode(source)
    want = []
    for place in range(3):
        token = model.target_embedding(target[:, place])
        context, _ = model.attend(state, annotations, keys, real)  # with the state before this step
        state = cell(torch.cat((token, context), dim=1), state)
        sums = model.deep_output(torch.cat((state, token, context), dim=1))
        deep = torch.stack([torch.maximum(sums[:, 2 * i], sums[:, 2 * i + 1]) for i in range(WIDTH)], dim=1)
        want.append(model.lm_head(deep))
    torch.testing.assert_close(model(source, target), torch.stack(want, dim=1))
    torch.testing.assert_close(model.decode(target, model.encode(source))[2][3], state)


def test_turning_round_twice_changes_nothing():
    assert doctest.testmod(rnn_seq2seq).failed == 0
    real = torch.arange(6) < torch.tensor([[6], [4], [1]])
    twice = rnn_seq2seq.reverse_padded(real).take_along_dim(rnn_seq2seq.reverse_padded(real), dim=1)
    assert twice.tolist() == [list(range(6))] * 3


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="score_width is 0: choose at least 1"):
        RNNSeq2SeqConfig(score_width=0)
