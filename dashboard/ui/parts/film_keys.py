"""The film by keyboard: Plotly's own buttons and slider can't be reached by keys."""

from dashboard.ui.components import component

_film_keys = component("film_keys")


def film_keys(chart: str) -> None:
    """Lets arrow keys step through the film with the key `chart`; the space bar plays and halts it."""
    _film_keys(key=f"{chart}_keys", data=chart, height=1)
