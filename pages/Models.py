"""Which models are at hand, and what fits which method?"""

import streamlit as st

from dashboard.ui.pages import models
from dashboard.ui.parts.sidebar import common_sidebar

st.subheader("Which models are at hand, and which method fits which?")
common_sidebar()
models.show()
