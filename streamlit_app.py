"""The front door: page configuration and navigation, nothing else."""

import streamlit as st

st.set_page_config(page_icon=":material/visibility:", layout="wide")
PAGES = [
    st.Page("pages/compare.py", title="Compare", icon=":material/compare:", url_path="compare", default=True),
    st.Page("pages/layers.py", title="Layers", icon=":material/layers:", url_path="layers"),
]
st.navigation(PAGES).run()
