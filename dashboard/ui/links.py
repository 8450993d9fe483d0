"""Widgets that live in the address: a link sets them, and where it asks for what there is not, the page says so."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import get_session_state
from streamlit.runtime.state.query_params import QueryParams

from dashboard.ui.text import plain

NOTICE_SECONDS = 20
DRAWN, OTHERS = "linked_widgets_drawn", "settings_of_other_pages"


def linked(widget: Callable[..., Any], label: str, *arguments: Any, key: str, **options: Any) -> Any:
    """A Streamlit widget whose value is the query parameter `key`. Streamlit drops what it can't show; this says so."""
    wanted = _wanted(key)
    st.session_state[DRAWN].add(key)
    value = widget(label, *arguments, key=key, bind="query-params", **options)
    if wanted is not None and not _same(wanted, value):
        shown = "nothing" if value is None else value
        st.toast(
            f"The link asked for **{label.lower()}** {plain(wanted[:60]) or 'of nothing'}, which is not on offer here: "
            f"{plain(str(shown))} is shown.",
            icon=":material/link_off:", duration=NOTICE_SECONDS,
        )  # fmt: skip
    return value


def linked_slider(label: str, low: float, high: float, default: float, step: float, *, key: str, **options: Any) -> float:
    """A slider in the address. What lies off the step is put on it, what lies out of range falls back.

    Where there is one value alone, that is it: Streamlit draws no slider without a range.
    """
    if high <= low:
        return low
    _onto_step(key, low, high, step)
    keep_in_range(key, low, high)
    return linked(st.slider, label, low, high, default, step, key=key, **options)


@contextmanager
def every_setting_kept(page: str) -> Iterator[None]:
    """Settings of other pages stay in the address while `page` is drawn in this block.

    Streamlit drops them twice: the browser when the page changes, the server at the end of a run, when it takes out what it
    bound to widgets that are gone. Whoever goes back gets the address as it was.
    """
    last, others = st.session_state.get(OTHERS, (page, {}))
    if last != page and not get_script_run_ctx().is_history_navigation:
        st.query_params.update({key: value for key, value in others.items() if key not in st.query_params})
    drawn = st.session_state[DRAWN] = set()
    yield
    with get_session_state().query_params() as params:
        for key in set(params) - drawn:
            _unbind(params, key)
    st.session_state[OTHERS] = (page, {key: value for key, value in st.query_params.items() if key not in drawn})


def _unbind(params: QueryParams, key: str) -> None:
    """Frees a setting of the address from its widget; Streamlit lets no one else change it."""
    binding = params.get_binding_for_param(key)
    if binding is not None:
        params.unbind_widget(binding.widget_id)


def start_anew(key: str, value: Any) -> None:
    """Puts a setting back to its first value, here and in the address; whoever goes back or forth gets the address as it was.

    Deleted, it would come again: the browser keeps the value of a widget that looks the same.
    """
    if get_script_run_ctx().is_history_navigation:
        return
    st.session_state[key] = value
    if key in st.query_params:
        with get_session_state().query_params() as params:
            _unbind(params, key)
        del st.query_params[key]


def _wanted(key: str) -> str | None:
    """What the link says of a setting that nobody has touched yet."""
    return None if key in st.session_state else st.query_params.get(key)


def _same(wanted: str, value: Any) -> bool:
    if isinstance(value, bool):
        return wanted.lower() == str(value).lower()
    if isinstance(value, int | float):
        return _number(wanted) == value
    return wanted == str(value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _onto_step(key: str, low: float, high: float, step: float) -> None:
    """Streamlit's slider would take any number within its range, so the address is mended first."""
    number = _number(_wanted(key) or "")
    if number is not None and low <= number <= high and number != (near := snapped(number, low, step)):
        st.query_params[key] = str(near)
        st.rerun()


def snapped(value: float, low: float, step: float) -> float | int:
    """The step nearest to a number; whole where low and step are."""
    near = low + round((value - low) / step) * step
    return near if isinstance(near, int) else round(near, 6)


def keep_in_range(key: str, low: float, high: float) -> None:
    """A depth of 12 stays chosen when a model with 6 layers comes: it becomes 6, not an error."""
    value = st.session_state.get(key)
    if isinstance(value, int | float) and not low <= value <= high:
        st.session_state[key] = type(low)(min(max(value, low), high))


def keep_an_option(key: str, options: Mapping[str, Any] | list[str]) -> None:
    """Forgets a choice that is no longer on offer, such as a class of the model before."""
    if st.session_state.get(key) not in (None, *options):
        del st.session_state[key]
