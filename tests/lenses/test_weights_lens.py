"""Weights: every number is there and counted once, histograms and spectra are the true ones, on any module."""

import json
import math

import numpy as np
import pytest
import torch
from made_runs import told, trained
from safetensors.torch import save_file
from small_models import assert_drawn, small
from torch import nn

from groundup.common.errors import GroundupError
from groundup.lenses import weights
from groundup.models import MODELS, build


@pytest.mark.parametrize("name", list(MODELS))
def test_all_weights_of_our_models_are_counted_once(name):
    model = build(MODELS[name][0](), 90)
    trace = weights.trace(model, spectra=False)
    assert trace.count == model.parameter_count()
    assert trace.bytes == 4 * trace.count
    assert trace.kind == name
    for part in trace.parts:  # of any part, what torch counts
        module = model.get_submodule(part.name)
        if not any(weight.tied_to for weight in trace.weights if weight.name.startswith(part.name)):
            assert part.count == sum(p.numel() for p in module.parameters())
        assert part.kind == type(module).__name__


def test_the_numbers_of_a_matrix_are_the_true_ones():
    torch.manual_seed(3)
    model = nn.Linear(40, 70)
    with torch.no_grad():
        model.weight[3, 5] = 9.0
    (weight, bias) = weights.trace(model).weights
    w = model.weight.detach().double()
    assert weight.mean == pytest.approx(w.mean().item())
    assert weight.std == pytest.approx(w.std(correction=0).item())
    assert weight.norm == pytest.approx(w.norm().item())
    assert (weight.largest, weight.outliers, weight.outlier_share) == (9.0, 1, 1 / 2800)
    assert weight.histogram.sum() == weight.count == 2800
    assert weight.histogram[-1] == 1
    np.testing.assert_allclose(weight.singular_values, torch.linalg.svdvals(w).numpy(), rtol=1e-6)
    shares = torch.linalg.svdvals(w) / torch.linalg.svdvals(w).sum()
    assert weight.effective_rank == pytest.approx(math.exp(-(shares * shares.log()).sum()), rel=1e-6)
    assert bias.effective_rank is None
    assert not len(bias.singular_values)


@pytest.mark.parametrize("shape", [(300, 300), (80, 500)])
def test_random_weights_have_the_spectrum_that_theory_foretells(shape):
    found = torch.linalg.svdvals(torch.randn(shape, generator=torch.Generator().manual_seed(1)) * 0.02)
    foretold = weights.random_spectrum(shape, 0.02)
    assert np.abs(found.numpy() - foretold).max() < 0.02 * foretold[0]


def test_a_pattern_that_was_learnt_stands_out_of_chance():
    torch.manual_seed(0)
    matrix = nn.Parameter(0.1 * torch.randn(100, 60) + torch.outer(torch.randn(100), torch.randn(60)))
    weight = weights.trace(nn.ParameterDict({"w": matrix}).requires_grad_(False)).weights[0]
    chance = weights.random_spectrum((100, 60), weight.std)
    assert weight.singular_values[0] > 3 * chance[0]
    assert weight.singular_values[1] < chance[1]


def test_gpt2_of_transformers_with_its_tied_read_out():
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(
        vocab_size=120, n_positions=32, n_embd=24, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
    )
    model = transformers.GPT2LMHeadModel(config)
    trace = weights.trace(model)
    assert trace.count == model.num_parameters()
    (tied,) = [weight for weight in trace.weights if weight.tied_to]
    assert (tied.name, tied.tied_to) == ("lm_head.weight", "transformer.wte.weight")
    assert next(part for part in trace.parts if part.name == "transformer.h.1.attn.c_attn").kind == "Conv1D"
    assert_drawn(trace)


def test_a_run_and_its_file_say_the_same(tmp_path):
    run = trained("word-gru", told(tmp_path, 20_000), 5)
    trace, file = weights.trace(run.name), weights.trace(run.folder / "best.safetensors")
    assert trace.name == "word-gru-1"
    assert trace.count == file.count == run.model().parameter_count()
    assert file.name == "best.safetensors"
    assert {weight.name for weight in file.weights} == {weight.name for weight in trace.weights}
    assert [w.name for w in file.weights if w.tied_to] or not any(w.tied_to for w in trace.weights)
    by_name = {weight.name: weight for weight in file.weights if not weight.tied_to}
    for weight in trace.weights:
        if weight.name in by_name and not weight.tied_to:
            np.testing.assert_array_equal(weight.histogram, by_name[weight.name].histogram)
    optimiser = weights.trace(run.folder / "last.safetensors")
    assert optimiser.count == trace.count, "the optimiser's numbers are no weights"


def test_other_files_and_broken_weights(tmp_path):
    tensors = {"a.weight": torch.ones(3, 4), "b.weight": torch.zeros(2, dtype=torch.float16)}
    tensors["a.weight"][0, 0] = math.nan
    save_file(tensors, tmp_path / "x.safetensors")
    trace = weights.trace(tmp_path / "x.safetensors")
    a, b = trace.weights
    assert (a.not_finite, a.std, b.std, b.bytes) == (1, 0, 0, 4)
    assert not len(a.singular_values)
    json.loads(json.dumps(trace.to_json(), allow_nan=False))
    (tmp_path / "x.safetensors").write_bytes(b"no tensors")
    with pytest.raises(GroundupError, match="damaged"):
        weights.trace(tmp_path / "x.safetensors")
    with pytest.raises(GroundupError, match="no file"):
        weights.trace(tmp_path / "y.safetensors")
    with pytest.raises(GroundupError, match="no weights"):
        weights.trace(nn.ReLU())


@pytest.mark.parametrize("name", ["gpt", "char-rnn"])
def test_the_picture(name):
    assert_drawn(weights.trace(small(name)[0], name="mine"))
