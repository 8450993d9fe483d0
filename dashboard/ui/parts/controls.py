"""Choosing a method and its options: a select box of methods, and a widget for each field of the chosen one."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import streamlit as st

from dashboard.compare import Side
from dashboard.engine.fitting import first_fitting, fitting
from dashboard.glossary import with_links
from dashboard.methods import Method, Pick, Span, option_texts
from dashboard.ui.parts.links import linked, linked_choice, linked_slider, start_anew
from dashboard.ui.parts.text import plain

LABELS = {"heads": "Head fusion", "head": "Attention head", "discard": "Discard ratio", "depth": "Layer depth"}
FUSED = "fused"
MEANINGS = "meanings_of_options"  # by a widget's key: the definition of the option that it showed last


def pick_method(side: Side, label: str = "") -> type[Method]:
    """Draws the choice of the method that explains a side's model; returns it. The label is the side and its model, if none is
    given.
    """
    by_name = {method.label: method for method in fitting(side.model)}
    names, title = list(by_name), plain(side.model.title)
    with st.container(gap=None):  # the visible label is separate: screen readers read the box's own, escapes and all
        st.markdown(
            f":small[{label or f'{side.name} · {title}'}]",
            help=f"{len(names)} methods fit {title}; the methods page says why the others don't.",
        )  # fmt: skip
        chosen = linked_choice(
            st.selectbox, f"{side.name} method", names, key=side.key("method"), label_visibility="collapsed",
            gone=lambda name: f"{plain(name)} isn't available for {title}; using {names[0]}.",
        )  # fmt: skip
    return by_name[chosen]


def chosen_method(side: Side) -> type[Method]:
    """The method that a side's select box will show, for use before the box is drawn."""
    by_name = {method.label: method for method in fitting(side.model)}
    key = side.key("method")
    return by_name.get(st.session_state.get(key, st.query_params.get(key)), first_fitting(side.model))


def method_controls(method: type[Method], side: Side) -> Method:
    """Draws a widget, kept in the address, for each option of a method; returns the method with the chosen options."""
    extent = side.model.extent
    hints = get_type_hints(method, include_extras=True)
    texts = {name: with_links(text) for name, text in option_texts(method).items()}
    fields = [field for field in dataclasses.fields(method) if field.init]
    place = st.container(key=side.key("controls"))
    values = {}
    for field in fields:
        key = side.key(field.name)
        hint, first = hints[field.name], _first_value(hints[field.name], field.default, extent)
        _reset_if_redefined(key, (hint, field.default), first)
        with place:
            values[field.name] = _widget(field.name, key, hint, first, texts.get(field.name), extent)
    return method(**values)


def _reset_if_redefined(key: str, meaning: tuple[Any, Any], first: Any) -> None:
    """Resets an option if its value was chosen for another method's option with the same name but another definition.

    Two methods may share an option's name and so its widget's key, and Streamlit would keep the value. A link that holds only
    the value could then show another view than the page does.
    """
    meanings = st.session_state.setdefault(MEANINGS, {})
    if meanings.setdefault(key, meaning) != meaning:
        meanings[key] = meaning
        start_anew(key, first, first)


def _kind(hint: Any) -> Span | Pick | None:
    return next((part for part in get_args(hint) if isinstance(part, Span | Pick)), None)


def _first_value(hint: Any, default: Any, extent: Mapping[str, int]) -> Any:
    """The value that an option's widget shows at first."""
    kind = _kind(hint)
    if isinstance(kind, Pick):
        return kind.none
    return kind.most(extent) if default is None and kind else default


def _widget(name: str, key: str, hint: Any, first: Any, text: str | None, extent: Mapping[str, int]) -> Any:
    label = LABELS.get(name, name.replace("_", " ").capitalize())
    if get_origin(hint) is Literal:
        options = get_args(hint)
        return linked_choice(st.segmented_control, label, options, key=key, first=first, help=text, wrap=True)
    if hint is bool:
        return linked(st.toggle, label, first, key=key, help=text)
    kind = _kind(hint)
    if isinstance(kind, Pick):
        return pick_one(label, kind, extent[kind.count], key, text)
    if isinstance(kind, Span):
        return linked_slider(label, kind.low, kind.most(extent), first, kind.step, key=key, help=text)
    raise TypeError(f"expected a Literal, an Annotated number with a Span or a Pick, or bool for option {name}, got {hint}")


def pick_head(key: str, heads: int, text: str) -> int | None:
    """Draws the choice of one of a layer's attention heads; returns its number from 1, or None for all heads, fused."""
    return pick_one(LABELS["head"], Pick("heads", FUSED), heads, key, text)


def pick_one(label: str, kind: Pick, count: int, key: str, text: str | None) -> int | None:
    """Draws the choice of a number from 1 to `count`, or of the option's own word for none; returns the number or None."""
    options = [kind.none, *map(str, range(1, count + 1))]
    choice = linked_choice(st.selectbox, label, options, key=key, help=text)
    return None if choice == kind.none else int(choice)
