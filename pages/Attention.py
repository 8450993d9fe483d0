"""What does one patch look at, in every layer and head?"""

import streamlit as st

from dashboard.ui.pages import attention
from dashboard.ui.parts.sidebar import common_sidebar

st.subheader("What does one patch look at, and who looks at it?")
attention.show(common_sidebar())
