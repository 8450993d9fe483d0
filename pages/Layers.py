"""How does what each model looks at build up, layer by layer?"""

import streamlit as st

from dashboard.ui.pages import layers
from dashboard.ui.parts.sidebar import common_sidebar

st.subheader("How does what each model looks at build up, layer by layer?")
chosen = common_sidebar()
layers.show(chosen, layers.caveat_and_files(chosen))
