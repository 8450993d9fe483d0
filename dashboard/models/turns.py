"""Whose turn it is to work: quick looks before slow methods, and slow methods one after the other, a little at a time."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakValueDictionary

ASKED_EVERY = 0.2  # seconds between two questions to those who wait whether they still want to
TURN = 0.2  # seconds after which a slow method gives way to other slow ones; to quick looks it does at once
OVERTAKEN = 16  # quick looks that may go before slow work that waits, with none of it under way, until some has a turn

Stop = Callable[[], None]  # called now and then of those who wait; it may raise to leave the queue


class Turns:
    """So many places for work at once. Quick work waits for slow work nowhere but where there is one place in all: slow work
    never takes the last one. Both wait in the order in which they came.
    """

    def __init__(self, places: int, turn: float = TURN) -> None:
        self._places, self._turn = {False: places, True: max(places - 1, 1)}, turn
        self._lock = threading.Lock()
        self._working = {False: 0, True: 0}  # by whether it is slow
        self._waiting: dict[bool, deque[threading.Event]] = {False: deque(), True: deque()}
        self._overtaken = 0

    @contextmanager
    def quick(self, asked: Stop) -> Iterator[None]:
        """Holds a place; within slow work it goes on in the one that is held."""
        if self in _SLOW_IN.get():
            yield
            return
        self._take(False, asked)
        try:
            yield
        finally:
            self._release(False)

    @contextmanager
    def slow(self, asked: Stop) -> Iterator[Callable[[int], None]]:
        """Holds a place, and gives a call for after every step, with the units of work done, at which it gives way."""
        self._take(True, asked)
        holds, started = True, time.monotonic()

        def stepped(units: int) -> None:
            nonlocal holds, started
            if not units:  # it only waits
                return
            used_up = time.monotonic() - started >= self._turn
            if self._wanted(used_up):
                holds = False
                self._release(True)
                self._take(True, asked, first=not used_up)
                holds, started = True, time.monotonic()

        token = _SLOW_IN.set(_SLOW_IN.get() | {self})
        try:
            yield stepped
        finally:
            _SLOW_IN.reset(token)
            if holds:
                self._release(True)

    def _take(self, slow: bool, asked: Stop, first: bool = False) -> None:
        given = threading.Event()
        with self._lock:
            queue = self._waiting[slow]
            queue.appendleft(given) if first else queue.append(given)
            self._hand_out()
        try:
            while not given.wait(ASKED_EVERY):
                asked()
        except BaseException:  # whoever leaves takes no place along
            with self._lock:
                if given.is_set():
                    self._working[slow] -= 1
                else:
                    queue.remove(given)
                self._hand_out()
            raise

    def _release(self, slow: bool) -> None:
        with self._lock:
            self._working[slow] -= 1
            self._hand_out()

    def _wanted(self, used_up: bool) -> bool:
        """Whether others wait for the place of slow work."""
        with self._lock:
            return bool(self._waiting[False] or (used_up and self._waiting[True]))

    def _hand_out(self) -> None:
        while (slow := self._next()) is not None:
            self._overtaken = self._overtaken + 1 if self._waiting[True] and not slow and not self._working[True] else 0
            self._working[slow] += 1
            self._waiting[slow].popleft().set()

    def _next(self) -> bool | None:
        """Whether slow work is next, None where nobody waits who may have a place."""
        if sum(self._working.values()) >= self._places[False]:
            return None
        slow_may = self._waiting[True] and self._working[True] < self._places[True]
        if slow_may and (not self._waiting[False] or self._overtaken >= OVERTAKEN):
            return True
        return False if self._waiting[False] else None


_SLOW_IN: ContextVar[frozenset[Turns]] = ContextVar("slow_in", default=frozenset())  # whose slow work runs inside


class OneEach:
    """One piece of work at a time for each key, such as a visitor: a second one waits until the first ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: WeakValueDictionary[str, Turns] = WeakValueDictionary()

    @contextmanager
    def under_way(self, key: str, asked: Stop) -> Iterator[None]:
        """Holds the key's only place."""
        with self._lock:
            turns = self._turns.get(key)
            if turns is None:
                turns = self._turns[key] = Turns(1)
        with turns.quick(asked):
            yield
