"""The files to take away. Each is made only when somebody asks for it, of what is on screen then."""

from collections.abc import Callable, Mapping
from functools import partial
from threading import Condition

import streamlit as st
from torch import Tensor

from dashboard.compare import Pair, Slot
from dashboard.export.arrays import Layers, attention_npz, layers_npz, maps_npz, methods_npz
from dashboard.export.exhibit import Exhibit, settings, stem, to_json
from dashboard.export.picture import map_png
from dashboard.export.report import report_html
from dashboard.figures.maps import Backdrop
from dashboard.models.classifier import Classifier
from dashboard.photo import Photo

Files = dict[str, Callable[[], bytes]]  # by kind of file, what makes it
WAITS = 5.0  # seconds that a click waits for a page that is being drawn

KINDS = {  # kind: label, how its name ends, media type, help
    "left_map": ("Left map (PNG)", ".png", "image/png", "At the photo's own resolution."),
    "right_map": ("Right map (PNG)", ".png", "image/png", "At the photo's own resolution."),
    "methods": ("Raw maps (NPZ)", "_methods.npz", "application/octet-stream",
                "Values of every map shown, their box, rank correlations and the settings, for NumPy."),
    "maps": ("Raw maps (NPZ)", ".npz", "application/octet-stream", "Values, boxes and settings, for NumPy."),
    "layers": ("Maps of every layer (NPZ)", "_layers.npz", "application/octet-stream",
               "The method's map after each layer, raw attention, their box, the curves and the settings, for NumPy."),
    "attention": ("Attention of every head (NPZ)", "_attention.npz", "application/octet-stream",
                  "The chosen patch's attention in every layer and head, all tokens, and the settings, for NumPy."),
    "settings": ("Settings (JSON)", ".json", "application/json", "All that is needed to make these maps again."),
    "report": ("Report (HTML)", ".html", "text/html",
               "The whole comparison in one file of 5 MB, which opens without a server."),
}  # fmt: skip
RENAMED = "files_were_renamed_to"  # the names that the last new run of a page was for


class Tray:
    """Where a page lays what makes its files, each time that it is drawn, for clicks that come at any time.

    `names`: by kind of file, the name that the menu gives it.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = dict(names)
        self._files: Files = {}
        self._laid = Condition()

    def empty(self) -> None:
        """Before anything is drawn: what was on the page is there no longer."""
        self.lay({})

    def must_say(self, names: Mapping[str, str]) -> None:
        """Draws the page again where the menu, which stands outside the page's fragment, says other names.

        Only a choice such as another method leads here, never a slider.
        """
        if self._names != names and st.session_state.get(RENAMED) != names:
            st.session_state[RENAMED] = dict(names)
            st.rerun()

    def lay(self, files: Files) -> None:
        """What is on the page now."""
        with self._laid:
            self._files = files
            self._laid.notify_all()

    def made(self, kind: str) -> bytes:
        """A file of what is on the page.

        Raises:
            LookupError: the page shows nothing that the file is made of, such as where a map waits to be run.
        """
        with self._laid:
            if not self._laid.wait_for(lambda: kind in self._files, WAITS):
                raise LookupError(f"{self._names.get(kind, kind)} is made of maps that are not on the page")
            make = self._files[kind]
        return make()


def comparison_names(photo: Photo, models: Pair[Classifier], methods: Pair[str]) -> dict[str, str]:
    """Names for the files of the compare page: photo, models and methods."""
    each = Pair.of(lambda slot: (models[slot].title, methods[slot]))
    both = (*each.left, *each.right)
    return _names(photo, {"left_map": each.left, "right_map": each.right, "maps": both, "settings": both, "report": both})


def names_of(kind: str, photo: Photo, *parts: str) -> dict[str, str]:
    """Names for a page's own kind of file and its settings: the photo and what else tells them from others."""
    return _names(photo, {kind: parts, "settings": parts})


def _names(photo: Photo, parts: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {kind: stem(photo.name, *told) + KINDS[kind][1] for kind, told in parts.items()}


def offer_files(names: Mapping[str, str]) -> Tray:
    """Draws the menu of files by kind. The page lays what is in them into the tray.

    The menu stands outside the fragment with the sliders, as a browser would draw it anew at every step of them.
    """
    tray = Tray(names)
    with st.popover("Download", icon=":material/download:", width="stretch", key="downloads"):
        st.caption("Made of the maps that are on the page. Where one is missing, there is no file.")
        for kind, name in names.items():
            label, _, media_type, text = KINDS[kind]
            st.download_button(
                label, partial(tray.made, kind), name, media_type, key=f"download_{kind}", help=text, on_click="ignore",
                width="stretch",
            )  # fmt: skip
    return tray


def comparison_files(exhibit: Exhibit, behind: Backdrop) -> Files:
    """Pictures, raw maps, settings and the report of the compare page."""
    return {
        "left_map": partial(map_png, exhibit, "left"),
        "right_map": partial(map_png, exhibit, "right"),
        "maps": partial(maps_npz, exhibit),
        "settings": partial(_settings, exhibit),
        "report": lambda: report_html(exhibit, behind).encode(),
    }


def layer_files(exhibit: Exhibit, layers: Mapping[Slot, Layers]) -> Files:
    """Raw maps and settings of the layers page."""
    return {"layers": partial(layers_npz, exhibit, layers), "settings": partial(_settings, exhibit)}


def attention_files(exhibit: Exhibit, slot: Slot, tokens: Tensor, grid: tuple[int, int]) -> Files:
    """Raw attention and settings of the attention page."""
    return {"attention": partial(attention_npz, exhibit, slot, tokens, grid), "settings": partial(_settings, exhibit)}


def method_files(exhibit: Exhibit, correlations: Tensor) -> Files:
    """Raw maps and settings of the methods page."""
    return {"methods": partial(methods_npz, exhibit, correlations), "settings": partial(_settings, exhibit)}


def _settings(exhibit: Exhibit) -> bytes:
    return to_json(settings(exhibit)).encode()
