"""How much does the choice of method matter?"""

from dashboard.ui.pages import methods
from dashboard.ui.parts.sidebar import common_sidebar

with common_sidebar(methods.meanwhile) as chosen:
    methods.show(chosen, methods.caveat_and_files(chosen))
