"""What Streamlit tells nobody openly: every private name of its that the dashboard uses, each with a test of its own.

The names are those of the versions that `requirements.txt` admits; another version may have others.
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
from streamlit.typing import UploadedFile
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

Container = DeltaGenerator  # what st.container, st.empty and st.columns give: where elements are drawn
MenuEntry = StreamlitPage  # what st.Page gives
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


def went_back_or_forth() -> bool:
    """Whether this script run is for a step through the browser's history; such an address stays as it is."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


def free_parameters(keys: Iterable[str]) -> None:
    """Frees query parameters from the widgets that they are bound to.

    Streamlit lets no one but its widget change a bound one, and takes it out of the address when the widget goes.
    """
    with get_session_state().query_params() as params:
        for key in keys:
            _free(params, key)


def mend_address(mended: Mapping[str, str | None]) -> None:
    """Sets query parameters, and takes out those that are None, bound or not, by one message to the browser.

    Widgets that are not drawn yet start from what the address says then.
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


def upload_id(file: UploadedFile) -> str:
    """Which upload it is: another one of the same file has another."""
    return file.file_id


def ignore_pages_folder() -> None:
    """Keeps Streamlit from taking a folder named `pages` for its older kind of menu.

    It does so until st.navigation has run once, and would tell a first visitor who follows a link that there is no such page.
    """
    PagesManager.uses_pages_directory = False
