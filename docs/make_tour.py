"""Writes docs/tour.md and docs/tour/*.png: every page of the studio, light, dark and on a phone.

    python docs/make_tour.py [--only NAME ...]

A studio is started with a home of its own: some lessons are begun, two small models are trained, and a third trains
while the pictures are taken. It needs Chromium and the studio's vendor folder (`make setup`).
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from groundup.course.lessons.catalogue import load_course
from groundup.course.progress.store import Store
from groundup.studio.make_fixtures import TEXT, trained

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "benchmarks"))
from bench_studio import Studio, until

COLOURS = 200
TASK = '[data-exercise="0.1/numerical-derivative"]'
SIZES = {  # kind -> viewport, colour scheme
    "light": ({"width": 1280, "height": 900}, "light"),
    "dark": ({"width": 1280, "height": 900}, "dark"),
    "phone": ({"width": 390, "height": 844}, "light"),
}
PAGE = """# A tour of the studio

`groundup start` opens these pages in your browser. Every picture here is made by `docs/make_tour.py`, from a studio
in which some lessons were begun, two small models were trained, and a third trains.

{pages}"""


@dataclass
class Stop:
    """One stop of the tour."""

    name: str
    title: str
    path: str
    sentence: str
    act: Callable[[Any], None] = lambda tab: None
    """What is done on the page before its picture is taken."""


def fail(tab: Any) -> None:
    """Hand in a slope with a step to one side, ask for a hint, and show what is said."""
    exercise = next(exercise for exercise in load_course().exercises_of(load_course().lesson("0.1")))
    code = tab.locator(f"{TASK} .cm-content")
    code.click()
    tab.keyboard.press("Control+a")
    tab.keyboard.insert_text(exercise.code("mutants/one-sided.py"))
    tab.keyboard.press("Control+Enter")
    tab.locator(f"{TASK} .results .no").wait_for(timeout=60_000)
    tab.locator(f"{TASK} [data-do=hint]").first.click()
    tab.locator(f"{TASK} .hints").wait_for()
    code.scroll_into_view_if_needed()
    tab.evaluate("selector => document.querySelector(selector).scrollIntoView()", TASK)


def write(tab: Any) -> None:
    tab.locator("#write").click()
    tab.locator("#next tbody tr").first.wait_for(timeout=90_000)


def drawn(tab: Any) -> None:
    tab.locator(".widget svg, .widget table").first.wait_for(timeout=90_000)
    tab.wait_for_timeout(3000)


def live(tab: Any) -> None:
    tab.locator("[data-chart] svg .line").first.wait_for(timeout=30_000)


def search(tab: Any) -> None:
    tab.keyboard.press("Control+k")
    tab.keyboard.type("attention")
    tab.locator(".palette li").first.wait_for()


def scroll_to(selector: str) -> Callable[[Any], None]:
    def act(tab: Any) -> None:
        tab.wait_for_timeout(2000)  # what stands above has its height
        tab.evaluate("selector => document.querySelector(selector).scrollIntoView()", selector)

    return act


FIRST = Stop(
    "first", "The first visit", "/", "Five short questions find where to start; or a model writes first."
)
TOUR = (
    Stop("home", "Home", "/", "Where you left it and the next two minutes; the review; the whole way up."),
    Stop("placement", "Where to start", "/placement", "Each question has a tiny task, and can be skipped."),
    Stop("lesson", "A lesson", "/lesson/0.1", "A prediction before each experiment, and room for your own notes."),
    Stop("widget", "An experiment", "/lesson/0.1#w=" + quote('{"drag":{"x":-1,"h":0.5}}'),
         "Drag the point, or type: what you set is in the link, and the goal ticks itself.",
         scroll_to('[data-widget="drag"]')),
    Stop("exercise", "An exercise", "/lesson/0.1",
         "The check says in a sentence what went wrong, and what came beside what was expected.", fail),
    Stop("review", "Review", "/review", "Three minutes of questions, each just before it would be forgotten."),
    Stop("journal", "Journal", "/journal", "A page a day, beside what happened."),
    Stop("lab", "The laboratory", "/lab", "Train any recipe on any text; closing the page stops nothing.", live),
    Stop("run", "A run, live", "/run/first-model",
         "The curve, what it writes as it learns, and what the numbers say is wrong.", live),
    Stop("climb", "The climb", "/climb", "Five models on the same text for the same time, in bits per byte."),
    Stop("generate", "Generate", f"/generate?run=small-gpt&prompt={quote('Leo gave her')}&max_tokens=60",
         "Any run writes, token by token. Choose a token to see what else could have stood there.", write),
    Stop("tokens", "Tokens", f"/tokens?text={quote('naïve café, 1,024 strawberries')}",
         "One text under several tokenizers, and the merges that made its tokens.", drawn),
    Stop("look", "Look inside: attention", f"/look?run=small-gpt&lens=attention&text={quote(TEXT)}",
         "Every head of the model, on a sentence of your own.", drawn),
    Stop("gates", "Look inside: gates", f"/look?run=small-lstm-attention&lens=gates&text={quote(TEXT)}",
         "What a recurrent model lets in, keeps and shows.", drawn),
    Stop("playground", "Playground", "/playground", "A few neurons learn to part two kinds of points.", drawn),
    Stop("search", "Search", "/", "Ctrl-K finds lessons, words of the field, pages and commands.", search),
    Stop("glossary", "Glossary", "/glossary", "Every word in a plain sentence, with the lesson that teaches it."),
    Stop("settings", "Settings", "/settings", "Where everything lies, and your progress as a file to carry."),
    Stop("design", "Design", "/design", "Every part of the look on one page."),
)  # fmt: skip


def prepare(home: Path) -> None:
    """Some progress, and two small models."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("gpt", "lstm-attention"):
            shutil.copytree(trained(kind, Path(folder), steps=300).folder, home / "runs" / f"small-{kind}")
    with Store(home / "progress.db") as store:
        store.add("opened", "0.1", block=1)
        store.add("predicted", "0.1/three-and-a-bit", given=3, right=False)
        store.add("answered", "0.1/minus-two", option=0, right=True)
        store.add("done", "0.1")
        store.add("opened", "0.2", block=6)


@contextmanager
def studio() -> Iterator[Studio]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["HOME"] = folder  # so that paths on the pages are short, and the same for every reader
        running = Studio(Path(folder, "groundup"))
        running.home.mkdir()
        running.start()
        try:
            yield running
        finally:
            running.process.terminate()
            running.process.wait()


def take(browser: Browser, at: Studio, stop: Stop, folder: Path) -> int:
    """The pictures of one stop, with a small palette; returns their size in bytes."""
    size = 0
    for kind, (viewport, scheme) in SIZES.items():
        context = browser.new_context(
            base_url=at.url, viewport=viewport, color_scheme=scheme, reduced_motion="reduce"  # type: ignore[arg-type]
        )  # fmt: skip
        tab = context.new_page()
        tab.goto(stop.path)
        tab.wait_for_timeout(700)  # modules have drawn
        stop.act(tab)
        path = folder / f"{stop.name}-{kind}.png"
        picture = Image.open(BytesIO(tab.screenshot())).convert("RGB")
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        size += path.stat().st_size
        context.close()
    print(f"{stop.name}: {size // 1000} kB", flush=True)
    return size


def page() -> str:
    output = []
    for stop in (FIRST, *TOUR):
        images = "\n".join(
            f'<img src="tour/{stop.name}-{kind}.png" alt="{stop.title}, {kind}" width="{width}">'
            for kind, width in (("light", 400), ("dark", 400), ("phone", 130))
        )
        output.append(f"## {stop.title}\n\n{stop.sentence}\n\n{images}\n")
    return PAGE.format(pages="\n".join(output))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", default=[])
    only = parser.parse_args().only
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = DOCS / "tour"
    folder.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with studio() as at, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        if not only or FIRST.name in only:
            take(browser, at, FIRST, folder)
        prepare(at.home)
        often = {"training.evaluations": 100}
        at.ask(
            "/api/runs", {"model": "char-rnn", "budget": "10min", "name": "first-model", "settings": often}
        )
        metrics = at.home / "runs" / "first-model" / "metrics.jsonl"
        until(
            lambda: metrics.exists() and metrics.read_text(encoding="utf-8").count('"evaluation"') > 1,
            "it scores",
        )
        for stop in TOUR:
            if not only or stop.name in only:
                take(browser, at, stop, folder)
        at.ask("/api/queue/first-model/stop")
        until(lambda: at.ask("/api/runs/first-model", method="GET")["state"] == "stopped", "it has stopped")
        browser.close()
    total = sum(path.stat().st_size for path in folder.glob("*.png"))
    print(f"{total / 1e6:.1f} MB in all")
    (DOCS / "tour.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
