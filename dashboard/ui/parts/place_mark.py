"""A frame around a part of the photo on a chart. It moves without the chart being drawn anew."""

from dashboard.photo import Box
from dashboard.ui.components import component

_place_mark = component("place_mark")


def place_mark(chart: str, size: tuple[int, int], box: Box | None) -> None:
    """Frames `box` of a photo of `size` (width, height) on the chart with the key `chart`; nothing if it is None."""
    width, height = size
    shares = box and {
        "left": box.left / width, "top": box.top / height, "width": box.width / width, "height": box.height / height,
    }  # fmt: skip
    _place_mark(key=f"{chart}_mark", data={"chart": chart, "box": shares}, height=1)
