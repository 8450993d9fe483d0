"""Widgets from the fields of a method, and the values that links may carry."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import streamlit as st

from dashboard.methods import Method, Span

LABELS = {"heads": "Head fusion", "discard": "Discard ratio", "depth": "Layer depth"}


def method_controls(method: type[Method], layers: int) -> Method:
    """One keyed widget per option, bound to the URL: select boxes, sliders, toggles; the docstring is their help."""
    hints = get_type_hints(method, include_extras=True)
    texts = option_texts(method)
    fields = [field for field in dataclasses.fields(method) if field.init]
    columns = st.columns(len(fields), gap="medium")
    values = {}
    for field, column in zip(fields, columns, strict=True):
        with column:
            values[field.name] = _widget(field.name, hints[field.name], field.default, texts.get(field.name), layers)
    return method(**values)


def option_texts(method: type[Method]) -> dict[str, str]:
    """What the docstring says of each option, from its lines "`name`: text"."""
    lines = [line.strip() for line in (method.__doc__ or "").splitlines()]
    pairs = (line[1:].split("`: ", 1) for line in lines if line.startswith("`") and "`: " in line)
    return {name: text[0].upper() + text[1:] for name, text in pairs}


def _widget(name: str, hint: Any, default: Any, text: str | None, layers: int) -> Any:
    label = LABELS.get(name, name.replace("_", " ").capitalize())
    if get_origin(hint) is Literal:
        options = get_args(hint)
        return st.segmented_control(
            label, options, default=default, key=name, help=text, bind="query-params", required=True, wrap=True
        )
    if get_origin(hint) is Annotated:
        span = next(part for part in get_args(hint) if isinstance(part, Span))
        return _slider(name, label, span, default, text, layers)
    if hint is bool:
        return st.toggle(label, default, key=name, help=text, bind="query-params")
    raise TypeError(f"expected a Literal, an Annotated number with a Span, or bool for option {name}, got {hint}")


def _slider(name: str, label: str, span: Span, default: Any, text: str | None, layers: int) -> float | int:
    whole = isinstance(span.step, int)
    high = layers if span.high is None else span.high
    value = high if default is None else default
    keep_in_range(name, span.low, high)
    chosen = st.slider(label, span.low, high, value, span.step, key=name, help=text, bind="query-params")
    return snapped(chosen, span.low, high, span.step, whole)


def snapped(value: float, low: float, high: float, step: float, whole: bool = False) -> float | int:
    """The nearest step within the range: a link may carry any number."""
    near = low + round((min(max(value, low), high) - low) / step) * step
    return round(near) if whole else round(near, 6)


def keep_in_range(key: str, low: float, high: float) -> None:
    """A depth of 12 stays chosen when a model with 6 layers comes: it becomes 6, not an error."""
    value = st.session_state.get(key)
    if isinstance(value, int | float) and not low <= value <= high:
        st.session_state[key] = type(low)(min(max(value, low), high))


def keep_an_option(key: str, options: Mapping[str, Any] | list[str]) -> None:
    """Forgets a choice that is no longer on offer, such as a class of the model before."""
    if st.session_state.get(key) not in (None, *options):
        del st.session_state[key]
