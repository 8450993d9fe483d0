"""A page that draws hostile text in every kind of place where Streamlit reads Markdown, for a test to look at."""

import streamlit as st

from dashboard.ui.parts.text import plain
from tests.browser.hostile import HOSTILE

for number, text in enumerate(HOSTILE):
    with st.container(key=f"case_{number}"):
        told = plain(text)
        st.markdown(told)
        st.markdown(f"before\n{told}")
        st.markdown(f"**{told}** · x")
        st.markdown(f":small[:gray[{told} x]]")
        st.markdown(f"“{told}”: x  \n{told}")
        st.caption(told)
        st.error(f"**{told}** {told}")
        st.button(told, key=f"button_{number}")
        st.checkbox(told, key=f"checkbox_{number}", help=told)
        st.pills("Label", [number], format_func=lambda _, told=told: told, key=f"pills_{number}")
