"""Checkpoints: whole, checked, and never lost to a full disk."""

import errno
import os

import pytest
import torch
from safetensors.torch import save_file

from groundup.common import atomic
from groundup.common.errors import GroundupError
from groundup.training.checkpoint import load_checkpoint, save_checkpoint

TENSORS = {"model.a": torch.arange(1000.0), "b": torch.tensor(3, dtype=torch.int64), "c": torch.zeros(0, 4)}


def test_what_is_saved_comes_back(tmp_path):
    save_checkpoint(tmp_path / "last.safetensors", TENSORS, {"position": {"step": 7, "seconds": 0.1}})
    tensors, state = load_checkpoint(tmp_path / "last.safetensors")
    assert state == {"position": {"step": 7, "seconds": 0.1}}
    assert tensors.keys() == TENSORS.keys()
    for name, value in TENSORS.items():
        assert tensors[name].dtype == value.dtype
        assert torch.equal(tensors[name], value)


def test_any_flipped_byte_is_noticed(tmp_path):
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, TENSORS, {"step": 7})
    whole = path.read_bytes()
    for place in [*range(8, 400, 7), *range(400, len(whole), 211), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[place] ^= 4
        path.write_bytes(damaged)
        try:
            tensors, state = load_checkpoint(path)
        except GroundupError:
            continue
        # The only bytes that may change unnoticed are spaces that pad the header.
        assert state == {"step": 7}
        assert all(torch.equal(tensors[name], value) for name, value in TENSORS.items())


@pytest.mark.parametrize("length", [0, 5, 100, 2000, -1])
def test_a_truncated_file_is_named_and_the_way_out_is_given(tmp_path, length):
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, TENSORS, {})
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(GroundupError, match=r"damaged.*--checkpoint best"):
        load_checkpoint(path)


def test_another_version_is_told_apart_from_damage(tmp_path):
    path = tmp_path / "last.safetensors"
    save_file({"a": torch.ones(2)}, path, metadata={"format": "groundup-checkpoint-99", "state": "{}"})
    with pytest.raises(GroundupError, match="another version"):
        load_checkpoint(path)
    with pytest.raises(GroundupError, match="no checkpoint"):
        load_checkpoint(tmp_path / "none.safetensors")


def test_a_full_disk_leaves_the_last_good_one(tmp_path, monkeypatch):
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, TENSORS, {"step": 1})

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(GroundupError, match=r"No space left.*untouched"):
            save_checkpoint(path, TENSORS, {"step": 2})
    assert load_checkpoint(path)[1] == {"step": 1}
    assert os.listdir(tmp_path) == ["last.safetensors"], "nothing half-written is left"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_really_full_device_is_reported(monkeypatch, tmp_path):
    monkeypatch.setattr(atomic, "open", lambda path, mode: open("/dev/full", mode), raising=False)  # noqa: SIM115
    with pytest.raises(GroundupError, match="No space left"):
        save_checkpoint(tmp_path / "last.safetensors", TENSORS, {})
