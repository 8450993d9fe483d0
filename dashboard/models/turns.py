"""Whose turn it is to work: quick looks before slow methods, and slow methods one after the other, a little at a time."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from weakref import WeakValueDictionary

ASKED_EVERY = 0.2  # seconds between two calls of the `Stop` of those who wait
TURN = 0.2  # seconds after which slow work gives way to other slow work; it gives way to quick work at its next step
OVERTAKEN = 16  # pieces of quick work that may go before waiting slow work, while no slow work is under way

Stop = Callable[[], None]  # a caller's function, called now and then while the caller waits; it may raise to leave


class Turns:
    """A queue for so many `seats`, each for one piece of work at a time. Slow work never takes the last of several seats, so
    that quick work waits for slow work only where there is one seat in all. Both wait in the order in which they came.
    """

    def __init__(self, seats: int, turn: float = TURN) -> None:
        self._seats, self._turn = {False: seats, True: max(seats - 1, 1)}, turn
        self._lock = threading.Lock()
        self._working = {False: 0, True: 0}  # pieces of work under way, by whether they are slow
        self._waiting: dict[bool, deque[threading.Event]] = {False: deque(), True: deque()}
        self._overtaken = 0

    @contextmanager
    def quick(self, stop: Stop) -> Iterator[None]:
        """Holds a seat. Quick work within slow work goes on in the seat that the slow work holds."""
        if self in _SLOW_IN.get():
            yield
            return
        self._take(False, stop)
        try:
            yield
        finally:
            self._release(False)

    @contextmanager
    def slow(self, stop: Stop) -> Iterator[Callable[[int], None]]:
        """Holds a seat. Gives a function that the slow work calls after every step, with the units that the step did: in this
        call the work gives way to others.
        """
        self._take(True, stop)
        holds, started = True, time.monotonic()

        def stepped(units: int) -> None:
            nonlocal holds, started
            if not units:  # the work only waits
                return
            used_up = time.monotonic() - started >= self._turn
            if self._wanted(used_up):
                holds = False
                self._release(True)
                self._take(True, stop, first=not used_up)
                holds, started = True, time.monotonic()

        token = _SLOW_IN.set(_SLOW_IN.get() | {self})
        try:
            yield stepped
        finally:
            _SLOW_IN.reset(token)
            if holds:
                self._release(True)

    def _take(self, slow: bool, stop: Stop, first: bool = False) -> None:
        given = threading.Event()
        with self._lock:
            queue = self._waiting[slow]
            queue.appendleft(given) if first else queue.append(given)
            self._hand_out()
        try:
            while not given.wait(ASKED_EVERY):
                stop()
        except BaseException:  # a caller who leaves keeps no seat
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
        """Whether other work waits for the seat that slow work holds."""
        with self._lock:
            return bool(self._waiting[False] or (used_up and self._waiting[True]))

    def _hand_out(self) -> None:
        while (slow := self._next()) is not None:
            self._overtaken = self._overtaken + 1 if self._waiting[True] and not slow and not self._working[True] else 0
            self._working[slow] += 1
            self._waiting[slow].popleft().set()

    def _next(self) -> bool | None:
        """Whether slow work is next; None where no work waits that may have a seat."""
        if sum(self._working.values()) >= self._seats[False]:
            return None
        slow_may = self._waiting[True] and self._working[True] < self._seats[True]
        if slow_may and (not self._waiting[False] or self._overtaken >= OVERTAKEN):
            return True
        return False if self._waiting[False] else None


# The queues in which this thread does slow work.
_SLOW_IN: ContextVar[frozenset[Turns]] = ContextVar("slow_in", default=frozenset())


class OneEach:
    """One piece of work at a time for each key, such as a visitor: a second one waits until the first ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: WeakValueDictionary[str, Turns] = WeakValueDictionary()

    @contextmanager
    def under_way(self, key: str, stop: Stop) -> Iterator[None]:
        """Holds the key's only seat."""
        with self._lock:
            turns = self._turns.get(key)
            if turns is None:
                turns = self._turns[key] = Turns(1)
        with turns.quick(stop):
            yield
