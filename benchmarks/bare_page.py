"""The page that the dashboard is measured against: a slider and two figures of constant data, by Streamlit and Plotly alone."""

import plotly.graph_objects as go
import streamlit as st

from benchmarks.bare_photo import photo

st.set_page_config(layout="wide")
SIDE = 8
SIZE = {name: int(st.query_params.get(name, "300")) for name in ("width", "height")}  # of a figure, in pixels
value = st.slider("Discard", 0.0, 0.99, 0.9, 0.01, key="right_discard")


def figure(shift: float) -> go.Figure:
    """A photo and a map over it, as the dashboard draws them, with values that differ by `shift`."""
    cells = [[row * column + shift for column in range(SIDE)] for row in range(SIDE)]
    heatmap = go.Heatmap(z=cells, x0=40, dx=80, y0=27, dy=53, opacity=0.6)
    return go.Figure(heatmap, go.Layout(images=[photo()], yaxis={"autorange": "reversed"}, **SIZE))


for name, column in zip(("left_map", "right_map"), st.columns(2), strict=True):
    column.plotly_chart(figure(value), key=name, width="content")
