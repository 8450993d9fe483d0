"""The pages, in the order of the menu, and one module for each of them that says what is on it.

To add one: its script in `pages/`, its study, its figure, its module here, and its row in `PAGES`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page. Its `title` is its script's name too, and in lower case its address; `question` is what it answers."""

    title: str
    icon: str
    question: str


PAGES = (  # the first is what a visitor finds
    Page("Compare", "compare", "What do two models look at in the same photo?"),
    Page("Layers", "layers", "How does what each model looks at build up, layer by layer?"),
    Page("Attention", "grid_on", "What does one patch look at, and who looks at it?"),
    Page("Methods", "grid_view", "How much does the choice of method matter?"),
    Page("Models", "deployed_code", "Which models are there, and which method fits which?"),
)
