"""The few styles that Streamlit's theme can't set."""

import streamlit as st

from dashboard.photo import Photo
from dashboard.ui.components import FOLDER, component

_on_paper = component("on_paper")


def style_sheet() -> None:
    """Adds the style sheets for screen and paper to the page. Every page has to call it."""
    st.html(FOLDER / "page.css")
    st.html(FOLDER / "print.css")
    _on_paper(key="on_paper", height=1)


def shape_of(photo: Photo) -> None:
    """Tells the style sheet the photo's height over its width, which all maps over it have."""
    width, height = photo.size
    tell_style("tall", height / width)


def tell_style(name: str, value: float) -> None:
    """Tells the style sheet a number under the name --<name>."""
    st.html(f"<style>:root {{ --{name}: {value:.4f} }}</style>")
