"""The address bar: one history entry per page, and a button that copies the link."""

from urllib.parse import urlencode

import streamlit as st
from streamlit.components.v2 import component

# Streamlit takes a setting that the open page does not have out of the address, as a history entry of its own: Back would
# land on the same page again. So an address of the page that is open already takes its entry's place.
JS = """
function oneEntryPerPage() {
    const push = history.pushState.bind(history);
    const samePage = (url) => new URL(url ?? "", location.href).pathname === location.pathname;
    history.pushState = (state, title, url) =>
        samePage(url) ? history.replaceState(state, title, url) : push(state, title, url);
    history.oneEntryPerPage = true;
}

export default function ({ parentElement }) {
    if (!history.oneEntryPerPage) oneEntryPerPage();
    const button = parentElement.querySelector("button");
    const say = (text) => {
        button.textContent = text;
        setTimeout(() => (button.textContent = "Copy link"), 1500);
    };
    button.onclick = () => {
        const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject();
        copied.then(() => say("Copied"), () => prompt("The link to this view:", location.href));
    };
}
"""
HTML = '<button type="button">Copy link</button>'
CSS = """
button {
    width: 100%; min-height: 2.5rem; padding: 0.25rem 0.75rem; font: inherit; color: inherit; cursor: pointer;
    background: transparent; border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""

_address = component("address", html=HTML, css=CSS, js=JS)


def copy_link() -> None:
    """The button that copies the address of the current view; it stands on every page."""
    _address(key="copy_link")


def current_link() -> str:
    """The address of the current view, as far as the server knows it; empty where it does not."""
    return f"{st.context.url}?{urlencode(st.query_params.to_dict())}" if st.context.url else ""
