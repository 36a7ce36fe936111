"""The transformer of 2017 against torch.nn.Transformer with the same weights."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from groundup.common.errors import GroundupError
from groundup.models.attention import causal_mask
from groundup.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from groundup.models.seq2seq import BEGIN, PAD

VOCAB, WIDTH, HEADS, LAYERS = 13, 12, 2, 2


@pytest.fixture
def model():
    torch.manual_seed(1)
    model = EncoderDecoder(EncoderDecoderConfig(context=12, layers=LAYERS, heads=HEADS, width=WIDTH), VOCAB)
    for name, parameter in model.named_parameters():
        if "norm" not in name:
            nn.init.normal_(parameter, std=0.4)
    return model.double().eval()


def linear(affine):
    return affine.weight.T, affine.bias


def torch_weights(model):
    """The state of nn.Transformer that equals the model's. It has one more norm at each end, left out."""
    state = {}

    def put(name, pair, kind=""):
        state[f"{name}{kind}weight"], state[f"{name}{kind}bias"] = pair

    for side in ("encoder", "decoder"):
        for number, block in enumerate(getattr(model, side)):
            at = f"{side}.layers.{number}."
            put(f"{at}self_attn.", linear(block.attention.qkv), "in_proj_")
            put(f"{at}self_attn.out_proj.", linear(block.attention.out))
            put(f"{at}linear1.", linear(block.feed_forward.up))
            put(f"{at}linear2.", linear(block.feed_forward.down))
            norms = [block.attention_norm, block.feed_forward_norm]
            if side == "decoder":
                norms.insert(1, block.cross_norm)
                cross = block.cross
                weight = torch.cat((cross.query.weight, cross.key_value.weight), dim=1).T
                bias = torch.cat((cross.query.bias, cross.key_value.bias))
                put(f"{at}multihead_attn.", (weight, bias), "in_proj_")
                put(f"{at}multihead_attn.out_proj.", linear(cross.out))
            for place, norm in enumerate(norms, start=1):
                put(f"{at}norm{place}.", (norm.weight, norm.bias))
    return state


def peer_of(model):
    peer = nn.Transformer(WIDTH, HEADS, LAYERS, LAYERS, 4 * WIDTH, dropout=0.0, batch_first=True).double()
    peer.encoder.norm = peer.decoder.norm = None
    peer.load_state_dict(torch_weights(model))
    return peer


def test_it_is_torchs_transformer_gradients_too(model):
    peer = peer_of(model).train()  # in eval mode torch takes another way, without gradients
    generator = torch.Generator().manual_seed(2)
    source = torch.randint(3, VOCAB, (3, 8), generator=generator)
    source[1, 5:], source[2, 1:] = PAD, PAD
    target = torch.randint(3, VOCAB, (3, 6), generator=generator)
    target[:, 0] = BEGIN

    padding = source == PAD
    x, y = model.embed(source), model.embed(target)
    out = peer(x, y, tgt_mask=~causal_mask(6), src_key_padding_mask=padding, memory_key_padding_mask=padding)
    want = F.linear(out, model.token_embedding.weight)
    got = model(source, target)
    torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)

    weighting = torch.randn(got.shape, dtype=torch.float64, generator=generator)
    want_grads = torch.autograd.grad((want * weighting).sum(), list(peer.parameters()))
    (got * weighting).sum().backward()
    theirs = dict(zip([name for name, _ in peer.named_parameters()], want_grads, strict=True))
    for side in ("encoder", "decoder"):
        for number, block in enumerate(getattr(model, side)):
            at = f"{side}.layers.{number}."
            pairs = [
                (block.attention.qkv.weight.grad.T, f"{at}self_attn.in_proj_weight"),
                (block.feed_forward.up.weight.grad.T, f"{at}linear1.weight"),
                (block.feed_forward_norm.weight.grad, f"{at}norm{2 if side == 'encoder' else 3}.weight"),
            ]
            if side == "decoder":
                cross = torch.cat((block.cross.query.weight.grad, block.cross.key_value.weight.grad), dim=1).T
                pairs += [(cross, f"{at}multihead_attn.in_proj_weight")]
            for grad, name in pairs:
                torch.testing.assert_close(grad, theirs[name], rtol=1e-9, atol=1e-9, msg=name)


def test_the_alignment_is_what_torchs_cross_attention_looked_at(model):
    """Of the first layer, whose input can be model from the parts before it."""
    source = torch.randint(3, VOCAB, (2, 7), generator=torch.Generator().manual_seed(3))
    source[1, 4:] = PAD
    target = torch.tensor([[BEGIN, 4, 5], [BEGIN, 6, 7]])
    peer = peer_of(model)
    layer, padding = peer.decoder.layers[0], source == PAD
    read = peer.encoder.train()(model.embed(source), src_key_padding_mask=padding)
    x = model.embed(target)
    x = layer.norm1(x + layer.self_attn(x, x, x, attn_mask=~causal_mask(3), need_weights=False)[0])
    _, want = layer.multihead_attn(x, read, read, key_padding_mask=padding, average_attn_weights=False)
    _, alignment, _ = model.decode(target, model.encode(source))
    torch.testing.assert_close(alignment[:, 0], want, rtol=1e-10, atol=1e-12)


def test_dropout_happens_in_training_alone():
    torch.manual_seed(0)
    model = EncoderDecoder(EncoderDecoderConfig(context=12, width=WIDTH, heads=HEADS, dropout=0.5), VOCAB)
    source, target = torch.full((1, 4), 5), torch.full((1, 3), BEGIN)
    assert not torch.allclose(model(source, target), model(source, target))
    model.eval()
    torch.testing.assert_close(model(source, target), model(source, target), rtol=0, atol=0)


def test_a_text_longer_than_the_positions_is_refused(model):
    with pytest.raises(GroundupError, match="has 13 tokens, and the model can hold 12"):
        model.encode(torch.full((1, 13), 5))
    memory = model.encode(torch.full((1, 12), 5))
    memory = model.decode(torch.full((1, 12), 5), memory)[2]
    with pytest.raises(GroundupError, match="has 13 tokens"):
        model.decode(torch.full((1, 1), 5), memory)


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="odd"):
        EncoderDecoderConfig(width=9, heads=3)
    with pytest.raises(ValueError, match="cannot be split over"):
        EncoderDecoderConfig(width=10, heads=4)
