"""How far a slow method has come, told to whoever watches it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Watcher = Callable[[int], None]
_WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Inside, `watcher` is told of every step with the number of units done; it stops the method by raising."""
    token = _WATCHER.set(watcher)
    try:
        yield
    finally:
        _WATCHER.reset(token)


def advance(units: int = 1) -> None:
    """Tells that so many more passes, or patches, are done."""
    watcher = _WATCHER.get()
    if watcher is not None:
        watcher(units)
