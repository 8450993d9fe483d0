"""Widgets from the fields of a method, and the values that links may carry."""

import dataclasses
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import streamlit as st

from dashboard.evidence import Evidence
from dashboard.methods import Method, Span
from dashboard.ui.links import linked, linked_slider

LABELS = {"heads": "Head fusion", "discard": "Discard ratio", "depth": "Layer depth"}


def method_controls(method: type[Method], evidence: Evidence) -> Method:
    """One keyed widget per option, bound to the URL: select boxes, sliders, toggles; the docstring is their help."""
    hints = get_type_hints(method, include_extras=True)
    texts = option_texts(method)
    fields = [field for field in dataclasses.fields(method) if field.init]
    columns = st.columns([1.3 if get_origin(hints[field.name]) is Literal else 1 for field in fields])
    values = {}
    for field, column in zip(fields, columns, strict=True):
        with column:
            values[field.name] = _widget(field.name, hints[field.name], field.default, texts.get(field.name), evidence)
    return method(**values)


def option_texts(method: type[Method]) -> dict[str, str]:
    """What the docstring says of each option, from its lines "`name`: text"."""
    lines = [line.strip() for line in (method.__doc__ or "").splitlines()]
    pairs = (line[1:].split("`: ", 1) for line in lines if line.startswith("`") and "`: " in line)
    return {name: text[0].upper() + text[1:] for name, text in pairs}


def _widget(name: str, hint: Any, default: Any, text: str | None, evidence: Evidence) -> Any:
    label = LABELS.get(name, name.replace("_", " ").capitalize())
    if get_origin(hint) is Literal:
        options = get_args(hint)
        return linked(st.segmented_control, label, options, default=default, key=name, help=text, required=True, wrap=True)
    if get_origin(hint) is Annotated:
        span = next(part for part in get_args(hint) if isinstance(part, Span))
        high = span.most(evidence)
        value = high if default is None else default
        return linked_slider(label, span.low, high, value, span.step, key=name, help=text)
    if hint is bool:
        return linked(st.toggle, label, default, key=name, help=text)
    raise TypeError(f"expected a Literal, an Annotated number with a Span, or bool for option {name}, got {hint}")
