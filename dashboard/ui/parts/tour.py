"""A tour in four views, each a link of its own: where to look, and what is to be seen there."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

import streamlit as st

KEY = "tour"  # the query parameter: the number of the stop, from 1


@dataclass(frozen=True)
class Stop:
    """One view: its `title`, the page and the settings that open it, and what to `look` at there."""

    title: str
    page: str
    settings: Mapping[str, str]
    look: str


STOPS = (
    Stop(
        "Same answer, different places",
        "Compare",
        {"photo": "boat"},
        "Both models say “ship”, and both are sure. But the CNN's evidence lies along the hull in front, while the ViT's map "
        "is brightest at the left, on the boats behind it. Further down, *Where they disagree* shows it place by place.",
    ),
    Stop(
        "Another class",
        "Compare",
        {"photo": "retriever", "right": "bundled/cnn", "left_class": "dog", "right_class": "deer"},
        "The same CNN twice, asked about two classes. Left, the evidence for “dog”: the whole face. Right, the "
        "evidence for “deer”: fur and ground at the bottom (red), while the middle of the face counts against it (blue). Click "
        "a prediction below a map to ask about that class.",
    ),
    Stop(
        "Layer by layer",
        "Layers",
        {"photo": "horses"},
        "After its first layer the ViT's output has drawn on a few patches only. Layer by layer it gathers from more of the "
        "photo, until the horses light up. Press Play below the maps, or click a small map further down to stop at its layer.",
    ),
    Stop(
        "When rollout fails",
        "Compare",
        {"photo": "chelsea", "left": "bundled/vit", "right_discard": "0.95"},
        "The same ViT and the same method twice. Left, half of each layer's attention is discarded, and the map lies on the "
        "cat's face. Right, 95%: most of the face is gone, and a patch of background at the edge shines brightest. Drag "
        "*Discard ratio* below to see it tip over: a map is made of its settings, too.",
    ),
)


def link(number: int) -> str:
    """The address of a stop, counted from 1, relative to any page."""
    stop = STOPS[number - 1]
    return f"{stop.page.lower()}?{urlencode({**stop.settings, KEY: str(number)})}"


def stop_in_address() -> int | None:
    """The number of the stop that the address names, if it names one."""
    told = st.query_params.get(KEY, "")
    return int(told) if told.isascii() and told.isdigit() and 1 <= int(told) <= len(STOPS) else None


def tour(page: str) -> None:
    """Draws what to look at, if the address names a stop of the tour that is on this page."""
    number = stop_in_address()
    if number is None or STOPS[number - 1].page != page:
        return
    stop = STOPS[number - 1]
    with st.container(border=True, key="tour"):
        st.markdown(f"**Tour, {number} of {len(STOPS)}: {stop.title}.** {stop.look}")
        with st.container(horizontal=True, vertical_alignment="center"):
            if number > 1:
                _link(number - 1, "Back", "tour_back")
            if number < len(STOPS):
                _link(number + 1, f"Next: {STOPS[number].title}", "tour_next")
            st.button("Close the tour", key="tour_close", on_click=_close)


def links_to_all() -> None:
    """Draws a link to each stop."""
    for number, stop in enumerate(STOPS, 1):
        _link(number, stop.title, f"tour_stop_{number}")


def link_to_first() -> None:
    """Draws the link that begins the tour."""
    _link(1, "Tour", "tour_begin")


def _link(number: int, words: str, key: str) -> None:
    """A link that loads the page anew: a view begins with its own settings alone, and the browser's Back leads back."""
    with st.container(key=key, width="stretch" if key == "tour_begin" else "content"):
        st.html(f'<a href="{escape(link(number))}" target="_self">{escape(words)}</a>')


def _close() -> None:
    st.query_params.pop(KEY, None)
