"""Finds words and names that the project does not use: `python tools/plain_words.py [ROOT]`.

The list, with what to write instead, is `plain_words.toml`. Phrases are searched in every text file; names in
what Python files assign or define and in what JavaScript files declare. Spelling is codespell's work.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

LISTS = Path(__file__).with_suffix(".toml")
TEXT_SUFFIXES = {".py", ".js", ".mjs", ".html", ".css", ".md", ".toml", ".txt", ".yml", ".yaml", ".jsonl"}
APART = (
    "src/groundup/lessons/",  # warm prose
    "src/groundup/text/storyworld/words.py",  # stories
    "docs/experiments.jsonl",  # a log
    "tools/plain_words",  # the list
    "tests/test_tools.py",
)
NAMES_NOT_YET = (  # names are counted here (tools/code_figures.py), and `make check` does not refuse them yet
    "src/groundup/cli/look",
    "src/groundup/common/",
    "src/groundup/course/",
    "src/groundup/doctor/",
    "src/groundup/generation/",
    "src/groundup/ladder/",
    "src/groundup/lenses/",
    "src/groundup/studio/",
    "src/groundup/text/",
    "src/groundup/training/",
    "src/groundup/widgets/",
    "benchmarks/bench_fast.py",
    "tests/",
)
JS_DECLARATION = re.compile(r"\b(?:const|let|function|class)\s+(\w+)")


def files(root: Path) -> Iterator[Path]:
    """The text files that git tracks, or may track, below a folder."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listing.stdout.splitlines():
        path = root / name
        if path.suffix in TEXT_SUFFIXES and not name.startswith(APART) and path.is_file():
            yield path


def phrase_pattern(phrases: dict[str, str]) -> re.Pattern[str]:
    """Matches each phrase as whole words, over a line break with its comment sign too."""
    gap = r"(?:\s|#|//|\*)+"
    return re.compile(
        r"\b(" + "|".join(gap.join(phrase.split()) for phrase in phrases) + r")\b", re.IGNORECASE
    )


def defined_names(path: Path, text: str) -> Iterator[tuple[int, str]]:
    """(line, name) of everything that a file of Python or JavaScript assigns or defines."""
    if path.suffix in {".js", ".mjs"}:
        for match in JS_DECLARATION.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, match[1]
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                    yield node.lineno, name
                case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    yield node.lineno, name


def problems(root: Path) -> Iterator[str]:
    """Sentences, `path:line: 'word': write ... instead`, of the files below a folder."""
    lists = tomllib.loads(LISTS.read_text(encoding="utf-8"))
    phrases, names = lists["phrases"], lists["names"]
    pattern = phrase_pattern(phrases)
    for path in files(root):
        text, place = path.read_text(encoding="utf-8"), path.relative_to(root)
        for match in pattern.finditer(text):
            phrase = " ".join(re.findall(r"\w+", match[1].lower()))
            yield f"{place}:{text.count(chr(10), 0, match.start()) + 1}: '{phrase}': write {phrases[phrase]}"
        for line, name in defined_names(path, text):
            if name in names:
                yield f"{place}:{line}: name '{name}': name {names[name]}"


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    lines = [
        line
        for line in problems(root.resolve())
        if not (": name '" in line and line.startswith(NAMES_NOT_YET))
    ]
    print(*lines, f"{len(lines)} words or names to replace" if lines else "The words are plain.", sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
