"""Prose in pieces of about a screen."""

import re


def sections(text: str) -> list[str]:
    """Markdown in pieces: each begins with a heading of the second level, but perhaps the first."""
    pieces: list[list[str]] = [[]]
    fence = ""
    for line in text.split("\n"):
        mark = re.match(r"`{3,}|~{3,}", line)
        if mark and not fence:
            fence = mark[0]
        elif mark and mark[0].startswith(fence):
            fence = ""
        if line.startswith("## ") and not fence and any(pieces[-1]):
            pieces.append([])
        pieces[-1].append(line)
    return ["\n".join(piece) for piece in pieces]
