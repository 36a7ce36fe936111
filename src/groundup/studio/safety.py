"""Who may talk to the studio: this machine's own pages, and nobody else.

A page from anywhere can make a browser send requests to 127.0.0.1. Three things tell them from ours:
the Host that was asked for (a foreign name that was pointed at this machine is refused: DNS rebinding), the Origin
that asks (another page's is refused), and, where the studio listens beyond this machine, a token.
Every answer forbids scripts and styles that do not come from here.
"""

import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
COOKIE = "groundup-token"
SAFE = ("GET", "HEAD", "OPTIONS")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Door:
    """Who is let in. `hosts`: the names that the studio answers to; `token`: None on this machine alone."""

    hosts: frozenset[str] = frozenset(LOOPBACK)
    token: str | None = field(default=None, repr=False)


def door_for(host: str, names: Iterable[str] = ()) -> Door:
    """The door of a studio that listens on `host`: with a token unless that is loopback."""
    if is_loopback(host):
        return Door()
    return Door(frozenset({*LOOPBACK, host, *names} - {"0.0.0.0", "::"}), secrets.token_urlsafe(24))


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """ASGI middleware: every request and every stream passes here first."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # the studio has none: whoever tries is no page of ours
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if refused := self.refusal(Request(scope)):
            await refused(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(12)
        scope.setdefault("state", {})["nonce"] = nonce

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
            await send(message)

        await self.app(scope, receive, guarded)

    def refusal(self, request: Request) -> Response | None:
        """The answer to whom is not let in; None for everybody else."""
        headers = request.headers
        if self._name(headers.get("host", "")) not in self.door.hosts:
            return PlainTextResponse("This studio does not answer to that name.\n", 421)
        if not self._from_here(request.method, headers):
            return PlainTextResponse("Only the studio's own pages may ask that.\n", 403)
        return None if self.door.token is None else self._without_token(request)

    def _from_here(self, method: str, headers: Headers) -> bool:
        """Whether the page that asks is ours. A browser says so itself, in Origin or in Sec-Fetch-Site; a program
        (curl, the tests) says neither, and may: it could send anything."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None:
            host = headers.get("host", "")
            return origin != "null" and urlsplit(origin).netloc == host
        if site in (None, "same-origin", "none"):
            return True
        # Another page may link to a page of ours. It may not send, read or embed anything.
        return method in SAFE and headers.get("sec-fetch-dest") == "document"

    def _without_token(self, request: Request) -> Response | None:
        """Beyond this machine: the link with the token sets a cookie, which then is the key."""
        assert self.door.token is not None
        given = request.query_params.get("token")
        if given is not None and secrets.compare_digest(given.encode(), self.door.token.encode()):
            answer = RedirectResponse(request.url.path, 303)
            answer.set_cookie(COOKIE, self.door.token, httponly=True, samesite="strict")
            return answer
        kept = request.cookies.get(COOKIE) or request.headers.get("authorization", "").removeprefix("Bearer ")
        if secrets.compare_digest(kept.encode(), self.door.token.encode()):
            return None
        return PlainTextResponse("Open the link that `groundup start` printed: it carries the token.\n", 401)

    @staticmethod
    def _name(host: str) -> str:
        """The Host header without its port."""
        return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
