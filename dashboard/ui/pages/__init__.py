"""The pages, in the order of the menu. Each has a module here that draws it.

To add a page: write its script in `pages/`, its study, its figure and its module here, and add its row to `PAGES`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page: its `title`, which is also its script's name and, in lower case, its address, and the `question` it answers."""

    title: str
    icon: str
    question: str


PAGES = (  # visitors start on the first
    Page("Compare", "compare", "What do two models look at in the same photo?"),
    Page("Layers", "layers", "How does what each model looks at build up, layer by layer?"),
    Page("Attention", "grid_on", "What does one patch look at, and who looks at it?"),
    Page("Methods", "grid_view", "How much does the choice of method matter?"),
    Page("Models", "deployed_code", "Which models are there, and what can each show?"),
)
