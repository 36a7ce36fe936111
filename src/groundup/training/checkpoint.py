"""One file that holds everything a stopped run needs, or only the weights of its best moment.

A checkpoint is a safetensors file: named tensors, and a header of plain text. The header carries the rest of
the state as JSON and a SHA-256 over all of it, so that a flipped bit is noticed before it is trained on.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from groundup.common.atomic import write_bytes
from groundup.common.errors import GroundupError

FORMAT = "groundup-checkpoint-1"


def save_checkpoint(path: Path, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    """Write tensors and JSON-able state atomically: a full disk or a kill leaves the previous file whole."""
    # Tied weights are two names of one tensor, which the file format refuses: so every name gets a copy.
    plain = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    text = json.dumps(state)
    header = {"format": FORMAT, "state": text, "sha256": _digest(plain, text)}
    write_bytes(path, save(plain, metadata=header))


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `save_checkpoint` wrote. Raises GroundupError if the file is not exactly that."""
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            # Copies, because a tensor that lies in the file may start at an odd address, and a matrix product
            # from there can be rounded differently: a resumed run would no longer be the same to the bit.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise GroundupError(
            f"There is no checkpoint {path}.", "The run stopped before its first save."
        ) from None
    except (SafetensorError, OSError, ValueError) as error:
        raise _damaged(path, str(error)) from None
    result = header.get("format")
    if result != FORMAT:
        raise GroundupError(
            f"{path} is of format '{result}', and this version reads '{FORMAT}'.",
            "It was written by another version of groundup: use that one, or train again.",
        )
    text = header.get("state", "")
    if header.get("sha256") != _digest(tensors, text):
        raise _damaged(path, "its checksum does not match")
    return tensors, json.loads(text)


def _damaged(path: Path, why: str) -> GroundupError:
    other = "best" if path.stem == "last" else "last"
    return GroundupError(
        f"{path} is damaged ({why}).",
        f"Try the run's other checkpoint with --checkpoint {other}, or restore the file from a backup.",
    )


def _digest(tensors: dict[str, Tensor], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
