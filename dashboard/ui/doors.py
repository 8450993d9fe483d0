"""Which requests the server accepts: the host names that it answers to, and whose pages may frame it or talk to it.

A page of another site, open in a visitor's browser, can reach every address that this browser can reach, including this
machine's `localhost`. So the server refuses three things unless its owner allows them: requests under a host name that is not
its own (DNS rebinding), requests from pages of another origin (another port is another origin), and frames in other sites.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from dashboard.settings import settings

DEFAULT_PORTS = {"http": 80, "https": 443}
SCHEMES = {"ws": "http", "wss": "https"}
CLOSED = "/_stcore/metrics"  # where Streamlit would tell anybody how many visitors there are and how much memory they use
EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Origin:
    """Where a page comes from: `scheme`, host `name` (lower case) and `port`."""

    scheme: str
    name: str
    port: int


def origin_of(scheme: str, host: str) -> Origin | None:
    """The origin of a scheme and a `Host` header, or None where the header is malformed."""
    try:
        parts = urlsplit(f"{scheme}://{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not name or parts.netloc != host or "@" in host or not host.isascii() or not host.isprintable():
        return None
    return Origin(scheme, name.rstrip("."), DEFAULT_PORTS[scheme] if port is None else port)


def matches(pattern: str, name: str) -> bool:
    """Whether one pattern of `DASHBOARD_HOSTS` covers a host's name: the name itself, `*.` and its end, or `*`."""
    return pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))


@dataclass(frozen=True)
class House:
    """The server's names and the sites that its owner allows.

    `address` is the address that the server is bound to, `hosts` and `frames` are as in `Settings`, and `friends` are the
    origins of Streamlit's own option `server.corsAllowedOrigins`.
    """

    address: str
    hosts: tuple[str, ...]
    frames: tuple[str, ...]
    friends: tuple[str, ...]

    def answers_to(self, name: str) -> bool:
        """Whether a host name is the server's own. IP addresses are safe: no other site can use one as its name."""
        try:
            ip = ip_address(name)
        except ValueError:
            own = name in ("localhost", self.address)
        else:
            own = ip.is_loopback or self.address in (name, *EVERYWHERE)
        return own or self._is_listed(name)

    def knows(self, page: str, scheme: str, host: str) -> bool:
        """Whether a page of the origin `page` may talk to the server, which it addresses by `scheme` and `host`.

        For a listed host name the page may be on HTTPS while the server speaks HTTP, as behind a proxy.
        """
        if page in self.friends:
            return True
        theirs = origin_of(*page.split("://", 1)) if page.startswith(("http://", "https://")) else None
        here = origin_of(scheme, host)
        if theirs is None or here is None:
            return False
        return theirs == here or (theirs == origin_of("https", host) and self._is_listed(here.name))

    def headers(self) -> dict[str, str]:
        """The headers of every answer that tell the browser what other sites may do."""
        told = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
        if "*" in self.frames:
            return told
        told["Content-Security-Policy"] = " ".join(("frame-ancestors 'self'", *self.frames))
        return told if self.frames else {**told, "X-Frame-Options": "SAMEORIGIN"}

    def _is_listed(self, name: str) -> bool:
        return any(matches(pattern, name) for pattern in self.hosts)


class Doors:
    """The middleware that checks every request, over HTTP and WebSockets alike."""

    def __init__(self, app: ASGIApp) -> None:
        told = settings()
        friends = tuple(st.get_option("server.corsAllowedOrigins"))
        self.app = app
        self.house = House(st.get_option("server.address") or "", told.hosts, told.frames, friends)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes allowed requests on, and answers the others with status 403 and one sentence."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if scope["type"] == "websocket":
            await (self.app if refusal is None else WebSocketClose(1008, refusal))(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.house.headers())
            await send(message)

        await (self.app if refusal is None else PlainTextResponse(refusal, 403))(scope, receive, telling)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        hosts, pages = headers.getlist("host"), headers.getlist("origin")
        told: str = scope["scheme"]
        scheme = SCHEMES.get(told, told)
        here = origin_of(scheme, hosts[0]) if len(hosts) == 1 else None
        if here is None or not self.house.answers_to(here.name):
            return "This dashboard does not answer to that name. Its owner can list it in DASHBOARD_HOSTS."
        if pages and not (len(pages) == 1 and self.house.knows(pages[0], scheme, hosts[0])):
            return "Pages of another origin may not talk to this dashboard."
        if scope["path"].rstrip("/").endswith(CLOSED):
            return "Not told to visitors."
        return None
