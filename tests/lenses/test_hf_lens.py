"""transformers' models through the same lenses: what they say themselves is what we see."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from small_models import assert_drawn, small
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from groundup.common.errors import GroundupError
from groundup.lenses import attention, gradient_flow, head
from groundup.lenses.ablation import ablate_heads
from groundup.lenses.activations import record, recording
from groundup.lenses.hooked_model import hooked_model
from groundup.models.gpt import gpt2_name
from groundup.text.assets import fetch, where

TEXT = "to be, or not to be: that is"
KINDS = ("gpt2", "gpt2, scaled by layer", "llama")


@pytest.fixture(scope="module")
def tokenizer():
    """Byte pairs, learnt from a line; no token marks the beginning."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=290, initial_alphabet=alphabet, special_tokens=["<|end|>"])
    made.train_from_iterator([TEXT * 20], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<|end|>")


def theirs(kind, vocab):
    """A small model of transformers with lively weights."""
    torch.manual_seed(0)
    ends = {"bos_token_id": None, "eos_token_id": None}
    if kind == "llama":
        sizes = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 3, "num_attention_heads": 6}
        config = LlamaConfig(vocab_size=vocab, **sizes, num_key_value_heads=2, max_position_embeddings=64,
                             initializer_range=0.4, attention_bias=True, **ends)  # fmt: skip
        model = LlamaForCausalLM(config)
    else:
        config = GPT2Config(vocab_size=vocab, n_positions=64, n_embd=24, n_layer=3, n_head=4, initializer_range=0.4,
                            scale_attn_by_inverse_layer_idx="scaled" in kind, **ends)  # fmt: skip
        model = GPT2LMHeadModel(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval()


def eager_attentions(model, tokens):
    """(layers, heads, time, time), as transformers itself gives them."""
    model.set_attn_implementation("eager")
    with torch.no_grad():
        found = model(tokens, output_attentions=True).attentions
    model.set_attn_implementation("sdpa")
    return torch.cat(found).numpy()


@pytest.fixture(params=KINDS)
def hooked(request, tokenizer):
    return hooked_model((theirs(request.param, len(tokenizer)), tokenizer))


def test_the_pattern_is_transformers_own(hooked):
    found = attention.trace(hooked, TEXT)
    np.testing.assert_allclose(
        found.pattern, eager_attentions(hooked.model, hooked.read(TEXT).tokens), rtol=0, atol=1e-5
    )
    assert "".join(found.labels) == TEXT
    assert_drawn(found)


def test_a_pass_that_is_looked_at_computes_the_same_bits(hooked):
    hooks, tokens = hooked.hook_points, hooked.read(TEXT).tokens
    with torch.no_grad():
        before = hooks.run(tokens)
        with recording(hooks.points, ["*"]) as found:
            assert torch.equal(hooks.run(tokens), before)
    assert set(found) == set(hooks.points)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in hooked.model.modules())


def test_one_head_number_by_number_is_the_models_own(hooked):
    hooks, tokens = hooked.hook_points, hooked.read(TEXT).tokens
    pattern = eager_attentions(hooked.model, tokens)
    a = record(hooks.points, ["*"], lambda: hooks.run(tokens))
    heads = hooks.attention[1].heads
    found = [head.trace(hooked, TEXT, 1, number) for number in range(heads)]
    for number, one in enumerate(found):
        np.testing.assert_allclose(one.pattern, pattern[1, number], atol=1e-5)
        np.testing.assert_allclose(one.z, a["blocks.1.attn.hook_z"][0, :, number], atol=1e-5)
        np.testing.assert_allclose(one.elementwise.sum(1), one.products[-1], atol=1e-4)
    bias = hooks.attention[1].out_bias.detach().numpy()
    np.testing.assert_allclose(
        sum(one.out for one in found) + bias, a["blocks.1.hook_attn_out"][0], atol=1e-5
    )


def test_the_residual_path_adds_up_to_the_logits(hooked):
    hooks, tokens = hooked.hook_points, hooked.read(TEXT).tokens
    a = record(hooks.points, ["*"], lambda: hooks.run(tokens))
    x = a["hook_embed"] + a.get("hook_pos_embed", 0)
    for layer in range(3):
        name = f"blocks.{layer}"
        torch.testing.assert_close(x, a[f"{name}.hook_resid_pre"], rtol=0, atol=1e-5)
        x = x + a[f"{name}.hook_attn_out"]
        torch.testing.assert_close(x, a[f"{name}.hook_resid_mid"], rtol=0, atol=1e-5)
        x = x + a[f"{name}.hook_mlp_out"]
    with torch.no_grad():
        logits = hooks.run(tokens)
    torch.testing.assert_close(a["ln_final.hook_normalized"] @ hooks.unembedding.T, logits, rtol=0, atol=1e-5)
    torch.testing.assert_close(hooks.final_norm(x) @ hooks.unembedding.T, logits, rtol=0, atol=1e-4)


def test_switching_heads_off_and_the_gradient_flow_work_as_for_ours(hooked):
    found = ablate_heads(hooked, TEXT)
    assert found.cost.shape == (3, hooked.hook_points.attention[0].heads)
    with torch.no_grad():
        tokens = hooked.read(TEXT).tokens
        assert found.loss == pytest.approx(hooked.model(tokens, labels=tokens).loss.item(), abs=1e-5)
    traced = gradient_flow.trace(hooked, TEXT)
    # Embeddings given directly, which transformers allows, have the same gradient.
    table = hooked.model.get_input_embeddings().weight
    given = table[tokens[:, :-1]].detach().requires_grad_()
    last = hooked.model(inputs_embeds=given).logits[0, -1]
    (gradient,) = torch.autograd.grad(torch.nn.functional.cross_entropy(last, tokens[0, -1]), given)
    np.testing.assert_allclose(traced.inputs, gradient[0].norm(dim=1), rtol=1e-4)


def test_our_gpt_and_transformers_gpt2_with_its_weights_look_alike(tokenizer):
    ours, letters = small("gpt")
    config = GPT2Config(
        vocab_size=letters.vocab_size,
        n_positions=24,
        n_embd=12,
        n_layer=3,
        n_head=2,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = GPT2LMHeadModel(config).eval()
    model.load_state_dict({gpt2_name(name): w for name, w in ours.state_dict().items()}, strict=False)
    mine = hooked_model((ours, letters)).hook_points
    hooks = hooked_model((model, tokenizer)).hook_points
    tokens = torch.tensor([letters.encode("to be, or not")])
    a, b = (record(p.points, ["*"], lambda p=p: p.run(tokens)) for p in (mine, hooks))
    assert set(a) == set(b)
    for name, value in a.items():
        torch.testing.assert_close(value, b[name].expand_as(value), rtol=0, atol=1e-5, msg=name)


def test_tokens_are_shown_as_text(tokenizer):
    adapted = hooked_model((theirs("gpt2", len(tokenizer)), tokenizer)).tokenizer
    ids = adapted.encode("to be é")
    shown = [adapted.tokens()[number] for number in ids]
    assert shown[-2:] == [r"\xc3", r"\xa9"], "two tokens for one letter"
    assert "".join(shown[:-2]) == "to be "
    assert adapted.tokens()[tokenizer.eos_token_id] == "<|end|>"
    assert adapted.decode(ids) == "to be é"
    pieces = adapted.pieces("to be or")
    assert "".join("to be or"[piece.start : piece.end] for piece in pieces) == "to be or"
    assert adapted.lost("é") == []


def test_sentencepieces_show_their_spaces():
    made = Tokenizer(models.BPE({"<unk>": 0, "▁": 1, "a": 2, "▁a": 3}, [("▁", "a")], unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    letters = PreTrainedTokenizerFast(tokenizer_object=made, unk_token="<unk>")
    adapted = hooked_model((theirs("gpt2", 4), letters)).tokenizer
    assert adapted.tokens() == ["<unk>", " ", "a", " a"]
    assert adapted.lost("a x") == ["x"]


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_folder_of_weights(kind, tokenizer, tmp_path, groundup):
    model = theirs(kind, len(tokenizer))
    folder = tmp_path / "their-model"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    loaded = hooked_model(f"hf:{folder}")
    assert loaded.name == "their-model"
    np.testing.assert_allclose(
        attention.trace(loaded, TEXT).pattern, eager_attentions(model, loaded.read(TEXT).tokens), atol=1e-5
    )
    said = groundup("look", "attention", f"hf:{folder}", TEXT, "--json")
    assert said.code == 0
    assert said.json["kind"] == kind
    assert groundup("look", "attention", f"hf:{folder}", TEXT, "--layer", 2, "--head", 1).code == 0
    assert groundup("look", "gradient-flow", f"hf:{folder}", TEXT).code == 0
    refused = groundup("look", "gates", f"hf:{folder}", TEXT)
    assert refused.code == 2
    assert "it has no gates" in refused.err


def test_what_cannot_be_loaded(tmp_path, tokenizer, groundup, monkeypatch):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.gguf").write_bytes(b"GGUF and no more")
    for name in (tmp_path / "empty", tmp_path / "broken.gguf"):
        said = groundup("look", "attention", f"hf:{name}", TEXT)
        assert said.code == 2
        assert "could not be loaded" in said.err.replace("\n", " ")
    assert "assets fetch smollm2" in groundup("look", "attention", "hf:smollm2", TEXT).err
    assert (
        "no checkpoints" in groundup("look", "attention", f"hf:{tmp_path}", TEXT, "--checkpoint", "last").err
    )
    bert = BertForMaskedLM(
        BertConfig(vocab_size=300, hidden_size=16, num_hidden_layers=1, num_attention_heads=1)
    )
    with pytest.raises(
        GroundupError, match=r"BertForMaskedLM.*They know GPT2LMHeadModel and LlamaForCausalLM"
    ):
        hooked_model((bert, tokenizer))
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(GroundupError, match=r"pip install 'groundup\[hf\]'"):
        hooked_model(f"hf:{tmp_path}")


@pytest.fixture(scope="session")
def smollm2_home(tmp_path_factory) -> Path:
    """A GROUNDUP_HOME with the asset `smollm2`, fetched once for all tests and all pytest-xdist workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "smollm2-home"
    failed = folder / "not-reachable.txt"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "fetch.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDUP_HOME", str(folder))
        if where("smollm2") is None and not failed.exists():
            try:
                fetch("smollm2")
            except GroundupError as error:
                failed.write_text(str(error), encoding="utf-8")
    if failed.exists():
        pytest.skip(f"no package registry can be reached: {failed.read_text(encoding='utf-8')}")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_real_model(smollm2_home, monkeypatch):
    """SmolLM2-135M: thirty layers, nine heads over three keys and values, rotary positions."""
    pytest.importorskip("gguf")
    monkeypatch.setenv("GROUNDUP_HOME", str(smollm2_home))
    real = hooked_model("hf:smollm2")
    assert sum(parameter.numel() for parameter in real.model.parameters()) == 134_515_008
    text = "The capital of France is Paris. The capital of Italy is"
    tokens = real.read(text).tokens
    with torch.no_grad():
        best = real.hook_points.run(tokens)[0, -1].argmax().item()
    assert real.tokenizer.tokens()[best] == " Rome"

    found = attention.trace(real, text)
    assert found.pattern.shape == (30, 9, 12, 12)
    np.testing.assert_allclose(found.pattern, eager_attentions(real.model, tokens), rtol=0, atol=1e-5)
    assert (found.pattern[..., np.triu_indices(12, 1)[0], np.triu_indices(12, 1)[1]] == 0).all()

    # It has heads that induce, and the best of them finds "Paris" from the second "is".
    scores = attention.induction_scores(real)
    layer, number = np.unravel_index(scores.argmax(), scores.shape)
    assert scores.max() > 0.8
    one = head.trace(real, text, int(layer), int(number))
    assert one.labels[one.pattern[-1].argmax()] == " Paris"
    np.testing.assert_allclose(one.pattern, found.pattern[layer, number], atol=1e-5)
