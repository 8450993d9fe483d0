"""Every private name of Streamlit that the dashboard uses, each with a test of what is assumed about it.

The names are those of the versions that `requirements.txt` allows; other versions may differ.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import streamlit as st
from streamlit import runtime
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequestType
from streamlit.runtime.state import get_session_state
from streamlit.runtime.state.query_params import QueryParams
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

Container = DeltaGenerator  # what st.container, st.empty and st.columns return, and elements are drawn into
MenuEntry = StreamlitPage  # what st.Page returns
Wish = Literal["go on", "start anew", "stop"]
_WISHES: dict[ScriptRequestType, Wish] = {ScriptRequestType.RERUN: "start anew", ScriptRequestType.STOP: "stop"}


def wish() -> Wish:
    """What the visitor of this script run wants by now.

    "stop": they left, or a click has started another run, which goes on beside this one until this one checks. "start anew":
    they clicked something within a fragment, which Streamlit runs only after this run has ended. Outside a script run it is
    always "go on".
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or context.script_requests is None:
        return "go on"
    requests = context.script_requests
    wanted = _WISHES.get(requests._state, "go on")
    return "go on" if wanted == "start anew" and _is_a_timer(requests._rerun_data) else wanted


def _is_a_timer(asked: RerunData) -> bool:
    """Whether the next run is only a fragment's timer. A click would add another fragment, or ask for the whole page."""
    return asked.is_auto_rerun and len(asked.fragment_id_queue) == 1


def session() -> str:
    """The id of the open page that this script run is for; empty outside a script run."""
    context = get_script_run_ctx(suppress_warning=True)
    return "" if context is None else context.session_id


def is_here(page: str) -> bool:
    """Whether a page, named by its `session()`, is still open in a browser; safe in any thread. True if no server runs."""
    return not runtime.exists() or runtime.get_instance().is_active_session(page)


def visitor() -> str:
    """The id of this script run's visitor: the same for all pages open in one browser, if it sends Streamlit's cookie."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return ""
    token, _ = decode_xsrf_token_string(st.context.cookies.get(XSRF_COOKIE_NAME, ""))
    return token.hex() if token else context.session_id


def went_back_or_forth() -> bool:
    """Whether Back or Forward started this script run. The address must then stay as it is."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


def free_parameters(keys: Iterable[str]) -> None:
    """Frees query parameters from the widgets that they are bound to.

    While a parameter is bound, Streamlit lets only its widget change it, and removes it from the address with the widget.
    """
    with get_session_state().query_params() as params:
        for key in keys:
            _free(params, key)


def mend_address(mended: Mapping[str, str | None]) -> None:
    """Sets query parameters, bound to widgets or not, and removes those that are None, by one message to the browser.

    Widgets that are drawn later start from the new address.
    """
    with get_session_state().query_params() as params:
        for key, text in mended.items():
            _free(params, key)
            if text is None:
                params.discard_param_no_forward_msg(key)
        params.update({key: text for key, text in mended.items() if text is not None})
        params.set_initial_query_params_from_current()


def _free(params: QueryParams, key: str) -> None:
    binding = params.get_binding_for_param(key)
    if binding is not None:
        params.unbind_widget(binding.widget_id)


def ignore_pages_folder() -> None:
    """Stops Streamlit from building its older kind of menu from the folder `pages`.

    Until st.navigation has run once, it would do so and tell a first visitor who follows a link "Page not found".
    """
    PagesManager.uses_pages_directory = False
