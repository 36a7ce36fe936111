"""What both models promise that read one text and write another."""

import pytest
import torch
import torch.nn.functional as F

from groundup.common.errors import GroundupError
from groundup.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from groundup.models.rnn_seq2seq import RNNSeq2Seq, RNNSeq2SeqConfig
from groundup.models.seq2seq import BEGIN, END, PAD

VOCAB, SOURCE, TARGET = 11, 7, 5
SHAPES = {"seq2seq": (1, 1), "encoder-decoder": (2, 3)}  # layers, heads


@pytest.fixture(params=SHAPES)
def model(request):
    torch.manual_seed(3)
    if request.param == "seq2seq":
        model = RNNSeq2Seq(RNNSeq2SeqConfig(width=12, embedding=6, score_width=8), VOCAB)
    else:
        model = EncoderDecoder(EncoderDecoderConfig(width=12, heads=3, layers=2, context=20), VOCAB)
    return model.double().eval()


def text(batch=3, time=SOURCE, seed=0):
    return torch.randint(3, VOCAB, (batch, time), generator=torch.Generator().manual_seed(seed))


def begun(batch=3, time=TARGET, seed=1):
    tokens = text(batch, time, seed)
    tokens[:, 0] = BEGIN
    return tokens


def test_shapes_and_rows_that_sum_to_one(model):
    logits, alignment, _ = model.decode(begun(), model.encode(text()))
    assert logits.shape == (3, TARGET, VOCAB)
    assert alignment.shape == (3, *SHAPES[model.name], TARGET, SOURCE)
    torch.testing.assert_close(alignment.sum(dim=4), torch.ones(alignment.shape[:4], dtype=torch.float64))


def test_padding_changes_nothing_and_is_never_looked_at(model):
    """Texts of 7, 4 and 1 tokens: alone, and together with ends of PAD."""
    source, target = text(), begun()
    lengths = (7, 4, 1)
    for row, length in enumerate(lengths):
        source[row, length:] = PAD
    together, alignment, _ = model.decode(target, model.encode(source))
    for row, length in enumerate(lengths):
        alone = model(source[row : row + 1, :length], target[row : row + 1])
        torch.testing.assert_close(together[row], alone[0], rtol=1e-10, atol=1e-12)
        assert (alignment[row, :, :, :, length:] == 0).all()


def test_the_source_matters_from_its_first_token_to_its_last(model):
    source, target = text(), begun()
    before = model(source, target)
    for place in range(SOURCE):
        other = source.clone()
        other[:, place] = 3 + (other[:, place] - 2) % (VOCAB - 3)  # any other token
        assert ((model(other, target) - before).abs().amax(dim=(1, 2)) > 1e-6).all()


def test_no_logit_depends_on_a_later_token(model):
    source, target = text(), begun()
    before = model(source, target)
    for place in range(1, TARGET):
        other = target.clone()
        other[:, place] = 3 + (other[:, place] - 2) % (VOCAB - 3)
        after = model(source, other)
        torch.testing.assert_close(after[:, :place], before[:, :place], rtol=0, atol=1e-14)
        assert not torch.allclose(after[:, place], before[:, place])


@pytest.mark.parametrize("cut", range(1, TARGET))
def test_reading_in_pieces_equals_reading_whole(model, cut):
    source, target = text(), begun()
    want, looked, _ = model.decode(target, model.encode(source))
    first, looked_first, memory = model.decode(target[:, :cut], model.encode(source))
    second, looked_second, _ = model.decode(target[:, cut:], memory)
    torch.testing.assert_close(torch.cat((first, second), dim=1), want)
    torch.testing.assert_close(torch.cat((looked_first, looked_second), dim=3), looked)


def test_translating_with_a_memory_equals_reading_everything_again(model):
    source = text(batch=6)
    source[2, 4:] = PAD
    written, alignment = model.translate(source, max_tokens=9)
    tokens = torch.full((6, 1), BEGIN)
    for _ in range(9):
        tokens = torch.cat((tokens, model(source, tokens)[:, -1:].argmax(dim=2)), dim=1)
    for row in range(6):
        want = tokens[row, 1:].tolist()
        end = want.index(END) + 1 if END in want else len(want)
        got = written[row].tolist()
        assert got[:end] == want[:end]
        assert set(got[end:]) <= {PAD}
    whole = model.decode(tokens[:, : written.shape[1]], model.encode(source))[1]
    ended = (written == END).cumsum(dim=1).roll(1, dims=1)
    ended[:, 0] = 0
    same = (ended == 0)[:, None, None, :, None]
    torch.testing.assert_close(alignment * same, whole * same)


def test_translating_stops_at_the_end_token_row_by_row(model):
    """A decoder model to write END after a number of tokens that differs from row to row."""
    lengths, calls = torch.tensor([0, 2, 1]), []

    def decode(tokens, memory):
        calls.append(tokens.flatten().tolist())
        due = torch.where(len(calls) > lengths, END, 5)
        logits = F.one_hot(due, VOCAB)[:, None].double()
        return logits, torch.ones(3, 1, 1, 1, SOURCE), memory

    model.decode = decode
    written, alignment = model.translate(text(), max_tokens=9)
    assert written.tolist() == [[END, PAD, PAD], [5, 5, END], [5, END, PAD]]
    assert alignment.shape == (3, 1, 1, 3, SOURCE)
    assert calls == [[BEGIN] * 3, [END, 5, 5], [PAD, 5, END]]
    written, _ = model.translate(text(), max_tokens=1)
    assert written.shape == (3, 1)


def test_the_gradient_reaches_every_parameter(model):
    model.train()
    F.cross_entropy(model(text(), begun()).flatten(0, 1), text(time=TARGET).flatten()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        # A bias that moves all scores of a row alike cannot change a softmax.
        if not name.endswith("key_value.bias"):
            assert parameter.grad.abs().max() > 1e-9, name


def test_gradients_are_finite_differences(model):
    source, target = text(batch=2), begun(batch=2)
    source[1, 3:] = PAD
    weighting = torch.randn(2, TARGET, VOCAB, dtype=torch.float64, generator=torch.Generator().manual_seed(5))

    def value():
        return (model(source, target) * weighting).sum()

    value().backward()
    generator = torch.Generator().manual_seed(6)
    for name, parameter in model.named_parameters():
        direction = torch.randn(parameter.shape, dtype=torch.float64, generator=generator)
        with torch.no_grad():
            parameter.add_(direction, alpha=1e-6)
            up = value()
            parameter.add_(direction, alpha=-2e-6)
            down = value()
            parameter.add_(direction, alpha=1e-6)
        torch.testing.assert_close(
            (parameter.grad * direction).sum(), (up - down) / 2e-6, rtol=1e-5, atol=1e-6, msg=name
        )


@pytest.mark.slow
def test_it_learns_to_turn_texts_round(model):
    """Reversal needs the alignment: the first written token is the last that was read."""
    model.float().train()
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    begin, end = torch.full((16, 1), BEGIN), torch.full((16, 1), END)
    for step in range(200):
        source = torch.randint(3, VOCAB, (16, 3), generator=generator)
        target = torch.cat((begin, source.flip(1), end), dim=1)
        loss = F.cross_entropy(model(source, target[:, :-1]).flatten(0, 1), target[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step == 0:
            start = loss.item()
    assert loss.item() < 0.25 * start
    model.eval()
    written, _ = model.translate(source, max_tokens=4)
    assert (written[:, :3] == source.flip(1)).float().mean() > 0.9


@pytest.mark.parametrize("source", [torch.full((1, 3), PAD), torch.zeros(1, 0, dtype=torch.long)])
def test_an_empty_text_is_refused(model, source):
    with pytest.raises(GroundupError, match="text is empty"):
        model.encode(source)
