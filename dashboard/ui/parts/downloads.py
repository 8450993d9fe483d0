"""The files to take away. Each is made only when somebody asks for it, of what is on screen then."""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Condition

import streamlit as st
from torch import Tensor

from dashboard.export.arrays import attention_npz, layers_npz, maps_npz, methods_npz
from dashboard.export.exhibit import Exhibit, settings, to_json
from dashboard.export.picture import map_png
from dashboard.export.report import report_html
from dashboard.figures.maps import Backdrop
from dashboard.studies.layers import Curve

Files = dict[str, Callable[[], bytes]]  # by the file's name, what makes it
WAITS = 5.0  # seconds that a click waits for a page that is being drawn

KINDS = {  # file: label, media type, help
    "cnn_map.png": ("CNN's map (PNG)", "image/png", "At the photo's own resolution."),
    "vit_map.png": ("ViT's map (PNG)", "image/png", "At the photo's own resolution."),
    "methods.npz": ("Raw maps (NPZ)", "application/octet-stream",
                    "Values of every map shown, their box, rank correlations and the settings, for NumPy."),
    "maps.npz": ("Raw maps (NPZ)", "application/octet-stream", "Values, boxes and settings, for NumPy."),
    "layers.npz": ("Maps of every layer (NPZ)", "application/octet-stream",
                   "Rollouts, raw attention, their box, the curves and the settings, for NumPy."),
    "attention.npz": ("Attention of every head (NPZ)", "application/octet-stream",
                      "The chosen patch's attention in every layer and head, all tokens, and the settings, for NumPy."),
    "settings.json": ("Settings (JSON)", "application/json", "All that is needed to make these maps again."),
    "report.html": ("Report (HTML)", "text/html",
                    "The whole comparison in one file of 5 MB, which opens without a server."),
}  # fmt: skip
OF_COMPARISON = ("cnn_map.png", "vit_map.png", "maps.npz", "settings.json", "report.html")
OF_LAYERS = ("layers.npz", "settings.json")
OF_ATTENTION = ("attention.npz", "settings.json")
OF_METHODS = ("methods.npz", "settings.json")


class Tray:
    """Where a page lays what makes its files, each time that it is drawn, for clicks that come at any time."""

    def __init__(self) -> None:
        self._files: Files = {}
        self._laid = Condition()

    def empty(self) -> None:
        """Before anything is drawn: what was on the page is there no longer."""
        self.lay({})

    def lay(self, files: Files) -> None:
        """What is on the page now."""
        with self._laid:
            self._files = files
            self._laid.notify_all()

    def made(self, name: str) -> bytes:
        """A file of what is on the page.

        Raises:
            LookupError: the page shows nothing that the file is made of, such as where a map waits to be run.
        """
        with self._laid:
            if not self._laid.wait_for(lambda: name in self._files, WAITS):
                raise LookupError(f"{name} is made of maps that are not on the page")
            make = self._files[name]
        return make()


def offer_files(names: Sequence[str]) -> Tray:
    """Draws the menu of files. The page lays what is in them into the tray.

    The menu stands outside the fragment with the sliders, as a browser would draw it anew at every step of them.
    """
    tray = Tray()
    with st.popover("Download", icon=":material/download:", width="stretch", key="downloads"):
        st.caption("Made of the maps that are on the page. Where one is missing, there is no file.")
        for name in names:
            label, media_type, text = KINDS[name]
            st.download_button(
                label, partial(tray.made, name), name, media_type, key=f"download_{name.partition('.')[0]}", help=text,
                on_click="ignore", width="stretch",
            )  # fmt: skip
    return tray


def comparison_files(exhibit: Exhibit, behind: Backdrop) -> Files:
    """Pictures, raw maps, settings and the report of the compare page."""
    return {
        "cnn_map.png": partial(map_png, exhibit, "cnn"),
        "vit_map.png": partial(map_png, exhibit, "vit"),
        "maps.npz": partial(maps_npz, exhibit),
        "settings.json": partial(_settings, exhibit),
        "report.html": lambda: report_html(exhibit, behind).encode(),
    }


def layer_files(exhibit: Exhibit, rollouts: Tensor, attention: Tensor, curves: Sequence[Curve]) -> Files:
    """Raw maps, curves and settings of the layers page."""
    made = partial(layers_npz, exhibit, rollouts, attention, curves)
    return {"layers.npz": made, "settings.json": partial(_settings, exhibit)}


def attention_files(exhibit: Exhibit, tokens: Tensor, grid: tuple[int, int]) -> Files:
    """Raw attention and settings of the attention page."""
    return {"attention.npz": partial(attention_npz, exhibit, tokens, grid), "settings.json": partial(_settings, exhibit)}


def method_files(exhibit: Exhibit, correlations: Tensor) -> Files:
    """Raw maps and settings of the methods page."""
    return {"methods.npz": partial(methods_npz, exhibit, correlations), "settings.json": partial(_settings, exhibit)}


def _settings(exhibit: Exhibit) -> bytes:
    return to_json(settings(exhibit)).encode()
