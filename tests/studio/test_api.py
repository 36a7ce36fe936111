"""The API as a whole: its schema is served and true, and nothing that is sent to it makes the server fail.

Every operation of the schema is asked by schemathesis, in this process: with values as the schema wants them, with
values that it forbids, and with both at addresses of things that are there. No training and no learner's code starts.
"""

import asyncio
import os
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from groundup.studio import lab, queue
from groundup.studio.app import create_app
from groundup.training.recipe import Recipe
from groundup.training.run import Run

EXAMPLES = 3  # of each operation, in each way
RUN = "here-1"
THERE = {  # path parameters of things that are there, by how the address begins
    "/api/lesson/": {"identity": "0.1", "block": "three-and-a-bit", "index": 1, "theme": "dark"},
    "/api/exercise/": {"lesson": "0.1", "name": "numerical-derivative"},
    "/api/widgets/": {"lesson": "0.1", "block": "drag"},
    "/api/runs/": {"name": RUN},
    "/api/queue/": {"name": RUN},
    "/api/lab/": {"model": "gpt"},
}
# These start processes, or never end: the tests of their own pages ask them.
APART = ("/api/lesson/{identity}/widget/{block}", "/api/lesson/{identity}/picture/{block}/{theme}.png",
         "/api/lesson/{identity}/run/{index}", "/api/exercise/{lesson}/{name}/check", "/api/runs/{name}/events",
         "/api/widgets/{lesson}/{block}")  # fmt: skip
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
HOSTILE = ("../../etc/passwd", "..\\..\\x", "/etc/passwd", "\0", "a\0b", "%00", "x" * 5000, "ünï😀", "\u202e",
           " ", "'\"<script>", "CON", "-", "~", "{}", "NaN", "1e999", "a\nb")  # fmt: skip


def nothing_starts(job) -> None:
    job.state = "failed"


@pytest.fixture
def client(home, monkeypatch) -> TestClient:
    """A studio with one run and nothing that opens an editor; asked as a browser on this machine asks."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(queue, "start", nothing_starts)
    estimate = {
        "parameters": 1,
        "memory": 1,
        "tokens_per_second": 1.0,
        "seconds": 1.0,
        "steps": 1,
        "tokens": 1,
    }
    monkeypatch.setattr(lab, "measured_estimate", lambda recipe: estimate)
    Run.create(Recipe.preset("char-rnn", {"corpus": "storyworld:20000B:seed=0", "budget": "1steps"}), RUN)
    return TestClient(create_app(), base_url="http://127.0.0.1", raise_server_exceptions=False)


def test_the_schema_is_served_and_is_of_the_api_alone(client):
    found = client.get("/api/openapi.json").json()
    assert found["openapi"].startswith("3.")
    assert len(found["paths"]) > 40
    assert all(path.startswith("/api/") for path in found["paths"])
    # A reader knows what every part is for.
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path} says nothing of itself"


@pytest.mark.slow
def test_no_request_makes_the_server_fail_and_every_answer_is_as_the_schema_says(client):
    schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        there = next((known for begin, known in THERE.items() if operation.path.startswith(begin)), {})
        ways = [(GenerationMode.POSITIVE, {})]
        if there and operation.path not in APART:
            ways.append((GenerationMode.POSITIVE, there))
        # An address alone is always a text; what can be wrong with that is asked by hand below.
        if operation.body or operation.query:
            ways.append((GenerationMode.NEGATIVE, there if operation.path not in APART else {}))
        asked += sum(ask(client, operation, mode, known) for mode, known in ways)
    assert asked > 200


def ask(client: TestClient, operation, mode: GenerationMode, known: dict) -> int:
    """Some requests of one kind; how many. Fails at the first answer that the schema does not allow."""
    asked = 0

    @seed(5)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case) -> None:
        nonlocal asked
        case.path_parameters = (case.path_parameters or {}) | {
            name: value for name, value in known.items() if name in (case.path_parameters or {})
        }
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
        body = {"content": sent["data"]} if isinstance(sent.get("data"), bytes | str) else {}
        sent = {name: value for name, value in sent.items() if name != "cookies"}
        answer = client.request(**{**sent, "data": None, **body} if body else sent)
        if answer.status_code != 405:  # a method of another operation at the same address
            case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            two_sentences(answer)
        asked += 1

    one()
    return asked


# ---- by hand ------------------------------------------------------------------------------------------------


def two_sentences(answer) -> None:
    """What was wrong and what to do, and nothing of Python's."""
    said = answer.json()
    assert set(said) == {"error", "hint"}, answer.text
    assert said["error"], answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/api/runs/{}"), ("DELETE", "/api/runs/{}"), ("GET", "/api/runs/{}/diagnosis"),
    ("GET", "/api/runs/{}/export"), ("GET", "/api/runs/{}/events"), ("POST", "/api/queue/{}/stop"),
    ("GET", "/api/climbs/{}"), ("GET", "/api/compare?runs={}"), ("GET", "/api/lab/form/{}"),
    ("GET", "/api/exercise/{}/numerical-derivative/file"), ("GET", "/api/exercise/0.1/{}/file"),
    ("POST", "/api/exercise/0.1/{}/hint"), ("POST", "/api/lesson/{}/done"),
])  # fmt: skip
def test_what_is_not_there_is_said_in_two_sentences_whatever_it_is_called(client, home, method, path):
    before = files(home)
    for name in ("nothing", *HOSTILE):
        answer = client.request(method, path.format(quote(name, safe="")))
        assert answer.status_code in (404, 405, 422), (name, answer.status_code, answer.text)
        two_sentences(answer)
        assert "/etc" not in answer.text.replace("/etc/passwd", "")
    assert files(home) == before


@pytest.mark.parametrize("path", [
    "/lesson/{}", "/run/{}", "/placement?at={}", "/journal?day={}", "/widgets?only={}", "/climb?name={}",
    "/generate?run={}", "/review?minutes={}",
])  # fmt: skip
def test_a_page_that_is_not_there_is_a_page_that_says_so(client, path):
    for name in ("nothing", *HOSTILE):
        answer = client.get(path.format(quote(name, safe="")))
        assert answer.status_code in (404, 422), (name, answer.status_code)
        assert "<h1" in answer.text, name
        assert "<script>" not in answer.text
        assert "Traceback" not in answer.text


def test_bodies_of_the_wrong_kind_are_refused_in_two_sentences(client):
    whole = client.get("/api/openapi.json").json()
    bodies = [b"", b"{", b"null", b"[]", b'"x"', b"1e999", b'"\\ud800"', b"\xff\xfe", b"[" * 20_000]
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            if "application/json" not in operation.get("requestBody", {}).get("content", {}):
                continue
            if not operation["requestBody"].get("required"):
                continue
            for body in bodies:
                kind = {"Content-Type": "application/json"}
                answer = client.request(method, address(path), content=body, headers=kind)
                assert answer.status_code in (400, 409, 422), (method, path, body[:20], answer.text[:300])
                two_sentences(answer)


def escaped(name: str) -> str:
    return quote(name, safe="")


@pytest.mark.parametrize(
    "path", ["/api/runs/..", "/api/runs/../export", "/run/..", "/lesson/..", "/api/climbs/.."]
)
def test_dots_are_no_name_even_when_no_client_tidies_them_up(path):
    sent: list[dict] = []

    async def ask_it() -> None:
        async def receive():
            return {"type": "http.request", "body": b""}

        async def send(message):
            sent.append(message)

        headers = [(b"host", b"127.0.0.1")]
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "",
                 "headers": headers, "query_string": b"", "scheme": "http", "client": None, "server": None,
                 "http_version": "1.1"}  # fmt: skip
        await create_app()(scope, receive, send)

    asyncio.run(ask_it())
    assert sent[0]["status"] in (404, 422)


def address(path: str) -> str:
    known = next((there for begin, there in THERE.items() if path.startswith(begin)), {})
    for name in ("identity", "lesson", "name", "block", "index", "theme", "model", "action"):
        path = path.replace("{" + name + "}", str(known.get(name, "stop")))
    return path


def test_our_own_failure_is_two_sentences_as_well(client, monkeypatch):
    def fails() -> None:
        raise RuntimeError("secret of the machine")

    monkeypatch.setattr(lab, "rows", fails)
    answer = client.get("/api/runs")
    assert answer.status_code == 500
    two_sentences(answer)
    assert "secret" not in answer.text
    assert "<h1" in client.get("/lab").text


def files(home) -> set[str]:
    """What lies below a home but for the queue's lock and the database, which are written by looking."""
    found = (
        os.path.relpath(os.path.join(at, name), home) for at, _, names in os.walk(home) for name in names
    )
    return {name for name in found if not name.startswith(("queue", "progress.db"))}
