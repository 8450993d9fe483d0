"""A fresh server shows the shell of its pages before it has imported what draws the maps."""

import subprocess
import sys
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui import getting_ready
from tests.conftest import ROOT
from tests.ui.pages import healthy


class Twice:
    """An event that comes after the second look, and notes how often it was waited for."""

    def __init__(self) -> None:
        self.looks = 0

    def is_set(self) -> bool:
        return self.looks > 1

    def wait(self, timeout: float) -> bool:
        self.looks += 1
        return self.is_set()


def waits() -> None:
    import streamlit as st

    from dashboard.ui.getting_ready import waited

    waited()
    st.text("the page")


def test_the_front_door_imports_nothing_that_is_slow():
    script = "import sys, dashboard.ui.front_door; print(sorted({'torch', 'transformers', 'torchvision'} & set(sys.modules)))"
    said = subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True, timeout=60)
    assert said.strip() == "[]"


def test_who_comes_before_the_server_is_ready_waits_below_the_shell(monkeypatch: pytest.MonkeyPatch):
    ended = Twice()
    begun = Event()
    begun.set()
    monkeypatch.setattr(getting_ready, "_begun", begun)
    monkeypatch.setattr(getting_ready, "_ended", ended)
    app = healthy(AppTest.from_function(waits).run())
    assert ended.looks == 2
    assert [text.value for text in app.text] == ["the page"]
    assert not app.caption, "what stood in the page's place is gone"


def test_a_failed_start_holds_nobody_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(getting_ready, "_ended", Event())

    def fails() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        getting_ready._run(fails)
    assert getting_ready._ended.is_set()
