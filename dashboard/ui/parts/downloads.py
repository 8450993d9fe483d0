"""The files to take away. Each is made only when it is clicked, from the maps that are on screen at that moment."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Condition
from typing import get_args

import streamlit as st
from torch import Tensor

from dashboard.compare import Pair, Slot
from dashboard.evidence import AttentionMaps
from dashboard.explain import Explanation
from dashboard.export.arrays import (
    Build,
    all_attention_bytes,
    all_attention_npz,
    attention_npz,
    layers_npz,
    maps_npz,
    methods_npz,
    trust_npz,
)
from dashboard.export.exhibit import Exhibit, settings, stem, to_json
from dashboard.export.picture import map_png
from dashboard.export.report import report_html
from dashboard.export.sheet import DOTS, MEDIA, SIZES, Format, Sheet, Width
from dashboard.export.tables import comparison_csv, heads_csv, layers_csv, methods_csv, patch_csv, trust_csv
from dashboard.figures.maps import Backdrop
from dashboard.models.classifier import Classifier
from dashboard.numbers import in_megabytes
from dashboard.photo import Photo
from dashboard.studies.attention import HeadSummary, TokenAttention, place, token_names
from dashboard.studies.trust import Lines

Files = dict[str, Callable[..., bytes]]  # by kind of file: a function that makes it; a figure's takes its sheet
WAITS = 5.0  # seconds that a click waits for a page that is being drawn

KINDS = {  # kind: label, how its name ends, media type, help
    "figure": ("Figure", "", "", "For papers and slides: everything on white, with titles and colour bars."),
    "left_map": ("Left map (PNG)", ".png", "image/png", "At the photo's own resolution, and at least 1,200 pixels wide."),
    "right_map": ("Right map (PNG)", ".png", "image/png", "At the photo's own resolution, and at least 1,200 pixels wide."),
    "methods": ("Raw maps (NPZ)", "_methods.npz", "application/octet-stream",
                "Values and boxes of all maps shown, rank correlations and the settings, for NumPy."),
    "maps": ("Raw maps (NPZ)", ".npz", "application/octet-stream", "Values, boxes and settings, for NumPy."),
    "layers": ("Maps of every layer (NPZ)", "_layers.npz", "application/octet-stream",
               "The maps of each layer or stage, raw attention, their boxes, the curves and the settings, for NumPy."),
    "attention": ("Attention of every head (NPZ)", "_attention.npz", "application/octet-stream",
                  "The chosen patch's attention in every layer and head, all tokens, and the settings, for NumPy."),
    "numbers": ("Numbers (CSV)", ".csv", "text/csv",
                "Both models' scores of all classes, the maps' numbers, and how far they agree."),
    "curves": ("Curves (CSV)", "_layers.csv", "text/csv", "Every number by depth."),
    "heads": ("Heads (CSV)", "_heads.csv", "text/csv", "How far and how evenly each head looks, over all patches."),
    "patch": ("Map of the patch (CSV)", "_patch.csv", "text/csv",
              "The attention on the page, a line for each patch, with its place in the photo."),
    "agreement": ("Numbers (CSV)", "_methods.csv", "text/csv",
                  "Each map's numbers, and its rank correlation with every other."),
    "steps": ("Maps and curves (NPZ)", "_trust.npz", "application/octet-stream",
              "The maps, every curve of the test step by step, each beside its controls, and the settings, for NumPy."),
    "trust": ("Curves and numbers (CSV)", "_trust.csv", "text/csv",
              "Of the test step by step: every curve and every number, each beside its controls."),
    "settings": ("Settings (JSON)", ".json", "application/json", "Everything needed to make these maps again."),
    "report": ("Report (HTML)", ".html", "text/html",
               "The whole comparison in one file of 5 MB, which opens without a server."),
}  # fmt: skip
TABLES = {"layers": ("curves",), "methods": ("agreement",), "attention": ("heads", "patch")}  # by a page's own kind of file
RENAMED = "files_were_renamed_to"  # the names for which the page is drawn again, once, until the menu shows them


class Tray:
    """Holds the functions that make a page's files. The page lays new ones each time it is drawn; clicks may come at any time.

    `names`: by kind of file, the name that the menu gives it.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = dict(names)
        self._files: Files = {}
        self._laid = Condition()

    def empty(self) -> None:
        """Removes the files of the page's last run, before anything new is drawn."""
        self.lay({})

    def must_say(self, names: Mapping[str, str]) -> None:
        """Draws the whole page again if the menu, which is outside the page's fragment, shows other names than these.

        Names change with a choice such as another method, never with a slider.
        """
        if self._names == names:
            st.session_state.pop(RENAMED, None)
        elif st.session_state.get(RENAMED) != names:
            st.session_state[RENAMED] = dict(names)
            st.rerun()

    def lay(self, files: Files) -> None:
        """Puts in the files of what is on the page now."""
        with self._laid:
            self._files = files
            self._laid.notify_all()

    def made(self, kind: str, *how: Sheet) -> bytes:
        """Makes a file from what is on the page; a figure for the sheet that says `how`.

        Raises:
            LookupError: the page does not show what the file needs, such as a map that has not been run.
        """
        with self._laid:
            if not self._laid.wait_for(lambda: kind in self._files, WAITS):
                raise LookupError(f"{self._names.get(kind, kind)} is made of maps that are not on the page")
            make = self._files[kind]
        return make(*how)


def comparison_names(photo: Photo, models: Pair[Classifier], methods: Pair[str]) -> dict[str, str]:
    """Names for the files of the compare page: photo, models and methods."""
    each = Pair.of(lambda slot: (models[slot].title, methods[slot]))
    both = (*each.left, *each.right)
    shared = dict.fromkeys(("maps", "numbers", "settings", "report"), both)
    return _names(photo, {"figure": both, "left_map": each.left, "right_map": each.right, **shared})


def trust_names(photo: Photo, models: Pair[Classifier], methods: Pair[str]) -> dict[str, str]:
    """Names for the files of the trust page: photo, models and methods."""
    both = tuple(part for slot in models for part in (models[slot].title, methods[slot]))
    return _names(photo, dict.fromkeys(("figure", "steps", "trust", "settings", "report"), both))


def names_of(kind: str, photo: Photo, *parts: str) -> dict[str, str]:
    """Names for a page's own kind of file and for its settings, from the photo's name and these parts."""
    return _names(photo, dict.fromkeys(("figure", kind, *TABLES[kind], "settings"), parts))


def _names(photo: Photo, parts: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {kind: stem(photo.name, *told) + KINDS[kind][1] for kind, told in parts.items()}


def offer_files(names: Mapping[str, str]) -> Tray:
    """Draws the menu of files, named by kind, if there are any; returns the tray that the page then fills.

    The menu is outside the fragment with the sliders: inside, the browser would redraw it at every step of a slider.
    """
    tray = Tray(names)
    if not names:
        return tray
    with st.popover("Download", icon=":material/download:", width="stretch", key="downloads"):
        st.caption("Files are made from the maps on the page. A file whose map has not been run is not available.")
        if "figure" in names:
            _offer_figure(tray, names["figure"])
        for kind, name in names.items():
            if kind != "figure":
                label, _, media_type, text = KINDS[kind]
                _offer(label, partial(tray.made, kind), name, media_type, kind, text)
    return tray


@st.fragment  # so that a choice of format redraws nothing else
def _offer_figure(tray: Tray, name: str) -> None:
    """Draws the choice of a figure's format and size, and the button that makes it."""
    form, wide, dots = st.columns([3, 4, 3], vertical_alignment="bottom")
    formats, widths = get_args(Format), get_args(Width)
    choice: Format = form.selectbox("Figure as", formats, key="figure_format") or formats[0]
    width: Width = wide.selectbox("Width", widths, key="figure_width", index=1, format_func=_with_millimetres) or widths[1]
    dpi = dots.selectbox("DPI", DOTS, key="figure_dpi", index=1, disabled=choice != "PNG") or DOTS[1]
    sheet, (label, _, _, text) = Sheet(choice, width, dpi), KINDS["figure"]
    _offer(f"{label} ({choice})", partial(tray.made, "figure", sheet), name + sheet.ending, MEDIA[choice], "figure", text)


def _with_millimetres(width: Width) -> str:
    return f"{width} ({SIZES[width].millimetres:g} mm)"


def _offer(label: str, make: Callable[[], bytes], name: str, media_type: str, kind: str, text: str) -> None:
    st.download_button(
        label, make, name, media_type, key=f"download_{kind}", help=text, on_click="ignore", width="stretch",
        type="primary" if kind == "figure" else "secondary",
    )  # fmt: skip


def comparison_files(exhibit: Exhibit, behind: Backdrop) -> Files:
    """Pictures, raw maps, settings and the report of the compare page."""
    return {
        "figure": partial(_comparison_figure, exhibit),
        "left_map": partial(map_png, exhibit, "left"),
        "right_map": partial(map_png, exhibit, "right"),
        "maps": partial(maps_npz, exhibit),
        "numbers": partial(comparison_csv, exhibit),
        "settings": partial(_settings, exhibit),
        "report": lambda: report_html(exhibit, behind).encode(),
    }


def layer_files(exhibit: Exhibit, layers: Mapping[Slot, Build]) -> Files:
    """The figure, raw maps, curves and settings of the layers page."""
    return {
        "figure": partial(_layers_figure, exhibit, layers), "layers": partial(layers_npz, exhibit, layers),
        "curves": partial(layers_csv, exhibit, layers), "settings": partial(_settings, exhibit),
    }  # fmt: skip


def attention_files(
    exhibit: Exhibit, slot: Slot, evidence: AttentionMaps, method: TokenAttention, summary: HeadSummary
) -> Files:
    """The figure, raw attention, tables and settings of the attention page."""
    tokens = method.every_head(evidence)
    maps, cell = method.on_patches(evidence, tokens), place(evidence, method.token)
    return {
        "figure": partial(_attention_figure, exhibit, slot, maps, cell),
        "attention": partial(attention_npz, exhibit, slot, tokens, evidence.grid),
        "heads": partial(heads_csv, exhibit, slot, summary),
        "patch": partial(patch_csv, exhibit, slot, token_names(evidence)[method.token]),
        "settings": partial(_settings, exhibit),
    }  # fmt: skip


def method_files(exhibit: Exhibit, correlations: Tensor, own_scale: bool = False) -> Files:
    """The figure, raw maps, numbers and settings of the methods page."""
    return {
        "figure": partial(_methods_figure, exhibit, correlations, own_scale),
        "methods": partial(methods_npz, exhibit, correlations), "agreement": partial(methods_csv, exhibit, correlations),
        "settings": partial(_settings, exhibit),
    }  # fmt: skip


def trust_files(exhibit: Exhibit, behind: Backdrop, drawn: Mapping[Slot, Sequence[Lines]] | None = None) -> Files:
    """The settings of the trust page's maps; if its curves and numbers are made, those as figure, arrays and table; and the
    report, if both maps are.
    """
    files: Files = {"settings": partial(_settings, exhibit)}
    if exhibit.comparison is not None:
        files["report"] = lambda: report_html(exhibit, behind).encode()
    if drawn:
        files |= {
            "figure": partial(_trust_figure, exhibit, drawn), "steps": partial(trust_npz, exhibit, drawn),
            "trust": partial(trust_csv, exhibit, drawn),
        }  # fmt: skip
    return files


def offer_all_attention(evidence: AttentionMaps, shown: Explanation, name: str) -> None:
    """Draws a button for the attention of all patches in every layer and head, which says how large that file is."""
    st.download_button(
        f"Attention of all patches (NPZ, {in_megabytes(all_attention_bytes(evidence), 1)})",
        partial(all_attention_npz, evidence, shown.box), f"{name}_all_attention.npz", KINDS["attention"][2],
        key="download_all_attention", on_click="ignore", icon=":material/download:",
        help="What every token attends to in every layer and head, for NumPy: (layers, heads, tokens, tokens).",
    )  # fmt: skip


# Figures are imported when one is made: they bring matplotlib's fonts and writers, a second of loading.
def _comparison_figure(exhibit: Exhibit, sheet: Sheet) -> bytes:
    from dashboard.export.figure import comparison_figure

    return comparison_figure(exhibit, sheet)


def _layers_figure(exhibit: Exhibit, layers: Mapping[Slot, Build], sheet: Sheet) -> bytes:
    from dashboard.export.figure import layers_figure

    return layers_figure(exhibit, layers, sheet)


def _attention_figure(exhibit: Exhibit, slot: Slot, maps: Tensor, cell: tuple[int, int] | None, sheet: Sheet) -> bytes:
    from dashboard.export.figure import attention_figure

    return attention_figure(exhibit, slot, maps, cell, sheet)


def _methods_figure(exhibit: Exhibit, correlations: Tensor, own_scale: bool, sheet: Sheet) -> bytes:
    from dashboard.export.figure import methods_figure

    return methods_figure(exhibit, correlations, own_scale, sheet)


def _trust_figure(exhibit: Exhibit, drawn: Mapping[Slot, Sequence[Lines]], sheet: Sheet) -> bytes:
    from dashboard.export.figure import trust_figure

    return trust_figure(exhibit, drawn, sheet)


def _settings(exhibit: Exhibit) -> bytes:
    return to_json(settings(exhibit)).encode()
