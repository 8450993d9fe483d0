"""Maps linked in the browser: a mark at the same place of each, one zoom for all, and views that fill the screen."""

from dashboard.photo import Photo
from dashboard.ui.components import component

_linked_maps = component(
    "linked_maps", html='<p class="linked-live" aria-live="polite"></p>', styled=True, isolated=False,
)  # fmt: skip
CHARTS = (  # for each chart its key, its name, and what stands before its values
    ("left_map", "Left map", "Left: "), ("right_map", "Right map", "Right: "), ("difference", "Where they disagree", ""),
)  # fmt: skip


def linked_maps(photo: Photo) -> None:
    """Links the charts of both maps and of their difference, all of which are over this photo."""
    charts = [{"key": key, "name": name, "before": before} for key, name, before in CHARTS]
    _linked_maps(key="linked_maps", data={"charts": charts, "photo": photo.digest})
