"""What this is, for somebody who opens it for the first time."""

import streamlit as st
from streamlit.components.v2 import component

SENTENCES = (
    "Two models look at one photo, each of them once: a convolutional network and a vision transformer.",
    "Bright cells of their maps are where a class's score comes from (CAM), or what has reached the token that decides "
    "(attention rollout).",
    "Choose a photo at the side and drag the sliders; every view has a link of its own.",
)
COOKIE = "welcomed"
JS = f"""
export default function () {{
    document.cookie = "{COOKIE}=1; max-age=31536000; path=/; SameSite=Lax";
}}
"""

_remember = component("remember_welcome", html="", js=JS)


def welcome() -> None:
    """Three sentences, until they were read; the browser remembers that in a cookie."""
    if COOKIE in st.context.cookies:
        return
    if st.session_state.get(COOKIE):
        _remember(key="remember_welcome", height=1)
        return
    with st.container(border=True):
        text, button = st.columns([7, 1], vertical_alignment="center")
        text.markdown(" ".join(SENTENCES))
        button.button("Got it", key="got_it", on_click=_read, width="stretch")


def _read() -> None:
    st.session_state[COOKIE] = True
