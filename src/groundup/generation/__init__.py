"""From a trained model to text: filters, the loop over tokens, beam search, and writing."""

from groundup.generation.beam import beam_search
from groundup.generation.generate import generate, generate_batch, stream, stream_batch
from groundup.generation.sampling import Sampling, probabilities, stages
from groundup.generation.writing import (
    Generated,
    prompt_tokens,
    unknown_in,
    write,
    write_batch,
    write_likeliest,
    write_stream,
    write_tokens,
)

__all__ = [
    "Generated",
    "Sampling",
    "beam_search",
    "generate",
    "generate_batch",
    "probabilities",
    "prompt_tokens",
    "stages",
    "stream",
    "stream_batch",
    "unknown_in",
    "write",
    "write_batch",
    "write_likeliest",
    "write_stream",
    "write_tokens",
]
