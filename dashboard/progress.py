"""How far a slow method has come, told to those who watch it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Watcher = Callable[[int], None]
_WATCHERS: ContextVar[tuple[Watcher, ...]] = ContextVar("watchers", default=())


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Inside, a slow method calls `watcher`, beside the watchers from outside, at every step with the number of units that the
    step did: 0 while the method waits for its turn. A watcher may raise to stop the method.
    """
    token = _WATCHERS.set((*_WATCHERS.get(), watcher))
    try:
        yield
    finally:
        _WATCHERS.reset(token)


def advance(units: int = 1) -> None:
    """Tells all watchers that so many more units, such as passes or tokens, are done."""
    for watcher in _WATCHERS.get():
        watcher(units)
