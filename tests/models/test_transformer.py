"""The 2017 transformer against torch.nn.TransformerEncoderLayer, and what its configuration refuses."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from groundup.common.errors import GroundupError
from groundup.models.attention import causal_mask
from groundup.models.transformer import Transformer, TransformerConfig, sinusoidal_positions

VOCAB = 11
SMALL = TransformerConfig(context=16, layers=2, heads=2, width=12)


def transformer(config=SMALL):
    torch.manual_seed(0)
    model = Transformer(config, VOCAB)
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():  # norms and biases too, so that none of them hides
        nn.init.normal_(parameter, std=0.4, generator=generator)
    return model.double().eval()


def text(batch=3, time=16):
    return torch.randint(VOCAB, (batch, time), generator=torch.Generator().manual_seed(2))


# Our names for the parameters of a torch.nn.TransformerEncoderLayer. Matrices are transposed there.
NAMES = {
    "self_attn.in_proj_weight": "attention.qkv.weight",
    "self_attn.in_proj_bias": "attention.qkv.bias",
    "self_attn.out_proj.weight": "attention.out.weight",
    "self_attn.out_proj.bias": "attention.out.bias",
    "linear1.weight": "feed_forward.up.weight",
    "linear1.bias": "feed_forward.up.bias",
    "linear2.weight": "feed_forward.down.weight",
    "linear2.bias": "feed_forward.down.bias",
    "norm1.weight": "attention_norm.weight",
    "norm1.bias": "attention_norm.bias",
    "norm2.weight": "feed_forward_norm.weight",
    "norm2.bias": "feed_forward_norm.bias",
}


def transposed(weight):
    return weight.T if weight.dim() == 2 else weight


def torchs_layer(block):
    width = SMALL.width
    layer = nn.TransformerEncoderLayer(
        width, SMALL.heads, 4 * width, dropout=0.0, activation="relu", batch_first=True, norm_first=False
    )
    weights = block.state_dict()
    layer.load_state_dict({theirs: transposed(weights[ours]) for theirs, ours in NAMES.items()})
    return layer.double()


def test_a_block_is_torchs_encoder_layer_with_a_causal_mask_gradients_too():
    block = transformer().blocks[0]
    peer = torchs_layer(block)
    x = torch.randn(3, 9, SMALL.width, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    x.requires_grad_()
    got = block(x, None)[0]
    want = peer(x, src_mask=~causal_mask(9))
    torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)
    weighting = torch.randn(got.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    torch.testing.assert_close(
        torch.autograd.grad((got * weighting).sum(), x, retain_graph=True),
        torch.autograd.grad((want * weighting).sum(), x, retain_graph=True),
    )
    (got * weighting).sum().backward()
    (want * weighting).sum().backward()
    ours, theirs = dict(block.named_parameters()), dict(peer.named_parameters())
    for their_name, our_name in NAMES.items():
        torch.testing.assert_close(ours[our_name].grad, transposed(theirs[their_name].grad), msg=our_name)


def test_the_model_is_embedding_positions_blocks_and_the_same_embedding():
    model, tokens = transformer(), text()
    table = model.token_embedding.weight
    x = F.embedding(tokens, table) * math.sqrt(SMALL.width) + sinusoidal_positions(16, SMALL.width)
    for block in model.blocks:
        x = torchs_layer(block)(x, src_mask=~causal_mask(16))
    torch.testing.assert_close(model(tokens)[0], x @ table.T, rtol=1e-9, atol=1e-9)


def test_positions_are_those_of_the_paper():
    table = sinusoidal_positions(50, 8)
    for position in (0, 1, 7, 49):
        for pair in range(4):
            angle = position / 10000 ** (2 * pair / 8)
            assert table[position, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[position, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_positions_a_step_apart_differ_by_one_linear_map():
    """Section 3.5: PE(p + k) is a linear function of PE(p), the same for every p."""
    table = sinusoidal_positions(100, 8).double()
    shift = torch.linalg.lstsq(table[:90], table[7:97]).solution
    torch.testing.assert_close(table[:90] @ shift, table[7:97], rtol=1e-4, atol=1e-4)


def test_it_starts_with_logits_of_variance_one():
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(), 65)
    tokens = torch.randint(65, (8, 64), generator=torch.Generator().manual_seed(0))
    logits = model(tokens)[0]
    # A token's own embedding is still in its sum, so its own logit is larger: tied weights do that.
    others = F.one_hot(tokens, 65) == 0
    assert logits[others].std().item() == pytest.approx(1, abs=0.1)
    assert all(not parameter.any() for name, parameter in model.named_parameters() if name.endswith("bias"))


def test_it_learns_to_repeat():
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(context=16, layers=2, heads=2, width=32), 8)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        tokens = torch.randint(8, (32, 8), generator=generator).repeat(1, 2)
        loss = F.cross_entropy(model(tokens[:, :-1])[0][:, 7:].flatten(0, 1), tokens[:, 8:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1  # log 8 = 2.1 without looking back


def test_dropout_is_on_in_training_alone():
    model = transformer(replace(SMALL, dropout=0.5))
    tokens = text()
    torch.testing.assert_close(model(tokens)[0], model(tokens)[0], rtol=0, atol=0)
    model.train()
    assert not torch.allclose(model(tokens)[0], model(tokens)[0])


def test_positions_are_not_among_the_weights():
    assert "positions" not in transformer().state_dict()


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ({"width": 100, "heads": 3}, "such as 99 or 102"),
        ({"width": 2, "heads": 3}, "such as 3"),
        ({"width": 9, "heads": 3}, "even"),
        ({"layers": 0}, "layers is 0"),
        ({"context": -1}, "context is -1"),
        ({"dropout": 1.0}, "dropout is 1.0"),
    ],
)
def test_impossible_sizes_are_refused_in_a_sentence(sizes, says):
    with pytest.raises(ValueError, match=says):
        TransformerConfig(**sizes)


def test_reading_beyond_the_context_says_so():
    model = transformer()
    _, memory = model(text(time=16))
    for tokens, before in ((text(time=17), None), (text(time=1), memory)):
        with pytest.raises(GroundupError, match="17 tokens, but its context is 16"):
            model(tokens, before)
