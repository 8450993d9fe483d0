"""What Streamlit tells nobody openly, each with a test of its own: what has been asked of a script run, and by whom."""

from typing import Literal

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequestType
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

Wish = Literal["go on", "start anew", "stop"]
_WISHES: dict[ScriptRequestType, Wish] = {ScriptRequestType.RERUN: "start anew", ScriptRequestType.STOP: "stop"}


def wish() -> Wish:
    """What the person behind this script run wants by now.

    Stop: they left, or a click has started another run, which goes on beside this one until this one looks. Start anew:
    they clicked something within a fragment, which runs when this run has ended. Outside a run: go on.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or context.script_requests is None:
        return "go on"
    requests = context.script_requests
    wanted = _WISHES.get(requests._state, "go on")
    return "go on" if wanted == "start anew" and _is_a_timer(requests._rerun_data) else wanted


def _is_a_timer(asked: RerunData) -> bool:
    """Whether only a fragment that runs every second is to run: a click adds another fragment, or the whole page."""
    return asked.is_auto_rerun and len(asked.fragment_id_queue) == 1


def session() -> str:
    """Which open page this script run is for; empty outside one."""
    context = get_script_run_ctx(suppress_warning=True)
    return "" if context is None else context.session_id


def is_here(page: str) -> bool:
    """Whether a page, by its `session()`, is still open in a browser; any thread may ask. True where nothing is served."""
    return not runtime.exists() or runtime.get_instance().is_active_session(page)


def visitor() -> str:
    """Who is behind this script run: the same for every page open in one browser, as far as its cookie tells."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return ""
    token, _ = decode_xsrf_token_string(st.context.cookies.get(XSRF_COOKIE_NAME, ""))
    return token.hex() if token else context.session_id
