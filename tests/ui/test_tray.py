"""Where a page lays its files: what is asked for is of what is on the page, never of what was on it before."""

import threading

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.parts import downloads
from dashboard.ui.parts.downloads import Tray


def test_the_newest_is_what_a_click_gets():
    tray = Tray({})
    tray.lay({"a.txt": lambda: b"old"})
    tray.lay({"a.txt": lambda: b"new"})
    assert tray.made("a.txt") == b"new"


def test_what_is_on_the_page_no_longer_is_no_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(downloads, "WAITS", 0.01)
    tray = Tray({})
    tray.lay({"a.txt": lambda: b"old"})
    tray.empty()
    with pytest.raises(LookupError, match=r"a\.txt is made of maps that are not on the page"):
        tray.made("a.txt")


def test_a_click_waits_for_the_page_to_be_drawn():
    tray, got = Tray({}), []
    click = threading.Thread(target=lambda: got.append(tray.made("a.txt")))
    click.start()
    tray.lay({"a.txt": lambda: b"drawn"})
    click.join(60)
    assert got == [b"drawn"]


def page() -> None:
    import streamlit as st

    from dashboard.ui.parts.downloads import Tray

    st.session_state["runs"] += 1
    Tray({"maps": st.session_state["menu"]}).must_say({"maps": st.session_state["wanted"]})


def runs(app: AppTest, menu: str, wanted: str) -> int:
    before = app.session_state["runs"]
    app.session_state["menu"], app.session_state["wanted"] = menu, wanted
    app.run()
    assert not app.exception
    return app.session_state["runs"] - before


def test_the_menu_is_drawn_again_once_for_each_change_of_names():
    app = AppTest.from_function(page)
    app.session_state["runs"] = 0
    assert runs(app, "a", "a") == 1
    assert runs(app, "a", "b") == 2, "again, and not without end where the menu keeps its names"
    assert runs(app, "b", "b") == 1
    assert runs(app, "a", "b") == 2, "the same change a second time"
