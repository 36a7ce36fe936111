"""Models without a part: the rest is as it was, the contract holds, and each part is really gone."""

import math
from dataclasses import fields

import pytest
import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from groundup.common.errors import GroundupError
from groundup.generation import Sampling, generate
from groundup.generation.generate import window_start
from groundup.models import MODELS, build
from groundup.models.ablations import PARTS, ablate, check_parts, parts_of, plain_cells
from groundup.models.attention import attention
from groundup.models.cells import Recurrent, gru_step, lstm_step
from groundup.models.lstm_attention import LSTMAttentionConfig
from groundup.models.word_gru import WordGRUConfig

VOCAB = 13
SIZES = {"width": 16, "embedding": 8, "layers": 2, "heads": 2, "window": 5, "context": 24, "init_std": 0.3}


def config_of(name, **sizes):
    known = {field.name for field in fields(MODELS[name][0])}
    return MODELS[name][0](**{key: size for key, size in (SIZES | sizes).items() if key in known})


def small(name, *without, dtype=torch.float64, **sizes):
    """The named model without those parts, small, not training."""
    torch.manual_seed(0)
    return build(config_of(name, **sizes), VOCAB, without).to(dtype).eval()


def text(batch, time, seed=0):
    return torch.randint(VOCAB, (batch, time), generator=torch.Generator().manual_seed(seed))


# Every part of every model, and some at once.
ONE = [(name, (part,)) for name in MODELS for part in parts_of(config_of(name))]
SEVERAL = [
    ("gpt", ("positions", "residual", "scale", "heads", "norm", "activation", "tied-weights")),
    ("gpt", ("attention", "residual")),
    ("transformer", ("feed-forward", "residual")),
    ("transformer", ("attention", "feed-forward", "norm")),
    ("word-gru", ("gates", "recurrence", "tied-weights")),
    ("lstm-attention", ("gates", "attention", "embedding")),
    ("lstm-attention", ("recurrence", "gates")),
]
CAUSAL = [(name, parts) for name, parts in ONE + SEVERAL if "mask" not in parts]
named = {"ids": lambda value: value if isinstance(value, str) else "+".join(value)}


def test_every_part_belongs_to_a_model_and_every_model_has_some():
    assert {part for _, (part,) in ONE} == set(PARTS)
    assert {name for name, _ in ONE} == set(MODELS)
    assert all(sentence.endswith(".") for sentence in PARTS.values())


@pytest.mark.parametrize(("name", "without"), CAUSAL, **named)
def test_no_logit_depends_on_a_later_token(name, without):
    model, tokens = small(name, *without), text(2, 12)
    other = tokens.clone()
    other[:, 7:] = (other[:, 7:] + 1) % VOCAB
    before, after = model(tokens)[0], model(other)[0]
    torch.testing.assert_close(before[:, :7], after[:, :7], rtol=1e-12, atol=1e-12)
    assert not torch.allclose(before[:, 7:], after[:, 7:])


@pytest.mark.parametrize(("name", "without"), CAUSAL, **named)
def test_reading_in_pieces_equals_reading_whole(name, without):
    model, tokens = small(name, *without), text(2, 20)
    whole, want = model(tokens)
    assert whole.shape == (2, 20, VOCAB)
    for inference in (False, True):  # in inference mode GPT takes single tokens by a way of its own
        pieces, memory, first = [], None, 0
        with torch.inference_mode(inference):
            for last in (3, 4, 5, 11, 12, 20):
                logits, memory = model(tokens[:, first:last], memory)
                pieces.append(logits)
                first = last
        torch.testing.assert_close(torch.cat(pieces, dim=1), whole, rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(memory, want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("name", "without"), CAUSAL, **named)
def test_writing_from_memory_equals_reading_all_of_it_for_each_token(name, without):
    model, prompt = small(name, *without), text(1, 4)[0].tolist()
    written = generate(model, prompt, 30, Sampling(temperature=0.0))
    tokens = list(prompt)
    for _ in written:
        start = window_start(len(tokens), model.context)
        tokens.append(int(model(torch.tensor([tokens[start:]]))[0][0, -1].argmax()))
    assert tokens[4:] == written


@pytest.mark.parametrize(("name", "without"), ONE + SEVERAL, **named)
def test_it_differs_from_the_whole_and_learns_and_is_saved(name, without):
    model, tokens = small(name, *without), text(2, 16)
    if without not in {("embedding",), ("tied-weights",)}:  # those two differ only once they learn
        assert not torch.allclose(model(tokens)[0], small(name)(tokens)[0], rtol=1e-4)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    losses = []
    for _ in range(8):
        loss = F.cross_entropy(model(tokens)[0].flatten(0, 1), tokens.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]

    torch.manual_seed(5)
    again = build(config_of(name), VOCAB, without).double().eval()
    again.load_state_dict(model.state_dict())
    torch.testing.assert_close(again(tokens)[0], model(tokens)[0], rtol=0, atol=0)


@pytest.mark.parametrize(("name", "without"), ONE, **named)
def test_what_is_left_begins_with_the_same_numbers(name, without):
    whole, model = small(name).state_dict(), small(name, *without).state_dict()
    shared = [key for key in model if key in whole and model[key].shape == whole[key].shape]
    assert len(shared) >= len(model) - (8 if without == ("gates",) else 1)
    for key in shared:
        torch.testing.assert_close(model[key], whole[key], rtol=0, atol=0)


@pytest.mark.parametrize("name", MODELS)
def test_without_nothing_it_is_the_model_itself(name):
    model = small(name)
    kind = type(model)
    assert ablate(model, ()) is model
    assert type(model) is kind is MODELS[name][1]


@pytest.mark.parametrize(("name", "without"), ONE, **named)
def test_the_counts_are_those_of_what_is_left(name, without):
    model, sizes = small(name, *without, width=64, embedding=32), {"width": 64, "embedding": 32}
    memory, length = None, 24 if name == "lstm-attention" else 1  # as in test_contract.py
    with (
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):  # else it overlooks attention
        for tokens in text(1, 24).split(length, dim=1):
            _, memory = model(tokens, memory)
    assert model.flops_per_token(24) == pytest.approx(counter.get_total_flops() / 24, rel=0.01)
    _, shorter = model(text(2, 4))
    _, longer = model(text(2, 5))
    numbers = [sum(part[0].numel() for part in memory) for memory in (shorter, longer)]
    assert numbers[1] - numbers[0] == (model.memory_per_token() if name != "lstm-attention" else 0)
    before = small(name, **sizes).parameter_count()
    change = {"tied-weights": 1, "positions": -1, "norm": -1, "feed-forward": -1, "attention": -1, "gates": -1,
              "embedding": -1}.get(without[0], 0)  # fmt: skip
    if name == "transformer" and without == ("positions",):
        change = 0  # its positions are computed
    after = model.parameter_count()
    assert (after > before) - (after < before) == change


# ---- each part is really gone ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["transformer", "gpt"])
def test_without_positions_the_order_of_the_past_does_not_matter(name):
    tokens = torch.tensor([[1, 2, 3, 4]])
    swapped = tokens[:, [1, 0, 2, 3]]  # the first layer's mask lets the last token see both alike
    first, second = (small(name, "positions", layers=1)(order)[0][:, -1] for order in (tokens, swapped))
    torch.testing.assert_close(first, second, rtol=1e-9, atol=1e-9)
    first, second = (small(name, layers=1)(order)[0][:, -1] for order in (tokens, swapped))
    assert not torch.allclose(first, second, rtol=1e-3)


@pytest.mark.parametrize(
    ("name", "part"), [("gpt", "attention"), ("char-rnn", "recurrence"), ("word-gru", "recurrence")]
)
def test_without_a_way_to_the_past_only_the_last_token_counts(name, part):
    model = small(name, part, *(["positions"] if name == "gpt" else []))
    logits = model(torch.tensor([[1, 5, 3, 5]]))[0]
    torch.testing.assert_close(logits[:, 1], logits[:, 3], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["transformer", "gpt"])
def test_without_a_mask_the_first_logit_sees_the_last_token(name):
    model, tokens = small(name, "mask"), text(1, 8)
    other = tokens.clone()
    other[:, -1] = (other[:, -1] + 1) % VOCAB
    assert not torch.allclose(model(tokens)[0][:, 0], model(other)[0][:, 0], rtol=1e-4)
    alone = model(tokens[:, :1])[0]  # read one by one it cannot look ahead: the chunks differ from the whole
    assert not torch.allclose(alone[:, 0], model(tokens)[0][:, 0], rtol=1e-4)


@pytest.mark.parametrize("name", ["transformer", "gpt"])
def test_attention_without_scale_and_with_one_head_by_hand(name):
    x = torch.randn(2, 6, 16, dtype=torch.float64)
    for parts, heads in ((("scale",), 2), (("heads",), 1)):
        layer = small(name, *parts).blocks[0].attention
        got, keys, _ = layer(x, None)
        assert keys.shape == (2, heads, 6, 16 // heads)
        queries, keys, values = layer.qkv(x).view(2, 6, 3, heads, 16 // heads).permute(2, 0, 3, 1, 4)
        factor = math.sqrt(8) if parts == ("scale",) else 1.0
        mixed, _ = attention(queries * factor, keys, values)
        want = layer.out(mixed.transpose(1, 2).reshape(2, 6, 16))
        torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-12)


def test_blocks_by_hand():
    """One block of each kind, with nothing but what is left written out."""
    x = torch.randn(1, 5, 16, dtype=torch.float64)
    for part in ("residual", "norm", "activation", "feed-forward", "attention"):
        block = small("gpt", part).blocks[0]
        keep = 0 if part == "residual" else 1
        want = x
        if part != "attention":
            want = keep * want + block.attention(block.attention_norm(want), None)[0]
        if part != "feed-forward":
            hidden = block.feed_forward.up(block.feed_forward_norm(want))
            hidden = hidden if part == "activation" else F.gelu(hidden, approximate="tanh")
            want = keep * want + block.feed_forward.down(hidden)
        torch.testing.assert_close(block(x, None)[0], want, rtol=1e-10, atol=1e-12)
        block = small("transformer", part).blocks[0]
        want = x
        if part != "attention":
            want = block.attention_norm(keep * want + block.attention(want, None)[0])
        if part != "feed-forward":
            hidden = (
                block.feed_forward.up(want) if part == "activation" else F.relu(block.feed_forward.up(want))
            )
            want = block.feed_forward_norm(keep * want + block.feed_forward.down(hidden))
        torch.testing.assert_close(block(x, None)[0], want, rtol=1e-10, atol=1e-12)
    assert isinstance(small("gpt", "norm").norm, torch.nn.Identity)


@pytest.mark.parametrize(("cell", "step"), [("gru", gru_step), ("lstm", lstm_step)])
def test_cells_without_gates_are_those_cells_with_their_gates_held(cell, step):
    """The plain RNN is the GRU with r = 1 and z = 0; for the LSTM, c of one step from nothing with i = 1."""
    torch.manual_seed(1)
    cells = Recurrent(cell, 3, 4).double()
    plain = plain_cells(cells)
    x, h = torch.randn(1, 2, 3, dtype=torch.float64), torch.randn(2, 1, 4, dtype=torch.float64)
    got, _ = plain(x, (h,))
    held = [parameter.clone().detach() for parameter in cells.weights(0)]
    for parameter in held[:2]:
        parameter[:8] = 0  # both gates that stand before the proposal hear nothing ...
    held[3][:8] = 0
    open_, shut = 1e9, -1e9
    held[2][:4], held[2][4:8] = open_, shut  # ... and stand at r = 1, z = 0 (GRU), or i = 1, f = 0 (LSTM)
    state = (h[:, 0],) if cell == "gru" else (h[:, 0], torch.zeros(2, 4, dtype=torch.float64))
    after = step(x[0], state, type(cells.weights(0))(*held))
    torch.testing.assert_close(got[0], after[0] if cell == "gru" else after[1], rtol=1e-10, atol=1e-12)


def test_an_embedding_that_is_not_trained_stays_as_it_was():
    model = small("char-rnn", "embedding")
    before = model.embedding.weight.clone()
    assert "embedding.weight" not in dict(model.named_parameters())
    loss = model(text(2, 6))[0].square().mean()
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=1.0).step()
    torch.testing.assert_close(model.embedding.weight, before, rtol=0, atol=0)


# ---- bad input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parts", "says"),
    [
        ("gpt", ["positons"], "Did you mean 'positions'"),
        ("gpt", ["gates"], "gpt has no gates to take out. It can be without: positions, attention"),
        ("char-rnn", ["attention"], "It can be without: embedding, recurrence"),
        ("gpt", ["norm", "mask", "norm"], "'norm' is given twice"),
    ],
)
def test_wrong_parts_are_explained(name, parts, says):
    with pytest.raises(GroundupError, match=says):
        build(config_of(name), VOCAB, parts)
    with pytest.raises(GroundupError, match=says):
        check_parts(config_of(name), parts)


def test_what_a_model_has_depends_on_its_sizes():
    assert "heads" in parts_of(config_of("gpt", heads=2))
    assert "heads" not in parts_of(config_of("gpt", heads=1))
    assert "gates" not in parts_of(WordGRUConfig(cell="rnn"))
    assert parts_of(WordGRUConfig(tie=False)) == ["embedding", "recurrence", "gates"]
    model = build(LSTMAttentionConfig(attention="additive", width=8), VOCAB, ["attention"])
    assert not hasattr(model, "score")
