"""Can this map be believed?"""

from dashboard.ui.pages import trust
from dashboard.ui.parts.sidebar import common_sidebar

with common_sidebar(trust.meanwhile) as chosen:
    trust.show(chosen, trust.caveat_and_files(chosen))
