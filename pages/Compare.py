"""What do two models look at in the same photo?"""

from dashboard.ui.pages import compare
from dashboard.ui.parts.sidebar import common_sidebar

with common_sidebar(compare.meanwhile) as chosen:
    compare.show(chosen, compare.caveat_and_files(chosen))
