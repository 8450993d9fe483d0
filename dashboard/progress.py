"""How far a slow method has come, told to those who watch it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Watcher = Callable[[int], None]
_WATCHERS: ContextVar[tuple[Watcher, ...]] = ContextVar("watchers", default=())


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Inside, `watcher` too is told of every step with the number of units done, and with 0 where
    nothing is done, as while the method waits for its turn; it stops the method by raising.
    """
    token = _WATCHERS.set((*_WATCHERS.get(), watcher))
    try:
        yield
    finally:
        _WATCHERS.reset(token)


def advance(units: int = 1) -> None:
    """Tells that so many more passes, or patches, are done."""
    for watcher in _WATCHERS.get():
        watcher(units)
