"""The laboratory in the browser: a first training to its text, the form, uploads, the charts' pixels, and axe."""

import io
import json
import re

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image
from playwright.sync_api import expect

from groundup.common.places import home, runs_folder
from groundup.studio import processes, queue
from groundup.studio.climb import GROUND
from groundup.studio.status import measured
from groundup.text.corpora import load_corpus
from groundup.training.recipe import Recipe
from groundup.training.run import Run


@pytest.fixture(autouse=True)
def _nothing_trains_on():
    yield
    for job in queue.read().jobs:
        if job.pid is not None and processes.is_alive(job):
            psutil.Process(job.pid).kill()


def made_run(name, steps, corpus="shakespeare", model="gpt"):
    """A run with events as a training of so many told steps leaves them."""
    run = Run.create(Recipe.preset(model, {"corpus": corpus}), name)
    events = [{"event": "start", "step": 0, "tokens": 0, "seconds": 0.0, "parameters": 9, "spent": 0.0}]
    for i in range(1, steps + 1):
        at = {"step": i, "tokens": 64 * i, "seconds": i / 4, "spent": i / steps}
        curve = 1.5 + 4 / (1 + 20 * i / steps)
        told = {"loss": curve, "gradient_norm": 1.0, "learning_rate": 1e-3, "tokens_per_second": 9000}
        events.append({"event": "step", **at, **told})
        if i % (steps // 5) == 0:
            score = {
                "bpb": (0.7 if model == "gpt" else 0.8) * curve,
                "loss": curve,
                "perplexity": 9.0,
                "best": True,
            }
            events.append({"event": "evaluation", **at, **score, "sample": f"<b>My lord {i}</b>"})
    events.append({**events[-1], "event": "end", "reason": "budget"})
    run.metrics_file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return run


def columns_with(shot, colour, near=60):
    """In how many columns of a picture's left half something of a colour is drawn."""
    pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)
    left = pixels[:, 50 : pixels.shape[1] // 2]
    return int((np.abs(left - colour).sum(axis=2) < near).any(axis=0).sum())


def colour(tab, name):
    """A token of the stylesheet as the browser paints it now."""
    script = """name => { const c = document.createElement("canvas").getContext("2d"), i = document.createElement("i");
      i.style.color = `var(${name})`; document.body.append(i); c.fillStyle = getComputedStyle(i).color; i.remove();
      c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data].slice(0, 3); }"""
    return tab.evaluate(script, name)


def axe(tab):
    """No violation, in both themes and on a phone, and nothing is wider than the page."""
    tab.emulate_media(reduced_motion="reduce")  # a colour on its way from one theme to the other is neither
    tab.add_script_tag(url="/static/vendor/axe.js")
    found = "axe.run().then(found => found.violations.map(one => one.id + one.nodes[0].html))"
    for theme in ("light", "dark"):
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        assert tab.evaluate(found) == []
    tab.set_viewport_size({"width": 390, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert tab.evaluate(found) == []
    tab.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.long
def test_first_training_to_its_text_and_a_second_in_the_queue(tab, studio):
    tab.goto("/lab?first=1")
    axe(tab)
    tab.get_by_role("button", name="Train it now").click()
    tab.wait_for_url(re.compile(r"/run/char-rnn-1\?first=1"))
    said = tab.locator("[data-said]")
    assert said.inner_text()  # something is said before anything has happened
    # The curve and what it writes come while it trains.
    tab.locator("[data-samples] .said").first.wait_for(timeout=120_000)
    tab.locator("[data-chart] svg .line").first.wait_for(timeout=60_000)
    tab.locator("[data-samples] li").nth(1).wait_for(timeout=60_000)
    assert columns_with(tab.locator("[data-chart]").screenshot(), colour(tab, "--m1")) >= 8
    assert "–" not in tab.locator("[data-bpb]").inner_text()
    facts = tab.locator(".facts").inner_text()
    assert re.search(
        r"perplexity\s+\d+\.\d\s+a letter\s+read\s+[\d,.]+( [kM])?\s+letters\s+speed\s+.*letters/s", facts
    )
    assert "nats" not in facts
    expect(tab.locator("[data-headline]")).to_have_text(re.compile("^It is learning"))

    # It is paused: all is saved, it can write, and the next may train.
    tab.get_by_role("button", name="Pause").click()
    write = tab.locator(".let-it-write")
    write.wait_for(timeout=60_000)
    assert write.get_attribute("href") == "/generate?run=char-rnn-1#write"
    assert queue.read().find("char-rnn-1").state == "paused"

    # Another, on a text of one's own.
    tab.goto("/lab")
    form = tab.locator("[data-form]")
    form.get_by_label("Text", exact=True).select_option("Your own text…")
    form.get_by_role("button", name="Use this text").click()
    tab.get_by_text("There is no text yet").wait_for()
    text = b"the cat sat on the mat and looked at the rat. " * 60
    cats = {"name": "cats.txt", "mimeType": "text/plain", "buffer": text}
    form.get_by_label("A text file").set_input_files(cats)
    form.get_by_role("button", name="Use this text").click()
    tab.get_by_text("'cats.txt' is kept").wait_for()
    form.get_by_label("Name (or it gets a number)").fill("second")
    form.get_by_text("All settings").click()
    form.get_by_label("model.width").fill("16")
    form.get_by_role("button", name="Add to the queue").click()
    row = tab.get_by_role("row", name=re.compile("second"))
    row.get_by_text("training").wait_for()
    assert Run.open("second").recipe.model.width == 16
    axe(tab)
    row.get_by_role("button", name="Stop").click()
    row.get_by_text("stopped").wait_for(timeout=60_000)

    # Deleting asks first.
    tab.goto("/run/second")
    tab.get_by_role("button", name="Delete the run").click()
    tab.get_by_role("button", name="Leave it").click()
    assert Run.open("second").folder.is_dir()
    tab.get_by_role("button", name="Delete the run").click()
    tab.get_by_role("button", name="Delete it").click()
    tab.get_by_role("heading", name="The laboratory").wait_for()
    assert not (runs_folder() / "second").exists()


@pytest.mark.long
def test_charts_have_pixels_in_both_themes_and_follow_the_theme(tab, studio):
    made_run("short", 200)
    made_run("long", 2400)
    made_run("other", 200, model="transformer")
    picture = "svg.plot"
    for name in ("short", "long"):
        tab.goto(f"/run/{name}")
        tab.locator(f"[data-chart] {picture}").wait_for()
        tab.wait_for_timeout(400)
        paper = colour(tab, "--m5")
        assert columns_with(tab.locator("[data-chart]").screenshot(), paper) > 100
        tab.get_by_role("button", name="Switch between light and dark").click()
        tab.wait_for_timeout(400)
        ink = colour(tab, "--m5")
        assert ink != paper
        assert columns_with(tab.locator("[data-chart]").screenshot(), ink) > 100
        # What a model wrote is text, whatever it wrote.
        assert tab.locator("[data-samples] .said").first.inner_text().startswith("<b>My lord")
        tab.get_by_text("Gradient", exact=True).click()
        tab.locator(f"[data-chart] {picture}").wait_for()
        axe(tab)
    tab.goto("/lab?compare=short&compare=other")
    tab.locator("[data-versus-table] tbody tr").nth(1).wait_for()
    tab.wait_for_timeout(400)
    picture = tab.locator("[data-versus-chart]")
    assert columns_with(picture.screenshot(), colour(tab, "--m5")) > 100
    axe(tab)
    tab.goto("/lab?compare=short&compare=other&compare=long")
    tab.set_viewport_size({"width": 390, "height": 844})
    names = tab.locator(".chart-names li")  # two of one model are told apart by a letter, and by their names
    names.nth(2).wait_for()
    assert {one.split("\n")[0] for one in names.all_inner_texts()} == {"short", "other", "long"}
    tags = tab.locator("[data-versus-chart] .tag-n").all_text_contents()
    assert tags == tab.locator(".chart-names .who").evaluate_all("all => all.map(one => one.dataset.n)")
    assert sorted(tags) == ["4", "5a", "5b"]
    tab.set_viewport_size({"width": 1280, "height": 900})

    tab.goto("/climb")
    tab.locator("[data-drawing] svg").wait_for()
    # The rungs of the learner stand where their bits per byte say, and solid; the reference's are dotted.
    heights = tab.evaluate("""() => Object.fromEntries([...document.querySelectorAll("[data-drawing] .rung")].map(
        one => [one.parentNode.getAttribute("class"), [one.getBBox().y, one.getAttribute("class")]]))""")
    best = {name: Run.open(name).summary()["bpb"] for name in ("short", "other")}
    assert heights["m5"][1] == heights["m4"][1] == "rung"
    assert heights["m1"][1] == "rung yet"
    scale = {"m5": best["short"], "m4": best["other"], "m1": measured()["char-rnn"]["bpb"]}
    pixels = (heights["m1"][0] - heights["m5"][0]) / (scale["m1"] - scale["m5"])
    assert heights["m4"][0] == pytest.approx(heights["m1"][0] - pixels * (scale["m1"] - scale["m4"]), abs=0.2)
    axe(tab)


def test_what_must_not_be_kept_is_refused(studio):
    text = b"the cat sat on the mat and looked at the rat. " * 60

    def bring(name, content):
        answer = httpx.post(f"{studio.url}/api/texts", params={"name": name}, content=content, timeout=120)
        assert answer.status_code in (200, 422)
        return answer.json()

    paths = ("../../evil.txt", "/etc/passwd", "a/b.txt", "c:\\x.txt", "..", "", ".hidden.txt", "a\0b.txt")
    for name in (*paths, "con.txt", "x" * 200 + ".txt", "a,b.txt", "program.exe"):
        assert bring(name, text)["hint"], name
    assert "zero byte" in bring("binary.txt", b"\0\1\2" * 999)["error"]
    assert "UTF-8" in bring("latin.txt", "déjà vu ".encode("latin-1") * 99)["error"]
    assert "only 3 bytes" in bring("short.txt", b"abc")["error"]
    blocks = (b"words and words " * 65_536 for _ in range(50))  # 52 MB whose size is not said before
    assert "larger than 50 MB" in bring("huge.txt", blocks)["error"]
    assert [path.name for path in (home() / "texts").iterdir()] == []
    assert bring("mine", text)["name"] == "mine.txt"
    assert bring("mine", text)["name"] == "mine.txt"
    assert bring("mine", text + b"more")["name"] == "mine 2.txt"

    def train(**wanted):
        answer = httpx.post(f"{studio.url}/api/runs", json=wanted, timeout=200)
        assert answer.status_code == 422
        return answer.json()

    assert "no text '/etc/passwd'" in train(text="/etc/passwd")["error"]
    assert "no text" in train(text="../texts/mine.txt")["error"]
    assert "no setting" in train(settings={"corpus": "/etc/passwd"})["error"]
    assert "cannot name a run" in train(name="../up")["error"]
    assert "Did you mean 'width'" in train(settings={"model.widht": 9})["hint"]
    assert "not a budget" in train(budget="long")["error"]
    assert not any(runs_folder().glob("*"))
    for path in (
        "/api/runs/nothing/events",
        "/api/runs/%2e%2e/export",
        "/run/nothing",
        "/api/climbs/..%2f..",
        "/api/compare?runs=no",
    ):
        assert httpx.get(studio.url + path, timeout=200).status_code in (404, 422), path


def test_a_run_can_be_taken_away_as_a_zip(studio):
    import zipfile

    run = made_run("taken", 20)
    answer = httpx.get(f"{studio.url}/api/runs/taken/export", timeout=200)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert sorted(packed.namelist()) == ["taken/metrics.jsonl", "taken/recipe.toml"]
        assert packed.read("taken/metrics.jsonl") == run.metrics_file.read_bytes()
    said = httpx.get(f"{studio.url}/api/runs/taken/diagnosis", timeout=200).json()
    assert said["headline"]
    assert said["remarks"]


def test_the_ground_of_the_ladder_is_what_counting_pairs_of_letters_gives(shakespeare):
    corpus = load_corpus(shakespeare)
    train, held = (
        np.frombuffer(corpus.text(split).encode(), np.uint8).astype(int) for split in ("train", "validation")
    )
    pairs = np.bincount(train[:-1] * 256 + train[1:], minlength=65_536).reshape(256, 256) + 0.1
    chance = pairs / pairs.sum(axis=1, keepdims=True)
    assert -np.log2(chance[held[:-1], held[1:]]).mean() == pytest.approx(GROUND, abs=0.005)
