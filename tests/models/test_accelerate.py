"""accelerate(model): the same parameters under the same names, the same numbers, and a plain model that stays plain."""

import itertools

import pytest
import torch

from groundup.models import MODELS, build
from groundup.models.ablations import parts_of
from groundup.models.bert import Bert, BertConfig
from groundup.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from groundup.models.fast import accelerate
from groundup.models.rnn_seq2seq import RNNSeq2Seq, RNNSeq2SeqConfig

SIZES = {"width": 16, "embedding": 8, "layers": 2, "heads": 2, "window": 5, "context": 24}
VOCAB = 13


def small(kind: str, without=()):
    config = MODELS[kind][0]
    torch.manual_seed(0)
    sizes = {name: size for name, size in SIZES.items() if name in config.__dataclass_fields__}
    return build(config(**sizes), VOCAB, without).double()


def tokens(time=12):
    return torch.randint(VOCAB, (2, time), generator=torch.Generator().manual_seed(1))


def loss_and_gradients(model):
    logits, memory = model(tokens(), None)
    loss = logits.square().mean() + sum(part.square().mean() for part in memory if part.numel())
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return logits, *torch.autograd.grad(loss, trained, materialize_grads=True)


CASES = [(kind, (part,)) for kind in MODELS for part in parts_of(MODELS[kind][0]())]
CASES += [
    ("gpt", pair) for pair in itertools.combinations(("attention", "residual", "feed-forward", "norm"), 2)
]


@pytest.mark.parametrize(("kind", "without"), [(kind, ()) for kind in MODELS] + CASES)
def test_numbers_gradients_and_generation_are_those_of_the_plain_model(kind, without):
    model = small(kind, without)
    fast = accelerate(model)
    torch.testing.assert_close(loss_and_gradients(fast), loss_and_gradients(model), rtol=1e-9, atol=1e-10)
    model.eval(), fast.eval()
    with torch.inference_mode():
        memory = fast_memory = None
        for token in tokens(24).split(1, dim=1):
            logits, memory = model(token, memory)
            fast_logits, fast_memory = fast(token, fast_memory)
            torch.testing.assert_close(fast_logits, logits, rtol=1e-9, atol=1e-10)
            torch.testing.assert_close(fast_memory, memory, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("kind", MODELS)
def test_parameters_are_shared_and_the_plain_model_stays_plain(kind):
    model = small(kind)
    classes = [type(part) for part in model.modules()]
    fast = accelerate(model)
    assert [type(part) for part in model.modules()] == classes
    assert [type(part) for part in fast.modules()] != classes
    ours, plain = dict(fast.named_parameters()), dict(model.named_parameters())
    assert list(ours) == list(plain)
    assert all(ours[name] is plain[name] for name in plain)
    assert list(fast.state_dict()) == list(model.state_dict())
    assert fast.parameter_count() == model.parameter_count()
    assert fast.flops_per_token(12) == model.flops_per_token(12)
    fast.eval()
    assert model.training
    again = accelerate(fast)
    assert [type(part) for part in again.modules()] == [type(part) for part in fast.modules()]


def test_models_for_translation_and_blanks_too():
    source = torch.randint(3, VOCAB, (2, 7), generator=torch.Generator().manual_seed(2))
    for model in (
        RNNSeq2Seq(RNNSeq2SeqConfig(width=8, embedding=4, score_width=4), VOCAB),
        EncoderDecoder(EncoderDecoderConfig(width=16, heads=2, context=24), VOCAB),
    ):
        fast = accelerate(model.double())
        torch.testing.assert_close(fast(source, tokens()), model(source, tokens()))
        translated, _ = fast.translate(source, 5)
        assert torch.equal(translated, model.translate(source, 5)[0])
    bert = Bert(BertConfig(width=16, heads=2), VOCAB).double()
    torch.testing.assert_close(accelerate(bert)(source), bert(source))


def test_under_autocast_recurrent_cells_keep_their_precision():
    fast = accelerate(small("char-rnn").float())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        _, (state,) = fast(tokens())
    assert state.dtype == torch.float32
