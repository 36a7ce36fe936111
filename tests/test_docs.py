"""What README, CONTRIBUTING and docs/ show is run: every command, every recipe, every block of Python.

All is as shown, but for this: budgets are one step, precision is measured in one round and the samples of
training are short, `doctor` measures no times, and `my.txt`, `other.txt` and the folder `letters` are small
texts. Blocks of one document run in order, in a home of their own.
"""

import io
import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from commands import shortened, small_budget
from groundup.course.lessons.catalogue import load_course
from groundup.studio.glossary import load_glossary
from groundup.text.storyworld import stories
from groundup.training import trainer
from groundup.training.machine import choose_precision
from groundup.training.recipe import Recipe, preset_names

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))
SHOWN = [
    page for page in DOCUMENTS if page.name != "authoring.md"
]  # tests/cli/test_course_command.py runs that one

NOT_RUN = {  # line -> why
    "python3 -m venv .venv": "sets up an environment, as .ci/run does on a new machine",
    "py -m venv .venv": "the same on Windows",
    ". .venv/bin/activate": "changes the shell",
    ".venv\\Scripts\\activate": "the same on Windows",
    "python -m pip install -c constraints.txt -e .": "installs into the environment that runs this test",
    "python -m pip install -e '.[datasets]'": "the same",
    "groundup train gpt --corpus hf:roneneldan/TinyStories:text:50MB --budget 5min": "needs the hub",
    "groundup ablate char-rnn --all --corpus my.txt --budget 20s --name mine": "an example of its help, run there",
    ".venv/bin/pre-commit install": "changes the repository's git hooks",
    ".venv/bin/python docs/make_tables.py": "writes the documents; test_tables_come_from_the_code runs it",
    ".venv/bin/python tools/code_figures.py": "tests/test_tools.py runs it",
    ".venv/bin/python tools/plain_words.py": "tests/test_tools.py calls it",
}


class CodeBlock(NamedTuple):
    line: int  # of its first line in the document
    language: str
    text: str


def blocks(document: Path) -> list[CodeBlock]:
    """The fenced blocks of a document."""
    text = document.read_text(encoding="utf-8")
    matches = re.finditer(r"^ *```(.*)\n((?:.*\n)*?) *```$", text, re.MULTILINE)
    return [CodeBlock(text.count("\n", 0, item.start()) + 2, item[1], item[2]) for item in matches]


def commands(block: CodeBlock) -> Iterator[tuple[int, str]]:
    """The lines of a block of commands, without their comments, with their numbers."""
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        command = re.sub(r"\s+# .*$|^#.*$", "", line).strip()
        if command:
            yield number, command


def prose(document: Path) -> str:
    """The document without its fenced blocks."""
    return re.sub(r"^ *```.*\n(?:.*\n)*? *```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where commands run, with the texts that the documents speak of."""
    message = "".join(islice(stories(10**9, seed=3), 40))
    (tmp_path / "letters").mkdir()
    for name, text in (
        ("my.txt", message),
        ("other.txt", message[:9000]),
        ("letters/one.md", message[:9000]),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def _quickly(monkeypatch):
    monkeypatch.setattr(trainer, "choose_precision", partial(choose_precision, rounds=1))
    monkeypatch.setattr(trainer, "SAMPLE_TOKENS", 8)


@pytest.mark.slow
@pytest.mark.usefixtures("_quickly")
@pytest.mark.parametrize("document", SHOWN, ids=lambda path: path.name)
def test_everything_shown_runs(document, folder, groundup, request, monkeypatch):
    names: dict = {"__name__": "__main__"}
    for block in blocks(document):
        where = f"{document.name}, line {block.line}"
        if "shakespeare" in block.text:
            request.getfixturevalue("shakespeare")
        if block.language == "sh":
            for number, line in commands(block):
                run_line(line, f"{document.name}, line {number}: {line}", groundup, monkeypatch)
        elif block.language == "python":
            exec(compile(small_python(block.text, where), where, "exec"), names)
        elif block.language == "toml":
            name = re.match(r"# ([\w-]+\.toml)\b", block.text)
            assert name, f"{where}: begin with a comment that names the file"
            Recipe.from_toml(block.text)
            Path(name[1]).write_text(block.text, encoding="utf-8")
        else:
            pytest.fail(f"{where}: blocks here are sh, python or toml, and this is '{block.language}'")


def run_line(line: str, where: str, groundup, monkeypatch) -> None:
    """Run one line of a document, or check what can be checked of it."""
    if line in NOT_RUN:
        return
    program, *words = shlex.split(line)
    if program == "make":
        assert all(is_target(word) for word in words), f"{where}: no such target"
    elif program == ".venv/bin/pytest":  # the suite is running already
        paths = [word for word in words if word.startswith("tests")]
        assert all((ROOT / path).exists() for path in paths), f"{where}: no such file"
    elif line.startswith("python -m groundup."):
        monkeypatch.setattr(sys, "argv", words[1:])
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif program == "cat" and "|" in words:
        pipe = words.index("|")
        piped = b"".join(Path(name).read_bytes() for name in words[:pipe])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped), encoding="utf-8"))
        run_line(shlex.join(words[pipe + 1 :]), where, groundup, monkeypatch)
    elif program == "groundup":
        arguments = shortened(words) + (["--quick"] if words[0] == "doctor" else [])
        if arguments[0] == "train" and not {"--corpus", "--recipe", "--keys"} & set(arguments):
            pytest.fail(f"{where}: name a --corpus, so that the test does not read five megabytes")
        result = groundup(*arguments)
        assert result.code == 0, f"{where}\n{result.err}"
    else:
        pytest.fail(f"{where}: no rule here says how to run this")


def small_python(code: str, where: str) -> str:
    """The same with small budgets."""
    trains = len(re.findall(r"\bgu\.(?:train|climb|ablate)\(", code))
    small, budgets = re.subn(r'budget="([^"]*)"', lambda result: f'budget="{small_budget(result[1])}"', code)
    assert trains == budgets, f"{where}: give each training a budget, which the test makes small"
    return small


def is_target(name: str) -> bool:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.search(rf"^{re.escape(name)}:", makefile, re.MULTILINE) is not None


def test_nothing_is_excused_that_is_not_shown():
    lines = {line for document in DOCUMENTS for block in blocks(document) for _, line in commands(block)}
    assert set(NOT_RUN) <= lines


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_targets_and_commands_in_sentences_exist(document, groundup):
    texts = re.findall(r"`([^`\n]+)`", prose(document))
    targets = [code.split()[1] for code in texts if code.startswith("make ")]
    assert [name for name in targets if not is_target(name)] == []
    for command in {code.split()[1] for code in texts if code.startswith("groundup ")}:
        assert groundup(command, "--help").code == 0, f"{document.name}: groundup {command}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"https?://", target):
            continue
        path, _, heading = target.partition("#")
        file = document.parent / path if path else document
        assert file.exists(), f"{document.name} links to {target}"
        if heading:
            assert heading in headings(file), f"{document.name} links to {target}"


def headings(document: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_tables_come_from_the_code(document):
    text = document.read_text(encoding="utf-8")
    filled = runpy.run_path(str(ROOT / "docs" / "make_tables.py"))["filled"]
    assert filled(text) == text, "run `python docs/make_tables.py`"


def test_the_table_of_keys_has_every_key_of_every_preset():
    """Held against the presets, not against the schema that the table is made from."""
    text = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    texts = set(re.findall(r"^\| `([\w.]+)`", text, re.MULTILINE))
    for name in preset_names():
        for section, keys in Recipe.preset(name).model_dump().items():
            target = {f"{section}.{key}" for key in keys} if isinstance(keys, dict) else {section}
            assert target <= texts, name


def test_the_names_of_the_glossary_are_in_the_code():
    keys = {
        f"{section}.{key}"
        for name in preset_names()
        for section, part in Recipe.preset(name).model_dump().items()
        if isinstance(part, dict)
        for key in part
    }
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "groundup").rglob("*.py"))
    for word in load_glossary(load_course()):
        for name in word.ours:
            assert name in keys or re.search(rf"\b{re.escape(name.split('.')[-1])}\b", source), name


def test_the_readme_has_room_for_the_ladder():
    """`make presets` writes between the marks, and nowhere else."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"<!-- ladder -->\n.*?\n<!-- /ladder -->", text, re.DOTALL)
