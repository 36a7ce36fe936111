"""More time for a run, the order of those that wait, when they start, and how an ending is told: in this process."""

import json
import shutil

import pytest
from starlette.testclient import TestClient

from groundup.common.errors import GroundupError
from groundup.common.places import home, runs_folder
from groundup.studio import processes, queue
from groundup.studio.app import create_app
from groundup.studio.processes import Job
from groundup.studio.status import rough_duration, rows, starts_in, status
from groundup.training.recipe import Recipe
from groundup.training.run import Run


def new(name, budget="48s", model="char-rnn", **seconds_and_end):
    """A run, with the events of a training that came so far."""
    run = Run.create(Recipe.preset(model, {"corpus": "storyworld:90000B:seed=0", "budget": budget}), name)
    if seconds_and_end:
        told(run, **seconds_and_end)
    return run


def told(run, seconds, end=None, steps=0, spent=0.5):
    at = {"step": steps or int(seconds), "tokens": 64 * int(seconds), "seconds": float(seconds)}
    events = [{"event": "start", "budget": run.recipe.budget, "step": 0, "tokens": 0, "seconds": 0.0}]
    events += [
        {"event": "step", **at, "loss": 3.0, "spent": spent, "learning_rate": 1e-3, "gradient_norm": 1.0}
    ]
    events += [{"event": "end", "reason": end, **at}] if end else []
    run.metrics_file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")


@pytest.fixture
def queued():
    """`queued(Job(...), ...)`: a queue in which nothing is started or looked after."""

    def put(*jobs, at_once=1):
        with queue.changing() as kept:
            kept.jobs, kept.at_once = list(jobs), at_once

    return put


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setattr(queue, "tick", lambda: None)
    return TestClient(
        create_app(), base_url="http://127.0.0.1:8800", headers={"Origin": "http://127.0.0.1:8800"}
    )


# ---- when those that wait start ----------------------------------------------------------------------------


def test_those_that_wait_start_when_those_before_them_are_done(queued):
    new("a", seconds=28, spent=28 / 48)
    for name in "bcd":
        new(name, "5min")
    jobs = [Job("a", state="running"), *(Job(name, state="waiting") for name in "bcd")]
    queued(*jobs)
    found = starts_in(queue.read())
    assert found["b"] == pytest.approx(1.07 * 20)
    assert found["c"] - found["b"] == pytest.approx(1.07 * 300 + 12)
    assert status("b")["said"] == "It is the next to train; it starts in about 20 s."
    assert status("c")["short"] == "waits, in 6 min"
    queued(*jobs, at_once=2)
    found = starts_in(queue.read())
    assert found["b"] == 0
    assert found["c"] == pytest.approx(1.07 * 20)
    assert [one["run"] for one in rows()] == ["a", "b", "c", "d"]
    # It is unknown how long 500 steps take before some were taken: then those after them have no time either.
    new("e", "500steps")
    queued(jobs[0], Job("e", state="waiting"), jobs[1])
    assert starts_in(queue.read()) == {"e": pytest.approx(1.07 * 20), "b": None}
    assert status("b")["said"] == "It waits: 2 train before it."
    told(Run.open("e"), seconds=10, steps=250)
    assert starts_in(queue.read())["b"] == pytest.approx(1.07 * 20 + 1.07 * 10)


def test_a_climb_takes_the_time_of_all_its_models(queued):
    folder = home() / "reports" / "climb-1"
    folder.mkdir(parents=True)
    plan = {"corpus": "storyworld", "budget": "48s", "models": ["char-rnn", "gpt"]}
    (folder / "climb.json").write_text(json.dumps(plan), encoding="utf-8")
    new("climb-1-char-rnn", seconds=48, end="budget")
    new("last")
    queued(Job("climb-1", "climb", "running"), Job("last", state="waiting"))
    assert starts_in(queue.read())["last"] == pytest.approx(1.07 * 48 + 12)


def test_a_time_to_come_is_no_more_exact_than_it_is_known():
    said = [rough_duration(seconds) for seconds in (0, 14, 44, 94, 100, 540, 5600, 9000)]
    assert said == ["10 s", "10 s", "40 s", "90 s", "2 min", "9 min", "93 min", "2 h"]


# ---- their order -------------------------------------------------------------------------------------------


def test_the_order_of_those_that_wait(queued, api):
    for name in "axyz":
        new(name)
    queued(Job("a", state="done"), *(Job(name, state="waiting") for name in "xyz"), at_once=1)

    def move(name, before):
        return api.put(f"/api/queue/{name}", json={"before": before})

    assert move("z", "y").json()["state"] == "waiting"
    assert [job.name for job in queue.read().jobs] == ["a", "x", "z", "y"]
    move("x", None)
    move("z", "z")
    assert [job.name for job in queue.read().jobs] == ["a", "z", "y", "x"]
    assert [one["run"] for one in api.get("/api/runs").json()["runs"]] == ["z", "y", "x", "a"]
    for name, before in (("a", "x"), ("x", "a"), ("nothing", None), ("x", "nothing")):
        answer = move(name, before)
        assert answer.status_code == 422
        assert "does not wait any more" in answer.json()["error"]


# ---- more ---------------------------------------------------------------------------------------------------


def test_more_for_a_run_in_every_state(queued, api):
    for name in ("waits", "paused"):
        new(name)
    new("done", seconds=48, end="budget")
    new("trains", seconds=28)
    new("steps", "500steps", seconds=9, steps=500, end="budget")
    queued(
        Job("trains", state="running", pid=1), Job("waits", state="waiting"), Job("paused", state="paused")
    )

    def more(name, budget="+2min"):
        return api.post(f"/api/runs/{name}/more", json={"budget": budget})

    for name, after in (
        ("waits", "waiting"),
        ("paused", "paused"),
        ("trains", "running"),
        ("done", "waiting"),
    ):
        found = more(name).json()
        assert (found["state"], found["budget"]) == (after, "2:48 minutes"), name
        assert Run.open(name).recipe.budget == "168s"
    assert more("steps", "+500steps").json()["budget"] == "1,000 steps"
    assert more("done", "10min").json()["budget"] == "10 minutes"
    refused = (
        ("done", "40s", "already"),
        ("steps", "+2min", "cannot be added"),
        ("done", "x", "not a budget"),
    )
    for name, budget, what in (*refused, ("nothing", "+2min", "no run")):
        answer = more(name, budget)
        assert answer.status_code in (404, 422)
        assert what in answer.json()["error"]
        assert answer.json()["hint"]
    page = api.get("/run/steps").text
    assert "1,000 steps more" in page
    # A climb's models all train for the same time.
    new("climb-1-gpt", model="gpt")
    (runs_folder() / "climb-1-gpt" / "metrics.jsonl").write_text(
        '{"event": "step", "step": 1}\n', encoding="utf-8"
    )
    queued(Job("climb-1", "climb", "running", pid=1))
    assert "a rung of the climb" in more("climb-1-gpt").json()["error"]


# ---- how it ended -------------------------------------------------------------------------------------------


def ended(job):
    """What is said of a job whose process is gone."""
    processes.record_end(job)
    with queue.changing() as kept:
        kept.jobs = [job]
    return status(job.name)


def test_a_stop_that_comes_the_instant_before_the_end():
    new("a", seconds=48, end="budget")
    for asked, word in (("stopping", "stop"), ("pausing", "pause")):
        found = ended(Job("a", state=asked, pid=1))
        assert found["state"] == "done"
        assert found["said"] == (
            f"It came to its end in the moment you asked it to {word}. "
            "Nothing was cut off: all of it is trained, scored and saved."
        )
        assert not found["what"]  # it is no failure


def test_more_that_came_the_instant_before_the_end_is_trained():
    run = new("a", seconds=48, end="budget")
    run.grow("+2min")
    assert ended(Job("a", state="running", pid=1))["state"] == "waiting"
    assert ended(Job("a", state="pausing", pid=1))["state"] == "paused"


def test_a_run_stopped_before_its_first_checkpoint_does_not_say_that_all_is_saved():
    run = new("a", seconds=3)
    for asked, state in (("stopping", "stopped"), ("pausing", "paused")):
        found = ended(Job("a", state=asked, pid=1))
        assert (found["state"], found["said"]) == (
            state,
            "It was stopped before anything was saved. It would begin again.",
        )
        (run.folder / "last.safetensors").write_bytes(b"")
        assert ended(Job("a", state=asked, pid=1))["said"].endswith("All it learnt is saved.")
        (run.folder / "last.safetensors").unlink()


def test_a_full_disk_and_a_killed_process(monkeypatch):
    new("a", seconds=20)
    found = ended(Job("a", state="running", pid=1))
    assert found["what"] == "The training was ended from outside, perhaps because memory ran out."
    assert "go on from there" in found["hint"]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 0))
    found = ended(Job("a", state="running", pid=1))
    assert found["what"].startswith("The disk is full")
    assert "Free some space" in found["hint"]


# ---- what is taken away -------------------------------------------------------------------------------------


def test_each_file_of_a_run_can_be_taken_away_and_nothing_else(api):
    run = new("climb-7-char-rnn", seconds=20)
    (run.folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    page = api.get("/run/climb-7-char-rnn").text
    assert "/files/tokenizer.json" in page
    assert "/files/best.safetensors" not in page
    answer = api.get("/api/runs/climb-7-char-rnn/files/metrics.jsonl")
    assert answer.content == run.metrics_file.read_bytes()
    assert "climb-7-char-rnn-metrics.jsonl" in answer.headers["content-disposition"]
    for file in (".lock", "..%2frecipe.toml", "run.toml", "best.safetensors"):
        assert api.get(f"/api/runs/climb-7-char-rnn/files/{file}").status_code in (404, 422), file
    assert api.get("/api/runs/climb-7-char-rnn/report").json()["error"] == "'climb-7-char-rnn' has no report."
    folder = home() / "reports" / "climb-7"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<p>ladder</p>", encoding="utf-8")
    assert "/api/runs/climb-7-char-rnn/report" in api.get("/run/climb-7-char-rnn").text
    answer = api.get("/api/runs/climb-7-char-rnn/report")
    assert answer.text == "<p>ladder</p>"
    assert answer.headers["content-disposition"].startswith(
        "attachment"
    )  # it is never a page of the studio itself


def test_move_wants_two_that_wait(queued):
    queued(Job("x", state="waiting"), at_once=1)
    with pytest.raises(GroundupError, match="does not wait"):
        queue.move("x", "y")
