"""Visitors beside each other: what nobody waits for any longer stops, wherever it waits."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import torch
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

from dashboard.engine import store
from dashboard.engine.request import Request
from dashboard.evidence import AttentionMaps
from dashboard.methods import ClassActivationMap
from dashboard.models import device
from dashboard.models.device import PASSES, pass_under_way
from dashboard.progress import advance
from dashboard.ui import caches, streamlit_internals
from tests.conftest import ROOT
from tests.models.tiny import photo

CPU, PATIENCE = torch.device("cpu"), 60


@contextmanager
def every_place_taken() -> Iterator[None]:
    """Other visitors' passes are under way, and don't end."""
    with ExitStack() as places:
        for _ in range(PASSES["cpu"]):
            places.enter_context(pass_under_way(CPU))
        yield


@pytest.fixture
def leaves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The person closes the page as soon as something of theirs has asked whether they still wait; lists what was asked."""
    caches.classifier("bundled/cnn")  # here, as opening asks too
    caches.classifier("bundled/vit")
    asked, wish = [], streamlit_internals.wish

    def leave_and_ask() -> str:
        get_script_run_ctx().script_requests.request_stop()  # as Streamlit does when a browser goes
        asked.append(wish())
        return asked[-1]

    monkeypatch.setattr(caches, "wish", leave_and_ask)
    return asked


def test_who_leaves_waits_for_no_pass(leaves: list[str]):
    caches.STORE.looks.clear()
    with every_place_taken():
        AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=PATIENCE).run()
    assert leaves == ["stop"]
    assert not any(device._turns("cpu")._waiting.values())
    assert not any(device._turns("cpu")._working.values())


def test_who_leaves_waits_for_nobody_elses_look(monkeypatch: pytest.MonkeyPatch):
    """One photo, asked about twice: the second leaves while the first one's pass is still under way."""

    class Left(BaseException):
        pass

    def leave() -> None:
        raise Left

    one, looking = photo(seed=11), threading.Event()
    caches.classifier("bundled/vit")
    caches.STORE.looks.clear()
    with every_place_taken():
        monkeypatch.setattr(caches, "wish", lambda: looking.set() or "go on")
        first = threading.Thread(target=caches.STORE.look, args=("bundled/vit", one, AttentionMaps))
        first.start()
        assert looking.wait(PATIENCE)
        second = threading.current_thread()
        monkeypatch.setattr(caches.st, "stop", leave)
        monkeypatch.setattr(caches, "wish", lambda: "stop" if threading.current_thread() is second else "go on")
        with pytest.raises(Left):
            caches.STORE.look("bundled/vit", one, AttentionMaps)
    first.join(PATIENCE)
    assert not first.is_alive()
    kept = [key for key, _ in caches.STORE.looks.items() if key[1] == one.digest]
    assert len(kept) == 1, "and the first has what it asked for"


@pytest.mark.parametrize("slow", [True, False])
def test_slow_methods_alone_go_second_on_the_processor(slow: bool, monkeypatch: pytest.MonkeyPatch):
    def own() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    inside, before, read = [], own(), store.read
    monkeypatch.setattr(store, "read", lambda *asked: inside.append(own()) or read(*asked))
    caches.STORE.maps.clear()
    caches.STORE.made(Request(caches.classifier("bundled/cnn"), photo(seed=3), ClassActivationMap()), slow)
    assert inside == [before + (device.NICE if slow and sys.platform == "linux" else 0)]


def test_outside_of_a_run_all_goes_on():
    caches.stop_if_left()
    advance(0)
