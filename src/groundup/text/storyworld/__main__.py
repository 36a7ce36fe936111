"""`python -m groundup.text.storyworld --seed 3 --stories 2 --bits`: stories, and the bits of each choice."""

import argparse
from itertools import islice

from groundup.text.storyworld import floor_note, measure, stories, trace


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m groundup.text.storyworld")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stories", type=int, default=1)
    parser.add_argument("--bits", action="store_true", help="write the bits after each choice")
    options = parser.parse_args()
    texts = list(islice(stories(10**12, options.seed), options.stories))
    for text in texts:
        if options.bits:
            print("".join(f"{part}[{bits:.1f}]" if bits else part for part, bits in trace(text)), end="")
        else:
            print(text, end="")
    print(floor_note(measure("".join(texts))))


if __name__ == "__main__":
    main()
