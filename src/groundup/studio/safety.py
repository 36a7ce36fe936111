"""Who may talk to the studio: its own pages on this machine.

A page from anywhere can make a browser send requests to 127.0.0.1. Three things tell such requests from ours:
the Host that the browser asked for (a foreign name that points at this machine is refused: DNS rebinding), the Origin
of the page that asks (another page's is refused), and a token where the studio listens beyond this machine.
Every answer forbids scripts and styles that do not come from the studio.
"""

import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")  # as a Host header names them
TOKEN_COOKIE = "groundup-token"
READING_METHODS = ("GET", "HEAD", "OPTIONS")

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class HostPolicy:
    """`hosts`: the names that the studio answers to; `token`: None where it listens on this machine alone."""

    hosts: frozenset[str] = frozenset(LOOPBACK_HOSTS)
    token: str | None = field(default=None, repr=False)


def host_policy(host: str, names: Iterable[str] = ()) -> HostPolicy:
    """The policy of a studio that listens on `host`: with a token unless that is loopback."""
    if is_loopback(host):
        return HostPolicy()
    hosts = {*LOOPBACK_HOSTS, f"[{host}]" if ":" in host else host, *names} - {"0.0.0.0", "[::]"}
    return HostPolicy(frozenset(hosts), secrets.token_urlsafe(24))


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class HostOriginMiddleware:
    """ASGI middleware that every request and every stream passes first: Starlette checks the Host, we the rest."""

    def __init__(self, app: ASGIApp, policy: HostPolicy) -> None:
        self.app, self.policy = app, policy
        self.check_host = TrustedHostMiddleware(self.check_origin, [*policy.hosts], www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # the studio has none, so this is no page of ours
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self.check_host(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def check_origin(self, scope: Scope, receive: Receive, send: Send) -> None:
        if refusal := self.refusal(Request(scope)):
            await refusal(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(12)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                headers["Content-Security-Policy"] = CONTENT_POLICY.format(nonce=nonce)
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def refusal(self, request: Request) -> Response | None:
        """The answer to a request of another page or without the token; None for a request that may pass."""
        if not _is_same_origin(request.method, request.headers):
            return PlainTextResponse("Only the studio's own pages may ask that.\n", 403)
        return None if self.policy.token is None else self._token_refusal(request, self.policy.token)

    @staticmethod
    def _token_refusal(request: Request, token: str) -> Response | None:
        """Beyond this machine: the link with the token sets a cookie, and the cookie lets later requests pass."""
        query_token = request.query_params.get("token")
        if query_token is not None and secrets.compare_digest(query_token.encode(), token.encode()):
            response = RedirectResponse(request.url.path, 303)
            response.set_cookie(TOKEN_COOKIE, token, httponly=True, samesite="strict")
            return response
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        sent_token = request.cookies.get(TOKEN_COOKIE) or bearer
        if secrets.compare_digest(sent_token.encode(), token.encode()):
            return None
        return PlainTextResponse("Open the link that `groundup start` printed: it carries the token.\n", 401)


def _is_same_origin(method: str, headers: Headers) -> bool:
    """Whether the page that asks is ours. A browser says so in Origin or in Sec-Fetch-Site; a program (curl, the
    tests) sends neither, and may pass: it could send any header."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None:
        return origin != "null" and urlsplit(origin).netloc == headers.get("host", "")
    if site in (None, "same-origin", "none"):
        return True
    # Another page may link to a page of ours. It may not send, read or embed anything.
    return method in READING_METHODS and headers.get("sec-fetch-dest") == "document"
