"""Widgets whose values are in the address. A link sets them; if it asks for a value that is not available, the page says so.

The value that a widget shows is always the value that is used. A browser keeps a widget's value for as long as it draws one
with the same key, even if the script deletes it. So this module never deletes a choice: one that is no longer available is
replaced by another, in the session, in the widget and in the address.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import streamlit as st

from dashboard.glossary import with_links
from dashboard.ui.parts.notices import say
from dashboard.ui.parts.parameters import owner, present_names
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import free_parameters, mend_address, went_back_or_forth

DRAWN, OTHERS = "linked_widgets_drawn", "settings_of_other_pages"
SHAPES = "shapes_of_linked_widgets"  # by key: the values that the widget could last show, and its first value
ASKED = "asked_by_the_link"  # settings of the address that no widget has read yet
TURNED = "another_model_since_the_link"  # whether the person has since chosen a model, which may lack what the link asked for
Option = TypeVar("Option", bound=str)
LONGEST = 1_000  # characters of a setting, far more than any real one has


def linked(widget: Callable[..., Any], label: str, *arguments: Any, key: str, **options: Any) -> Any:
    """Draws a Streamlit widget whose value is the query parameter `key`.

    Streamlit silently drops a value that the widget can't show; this tells the person. A term in the label opens the glossary.
    """
    asked = st.session_state[ASKED].pop(key, None)
    st.session_state[DRAWN].add(key)
    shown = label if options.get("label_visibility") == "collapsed" else with_links(label)
    value = widget(shown, *arguments, key=key, bind="query-params", **options)
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
    """Draws a select box or a segmented control kept in the address; returns the chosen option, at first `first`.

    `read` translates other texts, such as those of older links, to an option or None. A choice that is no longer an option,
    as after a change of model, becomes `first`, and the page shows the sentence that `gone` returns for it.
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
    """Makes sure that the choice is one of the options, before the widget is drawn."""
    asked = None if st.session_state.get(TURNED) else st.session_state[ASKED].get(key)
    chosen = st.session_state.get(key, st.query_params.get(key)) if asked is None else asked
    if chosen is None or chosen in options:
        return
    meant = read(chosen)
    if asked is not None:
        if meant is not None:
            st.session_state[ASKED][key] = meant
            _mend_address(key, None if meant == first else meant)
        return  # a text that means nothing is left to the widget, which drops it, and `linked` tells the person
    if meant is None and gone is not None and not went_back_or_forth():
        say(gone(chosen))
    start_anew(key, first if meant is None else meant, first)


def linked_state(label: str, options: Sequence[Option], *, key: str) -> Option:
    """Keeps in the address a choice that no Streamlit widget shows; returns it, at first the first option.

    A component's callback sets `st.session_state[key]`. After Back or Forward the address counts, and stays as it is.
    """
    chosen = linked_text(label, lambda text: text if text in options else None, key=key, first=options[0])
    return options[options.index(chosen)]


def linked_text(label: str, read: Callable[[str], str | None], *, key: str, first: str = "") -> str:
    """Keeps in the address a text that no Streamlit widget shows; returns it, at first `first`. `read` gives what a text of the
    address means, or None. Callbacks and the address count as for `linked_state`.
    """
    asked, returned = st.session_state[ASKED].pop(key, None), went_back_or_forth()
    st.session_state[DRAWN].add(key)
    chosen = asked if asked is not None or returned else st.session_state.get(key)
    meant = None if chosen is None else read(chosen)
    value = first if meant is None else meant
    st.session_state[key] = value
    if not returned:
        _mend_address(key, None if value == first else value)
    _tell_if_other(label, asked, value)
    return value


def linked_slider(label: str, low: float, high: float, default: float, step: float, *, key: str, **options: Any) -> float:
    """Draws a slider kept in the address. A link's value between two steps moves to the nearest; one out of range is dropped.

    If only one value is possible, this returns it and draws nothing: Streamlit has no slider without a range.
    """
    if high <= low:
        _tell_if_other(label, st.session_state[ASKED].pop(key, None), low)
        return low
    _onto_step(key, low, high, step)
    keep_in_range(key, low, high)
    _say_again(key, (low, high, default, step), default)
    return linked(st.slider, label, low, high, default, step, key=key, **options)


def _say_again(key: str, shape: tuple[Any, ...], first: Any) -> None:
    """Sets a setting to its own value again after another model has changed its widget's range or first value.

    Streamlit would otherwise see a new widget and reset it, or the address would omit a value that is no longer the first.
    """
    shapes = st.session_state.setdefault(SHAPES, {})
    if shapes.setdefault(key, shape) != shape:
        shapes[key] = shape
        if key in st.session_state:
            start_anew(key, st.session_state[key], first)


@contextmanager
def every_setting_kept(page: str) -> Iterator[None]:
    """Keeps the settings of other pages in the address while `page` is drawn in this block.

    Streamlit drops them twice: the browser when the page changes, and the server at the end of a run, when it removes the
    parameters of widgets that were not drawn. After Back or Forward the address stays as it was then.
    """
    _say_each_once(page)
    last, others = st.session_state.get(OTHERS, (page, {}))
    returned = went_back_or_forth()
    if returned:
        _forget_all()
    if ASKED not in st.session_state or returned:
        st.session_state[ASKED], st.session_state[TURNED] = st.query_params.to_dict(), False
    if last != page and not returned:
        st.query_params.update({key: value for key, value in others.items() if key not in st.query_params})
    drawn = st.session_state[DRAWN] = set()
    try:
        yield
    finally:  # a run may end early, by a rerun
        free_parameters(set(st.query_params) - drawn)
        st.session_state[OTHERS] = (page, {key: value for key, value in st.query_params.items() if key not in drawn})


def _forget_all() -> None:
    """Forgets what every setting was, that of other pages too: after Back, Forward or undo the address says what it is."""
    for key in [key for key in st.session_state if owner(str(key))]:
        del st.session_state[key]


def _say_each_once(page: str) -> None:
    """Mends an address before anything reads it: each setting gets its present name and a single value.

    Of a setting that comes several times, the last value that is not blank counts, cut after `LONGEST` characters; a setting
    with blank values alone is removed. Streamlit's widgets would take the first or the last value, even if it is blank, and
    leave all of them in the address.
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
    """Sets a setting, in its widget and in the address, which omits the value `first`.

    Deleting the setting would not do: the browser keeps the value of a widget that looks the same. After Back or Forward
    nothing is set, so that the address stays as it was then.
    """
    if went_back_or_forth():
        return
    st.session_state[key] = value
    _mend_address(key, None if value == first else str(value).lower() if isinstance(value, bool) else str(value))


def _mend_address(key: str, text: str | None) -> None:
    """Puts a setting into the address, or removes it if `text` is None, before its widget reads it there."""
    if st.query_params.get(key) != text:
        mend_address({key: text})


def told(key: str) -> Any:
    """A setting's value before its widget is drawn; None if neither the person nor the link has set it.

    After Back or Forward it is the address's value, which the widget takes up only when it is drawn.
    """
    said = st.query_params.get(key)
    return said if went_back_or_forth() else st.session_state.get(key, said)


def keep_in_address(key: str, value: str, first: str) -> None:
    """Sets a setting that no widget is bound to: in the session, for the widget that is drawn next, and in the address, which
    omits the value `first`.
    """
    st.session_state[key] = value
    st.session_state[ASKED].pop(key, None)
    _mend_address(key, None if value == first else value)


def turned_to_another_model() -> None:
    """Notes that the person chose another model than the link's. Widgets drawn from now on don't blame the link any more."""
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
    """Moves the link's number to the nearest step, since Streamlit's slider would accept any number within its range."""
    number = _number(st.session_state[ASKED].get(key, ""))
    if number is not None and low <= number <= high and number != (near := snapped(number, low, step)):
        st.session_state[ASKED][key] = str(near)
        _mend_address(key, str(near))


def snapped(value: float, low: float, step: float) -> float | int:
    """The step nearest to a number; whole where low and step are."""
    near = low + round((value - low) / step) * step
    return near if isinstance(near, int) else round(near, 6)


def keep_in_range(key: str, low: float, high: float) -> None:
    """Clips a chosen number to a new range: with a model of 6 layers, a depth of 12 becomes 6 instead of an error."""
    value = st.session_state.get(key)
    if isinstance(value, int | float) and not low <= value <= high:
        st.session_state[key] = type(low)(min(max(value, low), high))
