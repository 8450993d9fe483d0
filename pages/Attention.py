"""What does one patch look at, and who looks at it?"""

from dashboard.ui.pages import attention
from dashboard.ui.parts.sidebar import common_sidebar

with common_sidebar(attention.meanwhile) as chosen:
    attention.show(chosen)
