"""The pages, in the order of the menu. Each has a module here that draws it.

To add a page: write its script in `pages/`, its study, its figure and its module here, and add its row to `PAGES`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page: its `title`, after which its script and its address are called, and its heading, `question`.

    Most pages answer a question.
    """

    title: str
    icon: str
    question: str

    @property
    def path(self) -> str:
        """Its address.

        >>> Page("Known truth", "", "").path, Page("Known truth", "", "").script
        ('known-truth', 'Known_Truth.py')
        """
        return self.title.lower().replace(" ", "-")

    @property
    def script(self) -> str:
        """The name of its script, which is not its address."""
        return f"{self.title.title().replace(' ', '_')}.py"


PAGES = (  # visitors start on the first
    Page("Compare", "compare", "What do two models look at in the same photo?"),
    Page("Layers", "layers", "How does what each model looks at build up, layer by layer?"),
    Page("Attention", "grid_on", "What does one patch look at, and who looks at it?"),
    Page("Methods", "grid_view", "How much does the choice of method matter?"),
    Page("Trust", "fact_check", "Can this map be believed?"),
    Page("Known truth", "shapes", "Which methods find the truth where it is known?"),
    Page("Models", "deployed_code", "Models"),
)
