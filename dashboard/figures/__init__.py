"""Maps to plotly figures, in the photo's coordinates. Knows no Streamlit."""
