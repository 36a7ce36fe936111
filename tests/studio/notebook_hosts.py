"""JupyterLab and marimo as people start them, for tests: servers of their own that ask nothing of the world."""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from groundup.text.storyworld import stories
from groundup.training.recipe import Recipe
from groundup.training.run import Run
from groundup.training.trainer import train_run

SLOW = 90_000  # ms: a kernel loads torch
TEXT = "Leo gave her the red basket"
GPT, LSTM = "run='small-gpt'", "run='small-lstm-attention'"
SHOWN = {  # the eighteen, with what else `show` is told
    "slope": "", "plane": "", "descent": "", "playground": "", "backprop": "", "unroll": "", "loss-live": "run='live'",
    "sampler": f"{GPT}, text={TEXT!r}", "tokens": f"{LSTM}, text='naïve café', tokenizers=['bytes', 'characters']",
    "bpe-replay": f"{LSTM}, text={TEXT!r}", "attention-byhand": "", "attention-heads": f"{GPT}, text={TEXT!r}",
    "attention-model": f"{GPT}, text={TEXT!r}", "attention-neuron": f"{GPT}, text={TEXT!r}", "embeddings": GPT,
    "gates": f"{LSTM}, text={TEXT!r}", "logit-lens": f"{GPT}, text={TEXT!r}", "tree": f"{GPT}, text={TEXT!r}",
}  # fmt: skip


def variable(name: str) -> str:
    return f"w_{name.replace('-', '_')}"


def cell(name: str) -> str:
    """A cell that shows a widget, and keeps it."""
    more = SHOWN[name]
    return f"{variable(name)} = gu.widgets.show('{name}'{', ' * bool(more)}{more})\n{variable(name)}"


TINY: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # tokenizer and model
    "gpt": ({"kind": "words", "vocab_size": 300}, {"width": 32, "layers": 2, "heads": 4, "context": 64}),
    "lstm-attention": ({"kind": "bpe", "vocab_size": 300}, {"width": 24, "attention": "additive"}),
}


def tiny(kind: str, home: Path) -> None:
    """The run `small-KIND`: a model after some steps, in half a second."""
    text = home / "stories.txt"
    text.parent.mkdir(parents=True, exist_ok=True)
    text.write_text("".join(stories(20_000, seed=5)), encoding="utf-8")
    tokenizer, sizes = TINY[kind]
    recipe = Recipe.from_dict(
        {
            "corpus": str(text), "budget": "12steps", "tokenizer": tokenizer, "model": {"kind": kind, **sizes},
            "training": {
                "batch_size": 4, "sequence_length": 32,
                "learning_rate": 6e-3, "precision": "float32", "evaluations": 2},
        }
    )  # fmt: skip
    made = Run(home / "runs" / f"small-{kind}", recipe)
    made.folder.mkdir(parents=True)
    (made.folder / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
    train_run(made)


def runs(folder: Path) -> Path:
    """The runs that the cells name, in the home of a host; the folder of one that is still in training."""
    for kind in TINY:
        tiny(kind, folder / "home")
    live = folder / "home" / "runs" / "live"
    shutil.copytree(folder / "home" / "runs" / "small-gpt", live)
    events = (live / "metrics.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (live / "metrics.jsonl").write_text(
        "".join(one for one in events if '"end"' not in one), encoding="utf-8"
    )
    return live


def go_on(live: Path, step: int, bpb: float) -> None:
    """As the training would write."""
    told = {"step": step, "seconds": 9.0, "spent": 0.9, "loss": 3.25}
    with open(live / "metrics.jsonl", "a", encoding="utf-8") as file:
        for event in (
            {"event": "step", **told},
            {"event": "evaluation", **told, "bpb": bpb, "sample": "She waited."},
        ):
            file.write(json.dumps(event) + "\n")


def colours(part: Any) -> list[tuple[int, tuple[int, int, int]]]:
    """Those of a part of the page, as it is drawn."""
    from PIL import Image

    picture = Image.open(io.BytesIO(part.screenshot(animations="disabled"))).convert("RGB")
    return picture.getcolors(1_000_000)


def is_dark(part: Any) -> bool:
    """By the colour that most of it has."""
    return sum(max(colours(part))[1]) < 3 * 90


def all_drawn(page: Any, find: Callable[[str], Any]) -> None:
    """Each of the eighteen has a picture with ink, a table under T, and no number that is none."""
    for name in SHOWN:
        drawn = find(name)
        picture = drawn.locator(".picture")
        picture.locator("svg, canvas, .tok").first.wait_for(timeout=SLOW)
        picture.scroll_into_view_if_needed()
        assert len(colours(picture)) > 12, name
        drawn.get_by_role("button", name="Show as a table").focus()
        page.keyboard.press("t")
        drawn.locator(".listed tbody tr").first.wait_for()
        assert not re.search(r"NaN|undefined|null|\[object", drawn.inner_text()), name
        page.keyboard.press("t")
        drawn.locator(".listed").wait_for(state="hidden")
        assert drawn.evaluate("(node) => node.scrollWidth <= node.clientWidth"), f"{name} is too wide"


TOKEN = "only-for-this-test"
QUIET = {  # JupyterLab's own settings: no news, no updates, no welcome, all cells drawn at once
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


class Host:
    """A server in a process of its own, whose folder and home are `folder`."""

    url: str

    def _start(self, folder: Path, command: Sequence[str], **more: str) -> None:
        own = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "GROUNDUP_HOME": str(folder / "home"),
               "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
        self.log = folder / "host.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", *command], env=os.environ | own | more, cwd=folder,
                                            stdout=log, stderr=log, start_new_session=True)  # fmt: skip
        until = time.monotonic() + 90
        while time.monotonic() < until:
            try:
                httpx.get(self.url, timeout=5)
                return
            except httpx.TransportError:
                assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
                time.sleep(0.1)
        raise AssertionError("it did not start")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Lab(Host):
    """JupyterLab, in its light theme."""

    def __init__(self, folder: Path) -> None:
        settings = folder / "settings"
        for name, values in QUIET.items():
            file = settings / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        own = (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "IPYTHONDIR",
            "JUPYTERLAB_WORKSPACES_DIR",
        )
        places = {name: str(folder / name.lower()) for name in own}
        self._start(
            folder,
            ["jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--port-retries=0",
             f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}", "--LabApp.news_url=",
             "--LabApp.extension_manager=readonly", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
            JUPYTERLAB_SETTINGS_DIR=str(settings), **places,
        )  # fmt: skip

    def write(self, name: str, cells: Sequence[str]) -> str:
        """A notebook of these cells. Returns its address."""
        import nbformat

        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, Path(self.log).parent / name)
        return f"{self.url}/lab/tree/{name}?token={TOKEN}&reset"


class Marimo(Host):
    """marimo, `run` or `edit`, with one notebook."""

    def __init__(self, folder: Path, cells: Sequence[str], mode: str = "run", theme: str = "light") -> None:
        book = folder / "widgets.py"
        book.write_text(marimo_notebook(cells), encoding="utf-8")
        config = folder / "config" / "marimo" / "marimo.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            f'[display]\ntheme = "{theme}"\n[runtime]\nauto_instantiate = true\n', encoding="utf-8"
        )
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._start(
            folder,
            [
                "marimo",
                "-q",
                "-y",
                mode,
                str(book),
                "--headless",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                "--no-token",
            ],
            MARIMO_SKIP_UPDATE_CHECK="1",
        )


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def marimo_notebook(cells: Sequence[str]) -> str:
    """The text of a notebook file of marimo. What a cell defines, it returns."""
    parts = ["import marimo\n\napp = marimo.App()\n"]
    for cell in cells:
        lines = cell.splitlines()
        defined = re.findall(r"^(?:import \w+ as (\w+)|import (\w+)|(\w+) = )", cell, re.MULTILINE)
        names = [name for groups in defined for name in groups if name]
        needs = sorted(set(re.findall(r"\b(gu|mo|w_\w+)\b", cell)) - set(names))
        body = "\n".join(f"    {line}" for line in lines)
        parts.append(
            f"\n@app.cell\ndef _({', '.join(needs)}):\n{body}\n    return ({', '.join(names)}{',' if names else ''})\n"
        )
    parts.append('\nif __name__ == "__main__":\n    app.run()\n')
    return "\n".join(parts)


def recorded(page: Any, ours: str) -> list[str]:
    """What goes wrong on a page: errors of scripts, and requests that leave the machine. It fills on."""
    wrong: list[str] = []
    own = (f"{ours}/", ours.replace("http:", "ws:") + "/", "data:", "blob:", "about:")
    # anywidget says this of a model that takes more than two seconds, as on a busy machine; it is shown all the same.
    slow = "[anywidget] Failed to initialize model."
    page.on("pageerror", lambda error: wrong.append(str(error)) if slow not in str(error) else None)
    page.on("request", lambda one: wrong.append(one.url) if not one.url.startswith(own) else None)
    page.on("websocket", lambda one: wrong.append(one.url) if not one.url.startswith(own) else None)
    return wrong
