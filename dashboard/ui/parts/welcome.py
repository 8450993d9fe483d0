"""A short introduction for first-time visitors, with links to the tour."""

import streamlit as st

from dashboard.glossary import with_links
from dashboard.ui.components import component
from dashboard.ui.parts.tour import links_to_all, stop_in_address

SENTENCES = (
    "Where do two models look in the same photo?",
    "Left, a class activation map: the areas that raised the CNN's score for a class.",
    "Right, attention rollout: the areas whose information reached the ViT's output.",
    "Pick a photo, or see what there is to find:",
)
COOKIE = "welcomed"

_remember = component("remember_welcome")


def welcome() -> None:
    """Draws a few sentences until the visitor clicks that they have read them; a cookie remembers the click."""
    if COOKIE in st.context.cookies:
        return
    if st.session_state.get(COOKIE) or stop_in_address() is not None:
        _remember(key="remember_welcome", data=COOKIE, height=1)
        return
    with st.container(border=True):
        st.markdown(with_links(" ".join(SENTENCES)))
        with st.container(horizontal=True, vertical_alignment="center"):
            links_to_all()
            st.button("Got it", key="got_it", on_click=_read)


def _read() -> None:
    st.session_state[COOKIE] = True
