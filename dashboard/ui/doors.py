"""Who may come in: the names that the server answers to, and whose pages may frame it or talk to it.

A page of another site, open in a visitor's browser, can reach every address that this browser can reach, this machine's
`localhost` too. So a name that leads here but is none of ours (DNS rebinding), a page of another origin, be it another
port's, and a frame in a page of another site are turned away unless the server's owner lets them in.
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
CLOSED = "/_stcore/metrics"  # Streamlit tells everybody how many visitors there are and what they hold: nobody here needs it
EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Origin:
    """Where a page comes from: `scheme`, `name` (lower case) and `port`, all three."""

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
    """Whether a host's name is meant by one of `DASHBOARD_HOSTS`: itself, `*.` before its end, or `*`."""
    return pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))


@dataclass(frozen=True)
class House:
    """What the server is to its neighbours.

    `address` is the one that it is bound to, `hosts` and `frames` are as in `Settings`, and `friends` the origins of
    Streamlit's own `server.corsAllowedOrigins`.
    """

    address: str
    hosts: tuple[str, ...]
    frames: tuple[str, ...]
    friends: tuple[str, ...]

    def answers_to(self, name: str) -> bool:
        """Whether a name is the server's own. No other site can take an IP address for its name."""
        try:
            ip = ip_address(name)
        except ValueError:
            own = name in ("localhost", self.address)
        else:
            own = ip.is_loopback or self.address in (name, *EVERYWHERE)
        return own or self._is_listed(name)

    def knows(self, page: str, scheme: str, host: str) -> bool:
        """Whether a page of the origin `page` may talk to the server, which is asked for by `scheme` and `host`.

        Where the owner has listed the name, its pages may come by HTTPS while the server speaks HTTP: a proxy is in between.
        """
        if page in self.friends:
            return True
        theirs = origin_of(*page.split("://", 1)) if page.startswith(("http://", "https://")) else None
        here = origin_of(scheme, host)
        if theirs is None or here is None:
            return False
        return theirs == here or (theirs == origin_of("https", host) and self._is_listed(here.name))

    def headers(self) -> dict[str, str]:
        """What every answer tells the browser about other sites."""
        told = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
        if "*" in self.frames:
            return told
        told["Content-Security-Policy"] = " ".join(("frame-ancestors 'self'", *self.frames))
        return told if self.frames else {**told, "X-Frame-Options": "SAMEORIGIN"}

    def _is_listed(self, name: str) -> bool:
        return any(matches(pattern, name) for pattern in self.hosts)


class Doors:
    """The middleware around everything that is served, HTTP and WebSockets alike."""

    def __init__(self, app: ASGIApp) -> None:
        told = settings()
        friends = tuple(st.get_option("server.corsAllowedOrigins"))
        self.app = app
        self.house = House(st.get_option("server.address") or "", told.hosts, told.frames, friends)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what may come in, and answers the rest with 403 and one sentence."""
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
