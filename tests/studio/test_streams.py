"""The stream of a run: each event once, also after a break, a cut of the file, or the end of the studio."""

import asyncio
import json
import time

import httpx
import psutil
import pytest
from sse_starlette.event import ensure_bytes
from sse_starlette.sse import AppStatus

from groundup.common.places import runs_folder
from groundup.studio import processes, queue, streams
from groundup.training.recipe import Recipe
from groundup.training.run import Run

SLOW = {
    "model.width": 8,
    "training.batch_size": 2,
    "training.sequence_length": 8,
    "training.precision": "float32",
}


@pytest.fixture(autouse=True)
def _open():
    """Another test of this process may have ended a server, which ends all streams of the process."""
    AppStatus.should_exit = False


@pytest.fixture
def file(home):
    """The metrics.jsonl of a run that no process trains."""
    Run.create(Recipe.preset("char-rnn", {"corpus": "storyworld"}), "a")
    return runs_folder() / "a" / "metrics.jsonl"


def line(number):
    return json.dumps({"event": "step", "step": number}) + "\n"


async def hear(offset, count, heard=None):
    """The first so many messages of a stream, each as a dict of its fields."""
    found = [] if heard is None else heard
    async for block in streams.stream("a", offset):
        for said in ensure_bytes(block, "\n").decode().split("\n\n"):
            fields = dict(
                part.split(": ", 1) for part in said.split("\n") if not part.startswith(":") and part
            )
            if fields and "retry" not in fields:
                found.append(fields)
        if len(found) >= count:
            return found
    return found


async def hear_response(heard):
    """The messages of a whole response, as the server sends it."""
    response = await streams.events("a")

    async def receive():
        await asyncio.Event().wait()  # the reader stays

    async def send(message):
        for said in message.get("body", b"").decode().split("\n\n"):
            fields = dict(
                part.split(": ", 1) for part in said.split("\n") if not part.startswith(":") and part
            )
            if fields and "retry" not in fields:
                heard.append(fields)

    await response({"type": "http", "method": "GET"}, receive, send)


def steps(messages):
    return [json.loads(one["data"])["step"] for one in messages if "id" in one]


def test_an_offset_resumes_and_each_event_comes_once(file):
    async def scene():
        file.write_text(line(1) + line(2) + line(3)[:9], encoding="utf-8")  # the third is being written
        first = await hear(0, 2)
        assert steps(first) == [1, 2]
        file.write_text(line(1) + line(2) + line(3) + line(4), encoding="utf-8")
        offset = int(first[-1]["id"])
        assert offset == len(line(1) + line(2))
        assert steps(await hear(offset, 2)) == [3, 4]
        assert steps(await hear(int(first[0]["id"]), 3)) == [2, 3, 4]

    asyncio.run(scene())
    assert streams.WATCHERS == {}


def test_a_cut_file_comes_again_from_the_start(file):
    """A killed training goes on: what it had not saved is gone, and soon the file is as long as before."""

    async def scene():
        file.write_text(line(1) + line(2) + line(3), encoding="utf-8")
        heard: list[dict[str, str]] = []
        listening = asyncio.create_task(hear(0, 99, heard))
        await until(lambda: steps(heard) == [1, 2, 3])
        file.write_text(line(1) + line(7) + line(8) + line(9), encoding="utf-8")  # longer than it was
        await until(lambda: steps(heard)[3:] == [1, 7, 8, 9])
        assert [one["event"] for one in heard if "event" in one and one["event"] != "state"] == ["reset"]
        listening.cancel()
        # An offset that a cut file gave out stands in the middle of a line now.
        again = await hear(len(line(1)) + 3, 5)
        assert again[0]["event"] == "reset"
        assert steps(again) == [1, 7, 8, 9]

    asyncio.run(scene())


def test_a_hundred_streams_have_one_watcher_and_end_with_the_studio(file):
    async def scene():
        file.write_text(line(1), encoding="utf-8")
        heard: list[list[dict[str, str]]] = [[] for _ in range(100)]
        listening = [asyncio.create_task(hear_response(one)) for one in heard]
        await until(lambda: all(steps(one) == [1] for one in heard))
        assert len(streams.WATCHERS) == 1
        assert streams.WATCHERS["a"][0].streams == 100
        with open(file, "a", encoding="utf-8") as more:
            more.write(line(2))
        await until(lambda: all(steps(one) == [1, 2] for one in heard))
        AppStatus.should_exit = True  # as the server says when it is asked to end
        await asyncio.wait_for(asyncio.gather(*listening), 60)

    asyncio.run(scene())
    assert streams.WATCHERS == {}


async def until(true, seconds=100):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


@pytest.fixture
def no_training_left():
    """Ends what would outlive a test that failed: trainings are made for that."""
    yield
    for job in queue.read().jobs:
        if job.pid is not None and processes.is_alive(job):
            psutil.Process(job.pid).kill()


@pytest.mark.slow
@pytest.mark.usefixtures("no_training_left")
def test_a_killed_studio_leaves_the_training_and_a_new_one_shows_it(studio):
    text = "the cat sat on the mat and looked at the rat. " * 60
    with httpx.Client(base_url=studio.url, timeout=200) as client:
        kept = client.post("/api/texts", params={"name": "cats.txt"}, content=text.encode()).json()
        wanted = {
            "model": "char-rnn",
            "text": kept["name"],
            "budget": "900Bsteps",  # it does not come to its end, on a machine of any speed
            "name": "long",
            "settings": SLOW,
        }
        assert client.post("/api/runs", json=wanted).json()["run"] == "long"
        before = listen(client, 0, lambda heard: len(steps(heard)) > 3)
        pid = queue.read().find("long").pid
        studio.stop(kill=True)
    studio.start()
    with httpx.Client(base_url=studio.url, timeout=200) as client:
        assert client.get("/api/runs").json()["runs"][0]["state"] == "running"
        assert queue.read().find("long").pid == pid
        last = int([one["id"] for one in before if "id" in one][-1])
        after = listen(client, last, lambda heard: len(steps(heard)) > 3)
        # The same training, live, and nothing twice: each event begins where the one before ended.
        assert steps(after) == sorted(set(steps(after)))
        assert steps(after)[0] > steps(before)[-1]
        # A stream that is open does not hold up the end of the studio, and the training does not end with it.
        with client.stream("GET", "/api/runs/long/events") as opened:
            next(opened.iter_lines())
            studio.stop()
        assert "Cancel" not in (studio.home / "studio.log").read_text(encoding="utf-8")
    queue.tick()
    assert queue.read().find("long").state == "running"
    queue.ask("long", "stop")
    end = time.monotonic() + 100
    while queue.read().find("long").state != "stopped":
        assert time.monotonic() < end
        queue.tick()
        time.sleep(0.1)
    assert Run.open("long").summary()["state"] == "interrupted"


def listen(client, offset, enough):
    """What a browser hears that had come as far as the offset."""
    heard: list[dict[str, str]] = []
    fields: dict[str, str] = {}
    headers = {"Last-Event-ID": str(offset)} if offset else {}
    with client.stream("GET", "/api/runs/long/events", headers=headers) as opened:
        assert opened.headers["content-type"].startswith("text/event-stream")
        for said in opened.iter_lines():
            if said and not said.startswith(":"):
                name, _, value = said.partition(": ")
                fields[name] = value
            elif fields:
                heard.append(fields)
                fields = {}
                if enough(heard):
                    return heard
    return heard
