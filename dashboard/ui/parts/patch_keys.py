"""Choosing a patch by keyboard: arrow keys move it while the picture has the focus."""

from collections.abc import Callable

from dashboard.ui.components import component
from dashboard.ui.parts.asked import answered, heard

_patch_keys = component("patch_keys")
KEY = "patch_keys"


def patch_keys(picture: str, grid: tuple[int, int], cell: tuple[int, int], choose: Callable[[int], None]) -> None:
    """Lets arrow keys move the chosen patch while the container with the key `picture` has the focus.

    `grid` is (rows, columns), `cell` the chosen patch's row and column from 0; `choose` gets the new patch's number from 1.
    The container has the focus, not the chart inside it, which every new figure replaces.
    """
    data = {
        "picture": picture, "rows": grid[0], "columns": grid[1], "row": cell[0], "column": cell[1],
        "answered": answered(picture),
    }  # fmt: skip
    _patch_keys(key=KEY, data=data, height=1, on_moved_change=heard(picture, KEY, "moved", choose))
