"""Writing one text, token by token: groundup's `generate` beside transformers' `generate` with its cache.

The same weights and prompt, always the likeliest token, and a check that both wrote the same.
"""

import torch

from bench_gpt import SIZES, VOCAB, pair
from groundup.generation.generate import generate
from groundup.generation.sampling import Sampling
from table import medians, print_rows

REACH = {"small": 3, "large": 2}
LENGTHS = {"small": (16, 48), "large": (56, 200)}  # tokens of the prompt, tokens to write


def measure(rounds: int = 9) -> list[dict]:
    """One row for each size; times are milliseconds for each token written."""
    return [row(size, rounds) for size in REACH]


def row(size: str, rounds: int) -> dict:
    config, _ = SIZES[size]
    ours, peer = (model.eval() for model in pair(config))
    value, new = LENGTHS[size]
    prompt = torch.randint(VOCAB, (1, value), generator=torch.Generator().manual_seed(0))

    def ours_writes() -> list[int]:
        return generate(ours, prompt[0].tolist(), new, Sampling(temperature=0))

    def peer_writes() -> list[int]:
        everything = torch.ones_like(prompt)  # which it warns about when it has to guess
        asked = {"max_new_tokens": new, "do_sample": False, "use_cache": True, "pad_token_id": 0}
        return peer.generate(prompt, attention_mask=everything, **asked)[0, value:].tolist()

    programs = {"ours": ours_writes, "peer": peer_writes}
    if ours_writes() != peer_writes():
        raise AssertionError("the two wrote different texts")
    seconds = medians(programs, rounds)
    return {
        "what": f"one text, per token, {config.layers} layers, {config.width} wide, {new} after {value}",
        "ours": 1000 * seconds["ours"] / new,
        "peer": 1000 * seconds["peer"] / new,
        "peer_name": "transformers generate with cache",
        "ratio": seconds["peer"] / seconds["ours"],
        "reach": f"at least {REACH[size]}",
        "unit": "ms",
    }


def main() -> None:
    torch.set_num_threads(2)
    print("float32, greedy, batch 1, 2 threads")
    print_rows(measure())


if __name__ == "__main__":
    main()
