"""Models: a person's own, those in memory, and those that can be loaded."""

from dashboard.ui.pages import models
from dashboard.ui.parts.sidebar import common_sidebar

with common_sidebar(models.meanwhile):
    models.show()
