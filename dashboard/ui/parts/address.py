"""A button that copies the address of the current view, and that address."""

from urllib.parse import urlencode

import streamlit as st

from dashboard.ui import caches
from dashboard.ui.components import component
from dashboard.ui.parts import photo_picker

HTML = (
    '<button type="button" class="copy">Copy link</button><div role="group" hidden><p></p>'
    '<button type="button">Include my photo</button><button type="button">Copy without it</button></div>'
)
_address = component("address", html=HTML, styled=True)


def copy_link() -> None:
    """Draws the button that copies the address of the current view. Every page has to draw it.

    A link shows a person's own photo only if they say so: the button asks, since they may not know that it would not.
    """
    data = {
        "asks": photo_picker.link_is_without_photo(), "own": st.query_params.get(photo_picker.LINK, ""),
        "question": f"This link shows a sample. Include your photo (kept {caches.KEPT_HOURS} h in this server's memory)?",
    }  # fmt: skip
    _address(key="copy_link", data=data, on_include_change=photo_picker.include_in_link)
    photo_picker.offer_to_stop_sharing()


def current_link() -> str:
    """The address of the current view; empty if the server does not know its own address."""
    return f"{st.context.url}?{urlencode(st.query_params.to_dict())}" if st.context.url else ""
