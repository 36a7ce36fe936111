"""The same lenses for models of transformers: GPT-2 and Llama, real ones included. Needs the extra `hf`.

The names of the activations are those of hook_points.py. What is new in Llama:

    rotary positions    blocks.L.attn.hook_rot_q / rot_k beside hook_q / hook_k: each pair of numbers turned by an
                        angle that grows with the position (Su et al. 2021, "RoFormer", section 3.2.2)
    grouped queries     hook_k and hook_v have fewer heads; each serves several queries (Ainslie et al. 2023, "GQA")
    gated feed-forward  mlp.hook_pre is the gate before its bend, hook_pre_linear what it lets through (Shazeer 2020)

A model that came with its tokenizer is used as it is, and transformers is not imported; `load` imports it.
hooked_model.py calls both functions and makes a HookedModel of the parts that they return.
"""

from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from functools import cached_property, partial
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from groundup.common.errors import GroundupError
from groundup.lenses.activations import Derived, HookPoint
from groundup.lenses.hook_points import AttentionLayer, HookPoints, attention_points, pattern_points
from groundup.models.attention import causal_mask
from groundup.text.assets import ASSETS, where
from groundup.text.byte_level import byte_name, bytes_of_name
from groundup.text.tokenizer import Piece

Parts = tuple[str, nn.Module, "TransformersTokenizer", HookPoints]
"""The first four fields of a HookedModel."""


def load(name: str) -> Parts:
    """The parts of a named model: a folder or .gguf file, one of our assets (smollm2), or a name on the hub.

    Weights are read in float32. Raises GroundupError: no transformers, nothing there, not a model the lenses know.
    """
    try:
        import transformers
    except ImportError:
        raise GroundupError(
            "transformers is not installed.", "Install it: pip install 'groundup[hf]'."
        ) from None
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    path = Path(name)
    known_as = path.name
    if name in ASSETS and ASSETS[name].kind == "model":
        folder = where(name)
        if folder is None:
            raise GroundupError(f"'{name}' has not been fetched.", f"Run `groundup assets fetch {name}`.")
        path = next(iter(folder.glob("*.gguf")), folder)
    try:
        if path.is_file():
            model, tokenizer = _from_gguf(path)
        else:
            source = str(path) if path.exists() else name
            tokenizer = transformers.AutoTokenizer.from_pretrained(source)
            model = transformers.AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    except Exception as error:  # of many kinds: each reader has its own for a file that is damaged
        why = (str(error).strip() or repr(error)).splitlines()[0].rstrip(".")
        raise GroundupError(
            f"'{name}' could not be loaded: {why}.",
            "Give a folder with transformers' files, a .gguf file, or a name that is on the hub.",
        ) from None
    return transformers_parts(model, tokenizer, known_as)


def _from_gguf(path: Path) -> tuple[nn.Module, Any]:
    """Model and tokenizer of a .gguf file, with its weights as they are once unpacked. Needs the package gguf.

    `from_pretrained` does the same, but asks for the package accelerate, which this does without.
    """
    import transformers
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    there = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(**there)
    model = transformers.AutoModelForCausalLM.from_config(
        transformers.AutoConfig.from_pretrained(**there), dtype=torch.float32
    )
    with redirect_stderr(StringIO()):  # its own progress bar
        tensors = load_gguf_checkpoint(str(path), return_tensors=True, model_to_load=model)["tensors"]
    missing, _ = model.load_state_dict(tensors, strict=False)
    if set(missing) - {
        "lm_head.weight"
    }:  # which is the table of embeddings again, where it is not in the file
        raise ValueError(f"it lacks {', '.join(missing)}")
    model.tie_weights()
    return model, tokenizer


def transformers_parts(model: nn.Module, tokenizer: Any, name: str | None = None) -> Parts:
    """The parts of a GPT2LMHeadModel or LlamaForCausalLM with its tokenizer.

    Raises GroundupError for any other class.
    """
    known: dict[str, Callable[[Any], HookPoints]] = {
        "GPT2LMHeadModel": _of_gpt2,
        "LlamaForCausalLM": _of_llama,
    }
    kind = type(model).__name__
    if kind not in known:
        raise GroundupError(
            f"The lenses do not know transformers' {kind}.", f"They know {' and '.join(known)}."
        )
    return name or kind, model.eval(), TransformersTokenizer(tokenizer), known[kind](model)


class TransformersTokenizer:
    """A tokenizer of transformers, with the few names by which a lens asks ours."""

    def __init__(self, tokenizer: Any) -> None:
        self.theirs = tokenizer

    @property
    def vocab_size(self) -> int:
        return len(self.theirs)

    def encode(self, text: str) -> list[int]:
        """Ids as the model was trained to read them: with a token for the beginning, where it has one."""
        return self.theirs.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        return self.theirs.decode(ids)

    def tokens(self) -> list[str]:
        return self._tokens

    @cached_property
    def _tokens(self) -> list[str]:
        """Byte pairs are written with a letter for each byte, SentencePiece's with ▁ for a space: undo that."""
        written = [token or "" for token in self.theirs.convert_ids_to_tokens(list(range(len(self.theirs))))]
        if not any(token.startswith(byte_name(b" ")) for token in written):
            return [token.replace("▁", " ") for token in written]
        return [_from_bytes(token) for token in written]

    def pieces(self, text: str) -> list[Piece]:
        """Each token with the characters that it stands for; none for one that marks the beginning."""
        if not self.theirs.is_fast:
            raise GroundupError(
                "This tokenizer does not say where its tokens stand in a text.", "Use its fast form."
            )
        encoding = self.theirs(text, return_offsets_mapping=True)
        return [
            Piece(number, self._tokens[number], start, end)
            for number, (start, end) in zip(encoding["input_ids"], encoding["offset_mapping"], strict=True)
        ]

    def lost(self, text: str) -> list[str]:
        """What no token stands for, where the tokenizer has a token for the unknown."""
        unknown = self.theirs.unk_token_id
        ids = self.theirs.encode(text)
        if unknown is None or unknown not in ids or not self.theirs.is_fast:
            return []
        return [
            text[piece.start : piece.end] for piece in self.pieces(text) if piece.id == unknown and piece.end
        ]


def _from_bytes(written: str) -> str:
    try:
        return bytes_of_name(written).decode("utf-8", "backslashreplace")
    except KeyError:  # a special token, which is written as it is
        return written


# ---- the two families ---------------------------------------------------------------------------------------


def _of_gpt2(model: Any) -> HookPoints:
    inside, config = model.transformer, model.config
    heads, width = config.n_head, config.n_embd
    points: dict[str, HookPoint | Derived] = {
        "hook_embed": HookPoint(inside.wte, "output"),
        "hook_pos_embed": HookPoint(inside.wpe, "output"),
        "ln_final.hook_normalized": HookPoint(inside.ln_f, "output"),
    }
    layers = []
    for number, block in enumerate(inside.h):
        name = f"blocks.{number}"
        out = block.attn.c_proj
        layer = AttentionLayer(
            heads, width // heads, block.attn.scaling, causal_mask,
            out=out.weight.view(heads, width // heads, width), out_bias=out.bias,
        )  # fmt: skip
        layers.append(layer)
        points |= _residual_points(name, block, block.ln_1, block.ln_2)
        points |= attention_points(number, block.attn.c_attn, out, layer)
        points[f"{name}.hook_attn_out"] = HookPoint(out, "output")
        points[f"{name}.mlp.hook_pre"] = HookPoint(block.mlp.c_fc, "output")
        points[f"{name}.mlp.hook_post"] = HookPoint(block.mlp.c_proj, "input")
        points[f"{name}.hook_mlp_out"] = HookPoint(block.mlp.c_proj, "output")
    return HookPoints(
        kind="gpt2",
        run=lambda tokens: model(input_ids=tokens, use_cache=False).logits,
        context=config.n_positions,
        points=points,
        embedding=inside.wte.weight,
        positions=inside.wpe.weight,
        attention=layers,
        residual=True,
        final_norm=inside.ln_f,
        unembedding=model.lm_head.weight,
    )


def _of_llama(model: Any) -> HookPoints:
    inside, config = model.model, model.config
    points: dict[str, HookPoint | Derived] = {
        "hook_embed": HookPoint(inside.embed_tokens, "output"),
        "hook_rot_cos": HookPoint(inside.rotary_emb, "output", number=0),
        "hook_rot_sin": HookPoint(inside.rotary_emb, "output", number=1),
        "ln_final.hook_normalized": HookPoint(inside.norm, "output"),
    }
    layers = []
    for number, block in enumerate(inside.layers):
        name, part = f"blocks.{number}", block.self_attn
        heads, width = config.num_attention_heads, part.head_dim
        out = part.o_proj.weight  # (width of the model, heads · head_width)
        layer = AttentionLayer(
            heads, width, part.scaling, causal_mask, groups=part.num_key_value_groups,
            out=out.t().unflatten(0, (heads, width)), out_bias=part.o_proj.bias,
        )  # fmt: skip
        layers.append(layer)
        split = partial(_heads, width)
        for letter, matrix in zip("qkv", (part.q_proj, part.k_proj, part.v_proj), strict=True):
            points[f"{name}.attn.hook_{letter}"] = HookPoint(matrix, "output", split)
        for letter in "qk":
            needs = (f"{name}.attn.hook_{letter}", "hook_rot_cos", "hook_rot_sin")
            points[f"{name}.attn.hook_rot_{letter}"] = Derived(needs, rotated)
        points |= pattern_points(f"{name}.attn", layer, "hook_rot_q", "hook_rot_k")
        points[f"{name}.attn.hook_z"] = HookPoint(part.o_proj, "input", split)
        points |= _residual_points(name, block, block.input_layernorm, block.post_attention_layernorm)
        points[f"{name}.hook_attn_out"] = HookPoint(part.o_proj, "output")
        points[f"{name}.mlp.hook_pre"] = HookPoint(block.mlp.gate_proj, "output")
        points[f"{name}.mlp.hook_pre_linear"] = HookPoint(block.mlp.up_proj, "output")
        points[f"{name}.mlp.hook_post"] = HookPoint(block.mlp.down_proj, "input")
        points[f"{name}.hook_mlp_out"] = HookPoint(block.mlp.down_proj, "output")
    return HookPoints(
        kind="llama",
        run=lambda tokens: model(input_ids=tokens, use_cache=False).logits,
        context=config.max_position_embeddings,
        points=points,
        embedding=inside.embed_tokens.weight,
        attention=layers,
        residual=True,
        final_norm=inside.norm,
        unembedding=model.lm_head.weight,
    )


def _heads(width: int, x: Tensor) -> Tensor:
    """(batch, time, heads · head_width) to (batch, time, heads, head_width)."""
    return x.unflatten(-1, (-1, width))


def rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x (batch, time, heads, head_width) turned by its position; cos and sin (1, time, head_width).

    Number i and number i + head_width / 2 are the two coordinates of a hand that turns.
    """
    first, second = x.chunk(2, dim=-1)
    return x * cos.unsqueeze(2) + torch.cat((-second, first), dim=-1) * sin.unsqueeze(2)


def _residual_points(
    name: str, block: Any, first_norm: Any, second_norm: Any
) -> dict[str, HookPoint | Derived]:
    return {
        f"{name}.hook_resid_pre": HookPoint(block, "input"),
        f"{name}.ln1.hook_normalized": HookPoint(first_norm, "output"),
        f"{name}.hook_resid_mid": HookPoint(second_norm, "input"),
        f"{name}.ln2.hook_normalized": HookPoint(second_norm, "output"),
        f"{name}.hook_resid_post": HookPoint(block, "output"),
    }
