"""The registry: entries that are true and read without torch; and a lens added by one file, as in CONTRIBUTING.md."""

import importlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_runs import recipe, told

import groundup
from groundup.common.errors import GroundupError
from groundup.lenses.registry import lens_named, lenses
from groundup.studio.pages import STATIC
from groundup.training.run import Run
from groundup.training.trainer import train_run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("lens", lenses(), ids=lambda lens: lens.name)
def test_an_entry_names_a_function_that_takes_its_options(lens):
    function = getattr(importlib.import_module(lens.module), lens.trace)
    parameters = inspect.signature(function).parameters
    for option in lens.options:
        assert parameters[option.name].default == option.default, option.name
        assert option.choices == () or option.default in option.choices
    for file, source, _ in lens.widgets:
        assert (STATIC / "widgets" / f"{file}.js").is_file()
        assert lens_named(source)


def test_names_are_unlike_and_an_unknown_one_is_refused():
    names = [lens.name for lens in lenses()]
    assert len(set(names)) == len(names) == 15
    with pytest.raises(GroundupError, match="There is no lens 'gate'") as refused:
        lens_named("gate")
    assert "gates" in refused.value.hint


def test_the_registry_is_read_without_anything_heavy():
    code = (
        "import sys; from groundup.lenses.registry import lenses; assert len(lenses()) == 15\n"
        "print({'torch', 'numpy', 'matplotlib'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout.strip() == "set()"


@pytest.fixture
def with_token_cost(tmp_path, monkeypatch):
    """`python(code)`, in a copy of groundup to which the lens of CONTRIBUTING.md was added; and nothing else."""
    document = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", document.split("## Add a lens")[1], re.DOTALL)
    package = tmp_path / "copy" / "groundup"
    source = Path(groundup.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    (package / "lenses" / "token_cost.py").write_text(example, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(package.parent), "COLUMNS": "80"}

    def python(code: str) -> str:
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", env=environment,
            timeout=120, check=False,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        return found.stdout

    return python


@pytest.mark.slow
def test_one_file_adds_a_lens_with_command_page_and_widget(with_token_cost, tmp_path, home):
    run = Run.create(recipe("gpt", told(tmp_path, 3_000), 3), "mine")
    train_run(run)
    picture = tmp_path / "cost.png"
    command = "from groundup.cli.main import main; assert main({}) == 0"
    words = ["look", "token-cost", "mine", "Leo gave her", "--unit", "nats"]
    printed = with_token_cost(command.format([*words, "--out", str(picture)]))
    assert picture.stat().st_size > 5000
    assert printed.splitlines()[0].split()[0] == "cost"
    state = json.loads(with_token_cost(command.format([*words, "--json"])))
    assert len(state["cost"]) == len(state["labels"])
    assert f"{state['cost'][0]:.4g}" in printed
    assert "token-cost" in with_token_cost(command.format(["look", "--help"]))
    page = with_token_cost(
        "from starlette.testclient import TestClient\n"
        "from groundup.studio.app import create_app\n"
        "if __name__ == '__main__':\n"
        "    with TestClient(create_app(), base_url='http://127.0.0.1', client=('127.0.0.1', 1)) as studio:\n"
        "        page = studio.get('/look?run=mine&lens=token-cost&text=Leo gave her').text\n"
        "        assert 'Which tokens surprise it?' in page and 'data-widget=\"figure\"' in page, page\n"
        "        asked = {'run': 'mine', 'lens': 'token-cost', 'text': 'Leo gave her', 'unit': 'nats'}\n"
        "        print(studio.post('/api/look', json=asked).text)\n"
    )
    seen = json.loads(page)
    assert seen["cost"] == state["cost"]
    assert seen["figure"]["dark"].startswith("<?xml")
    assert "".join(seen["text_labels"]) == "Leo gave her"
    assert len(seen["text_labels"]) == len(seen["ids"]) == len(seen["labels"]) + 1
    widget = with_token_cost(
        "import json, groundup as gu\n"
        "shown = gu.widgets.show('token-cost', run='mine', text='Leo gave her', unit='nats')\n"
        "assert 'data:image/svg+xml' in shown._esm\n"
        "print(json.dumps(shown.state['table']))"
    )
    assert [row[1] for row in json.loads(widget)["rows"]] == state["cost"]
