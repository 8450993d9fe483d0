"""A short introduction for first-time visitors."""

import streamlit as st

from dashboard.ui.components import component

SENTENCES = (
    "Two models look at one photo, each of them once: a convolutional network and a vision transformer.",
    "Brighter means more: a CNN's map (CAM) shows the areas that raised its score for a class, a ViT's map (attention "
    "rollout) the areas whose information reached its output.",
    "Pick a photo on the left and drag the sliders. The address bar always links to what you see.",
)
COOKIE = "welcomed"

_remember = component("remember_welcome")


def welcome() -> None:
    """Draws a few sentences until the visitor clicks that they have read them; a cookie remembers the click."""
    if COOKIE in st.context.cookies:
        return
    if st.session_state.get(COOKIE):
        _remember(key="remember_welcome", data=COOKIE, height=1)
        return
    with st.container(border=True):
        text, button = st.columns([7, 1], vertical_alignment="center")
        text.markdown(" ".join(SENTENCES))
        button.button("Got it", key="got_it", on_click=_read, width="stretch")


def _read() -> None:
    st.session_state[COOKIE] = True
