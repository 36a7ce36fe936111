"""BERT against transformers' own, with the same weights; that it looks both ways; and that it learns to."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
import transformers
from torch import nn

from groundup.common.errors import GroundupError
from groundup.models.bert import Bert, BertConfig
from groundup.models.linear import Linear

VOCAB = 23
SMALL = BertConfig(context=16, layers=3, heads=2, width=12)


def bert(config=SMALL, seed=0):
    torch.manual_seed(seed)
    model = Bert(config, VOCAB)
    generator = torch.Generator().manual_seed(seed + 1)
    for parameter in model.parameters():  # norms and biases too, so that none of them hides
        nn.init.normal_(parameter, std=0.4, generator=generator)
    return model.eval()


def text(batch=3, time=11):
    return torch.randint(VOCAB, (batch, time), generator=torch.Generator().manual_seed(2))


# Our names, and those of transformers' BertForMaskedLM. Its queries, keys and values are three matrices.
NAMES = {
    "token_embedding": "bert.embeddings.word_embeddings",
    "position_embedding": "bert.embeddings.position_embeddings",
    "embedding_norm": "bert.embeddings.LayerNorm",
    "head_norm": "cls.predictions.transform.LayerNorm",
    "head": "cls.predictions.transform.dense",
}
NAMES_IN_BLOCK = {
    "attention_norm": "attention.output.LayerNorm",
    "attention.out": "attention.output.dense",
    "feed_forward_norm": "output.LayerNorm",
    "feed_forward.up": "intermediate.dense",
    "feed_forward.down": "output.dense",
}


def peer_of(model):
    """transformers' BERT with our weights. Sentence embeddings, which ours has not, are zero there."""
    config = model.config
    peer = transformers.BertForMaskedLM(
        transformers.BertConfig(
            vocab_size=model.vocab_size,
            hidden_size=config.width,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=4 * config.width,
            max_position_embeddings=config.context,
            layer_norm_eps=1e-5,
            hidden_act="gelu",
        )
    ).eval()
    theirs = {"cls.predictions.bias": model.head_bias}
    for module, part in model.named_modules():
        for kind, parameter in part.named_parameters(recurse=False):
            value = parameter.T if isinstance(part, Linear) and kind == "weight" else parameter
            if module in NAMES:
                theirs[f"{NAMES[module]}.{kind}"] = value
            elif module:
                _, number, name = module.split(".", 2)
                block = f"bert.encoder.layer.{number}"
                if name in NAMES_IN_BLOCK:
                    theirs[f"{block}.{NAMES_IN_BLOCK[name]}.{kind}"] = value
                else:
                    for piece, third in zip(("query", "key", "value"), value.chunk(3), strict=True):
                        theirs[f"{block}.attention.self.{piece}.{kind}"] = third
    theirs["bert.embeddings.token_type_embeddings.weight"] = torch.zeros(2, config.width)
    theirs["cls.predictions.decoder.weight"] = model.token_embedding.weight
    theirs["cls.predictions.decoder.bias"] = model.head_bias
    peer.load_state_dict(theirs)
    return peer


def test_is_transformers_bert_hidden_states_logits_and_gradients():
    model, tokens = bert(), text()
    peer = peer_of(model)
    want = peer(tokens, output_hidden_states=True)
    torch.testing.assert_close(model.encode(tokens), want.hidden_states[-1], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(model(tokens), want.logits, rtol=1e-5, atol=1e-5)
    targets = text().flip(1)
    for loss in (model(tokens), peer(tokens).logits):
        F.cross_entropy(loss.flatten(0, 1), targets.flatten()).backward()
    theirs = peer.bert.embeddings.word_embeddings.weight.grad
    # Token 0 is padding there, and no gradient goes into it where it is read.
    torch.testing.assert_close(model.token_embedding.weight.grad[1:], theirs[1:], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        model.blocks[0].attention.qkv.weight.grad[:, :12],
        peer.bert.encoder.layer[0].attention.self.query.weight.grad.T,
        rtol=1e-4,
        atol=1e-5,
    )


def test_every_place_sees_every_other():
    """The opposite of the language models' promise: the first logits depend on the last token."""
    model, tokens = bert(), text()
    other = tokens.clone()
    other[:, -1] = (other[:, -1] + 1) % VOCAB
    changed = (model(tokens) - model(other)).abs().amax(dim=(0, 2))
    assert (changed > 1e-4).all()


def test_predicting_some_places_is_predicting_all_and_picking():
    model, tokens = bert(), text()
    places = torch.rand(tokens.shape, generator=torch.Generator().manual_seed(5)) < 0.3
    torch.testing.assert_close(model.predict(model.encode(tokens)[places]), model(tokens)[places])


@pytest.mark.slow
def test_it_learns_what_only_the_words_after_can_tell():
    """A masked token equals the one after it: nothing before it helps, so a look backwards cannot do it."""
    torch.manual_seed(0)
    mask = 8
    model = Bert(BertConfig(context=8, layers=2, heads=2, width=32, init_std=0.2), mask + 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        tokens = torch.randint(mask, (64, 8), generator=generator)
        tokens[:, 4] = tokens[:, 3]
        inputs = tokens.clone()
        inputs[:, 3] = mask
        loss = F.cross_entropy(model(inputs)[:, 3], tokens[:, 3])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1  # ln 8 = 2.1 without looking ahead


def test_dropout_is_on_in_training_alone():
    model = bert(replace(SMALL, dropout=0.5))
    tokens = text()
    torch.testing.assert_close(model(tokens), model(tokens), rtol=0, atol=0)
    model.train()
    assert not torch.allclose(model(tokens), model(tokens))


def test_it_starts_from_the_seed_with_no_token_much_likelier_than_another():
    torch.manual_seed(3)
    model = Bert(BertConfig(), 1000)
    torch.manual_seed(3)
    again = Bert(BertConfig(), 1000)
    torch.testing.assert_close(list(model.parameters()), list(again.parameters()), rtol=0, atol=0)
    assert all(not part.any() for name, part in model.named_parameters() if name.endswith("bias"))
    tokens = torch.randint(1000, (8, 24), generator=torch.Generator().manual_seed(0))
    assert 0.2 < model(tokens).std() < 0.6


def test_a_text_longer_than_the_context_is_refused():
    with pytest.raises(GroundupError, match=r"17 tokens.*16 at once"):
        bert()(text(time=17))


@pytest.mark.parametrize(
    ("sizes", "says"),
    [({"width": 10, "heads": 4}, "such as"), ({"layers": 0}, "at least 1"), ({"init_std": 0.0}, "above 0")],
)
def test_sizes_that_no_model_can_have_are_refused(sizes, says):
    with pytest.raises(ValueError, match=says):
        BertConfig(**sizes)
