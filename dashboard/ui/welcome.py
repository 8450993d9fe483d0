"""What this is, for somebody who opens it for the first time."""

import streamlit as st

SENTENCES = (
    "Two models look at one photo, each of them once: a convolutional network and a vision transformer.",
    "Bright cells of their maps are where a class's score comes from (CAM), or what has reached the token that decides "
    "(attention rollout).",
    "Choose a photo at the side and drag the sliders; every view has a link of its own.",
)
COOKIE = "welcomed"
JS = """
export default function ({ parentElement, setTriggerValue }) {
    parentElement.querySelector("button").onclick = () => {
        document.cookie = "welcomed=1; max-age=31536000; path=/; SameSite=Lax";
        setTriggerValue("read", true);
    };
}
"""
HTML = f'<div><p>{" ".join(SENTENCES)}</p><button type="button">Got it</button></div>'
CSS = """
div { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; }
p { flex: 1 1 20rem; margin: 0; }
button {
    font: inherit; color: inherit; cursor: pointer; padding: 0.25rem 0.75rem; min-height: 2.25rem; background: transparent;
    border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""

_welcome = st.components.v2.component("welcome", html=HTML, css=CSS, js=JS)


def welcome() -> None:
    """Three sentences, until they were read; the browser remembers that in a cookie."""
    if COOKIE in st.session_state or COOKIE in st.context.cookies:
        return
    with st.container(border=True):
        _welcome(key="welcome", on_read_change=_read)


def _read() -> None:
    st.session_state[COOKIE] = True
