"""The photo of the pages that the dashboard is measured against, put into a figure without any of the dashboard's code."""

import base64
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def photo(x: str = "x", y: str = "y") -> dict[str, Any]:
    """The rocket as a layout image below the cells of the axes `x` and `y`."""
    package = find_spec("skimage")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("expected scikit-image")
    file = Path(package.submodule_search_locations[0], "data", "rocket.jpg")
    uri = "data:image/jpeg;base64," + base64.b64encode(file.read_bytes()).decode()
    return {
        "source": uri,
        "xref": x,
        "yref": y,
        "x": 0,
        "y": 0,
        "sizex": 640,
        "sizey": 427,
        "sizing": "stretch",
        "layer": "below",
    }
