"""TEMPORARY until the recurrent helper writes the registry."""
from typing import Union
from groundup.models.gpt import GPT, GPTConfig
MODELS = {"gpt": (GPTConfig, GPT)}
from dataclasses import dataclass
from typing import Literal
@dataclass(frozen=True)
class _No:
    kind: Literal["none"] = "none"
ModelConfig = GPTConfig | _No
def build(config, vocab_size):
    return MODELS[config.kind][1](config, vocab_size)
