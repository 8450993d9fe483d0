"""How does what each model looks at build up, layer by layer?"""

from dashboard.ui.pages import layers
from dashboard.ui.parts.sidebar import common_sidebar

chosen = common_sidebar()
layers.show(chosen, layers.caveat_and_files(chosen))
