"""Points that answer to a click. Plotly sends none on heatmaps: transparent points in the middle of their cells do.

Plotly fades the points that a click did not choose; these look the same, whatever was clicked.
"""

from typing import Any

POINTS = {"type": "scatter", "mode": "markers", "showlegend": False}


def alike(opacity: float) -> dict[str, Any]:
    """What keeps points as they are when some of them are clicked."""
    return {chosen: {"marker": {"opacity": opacity}} for chosen in ("selected", "unselected")}


SEEN = alike(1)  # of points that are drawn
UNSEEN = POINTS | {"marker": {"opacity": 0, "size": 12}} | alike(0)  # to be completed with x, y and their customdata
