"""The scripts of tools/: plain words are found where they stand, and the figures of the code are counted."""

import subprocess
import sys

import pytest

import code_figures
import plain_words


@pytest.fixture
def checkout(tmp_path):
    """A small checkout with a layer above another, a circle of imports and an import of the root page."""
    package = tmp_path / "src" / "groundup"
    (package / "lower").mkdir(parents=True)
    (package / "lessons" / "0.1").mkdir(parents=True)
    (package / "upper").mkdir()
    files = {
        "__init__.py": "",
        "lower/__init__.py": "",
        "lower/a.py": "def f(x):\n    from groundup.lower import b\n\n    return b\n",
        "lower/b.py": "from groundup.lower import a\nfrom groundup import upper\n\n\nclass Pair:\n    pass\n",
        "upper/__init__.py": "class Pair:\n    def wide(self, a, b, c, d, e, f, g, h, i):\n        pass\n",
        "lessons/0.1/exercise.py": "found = 'Nobody'\n",
    }
    for name, text in files.items():
        (package / name).write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["groundup.upper", "groundup.lower"]\n',
        encoding="utf-8",
    )
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


def test_a_phrase_is_found_over_a_line_break_in_a_comment(checkout):
    (checkout / "note.py").write_text(
        "# An error is lost: so be\n# it. An unsooner word.\n", encoding="utf-8"
    )
    (problem,) = plain_words.problems(checkout)
    assert problem.startswith("note.py:1: 'so be it': ")


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.py", "rows = [found for found in ()]\n", 1),
        ("a.py", "\ndef f(found): ...\n", 2),
        ("a.py", "class A:\n    found: int = 0\n", 2),
        ("a.py", "rows.found = 1\n", 1),
        ("a.js", "\nconst found = 1;\n", 2),
    ],
)
def test_a_name_is_found_where_it_is_defined(checkout, name, text, line):
    (checkout / name).write_text(text, encoding="utf-8")
    (problem,) = plain_words.problems(checkout)
    assert problem.startswith(f"{name}:{line}: name 'found': ")


def test_reading_a_name_is_no_problem(checkout):
    (checkout / "a.py").write_text("print(found, rows.found)\n", encoding="utf-8")
    assert list(plain_words.problems(checkout)) == []


def test_the_code_is_counted(checkout):
    script = [sys.executable, code_figures.__file__, checkout, "--list"]
    output = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    assert [line.strip() for line in output.splitlines()] == [
        "1  circles of imports",
        "groundup.lower.a <-> groundup.lower.b",
        "2  modules in such circles",
        "1  arrows up",
        "groundup.lower.b -> groundup.upper",
        "5  modules",
        "13  lines of Python",
        "3  modules with one importer",
        "groundup.lower.a <- groundup.lower.b",
        "groundup.lower.b <- groundup.lower.a",
        "groundup.upper <- groundup.lower.b",
        "1  class names used more than once",
        "Pair: groundup.lower.b, groundup.upper",
        "0  functions over 60 lines",
        "1  library functions with over 8 parameters",
        "groundup.upper.wide: 9 parameters",
        "0  quaint words and names",
    ]
