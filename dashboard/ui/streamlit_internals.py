"""What Streamlit tells nobody openly, each with a test of its own: what has been asked of a script run, and by whom."""

from typing import Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
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
    return "go on" if context is None else _WISHES.get(context.script_requests._state, "go on")


def visitor() -> str:
    """Who is behind this script run: the same for every page open in one browser, as far as its cookie tells."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return ""
    token, _ = decode_xsrf_token_string(st.context.cookies.get(XSRF_COOKIE_NAME, ""))
    return token.hex() if token else context.session_id
