"""A store of things by their keys, within a bound."""

from collections.abc import Callable, Hashable
from threading import Condition
from typing import Generic, TypeVar

from cachetools import Cache, LRUCache

from dashboard.models.turns import ASKED_EVERY, Stop

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def never() -> None:
    """The `Stop` of a caller who never leaves the queue."""


class Shelf(Generic[K, T]):
    """Things `T` by their keys `K`. Where `room` is short, the least recently used thing goes first. Any thread may ask.

    `size` says how much room a thing takes, by default 1. A thread that waits for a thing which another thread makes calls
    `stop` now and then, which may raise to leave.
    """

    def __init__(self, room: int, size: Callable[[T], int] = lambda thing: 1, stop: Stop = never) -> None:
        self._kept: LRUCache[K, T] = LRUCache(room, size)
        self._stop = stop
        self._making: set[K] = set()
        self._changed = Condition()

    @property
    def room(self) -> int:
        """How much room there is for all things together."""
        return int(self._kept.maxsize)

    @property
    def used(self) -> int:
        """How much of the room is taken."""
        return int(self._kept.currsize)

    def get(self, key: K) -> T | None:
        """The thing that is kept by this key, None where none is."""
        with self._changed:
            return self._kept.get(key)

    def put(self, key: K, thing: T) -> None:
        """Keeps a thing. One that takes more than all the room is not kept, and makes nothing else go."""
        with self._changed:
            self._kept.pop(key, None)
            if self._kept.getsizeof(thing) <= self.room:
                self._kept[key] = thing

    def made(self, key: K, make: Callable[[], T]) -> T:
        """The thing by this key. Where it is not kept, it is made once, even where many threads ask for it together."""
        with self._changed:
            while key in self._making:
                self._changed.wait(ASKED_EVERY)
                self._stop()
            if key in self._kept:
                return self._kept[key]
            self._making.add(key)
        try:
            thing = make()
            self.put(key, thing)
            return thing
        finally:
            with self._changed:
                self._making.discard(key)
                self._changed.notify_all()

    def items(self) -> list[tuple[K, T]]:
        """The keys and things that are kept now. This counts as no use: the order in which things go stays."""
        with self._changed:
            return [(key, Cache.__getitem__(self._kept, key)) for key in self._kept]

    def forget(self, unwanted: Callable[[K], bool]) -> None:
        """Lets go of all things whose keys are unwanted."""
        with self._changed:
            for key in [key for key in self._kept if unwanted(key)]:
                del self._kept[key]

    def clear(self) -> None:
        """Lets go of everything."""
        self.forget(lambda key: True)
