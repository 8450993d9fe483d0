"""What do two models look at in the same photo?"""

from dashboard.ui.pages import compare
from dashboard.ui.parts.sidebar import common_sidebar

chosen = common_sidebar(compare.meanwhile)
compare.show(chosen, compare.caveat_and_files(chosen))
