"""What the doctor finds: wrong numbers, damage, lack of room; and that its estimates follow their subject."""

import math
import os
from pathlib import Path

import psutil
import pytest
import torch
from torch import nn

from groundup.doctor import examine, machine, storage
from groundup.doctor.estimates import COPIES, Trial, estimate, kept_for_backward, published
from groundup.doctor.machine import look_at_machine, why_device
from groundup.doctor.numbers import TOLERANCE, compare
from groundup.doctor.storage import look_at_storage
from groundup.models import MODELS
from groundup.models.fast import block as fused_block
from groundup.models.fast.linear import OneDNNLinear
from groundup.text import assets
from groundup.training.recipe import Recipe

CPU = torch.device("cpu")
SMALL = {
    "training.batch_size": 2,
    "training.sequence_length": 8,
    "model.width": 32,
    "training.precision": "float32",
}


def rows_of(result, precision):
    return {row.model: row for row in result if row.precision == precision}


# ---- numbers -----------------------------------------------------------------------------------------------


def test_all_five_models_agree_with_float64():
    result = compare(CPU)
    for precision in TOLERANCE:
        rows = rows_of(result, precision)
        assert list(rows) == list(MODELS)
        assert all(row.agrees and row.device == "cpu" for row in rows.values()), rows
    # Far inside: a rounding error of float32 is 1e-7. And they are not the same numbers twice.
    for row in rows_of(result, "float32").values():
        assert 0 < row.logits < 1e-5
        assert 0 < row.gradients < 1e-5
    assert all(row.logits > 1e-4 for row in rows_of(result, "bfloat16").values())


def test_comparing_leaves_chance_alone():
    torch.manual_seed(5)
    target = torch.rand(3)
    torch.manual_seed(5)
    compare(CPU)
    assert torch.equal(torch.rand(3), target)


def every_fast_linear_layer(monkeypatch, changed):
    """Of the transformer, and of the GPT, whose blocks in training are one function."""
    forward, multiply = OneDNNLinear.forward, fused_block.multiply
    monkeypatch.setattr(OneDNNLinear, "forward", lambda self, x: changed(forward(self, x)))
    monkeypatch.setattr(fused_block, "multiply", lambda *arguments: changed(multiply(*arguments)))


@pytest.mark.parametrize("noise", [1e-3, float("nan")])
def test_a_layer_with_noise_is_wrong(monkeypatch, noise):
    """A device whose matrix product is off by a thousandth, or by everything."""

    def wrong(y):
        return y * (1 + noise * torch.randn_like(y)) if y.dtype == torch.float32 else y

    every_fast_linear_layer(monkeypatch, wrong)
    rows = rows_of(compare(CPU), "float32")
    assert {name for name, row in rows.items() if not row.agrees} == {"transformer", "gpt"}
    report = examine(quick=True)
    assert not report.well
    message = next(problem.what for problem in report.problems if "float32" in problem.what)
    assert "float32 on cpu gives wrong numbers (transformer, gpt)" in message
    assert ("not numbers at all" in message) is math.isnan(noise)


def test_a_wrong_gradient_alone_is_seen(monkeypatch):
    """The forward pass is right; one weight's gradient is not."""
    right = nn.Embedding.forward

    def wrong(self, tokens):
        y = right(self, tokens)
        if y.dtype == torch.float32 and y.requires_grad:
            y.register_hook(lambda grad: grad * 1.001)
        return y

    monkeypatch.setattr(nn.Embedding, "forward", wrong)
    for row in rows_of(compare(CPU), "float32").values():
        assert row.logits < 1e-5
        assert not row.agrees


def test_a_precision_that_does_not_run_is_named(monkeypatch):
    def refuse(y):
        if torch.is_autocast_enabled("cpu"):
            raise RuntimeError("no kernel for BFloat16")
        return y

    every_fast_linear_layer(monkeypatch, refuse)
    report = examine(quick=True)
    (problem,) = report.problems
    assert problem.what == "bfloat16 on cpu does not run (transformer, gpt): no kernel for BFloat16."
    assert "training.precision=float32" in problem.hint


# ---- estimates ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", MODELS)
def test_estimates_scale(kind):
    small = estimate(Recipe.preset(kind, SMALL), CPU, measure=False)
    large = estimate(Recipe.preset(kind, SMALL | {"training.batch_size": 4}), CPU, measure=False)
    assert small.state_bytes == large.state_bytes == COPIES * 4 * small.parameters
    # A little is not of the batch's size: masks, positions.
    assert 1.8 < large.activation_bytes / small.activation_bytes <= 2
    assert large.memory > small.memory
    assert small.tokens_per_second is None


def test_what_is_kept_for_backward_is_counted_exactly():
    """A net of which one knows by hand what it keeps: each tanh its output, the softmax its logarithms."""
    trial = Trial(Recipe.preset("char-rnn", SMALL))
    vocab, tokens = trial.vocab_size, 16

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(vocab))

        def forward(self, inputs, memory=None):
            logits = torch.tanh(torch.tanh(self.weight.expand(*inputs.shape, vocab)))
            return logits, (torch.zeros(2, 1),)

    trial.model = trial.forward = Net()
    floats = 3 * tokens * vocab + 2 * tokens * vocab  # kept, and the gradients to come
    extra = tokens * 8 + 8  # the targets, and a count
    assert 0 <= kept_for_backward(trial) - 4 * floats <= extra


def test_measuring_takes_real_steps_and_fits_the_budget():
    by_steps = estimate(Recipe.preset("gpt", SMALL | {"budget": "500steps"}), CPU)
    assert by_steps.tokens_per_second > 0
    assert (by_steps.steps, by_steps.tokens) == (500, 500 * 16)
    assert by_steps.seconds == pytest.approx(500 * 16 / by_steps.tokens_per_second)
    assert by_steps.precision_why == "the recipe says so"

    by_time = estimate(Recipe.preset("char-rnn", SMALL | {"budget": "10s"}), CPU)
    assert by_time.seconds == 10
    assert by_time.tokens == pytest.approx(10 * by_time.tokens_per_second, rel=0.01, abs=16)  # whole steps

    by_tokens = estimate(Recipe.preset("word-gru", SMALL | {"budget": "1600tokens"}), CPU)
    assert by_tokens.steps == 100


def test_a_trial_writes_nothing(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    estimate(Recipe.preset("char-rnn", SMALL), CPU)
    assert not home.exists()
    assert list(tmp_path.iterdir()) == []


def test_published_measurements(monkeypatch, tmp_path):
    for row in published().values():
        assert {"bpb", "seconds", "tokens_per_second"} <= set(row)
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "measured.toml").write_text(
        "[char-rnn]\nbpb = 2.5\nseconds = 48\ntokens_per_second = 1000\nmachine = 'x'\n",
        encoding="utf-8",
    )
    recipe = Recipe.preset("char-rnn", SMALL)
    monkeypatch.setattr("groundup.doctor.estimates.resources.files", lambda package: tmp_path)
    result = estimate(recipe, CPU)
    assert result.published["bpb"] == 2.5
    assert result.seconds_to_published == pytest.approx(48 * 1000 / result.tokens_per_second)
    (tmp_path / "presets" / "measured.toml").unlink()
    assert estimate(recipe, CPU).seconds_to_published is None


# ---- storage -----------------------------------------------------------------------------------------------


def test_a_home_that_cannot_be_written_is_a_problem(home):
    home.write_text("a file where the folder should be", encoding="utf-8")
    result = look_at_storage()
    assert "directory" in result.home.error
    report = examine(quick=True)
    assert any(
        str(home) in problem.what and "cannot be written" in problem.what for problem in report.problems
    )
    assert all("GROUNDUP_HOME" in problem.hint for problem in report.problems)


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root may write anywhere"
)
def test_a_read_only_home_is_a_problem(home):
    home.mkdir()
    home.chmod(0o500)
    try:
        assert look_at_storage().home.error
    finally:
        home.chmod(0o700)


def test_a_read_only_disk_is_a_problem(monkeypatch):
    """As root may write in any folder, one that the system itself keeps closed."""
    if not Path("/proc/self").exists():
        pytest.skip("there is no /proc here")
    monkeypatch.setenv("GROUNDUP_HOME", "/proc/groundup")
    assert look_at_storage().home.error.endswith("(/proc)")


def test_looking_leaves_nothing(home):
    result = look_at_storage()
    assert not home.exists()
    home.mkdir()
    look_at_storage()
    assert list(home.iterdir()) == []
    assert result.home.error == ""
    assert result.home.free > 0
    assert (result.runs, result.cache_parts) == (0, {})


def test_sizes_and_runs(home):
    (home / "runs" / "one").mkdir(parents=True)
    (home / "runs" / "one" / "recipe.toml").write_bytes(bytes(100))
    (home / "cache" / "tokens").mkdir(parents=True)
    (home / "cache" / "tokens" / "a.tokens").write_bytes(bytes(2000))
    result = look_at_storage()
    assert (result.runs, result.runs_size) == (1, 100)
    assert result.cache_parts == {"tokens": 2000}
    assert (result.home.size, result.cache.size) == (2100, 2000)


def test_little_room_is_a_problem(monkeypatch):
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 5_000_000}))
    report = examine(quick=True)
    assert any("only 5 MB free" in problem.what for problem in report.problems)


@pytest.fixture
def fetched(home, monkeypatch):
    """An asset of one file, fetched and whole; returns the file."""
    content = b"To be, or not to be"
    folder = home / "cache" / "assets" / "alice"
    folder.mkdir(parents=True)
    (folder / "alice.txt").write_bytes(content)
    small = assets.Asset(
        name="alice", title="", kind="text", licence="", files=("alice.txt",), size=len(content),
        sha256=assets.folder_sha256(folder), sources=(),
    )  # fmt: skip
    monkeypatch.setattr(assets, "ASSETS", {"alice": small})
    return folder / "alice.txt"


def test_a_whole_asset_is_here(fetched):
    (asset,) = look_at_storage().assets
    assert (asset.state, asset.size) == ("here", 19)


def test_a_damaged_asset_is_a_problem(fetched):
    fetched.write_bytes(b"To be, or not to bE")
    (asset,) = look_at_storage().assets
    assert asset.state == "altered"
    (quick,) = look_at_storage(read_assets=False).assets
    assert quick.state == "here"  # its size is right, and nothing was read


def test_an_asset_with_bytes_missing_is_a_problem_at_once(fetched):
    fetched.write_bytes(b"To be")
    report = examine(quick=True)
    (problem,) = report.problems
    assert "'alice' is incomplete" in problem.what
    assert "groundup assets remove alice" in problem.hint


def test_no_asset_is_no_problem(home):
    result = look_at_storage().assets
    assert {item.name for item in result} == set(assets.ASSETS)
    assert {item.state for item in result} == {"not fetched"}


# ---- the machine -------------------------------------------------------------------------------------------


def test_the_machine_is_this_one():
    result = look_at_machine()
    assert result.processor
    assert 1 <= result.cores <= os.cpu_count()
    assert 0 < result.memory_free <= result.memory == psutil.virtual_memory().total
    assert result.threads == torch.get_num_threads()
    assert result.devices[0].name == "cpu"
    assert result.torch == torch.__version__


def test_load_is_told(monkeypatch):
    cores = look_at_machine().cores
    for load, busy in ((0.1, False), (2.0 * cores, True)):
        monkeypatch.setattr(machine.psutil, "getloadavg", lambda load=load: (load, 0.0, 0.0))
        report = examine(quick=True)
        assert report.machine.busy is busy
        assert any("load of the last minute" in note for note in report.notes) is busy
        assert report.well  # slow, but nothing is broken


def test_too_little_memory_is_a_problem(monkeypatch):
    full = psutil.virtual_memory()._replace(available=1_000_000)
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: full)
    report = examine(quick=True)
    assert sum("1 MB is free" in problem.what for problem in report.problems) == len(MODELS)


def test_why_a_device_was_chosen(monkeypatch):
    assert why_device(torch.device("cuda")).startswith("a GPU is here")
    assert why_device(CPU, "cpu") == "asked for"
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/bin/nvidia-smi")
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "built for the CPU alone" in why_device(CPU)
