"""What people brought to a browser tab, kept in this server's memory for when they reload it.

A token that only this tab knows leads to it. It goes an hour after the tab was closed, or when newer tabs need the room.
"""

import time
from dataclasses import dataclass
from threading import Lock
from typing import Any

from dashboard.ui.streamlit_internals import is_here, session
from dashboard.ui.watcher import Watcher

HOURS = 1  # how long it is kept after the tab was closed
LIMIT = 256 * 1024**2  # bytes, of all tabs together
LOOKED_EVERY = 60  # seconds between two checks: what has to go goes at most this much later


@dataclass
class _Tab:
    """What is kept for a tab, its size in bytes, the open page that showed it last, and since when that is closed."""

    things: Any
    size: int
    session: str
    closed: float | None = None


_tabs: dict[str, _Tab] = {}  # by token, the one that changed longest ago first
_lock = Lock()


def keep(token: str, things: Any, size: int) -> None:
    """Keeps what a tab has now, of `size` bytes. Where room is short, the tabs that changed longest ago go."""
    with _lock:
        _tabs.pop(token, None)
        _tabs[token] = _Tab(things, size, session())
        while sum(tab.size for tab in _tabs.values()) > LIMIT:
            del _tabs[next(iter(_tabs))]
    forget_closed()
    WATCHER.begin()


def kept(token: str) -> Any | None:
    """What a tab had before it was reloaded; None if that is gone."""
    forget_closed()
    with _lock:
        tab = _tabs.get(token)
        return None if tab is None else tab.things


def forget(token: str) -> None:
    """Lets go of what a tab had."""
    with _lock:
        _tabs.pop(token, None)


def forget_closed() -> None:
    """Lets go of what tabs had that were closed more than `HOURS` ago."""
    now = time.monotonic()
    with _lock:
        for token, tab in tuple(_tabs.items()):
            if is_here(tab.session):
                tab.closed = None
            elif tab.closed is None:
                tab.closed = now
            elif now - tab.closed > HOURS * 3600:
                del _tabs[token]


WATCHER = Watcher("tabs", LOOKED_EVERY, forget_closed, lambda: bool(_tabs))
