"""The film by keyboard, which Plotly's own buttons and slider can't be reached by, and its depth told to the page."""

from collections.abc import Callable

from dashboard.ui.components import component
from dashboard.ui.parts.asked import answered, depth_of, heard

_film_keys = component("film_keys")


def film_keys(chart: str, side: str, start: int, depth: int, rested: Callable[[int], None]) -> None:
    """Lets arrow keys step through the film with the key `chart`; the space bar plays and halts it.

    A new chart shows `start`. The film goes to `depth`, its side's, when that changes. While it plays or is scrubbed, charts of
    the same `side` mark the depth without the server; `rested` gets the depth at which it comes to rest.
    """
    key = f"{chart}_keys"
    asked = depth_of(side)
    data = {"chart": chart, "side": side, "start": start, "depth": depth, "asked": asked, "answered": answered(asked)}
    _film_keys(key=key, data=data, height=1, on_rested_change=heard(asked, key, "rested", rested))
