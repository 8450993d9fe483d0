"""How does what each model looks at build up, layer by layer?"""

from dashboard.ui.pages import layers
from dashboard.ui.parts.sidebar import common_sidebar

with common_sidebar(layers.meanwhile) as chosen:
    layers.show(chosen, layers.caveat_and_files(chosen))
