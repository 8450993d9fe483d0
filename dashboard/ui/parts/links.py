"""Widgets that live in the address: a link sets them, and where it asks for what there is not, the page says so.

What a box shows is what is used, always. A browser keeps the value of a widget for as long as it draws one with the same key,
whatever the script forgets: so no choice is ever forgotten. One that is no longer there is set to another, here, in the box
and in the address.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import streamlit as st

from dashboard.ui.parts.notices import say
from dashboard.ui.parts.parameters import present_names
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import free_parameters, mend_address, went_back_or_forth

DRAWN, OTHERS = "linked_widgets_drawn", "settings_of_other_pages"
SHAPES = "shapes_of_linked_widgets"  # by key, what the last one could show, and showed at first
ASKED = "asked_by_the_link"  # what came with the address and no widget has taken up yet
TURNED = "another_model_since_the_link"  # whether a person chose one, which may lack what the link asked for
Option = TypeVar("Option", bound=str)
LONGEST = 1_000  # characters of a setting, by far more than any has


def linked(widget: Callable[..., Any], label: str, *arguments: Any, key: str, **options: Any) -> Any:
    """A Streamlit widget whose value is the query parameter `key`. Streamlit drops what it can't show; this says so."""
    asked = st.session_state[ASKED].pop(key, None)
    st.session_state[DRAWN].add(key)
    value = widget(label, *arguments, key=key, bind="query-params", **options)
    _tell_if_other(label, asked, value)
    return value


def _tell_if_other(label: str, asked: str | None, value: Any) -> None:
    if asked is not None and not st.session_state.get(TURNED) and not _same(asked, value):
        shown = "nothing" if value is None else value
        say(
            f"The link asked for **{label.lower()}** {plain(asked[:60]) or '(nothing)'}, which isn't available here; "
            f"using {plain(str(shown))}."
        )


def linked_choice(
    widget: Callable[..., Any], label: str, options: Sequence[Option], *, key: str, first: Option | None = None,
    read: Callable[[str], str | None] = lambda text: None, gone: Callable[[str], str] | None = None, **more: Any,
) -> Option:  # fmt: skip
    """One of some options, by a select box or a segmented control in the address; `first` until another is chosen.

    `read` gives the option that another text means, such as one of an older link. What was chosen and is no option any
    longer, since they are another model's now, becomes `first`, and `gone` is the sentence about it.
    """
    first = options[0] if first is None else first
    _put_among(options, key, first, read, gone)
    _say_again(key, (first,), first)
    start = {"index": options.index(first)} if widget is st.selectbox else {"default": first, "required": True}
    value = linked(widget, label, options, key=key, **start, **more)
    return value if value in options else first


def _put_among(
    options: Sequence[str], key: str, first: str, read: Callable[[str], str | None], gone: Callable[[str], str] | None
) -> None:
    """Sees to it that what is chosen is one of the options, before a widget shows it."""
    asked = None if st.session_state.get(TURNED) else st.session_state[ASKED].get(key)
    chosen = st.session_state.get(key, st.query_params.get(key)) if asked is None else asked
    if chosen is None or chosen in options:
        return
    meant = read(chosen)
    if asked is not None:
        if meant is not None:
            st.session_state[ASKED][key] = meant
            _mend_address(key, None if meant == first else meant)
        return  # else the widget drops it, and the link is told of
    if meant is None and gone is not None and not went_back_or_forth():
        say(gone(chosen))
    start_anew(key, first if meant is None else meant, first)


def linked_slider(label: str, low: float, high: float, default: float, step: float, *, key: str, **options: Any) -> float:
    """A slider in the address. What lies off the step is put on it, what lies out of range falls back.

    Where there is one value alone, that is it: Streamlit draws no slider without a range.
    """
    if high <= low:
        _tell_if_other(label, st.session_state[ASKED].pop(key, None), low)
        return low
    _onto_step(key, low, high, step)
    keep_in_range(key, low, high)
    _say_again(key, (low, high, default, step), default)
    return linked(st.slider, label, low, high, default, step, key=key, **options)


def _say_again(key: str, shape: tuple[Any, ...], first: Any) -> None:
    """Sets a setting to what it is where another model has changed what its widget can show, or shows at first.

    Streamlit takes it for another widget then, or an address that is silent for what it said before.
    """
    shapes = st.session_state.setdefault(SHAPES, {})
    if shapes.setdefault(key, shape) != shape:
        shapes[key] = shape
        if key in st.session_state:
            start_anew(key, st.session_state[key], first)


@contextmanager
def every_setting_kept(page: str) -> Iterator[None]:
    """Settings of other pages stay in the address while `page` is drawn in this block.

    Streamlit drops them twice: the browser when the page changes, the server at the end of a run, when it takes out what it
    bound to widgets that are gone. Whoever goes back gets the address as it was.
    """
    _say_each_once(page)
    last, others = st.session_state.get(OTHERS, (page, {}))
    returned = went_back_or_forth()
    if ASKED not in st.session_state or returned:
        st.session_state[ASKED], st.session_state[TURNED] = st.query_params.to_dict(), False
    if last != page and not returned:
        st.query_params.update({key: value for key, value in others.items() if key not in st.query_params})
    drawn = st.session_state[DRAWN] = set()
    try:
        yield
    finally:  # a run may end early, to start anew
        free_parameters(set(st.query_params) - drawn)
        st.session_state[OTHERS] = (page, {key: value for key, value in st.query_params.items() if key not in drawn})


def _say_each_once(page: str) -> None:
    """Mends an address before anything reads it: settings get their present names, and of one that comes several times, the
    last value that says something counts.

    It counts as far as `LONGEST`; one that says nothing asks for nothing. Streamlit's widgets would take the first or the last,
    be it empty, and leave them all in the address.
    """
    told = {key: st.query_params.get_all(key) for key in st.query_params}
    said = {key: last for key, values in told.items() if len(key) <= LONGEST and (last := _last_said(values))}
    meant = {name: said[key] for key, name in present_names(said, page).items()}
    mended = {key: meant.get(key) for key in {**told, **meant} if key not in meant or told.get(key) != [meant[key]]}
    if mended:
        mend_address(mended)


def _last_said(values: Sequence[str]) -> str:
    return next((cut for value in reversed(values) if (cut := value.strip()[:LONGEST])), "")


def start_anew(key: str, value: Any, first: Any) -> None:
    """Sets a setting, in its widget and in the address, which is silent for `first`; whoever goes back or forth gets the
    address as it was.

    Deleted, it would come again: the browser keeps the value of a widget that looks the same.
    """
    if went_back_or_forth():
        return
    st.session_state[key] = value
    _mend_address(key, None if value == first else str(value).lower() if isinstance(value, bool) else str(value))


def _mend_address(key: str, text: str | None) -> None:
    """Puts a setting into the address, or takes it out, before its widget reads it there."""
    if st.query_params.get(key) != text:
        mend_address({key: text})


def told(key: str) -> Any:
    """What a setting is before its widget is drawn, None where nobody has said: whoever goes back or forth gets what the
    address says, which the widget learns only when it is drawn.
    """
    said = st.query_params.get(key)
    return said if went_back_or_forth() else st.session_state.get(key, said)


def put_back(key: str, value: Any, first: Any) -> None:
    """Sets a setting to what is shown where what was asked for does not open, before its widget is drawn."""
    st.session_state[key] = value
    st.session_state[ASKED].pop(key, None)
    _mend_address(key, None if value == first else str(value))


def turned_to_another_model() -> None:
    """A person chose another model than the link's: what widgets still to come can't show is not the link's fault."""
    if not went_back_or_forth():
        st.session_state[TURNED] = True


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
    number = _number(st.session_state[ASKED].get(key, ""))
    if number is not None and low <= number <= high and number != (near := snapped(number, low, step)):
        st.session_state[ASKED][key] = str(near)
        _mend_address(key, str(near))


def snapped(value: float, low: float, step: float) -> float | int:
    """The step nearest to a number; whole where low and step are."""
    near = low + round((value - low) / step) * step
    return near if isinstance(near, int) else round(near, 6)


def keep_in_range(key: str, low: float, high: float) -> None:
    """A depth of 12 stays chosen when a model with 6 layers comes: it becomes 6, not an error."""
    value = st.session_state.get(key)
    if isinstance(value, int | float) and not low <= value <= high:
        st.session_state[key] = type(low)(min(max(value, low), high))
