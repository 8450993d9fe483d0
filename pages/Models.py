"""Which models are there, and which method fits which?"""

from dashboard.ui.pages import models
from dashboard.ui.parts.sidebar import common_sidebar

common_sidebar(models.meanwhile)
models.show()
