"""Models in processes of their own: what they answer, how they are stopped, and what happens when one dies."""

import asyncio
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import httpx
import psutil
import pytest
from small_runs import give

from groundup.common.errors import GroundupError
from groundup.generation import Sampling, write, write_likeliest
from groundup.lenses import attention, next_token
from groundup.studio import models
from groundup.studio.generate import How
from groundup.studio.models import Worker, Workers, trained_run, trained_runs
from groundup.training.run import Run

ASKED = {"prompt": "Leo", "begin": [], "max_tokens": 12, "stop": [], "beams": 0}
PLAIN = How(seed=3).model_dump()


@pytest.fixture(scope="module")
def workers():
    """Kept for all tests: starting one takes seconds, for it loads torch."""
    with Workers() as workers:
        yield workers


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("models")
    return home / "runs" / give(home, "lstm-attention")[0]


async def written(worker: Worker, **more):
    """All pieces of a text, and its end."""
    found = [
        piece
        async for piece in worker.stream("write", **ASKED | {"sampling": PLAIN} | more)
        if piece is not None
    ]
    return found[:-1], found[-1]


def test_texts_written_at_once_are_those_that_the_library_writes(workers, folder):
    worker = workers.get(folder)
    run = Run.open(folder)

    async def three():
        one = written(worker)
        two = written(worker, sampling=PLAIN | {"seed": 8}, stop=["e"])
        return await asyncio.gather(one, two, written(worker, beams=3))

    (plain, ended), (stopped, early), (searched, _) = asyncio.run(three())
    model, tokenizer = run.model(), run.tokenizer
    expected = write(model, tokenizer, "Leo", 12, Sampling(**PLAIN))
    assert "".join(one["text"] for one in plain) == expected.text
    assert [one["id"] for one in plain if one["id"] is not None] == expected.tokens
    assert ended == {"ended": "length", "unknown": []}
    other = write(model, tokenizer, "Leo", 12, Sampling(**PLAIN | {"seed": 8}), stop=("e",))
    assert ("".join(one["text"] for one in stopped), early["ended"]) == (other.text, other.finish_reason)
    assert "".join(one["text"] for one in searched) == write_likeliest(model, tokenizer, "Leo", 12, 3).text

    begun, _ = asyncio.run(written(worker, begin=expected.tokens[:5]))
    assert [one["id"] for one in begun][:5] == expected.tokens[:5]


def test_a_worker_loads_its_model_before_it_is_asked_and_says_when_it_has(workers, folder):
    worker = Worker(folder)
    os.kill(worker.child.process.pid, signal.SIGSTOP)  # however quick the machine is
    assert not worker.loaded()
    assert not worker.busy  # it may have to make room for one that is asked
    os.kill(worker.child.process.pid, signal.SIGCONT)
    assert worker.loaded(wait=60)
    worker.end()
    wait_until(lambda: not worker.alive)
    with pytest.raises(GroundupError, match="ended in the middle"):
        worker.loaded(wait=60)


def test_what_comes_next_is_what_the_lens_says(workers, folder):
    worker, sampling = workers.get(folder), PLAIN | {"top_k": 4}
    ids = Run.open(folder).tokenizer.encode(" gave the")
    found = worker.call("next", prompt="Leo", before=ids, sampling=sampling, token=7)
    told = next_token.trace(Run.open(folder), "Leo gave the", Sampling(**sampling))
    for choice in found["choices"]:
        assert choice["probability"] == pytest.approx(told.stages[0].probabilities[choice["id"]], rel=1e-4)
        assert choice["drawn"] == pytest.approx(told.probabilities[choice["id"]], rel=1e-4)
        assert choice["rank"] == told.rank(choice["id"])
    assert 7 in [choice["id"] for choice in found["choices"]]
    assert found["can_come"] == 4
    assert found["entropy"] == pytest.approx(told.entropy, rel=1e-4)

    seen = json.loads(worker.call("look", lens="attention", text="Leo gave", layer=0, head=0))
    read = {"ids": Run.open(folder).tokenizer.encode("Leo gave")}
    assert seen == json.loads(json.dumps(attention.trace(Run.open(folder), "Leo gave").to_json() | read))


def test_a_text_is_stopped_and_the_worker_goes_on(workers, folder, monkeypatch):
    monkeypatch.setattr(models, "STOP_SECONDS", 60.0)  # seconds: on a machine that is busy it hears late
    worker = workers.get(folder)

    async def three_pieces():
        pieces = worker.stream("write", **ASKED | {"sampling": PLAIN, "max_tokens": 10**9})
        found = [await anext(pieces) for _ in range(3)]
        await pieces.aclose()
        return found

    assert len(asyncio.run(three_pieces())) == 3
    wait_until(lambda: not worker.busy)
    assert worker.alive
    assert worker.call("next", prompt="", before=[], sampling=PLAIN, token=None)["choices"]


def test_one_that_cannot_hear_is_ended_and_replaced(workers, folder, monkeypatch):
    monkeypatch.setattr(models, "STOP_SECONDS", 0.1)  # seconds
    worker = workers.get(folder)
    worker.call("next", prompt="", before=[], sampling=PLAIN, token=None)  # it is loaded
    os.kill(worker.child.process.pid, signal.SIGSTOP)  # as deep in a computation as can be

    async def deaf():
        search = worker.stream("write", **ASKED | {"sampling": PLAIN, "beams": 16})
        assert await anext(search) is None  # a second has passed without an answer
        await search.aclose()

    asyncio.run(deaf())
    wait_until(lambda: not worker.alive)
    assert workers.get(folder).call("next", prompt="", before=[], sampling=PLAIN, token=None)["choices"]


def test_a_death_is_said_and_the_next_call_starts_another(workers, folder):
    worker = workers.get(folder)

    async def die():
        pieces = worker.stream("write", **ASKED | {"sampling": PLAIN, "max_tokens": 10**9})
        while await anext(pieces) is None:
            pass
        os.kill(worker.child.process.pid, signal.SIGKILL)
        async for _ in pieces:
            pass

    with pytest.raises(GroundupError, match=r"small-lstm-attention.* ended in the middle.* Ask again"):
        asyncio.run(die())
    assert workers.get(folder) is not worker
    assert workers.get(folder).call("next", prompt="", before=[], sampling=PLAIN, token=None)["choices"]


def test_at_most_two_are_kept_and_the_one_asked_for_longest_ago_ends(home):
    workers = Workers()
    first, second, third = (home / "runs" / name for name in ("a", "b", "c"))  # processes; nothing is loaded
    one, two = workers.get(first), workers.get(second)
    assert workers.get(first) is one
    assert workers.get_if_room(third) is None  # it was asked nothing: it takes no other's place
    assert (workers.get_if_room(second), workers.get_if_room(first)) == (two, one)
    three = workers.get(third)
    assert (one.alive, two.alive, three.alive) == (True, False, True)
    one.end()
    wait_until(lambda: not one.alive)
    assert workers.get_if_room(second).alive  # there is room again
    workers.__exit__()
    assert (one.alive, three.alive) == (False, False)


def test_refusals_are_two_sentences_and_names_are_no_paths(workers, folder, home):
    worker = workers.get(folder)
    with pytest.raises(GroundupError, match=r"97 tokens|has \d+ tokens, and this picture"):
        worker.call("look", lens="attention", text="e " * 200, layer=0, head=0)
    with pytest.raises(GroundupError, match="temperature is -1"):
        worker.call("next", prompt="", before=[], sampling=PLAIN | {"temperature": -1}, token=None)
    with pytest.raises(GroundupError, match="no token 999"):
        worker.call("next", prompt="", before=[999_999], sampling=PLAIN, token=None)
    assert worker.alive
    give(home, "lstm-attention")
    assert [run.name for run in trained_runs()] == [folder.name]
    (home / "runs" / "damaged").mkdir()
    (home / "runs" / "damaged" / "last.safetensors").write_bytes(b"")
    for name in ("../runs/small-lstm-attention", str(folder), "damaged", "", "small-lstm"):
        with pytest.raises(GroundupError, match="no trained run"):
            trained_run(name)


def test_the_settings_are_the_samplers_with_the_commands_defaults():
    assert {f.name: f.default for f in dataclasses.fields(Sampling)} | {
        "temperature": 0.8
    } == How().model_dump()


def test_the_server_itself_loads_no_torch():
    code = "import sys; from groundup.studio import generate, look, tokens; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_workers_end_with_a_studio_that_is_killed(studio, home):
    name = give(home, "lstm-attention")[0]
    answer = httpx.post(f"{studio.url}/api/next", json={"run": name, "prompt": "Leo"}, timeout=200)
    assert answer.status_code == 200
    children = psutil.Process(studio.process.pid).children(recursive=True)
    assert children
    studio.stop(kill=True)
    wait_until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))


@pytest.mark.slow
def test_bad_requests_are_refused_in_words(studio, home):
    name = give(home, "lstm-attention")[0]

    def post(path, **body):
        return httpx.post(f"{studio.url}{path}", json=body, timeout=200)

    assert post("/api/generate", run="../../etc").json()["error"] == "There is no trained run '../../etc'."
    assert post("/api/generate", run=name, sampling={"temperature": -1}).status_code == 422
    assert "needs at least 2" in post("/api/look", run=name, lens="gates", text="L").json()["error"]
    assert post("/api/look", run=name, lens="logits", text="Leo").json()["error"].startswith(name)
    assert (
        "no tokenizer '/etc/passwd'"
        in post("/api/tokens", text="a", tokenizers=["/etc/passwd"]).json()["error"]
    )
    assert post("/api/merges", text="a", tokenizer="bytes").status_code == 422
    assert post("/api/look", run=name, lens="nothing").status_code == 422
    assert httpx.get(f"{studio.url}/look?run={name}&lens=logits").status_code == 422
    assert httpx.get(f"{studio.url}/generate?temperature=hot").status_code == 422


def wait_until(true, seconds=100.0):
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
