"""The check before the studio: what a hostile page or network could try is tried."""

import asyncio
import socket

import httpx
import pytest

from groundup.cli.start import _listen
from groundup.common.errors import GroundupError
from groundup.studio.app import create_app
from groundup.studio.safety import TOKEN_COOKIE, HostPolicy, host_policy, is_loopback

OURS = {"host": "127.0.0.1:8420"}


def ask(
    policy: HostPolicy | None = None, method: str = "GET", path: str = "/static/mark.svg", **headers: str
):
    """One request to the application, with these headers and no others of a browser's."""

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(policy))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8420") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, headers=OURS | named)

    return asyncio.run(request())


def test_our_own_pages_are_let_in():
    assert ask().status_code == 200
    assert ask(host="localhost:8420").status_code == 200
    assert ask(host="[::1]:8420").status_code == 200
    ours = {"origin": "http://127.0.0.1:8420", "sec_fetch_site": "same-origin"}
    assert (
        ask(method="POST", path="/api/nothing", **ours).status_code == 404
    )  # let in; there is no such thing


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "", "0.0.0.0:8420"]
)
def test_a_foreign_name_that_points_here_is_refused(host):
    """DNS rebinding: the browser believes that evil.example is 127.0.0.1, and says so in Host."""
    answer = ask(host=host)
    assert answer.status_code == 400
    assert "<svg" not in answer.text


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8420.evil.example"]
)
def test_another_pages_requests_are_refused(method, origin):
    assert ask(method=method, path="/api/nothing", origin=origin).status_code == 403


@pytest.mark.parametrize("dest", ["script", "image", "iframe", "empty", "style"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_nothing_of_ours_is_embedded_or_read_elsewhere(site, dest):
    """A cross-site stream or script tag sends no Origin, but browsers say what it is for."""
    assert ask(sec_fetch_site=site, sec_fetch_dest=dest).status_code == 403


def test_a_link_from_elsewhere_opens_a_page_and_a_form_from_elsewhere_sends_nothing():
    assert ask(sec_fetch_site="cross-site", sec_fetch_dest="document").status_code == 200
    assert ask(method="POST", sec_fetch_site="cross-site", sec_fetch_dest="document").status_code == 403


def test_web_sockets_are_refused_before_anything_answers():
    sent = []

    async def connect() -> None:
        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "websocket",
            "path": "/",
            "headers": [(b"host", b"127.0.0.1:8420")],
            "query_string": b"",
        }
        await create_app()(scope, receive, send)

    asyncio.run(connect())
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_every_answer_forbids_what_does_not_come_from_here():
    first, second = ask(path="/nowhere").headers, ask(path="/nowhere").headers
    policy = first["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert policy != second["content-security-policy"]  # its nonce is new each time
    assert first["x-content-type-options"] == "nosniff"
    assert first["x-frame-options"] == "DENY"


def test_paths_do_not_leave_the_static_folder():
    for path in (
        "/static/../safety.py",
        "/static/%2e%2e/safety.py",
        "/static/..%5csafety.py",
        "/static//etc/passwd",
    ):
        assert ask(path=path).status_code == 404


# ---- beyond this machine -----------------------------------------------------------------------------------


def test_loopback_needs_no_token_and_everything_else_does():
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.168.1.5")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert host_policy("127.0.0.1").token is None
    policy = host_policy("192.168.1.5")
    assert len(policy.token) >= 30
    assert "192.168.1.5" in policy.hosts
    assert policy.token not in repr(policy)
    beyond = {"authorization": f"Bearer {host_policy('fd00::5').token}"}
    assert ask(host_policy("fd00::5"), host="[fd00::5]:8420").status_code == 401
    assert ask(host_policy("fd00::5"), host="[fd00::6]:8420", **beyond).status_code == 400


def test_without_the_token_nobody_sees_anything():
    policy = HostPolicy(frozenset({"192.168.1.5", "127.0.0.1"}), "secret")
    assert ask(policy).status_code == 401
    assert ask(policy, path="/static/mark.svg?token=guess").status_code == 401
    assert ask(policy, cookie=f"{TOKEN_COOKIE}=guess").status_code == 401
    first = ask(policy, path="/static/mark.svg?token=secret", host="192.168.1.5:8420")
    assert first.status_code == 303
    assert "token" not in first.headers["location"]
    assert "HttpOnly" in first.headers["set-cookie"]
    assert "SameSite=strict" in first.headers["set-cookie"]
    assert ask(policy, cookie=f"{TOKEN_COOKIE}=secret").status_code == 200
    assert ask(policy, authorization="Bearer secret").status_code == 200


# ---- the port ----------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(GroundupError, match="is taken"):
            _listen("127.0.0.1", taken.getsockname()[1])


def test_without_a_wish_the_next_free_port_is_used():
    first = _listen("127.0.0.1", None)
    second = _listen("127.0.0.1", None)
    assert first.getsockname()[1] != second.getsockname()[1]
    first.close()
    second.close()


def test_an_address_that_is_not_ours_is_said():
    with pytest.raises(GroundupError, match="no address"):
        _listen("203.0.113.7", 0)
