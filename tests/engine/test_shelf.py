"""What is kept stays within its bound; what is asked for twice at once is made once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.engine.shelf import Shelf

PATIENCE = 60


def test_those_go_first_that_were_not_asked_for_longest():
    shelf: Shelf[str, str] = Shelf(3)
    for letter in "abc":
        shelf.put(letter, letter)
    assert shelf.get("a") == "a"
    shelf.put("d", "d")
    assert {key for key, _ in shelf.items()} == {"c", "a", "d"}
    assert shelf.made("c", lambda: "new") == "c"
    shelf.put("e", "e")
    assert {key for key, _ in shelf.items()} == {"d", "c", "e"}


def test_to_look_at_everything_changes_no_order():
    shelf: Shelf[str, str] = Shelf(2)
    shelf.put("a", "a")
    shelf.put("b", "b")
    shelf.get("a")
    shelf.items()
    shelf.put("c", "c")
    assert shelf.get("b") is None
    assert shelf.get("a") == "a"


def test_sizes_count():
    shelf: Shelf[str, str] = Shelf(10, len)
    for text in ("four", "five5", "six"):
        shelf.put(text, text)
        assert shelf.used == sum(len(kept) for _, kept in shelf.items()) <= 10
    assert {kept for _, kept in shelf.items()} == {"five5", "six"}
    shelf.put("six", "longer")
    assert shelf.used == 6, "in place of the one before, and of what it leaves no room for"
    shelf.put("x", "more than all the room")
    assert [kept for _, kept in shelf.items()] == ["longer"]
    shelf.clear()
    assert shelf.used == 0


def test_what_is_unwanted_goes():
    shelf: Shelf[tuple[int, int], int] = Shelf(10)
    for index in range(6):
        shelf.put((index % 2, index), index)
    shelf.forget(lambda key: key[0] == 1)
    assert [kept for _, kept in shelf.items()] == [0, 2, 4]
    assert shelf.used == 3


def test_many_who_ask_at_once_share_what_is_made():
    shelf: Shelf[str, object] = Shelf(10)
    made, go_on = [], threading.Event()

    def make() -> object:
        made.append(1)
        assert go_on.wait(PATIENCE)
        return object()

    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(shelf.made, "a", make) for _ in range(8)]
        assert shelf.made("b", object), "another key waits for nobody"
        go_on.set()
        assert len({id(each.result(PATIENCE)) for each in asking}) == 1
    assert made == [1]


def test_whoever_leaves_leaves_what_is_being_made():
    making, go_on, leaver = threading.Event(), threading.Event(), threading.get_ident()

    class Left(BaseException):
        pass

    def stop() -> None:
        if threading.get_ident() == leaver:
            raise Left

    shelf: Shelf[str, str] = Shelf(10, stop=stop)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shelf.made, "a", lambda: making.set() or str(go_on.wait(PATIENCE)))
        assert making.wait(PATIENCE)
        with pytest.raises(Left):
            shelf.made("a", lambda: "never")
        go_on.set()
        assert first.result(PATIENCE) == "True"
    assert shelf.get("a") == "True"


def test_what_fails_is_made_again():
    shelf: Shelf[str, str] = Shelf(10)

    def fail() -> str:
        raise ValueError("once")

    with pytest.raises(ValueError, match="once"):
        shelf.made("a", fail)
    assert shelf.made("a", lambda: "then") == "then"
