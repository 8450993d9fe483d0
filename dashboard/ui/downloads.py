"""The files to take away. Each is made only when somebody asks for it."""

from collections.abc import Callable

import streamlit as st
from torch import Tensor

from dashboard.export.arrays import layers_npz, maps_npz
from dashboard.export.exhibit import Exhibit, settings, to_json
from dashboard.export.picture import map_png
from dashboard.export.report import report_html
from dashboard.figures.maps import Backdrop

JSON = "application/json"
NPZ = "application/octet-stream"


def offer_comparison(exhibit: Exhibit, behind: Backdrop) -> None:
    """Pictures, raw maps, settings and the report of the compare page."""
    with st.popover("Download", icon=":material/download:", width="stretch", key="downloads"):
        for side, name in (("cnn", "CNN's"), ("vit", "ViT's")):
            _button(f"{name} map (PNG)", lambda side=side: map_png(exhibit, side), f"{side}_map.png", "image/png",
                    "At the photo's own resolution.")  # fmt: skip
        _button("Raw maps (NPZ)", lambda: maps_npz(exhibit), "maps.npz", NPZ, "Values, boxes and settings, for NumPy.")
        _settings(exhibit)
        _button("Report (HTML)", lambda: report_html(exhibit, behind).encode(), "report.html", "text/html",
                "The whole comparison in one file of 5 MB, which opens without a server.")  # fmt: skip


def offer_layers(exhibit: Exhibit, rollouts: Tensor, attention: Tensor) -> None:
    """Raw maps and settings of the layers page."""
    with st.popover("Download", icon=":material/download:", width="stretch", key="downloads"):
        _button("Maps of every layer (NPZ)", lambda: layers_npz(exhibit, rollouts, attention), "layers.npz", NPZ,
                "Rollouts, raw attention, their box and the settings, for NumPy.")  # fmt: skip
        _settings(exhibit)


def _settings(exhibit: Exhibit) -> None:
    _button("Settings (JSON)", lambda: to_json(settings(exhibit)).encode(), "settings.json", JSON,
            "All that is needed to make these maps again.")  # fmt: skip


def _button(label: str, made: Callable[[], bytes], file: str, mime: str, text: str) -> None:
    st.download_button(
        label, made, file, mime, key=f"download_{file.partition('.')[0]}", help=text, on_click="ignore", width="stretch",
    )  # fmt: skip
