"""Whose turn it is: quick work first, slow work a little at a time, and no place is lost with those who leave."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from dashboard.models.turns import OVERTAKEN, OneEach, Turns

PATIENCE = 30


def patient() -> None:
    """Stays in the queue."""


class Left(Exception):
    """Of somebody who waits no longer."""


class Queue:
    """Work that waits in a thread each, and tells in which order it was done; `turns` gives every step to somebody else."""

    def __init__(self, places: int, turn: float = 0) -> None:
        self.turns, self.done = Turns(places, turn), []
        self.threads: list[threading.Thread] = []

    def add(self, name: str, work: Callable[[str], None]) -> None:
        """Waits until the work waits."""
        before = self.waiting()
        thread = threading.Thread(target=work, args=(name,), daemon=True)
        self.threads.append(thread)
        thread.start()
        while self.waiting() == before and thread.is_alive():
            pass

    def waiting(self) -> int:
        return sum(map(len, self.turns._waiting.values()))

    def quick(self, name: str) -> None:
        with self.turns.quick(patient):
            self.done.append(name)

    def slow(self, name: str, steps: int = 1) -> None:
        with self.turns.slow(patient) as stepped:
            for step in range(steps):
                self.done.append(f"{name}{step}")
                stepped(1)

    def end(self) -> list[str]:
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return self.done


@contextmanager
def all_taken(queue: Queue) -> Iterator[None]:
    """Every place is held by somebody else."""
    inside, leave = threading.Barrier(queue.turns._seats[False] + 1), threading.Event()

    def hold() -> None:
        with queue.turns.quick(patient):
            inside.wait(PATIENCE)
            assert leave.wait(PATIENCE)

    with ThreadPoolExecutor(queue.turns._seats[False]) as pool:
        held = [pool.submit(hold) for _ in range(queue.turns._seats[False])]
        inside.wait(PATIENCE)
        yield
        leave.set()
        for each in held:
            each.result(PATIENCE)


def test_a_quick_look_goes_before_all_slow_work_that_came_earlier() -> None:
    queue = Queue(places=1)
    with all_taken(queue):
        for index in range(20):
            queue.add(f"slow {index} ", queue.slow)
        queue.add("quick", queue.quick)
    assert queue.end()[0] == "quick"
    assert queue.done[1:] == [f"slow {index} 0" for index in range(20)]


def test_slow_work_never_takes_the_last_place() -> None:
    turns = Turns(2)
    with turns.slow(patient):
        with pytest.raises(Left), ThreadPoolExecutor(1) as pool:
            pool.submit(_slow, turns, _leave).result(PATIENCE)
        with ThreadPoolExecutor(1) as pool:  # while a look gets its place at once
            assert pool.submit(_quick, turns, _leave).result(PATIENCE)


def _slow(turns: Turns, asked: Callable[[], None]) -> bool:
    with turns.slow(asked):
        return True


def _quick(turns: Turns, asked: Callable[[], None]) -> bool:
    with turns.quick(asked):
        return True


def _leave() -> None:
    raise Left


def test_slow_work_gives_way_to_a_look_at_its_next_step() -> None:
    queue = Queue(places=1, turn=PATIENCE)

    def slow(name: str) -> None:
        with queue.turns.slow(patient) as stepped:
            queue.done.append("first step")
            queue.add("look", queue.quick)
            stepped(1)
            queue.done.append("second step")

    slow("")
    assert queue.end() == ["first step", "look", "second step"]


def test_slow_methods_take_turns() -> None:
    queue = Queue(places=1)
    with all_taken(queue):
        for name in "abc":
            queue.add(name, lambda name: queue.slow(name, steps=3))
    assert queue.end() == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]


def test_a_turn_that_is_not_used_up_goes_on_first() -> None:
    """Who gives way to a look within its turn does not lose the turn to other slow work."""
    queue = Queue(places=1, turn=PATIENCE)

    def slow(name: str) -> None:
        with queue.turns.slow(patient) as stepped:
            queue.add("b", queue.slow)
            queue.add("look", queue.quick)
            stepped(1)
            queue.done.append("a")

    slow("")
    assert queue.end() == ["look", "a", "b0"]


def test_looks_without_end_do_not_starve_slow_work() -> None:
    queue = Queue(places=1)
    with all_taken(queue):
        queue.add("slow", queue.slow)
        for index in range(2 * OVERTAKEN):
            queue.add(f"look {index}", queue.quick)
    assert queue.end().index("slow0") == OVERTAKEN


@pytest.mark.parametrize("places", [1, 2])
def test_a_pass_within_slow_work_goes_on_in_its_place(places: int) -> None:
    turns = Turns(places)
    with turns.slow(_leave), turns.quick(_leave):
        pass
    with turns.slow(_leave):  # and each place was given back once
        pass


@pytest.mark.parametrize("take", [_slow, _quick])
def test_who_leaves_the_queue_takes_no_place_along(take: Callable[[Turns, Callable[[], None]], bool]) -> None:
    queue = Queue(places=1)
    with all_taken(queue):
        for _ in range(3):
            with pytest.raises(Left):
                take(queue.turns, _leave)
    assert queue.waiting() == 0
    assert take(queue.turns, _leave)


def test_who_leaves_between_two_turns_takes_no_place_along() -> None:
    queue, release = Queue(places=1), threading.Event()

    def hold(_: str) -> None:
        with queue.turns.quick(patient):
            assert release.wait(PATIENCE)

    def slow() -> None:
        with queue.turns.slow(_leave) as stepped:
            queue.add("look", hold)
            stepped(1)

    with pytest.raises(Left):
        slow()
    release.set()
    queue.end()
    assert sum(queue.turns._working.values()) == 0


def test_one_for_each_visitor_at_a_time() -> None:
    each, order = OneEach(), []
    waits, first_done = threading.Event(), threading.Event()

    def second() -> None:
        with each.under_way("mine", waits.set):
            order.append(("second", first_done.is_set()))

    with ThreadPoolExecutor(2) as pool:
        with each.under_way("mine", patient):
            waiting = pool.submit(second)
            assert waits.wait(PATIENCE)
            pool.submit(_one_of, each, "another's").result(PATIENCE)
            first_done.set()
        waiting.result(PATIENCE)
    assert order == [("second", True)]


def _one_of(each: OneEach, key: str) -> None:
    with each.under_way(key, _leave):
        pass
