"""Plotly figures of maps, in the photo's coordinates. Knows no Streamlit."""
