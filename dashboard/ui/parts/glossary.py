"""The glossary: a button that opens all terms. A link to a term's anchor, as `with_links` makes them, opens it there."""

from dataclasses import asdict

from dashboard.glossary import ALL
from dashboard.ui.components import component

HTML = (
    '<button type="button" class="open">Glossary</button><dialog aria-labelledby="title"><header><h2 id="title">Glossary</h2>'
    '<input type="search" aria-label="Search the glossary" placeholder="Search"><button type="button">Close</button></header>'
    '<dl tabindex="0" aria-label="Terms"></dl></dialog>'
)
_glossary = component("glossary", html=HTML, styled=True)


def glossary() -> None:
    """Draws the button that opens the glossary. Every page has to draw it, for the links to terms to work."""
    _glossary(key="glossary", data=[asdict(term) | {"anchor": term.anchor} for term in ALL])
