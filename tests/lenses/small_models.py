"""Models small enough to look at in no time, with weights that leave no part at zero; and eyes for pictures."""

import json

import numpy as np
import torch

from groundup.lenses.trace import Trace
from groundup.models import MODELS, build
from groundup.models.contract import LanguageModel
from groundup.text.characters import Characters
from groundup.text.words import Words

LETTERS = "to be, or not to be: that is the question. $_{$\n"
SMALL = {
    "char-rnn": {"width": 12, "embedding": 6, "layers": 2},
    "word-gru": {"width": 12},
    "lstm-attention": {"width": 12, "embedding": 6, "window": 5},
    "transformer": {"context": 24, "layers": 3, "heads": 2, "width": 12},
    "gpt": {"context": 24, "layers": 3, "heads": 2, "width": 12},
}
ALL = tuple(SMALL)
RECURRENT = ("char-rnn", "word-gru", "lstm-attention")
TRANSFORMERS = ("transformer", "gpt")


def small(
    kind: str, seed: int = 1, without: tuple[str, ...] = (), letters: str = LETTERS
) -> tuple[LanguageModel, Characters]:
    """A model of that kind on characters; norms and biases are disturbed too, so that none can be forgotten."""
    tokenizer = Characters.train([letters])
    torch.manual_seed(seed)
    model = build(MODELS[kind][0](**SMALL[kind]), tokenizer.vocab_size, without)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval(), tokenizer


def small_on_words(*words: str) -> tuple[LanguageModel, Words]:
    """A GRU on words: " king" with its space, the first the most frequent."""
    torch.manual_seed(1)
    tokenizer = Words([f" {word}" for word in words])
    return build(MODELS["word-gru"][0](**SMALL["word-gru"]), tokenizer.vocab_size).eval(), tokenizer


def small_of_transformers(family: str):
    """A GPT-2 or a Llama of transformers, with its tokenizer; its table has more rows than there are characters."""
    import tokenizers
    import transformers

    letters = Characters.train([LETTERS])
    inside = tokenizers.Tokenizer.from_str(json.dumps(letters.to_json()))
    torch.manual_seed(1)
    if family == "gpt2":
        config = transformers.GPT2Config(
            vocab_size=32, n_positions=24, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
        )
        model = transformers.GPT2LMHeadModel(config)
    else:
        config = transformers.LlamaConfig(
            vocab_size=32, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=24, bos_token_id=0, eos_token_id=0,
        )  # fmt: skip
        model = transformers.LlamaForCausalLM(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval(), transformers.PreTrainedTokenizerFast(tokenizer_object=inside)


def assert_drawn(trace: Trace, **how) -> None:
    """It can be drawn in light and dark, each with something on its paper, and said in JSON."""
    grounds = []
    for dark in (False, True):
        figure = trace.plot(dark=dark, **how)
        figure.set_dpi(50)  # enough for these eyes
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())[:, :, :3].reshape(-1, 3)
        colours, counts = np.unique(pixels, axis=0, return_counts=True)
        grounds.append(colours[counts.argmax()].mean())
        marked = 1 - counts.max() / len(pixels)
        assert 0.01 < marked < 0.9, f"{marked:.1%} of the picture is drawn on"
        assert len(colours) > 10
    assert grounds[0] > 200
    assert grounds[1] < 60
    text = json.dumps(trace.to_json(), allow_nan=False)
    assert json.loads(text)["lens"] == type(trace).__module__.rsplit(".", 1)[-1]
