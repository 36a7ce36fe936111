"""How good a model is, in the one number that compares models across tokenizers: bits per byte."""

from groundup.evaluation.bits_per_byte import Evaluation, Validation, evaluate

__all__ = ["Evaluation", "Validation", "evaluate"]
