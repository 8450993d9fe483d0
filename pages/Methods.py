"""How much does the choice of method matter?"""

import streamlit as st

from dashboard.ui.pages import methods
from dashboard.ui.parts.sidebar import common_sidebar

st.subheader("How much does the choice of method matter?")
chosen = common_sidebar()
methods.show(chosen, methods.caveat_and_files(chosen))
