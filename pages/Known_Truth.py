"""Which methods find the truth where it is known?"""

from dashboard.ui.pages import known_truth
from dashboard.ui.parts.sidebar import common_sidebar

with common_sidebar(known_truth.meanwhile) as chosen:
    known_truth.show(chosen)
