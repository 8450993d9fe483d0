"""The pages that a change of page is measured against: a heading, and a film of constant maps by Plotly."""

import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from benchmarks.bare_photo import photo

LAYERS, SIDE = 6, 8

st.set_page_config(layout="wide")


def maps(layer: int) -> list[go.Heatmap]:
    """Two maps of one frame, with values that differ by layer."""
    cells = [[row * column + layer for column in range(SIDE)] for row in range(SIDE)]
    place = {"x0": 40, "dx": 80, "y0": 27, "dy": 53, "opacity": 0.6}
    return [go.Heatmap(z=cells, **place), go.Heatmap(z=cells, xaxis="x2", yaxis="y2", **place)]


def film() -> None:
    """Draws two maps over a photo with a frame for each layer, as the dashboard's film does."""
    figure = make_subplots(1, 2)
    figure.add_traces(maps(1))
    figure.frames = [go.Frame(name=str(layer), data=maps(layer), traces=[0, 1]) for layer in range(1, LAYERS + 1)]
    steps = [{"label": str(layer), "method": "animate", "args": [[str(layer)]]} for layer in range(1, LAYERS + 1)]
    figure.update_layout(images=[photo("x", "y"), photo("x2", "y2")], sliders=[{"steps": steps}], height=400)
    st.plotly_chart(figure, key="progression")


def first() -> None:
    """A page with nothing to take away."""
    st.subheader("Compare")


st.navigation([st.Page(first, title="Compare", default=True), st.Page(film, title="Layers")]).run()
