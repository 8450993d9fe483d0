"""Which models are at hand, and what fits which method?"""

import streamlit as st

from dashboard.ui import caches
from dashboard.ui.pages import models as model_table
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import common_sidebar

st.subheader("Which models are at hand, and which method fits which?")
common_sidebar()
notices_here()
st.caption(
    f"Loaded once for everybody. At most {caches.MODELS_KEPT} stay; one that nobody has chosen goes first, else the one that "
    "was not used for longest."
)
st.markdown("#### In memory")
model_table.show_pending()
model_table.show_loaded()
st.markdown("#### Known checkpoints")
model_table.show_known()
st.markdown("#### Any other")
model_table.load_another()
