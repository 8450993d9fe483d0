"""Points that can be clicked. Plotly reports no clicks on heatmaps, so figures put a transparent point into each cell.

Plotly fades the points that a click did not choose; these keep their look.
"""

from typing import Any

POINTS = {"type": "scatter", "mode": "markers", "showlegend": False}


def alike(opacity: float) -> dict[str, Any]:
    """Trace options that keep the points' opacity when some of them are clicked."""
    return {chosen: {"marker": {"opacity": opacity}} for chosen in ("selected", "unselected")}


SEEN = alike(1)  # for visible points
UNSEEN = POINTS | {"marker": {"opacity": 0, "size": 12}} | alike(0)  # for transparent ones; x, y and customdata are to be added
