"""What came beside what was expected: the pieces that are wrong, to be waved under."""

import re
from difflib import SequenceMatcher

_PIECE = re.compile(r"[^\s,()\[\]{}=:]+|\s+|.")
MOST = 600  # pieces; in more than that nobody looks for one


def waved(got: str, expected: str) -> list[tuple[str, bool]]:
    """`got` in pieces, each with whether it is wrong: [("[", False), ("0.88", True), (" ", False), ...]"""
    mine, right = _PIECE.findall(got), _PIECE.findall(expected)
    if max(len(mine), len(right)) > MOST:
        return [(got, False)]
    words = [at for at, piece in enumerate(mine) if piece[0].isalnum() or piece[0] in "-+._'\""]
    rights = [piece for piece in right if piece[0].isalnum() or piece[0] in "-+._'\""]
    same = SequenceMatcher(None, [mine[at] for at in words], rights, autojunk=False)
    fits = {
        words[one] for block in same.get_matching_blocks() for one in range(block.a, block.a + block.size)
    }
    return [(piece, at in words and at not in fits) for at, piece in enumerate(mine)]
