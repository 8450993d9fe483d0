"""The files to take away. Each is made only when somebody asks for it, of what is on screen then."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st
from torch import Tensor

from dashboard.export.arrays import attention_npz, layers_npz, maps_npz, methods_npz
from dashboard.export.exhibit import Exhibit, settings, to_json
from dashboard.export.picture import map_png
from dashboard.export.report import report_html
from dashboard.figures.maps import Backdrop
from dashboard.studies.layers import Curve

Tray = dict[str, Callable[[], bytes]]  # by the file's name, what makes it

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


def offer_files(names: Sequence[str]) -> Tray:
    """Draws the menu of files. Whoever draws what is in them lays it into the tray, again at every change.

    The menu stands outside the fragment with the sliders, as a browser would draw it anew at every step of them.
    """
    tray: Tray = {}
    with st.popover("Download", icon=":material/download:", width="stretch", key="downloads"):
        for name in names:
            label, media_type, text = KINDS[name]
            st.download_button(
                label, partial(_made, tray, name), name, media_type, key=f"download_{name.partition('.')[0]}", help=text,
                on_click="ignore", width="stretch",
            )  # fmt: skip
    return tray


def _made(tray: Tray, name: str) -> bytes:
    return tray[name]()


def comparison_files(exhibit: Exhibit, behind: Backdrop) -> Tray:
    """Pictures, raw maps, settings and the report of the compare page."""
    return {
        "cnn_map.png": partial(map_png, exhibit, "cnn"),
        "vit_map.png": partial(map_png, exhibit, "vit"),
        "maps.npz": partial(maps_npz, exhibit),
        "settings.json": partial(_settings, exhibit),
        "report.html": lambda: report_html(exhibit, behind).encode(),
    }


def layer_files(exhibit: Exhibit, rollouts: Tensor, attention: Tensor, curves: Sequence[Curve]) -> Tray:
    """Raw maps, curves and settings of the layers page."""
    made = partial(layers_npz, exhibit, rollouts, attention, curves)
    return {"layers.npz": made, "settings.json": partial(_settings, exhibit)}


def attention_files(exhibit: Exhibit, tokens: Tensor, grid: tuple[int, int]) -> Tray:
    """Raw attention and settings of the attention page."""
    return {"attention.npz": partial(attention_npz, exhibit, tokens, grid), "settings.json": partial(_settings, exhibit)}


def method_files(exhibit: Exhibit, correlations: Tensor) -> Tray:
    """Raw maps and settings of the methods page."""
    return {"methods.npz": partial(methods_npz, exhibit, correlations), "settings.json": partial(_settings, exhibit)}


def _settings(exhibit: Exhibit) -> bytes:
    return to_json(settings(exhibit)).encode()
