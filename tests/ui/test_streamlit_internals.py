"""What the dashboard takes for granted of Streamlit's inside: a test for each, to fail where a new version differs."""

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit import runtime
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from dashboard.ui import streamlit_internals
from dashboard.ui.streamlit_internals import Container, MenuEntry, _is_a_timer
from tests.conftest import ROOT


def ran(script: Callable[[], None], **query: str) -> AppTest:
    """A script of its own, run once at an address."""
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params.update(query)
    return healthy(app.run())


def healthy(app: AppTest) -> AppTest:
    assert not app.exception, [entry.value for entry in app.exception]
    return app


def test_outside_of_a_run_nobody_wants_anything():
    assert streamlit_internals.wish() == "go on"
    assert streamlit_internals.session() == ""
    assert streamlit_internals.visitor() == ""
    assert not streamlit_internals.went_back_or_forth()


def test_a_run_that_was_left_is_told_to_stop():
    def script():
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from dashboard.ui.streamlit_internals import wish

        seen = st.session_state["seen"] = [wish()]
        get_script_run_ctx().script_requests.request_stop()
        seen.append(wish())

    assert ran(script).session_state["seen"] == ["go on", "stop"]


def test_a_click_within_a_fragment_is_seen_from_within_a_run(monkeypatch: pytest.MonkeyPatch):
    class Context:
        script_requests = ScriptRequests()

    monkeypatch.setattr(streamlit_internals, "get_script_run_ctx", lambda **_: Context)
    assert streamlit_internals.wish() == "go on"
    Context.script_requests.request_rerun(RerunData(fragment_id="progress", is_auto_rerun=True))
    assert streamlit_internals.wish() == "go on", "a fragment that runs every second is no click"
    Context.script_requests.request_rerun(RerunData(fragment_id="maps"))
    assert streamlit_internals.wish() == "start anew"


def test_a_look_at_a_download_is_no_click():
    assert _is_a_timer(RerunData(fragment_id_queue=["progress"], is_auto_rerun=True))
    assert not _is_a_timer(RerunData(fragment_id_queue=["maps"]))
    assert not _is_a_timer(RerunData(fragment_id_queue=["maps", "progress"], is_auto_rerun=True))
    assert not _is_a_timer(RerunData(is_auto_rerun=True))


def test_a_run_knows_its_page():
    def script():
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from dashboard.ui.streamlit_internals import session, visitor

        own = get_script_run_ctx().session_id
        st.session_state["seen"] = own and [session() == own, visitor() == own]

    assert ran(script).session_state["seen"] == [True, True]


def test_the_server_knows_which_pages_are_open(monkeypatch: pytest.MonkeyPatch):
    assert streamlit_internals.is_here("any"), "where nothing is served"

    class Server:
        is_active_session = staticmethod(lambda page: page == "open")

    assert callable(runtime.Runtime.is_active_session)
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: Server)
    assert streamlit_internals.is_here("open")
    assert not streamlit_internals.is_here("closed")


def test_pages_in_one_browser_have_one_visitor(monkeypatch: pytest.MonkeyPatch):
    """Streamlit masks the cookie's token anew for each page."""

    class Context:
        session_id = "page"

    def seen_with(cookies: dict[str, str]) -> str:
        monkeypatch.setattr(type(st.context), "cookies", cookies)
        return streamlit_internals.visitor()

    monkeypatch.setattr(streamlit_internals, "get_script_run_ctx", lambda **_: Context)
    masked = [generate_xsrf_token_string(token) for token in (b"0123456789abcdef", b"0123456789abcdef", b"another!")]
    visitors = [seen_with({XSRF_COOKIE_NAME: each}) for each in masked]
    assert masked[0] != masked[1]
    assert visitors[0] == visitors[1] != visitors[2]
    assert seen_with({}) == seen_with({XSRF_COOKIE_NAME: "nonsense"}) == "page", "without a cookie each page is its own"


def test_a_step_through_the_history_is_told_from_a_click():
    def script():
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from dashboard.ui.streamlit_internals import went_back_or_forth

        seen = st.session_state["seen"] = [went_back_or_forth()]
        context = get_script_run_ctx()
        assert isinstance(context.is_history_navigation, bool)
        context.is_history_navigation = True  # as the browser says it with Back and Forth
        seen.append(went_back_or_forth())

    assert ran(script).session_state["seen"] == [False, True]


def bound() -> None:
    """Two sliders in the address; `then` says what happens to them."""
    import streamlit as st
    from streamlit.errors import StreamlitAPIException

    from dashboard.ui.streamlit_internals import free_parameters, mend_address

    then = st.session_state.get("then", "")
    if then == "set":
        try:
            st.query_params["one"] = "5"
        except StreamlitAPIException as error:
            st.session_state["refused"] = str(error)
    if then == "mend":
        mend_address({"one": "5", "other": None, "more": "text"})
    if then == "free":
        free_parameters(["one", "unknown"])
    if then not in ("free", "hide"):
        st.session_state["seen"] = [st.slider(key, 0, 9, 1, key=key, bind="query-params") for key in ("one", "other")]


def test_a_parameter_that_is_bound_is_its_widgets_alone():
    app = ran(bound, one="3", other="4")
    assert app.session_state["seen"] == [3, 4]
    app.session_state["then"] = "set"
    assert "bound to a widget" in healthy(app.run()).session_state["refused"]


def test_a_parameter_goes_with_its_widget_unless_it_was_freed():
    left = {}
    for then in ("hide", "free"):
        app = ran(bound, one="3", other="4")
        app.session_state["then"] = then
        left[then] = healthy(app.run()).query_params
    assert not left["hide"]
    assert left["free"] == {"one": "3"}


def test_a_mended_address_is_what_widgets_start_from():
    app = AppTest.from_function(bound, default_timeout=60)
    app.query_params.update(one="3", other="4")
    app.session_state["then"] = "mend"
    assert healthy(app.run()).session_state["seen"] == [5, 1]
    assert app.query_params == {"one": "5", "more": "text"}


def test_a_mended_address_frees_what_was_bound():
    app = ran(bound, one="3", other="4")
    app.session_state["then"] = "mend"
    assert healthy(app.run()).query_params == {"one": "5", "more": "text"}


def test_places_and_pages_are_of_the_types_that_are_named():
    assert all(isinstance(made, Container) for made in (st.container(), st.empty(), *st.columns(2)))
    assert isinstance(st.Page(ROOT / "pages" / "Models.py"), MenuEntry)


def test_a_folder_named_pages_is_no_menu(monkeypatch: pytest.MonkeyPatch):
    front_door = str(ROOT / "streamlit_app.py")
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    PagesManager(front_door)
    assert PagesManager.uses_pages_directory, "else nothing needs to be done"
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    streamlit_internals.ignore_pages_folder()
    PagesManager(front_door)
    assert PagesManager.uses_pages_directory is False
