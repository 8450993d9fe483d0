"""Small maps over one photo, as many in a row as there is room for: each is a button, with words below it.

Plotly could not tell how wide the screen is, nor be reached by keys.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from dashboard.figures.maps import Backdrop, palette
from dashboard.figures.methods import encoded

CSS = """
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.75rem, 1fr)); gap: 1rem 0.75rem; font-size: 0.8rem; }
figure { margin: 0; min-width: 0; }
button { font: inherit; color: inherit; cursor: pointer; }
.map { position: relative; display: block; width: 100%; padding: 0; border: 0; overflow: hidden; border-radius: 0.25rem;
       background: var(--st-secondary-background-color); }
.map > *, .map i { position: absolute; }
.map img { inset: 0; width: 100%; height: 100%; object-fit: fill; }
.map canvas { image-rendering: pixelated; }
.smooth canvas { image-rendering: auto; }
.map .dark { inset: 0; }
.map i { background: rgb(20 22 28 / 0.62); }
.map:disabled { cursor: default; }
.map:disabled img { opacity: 0.25; }
.map:disabled canvas { display: none; }
.map svg { overflow: visible; }
.map path { fill: none; vector-effect: non-scaling-stroke; stroke: rgb(20 22 28); stroke-width: 3; }
.map path + path { stroke: white; stroke-width: 1.5; }
.flat { display: none; background: repeating-linear-gradient(135deg, rgb(20 22 28) 0 2px, rgb(150 154 152 / 0.6) 2px 9px); }
.is-flat .flat { display: block; }
.is-flat canvas { display: none; }
.map:hover:enabled { filter: brightness(1.12); }
.map:focus-visible, .run:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.place { display: none; top: 0; left: 0; padding: 0 0.4rem; font-weight: 600; color: #1c2321; background: rgb(255 176 0); }
.chosen .place { display: block; }
.chosen .map { outline: 3px solid rgb(255 176 0); outline-offset: 0; }
figcaption { margin-top: 0.25rem; line-height: 1.35; overflow-wrap: anywhere; }
figcaption b { font-weight: 600; }
figcaption span { display: block; opacity: 0.75; }
.run { margin-top: 0.25rem; padding: 0.15rem 0.6rem; background: transparent; border: 1px solid var(--st-border-color);
       border-radius: var(--st-button-radius); }
.run:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
"""
JS = """
export default function ({ data, parentElement, setTriggerValue }) {
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const palettes = Object.fromEntries(Object.entries(data.palettes).map(([name, text]) => [name, bytes(text)]));

    function place(element, [left, top, width, height]) {
        Object.assign(element.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` });
        return element;
    }

    function made(tag, name, text = "") {
        return Object.assign(document.createElement(tag), { className: name, textContent: text });
    }

    function paint(canvas, { rows, columns, shades, colours }) {
        const pixels = new ImageData(columns, rows), palette = palettes[colours];
        bytes(shades).forEach((shade, i) => pixels.data.set([...palette.slice(3 * shade, 3 * shade + 3), 255], 4 * i));
        Object.assign(canvas, { width: columns, height: rows });
        canvas.getContext("2d").putImageData(pixels, 0, 0);
    }

    function drawn(name) {
        return document.createElementNS("http://www.w3.org/2000/svg", name);
    }

    function ring(svg, { rows, columns, ring }) {
        svg.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
        svg.querySelectorAll("path").forEach((path) => path.setAttribute("d", ring));
    }

    function lines() {
        const svg = drawn("svg");
        svg.setAttribute("preserveAspectRatio", "none");
        svg.append(drawn("path"), drawn("path"));
        return svg;
    }

    function empty(name) {
        const cell = made("figure", "");
        cell.dataset.name = name;
        const map = made("button", "map");
        map.type = "button";
        const layers = [made("canvas", ""), made("span", "flat"), lines(), made("span", "dark"), made("span", "place")];
        map.append(made("img", ""), ...layers);
        cell.append(map, made("figcaption", ""));
        return cell;
    }

    function fill(cell, small) {
        const map = cell.querySelector(".map"), photo = map.querySelector("img"), words = cell.querySelector("figcaption");
        if (photo.getAttribute("src") !== data.photo) photo.src = data.photo;
        photo.alt = "";
        map.style.aspectRatio = data.ratio;
        map.disabled = small.painted === null;
        map.title = small.more;
        map.setAttribute("aria-label", `${small.name}: ${small.notes.join(", ")}`);
        map.onclick = () => setTriggerValue("opened", small.name);
        map.querySelector(".dark").replaceChildren(...small.laid.unseen.map((corners) => place(made("i", ""), corners)));
        map.querySelector(".place").textContent = small.place;
        cell.className = small.place ? "chosen" : "";
        const canvas = place(map.querySelector("canvas"), small.laid.box);
        canvas.style.opacity = data.opacity;
        const svg = place(map.querySelector("svg"), small.laid.box);
        place(map.querySelector(".flat"), small.laid.box);
        map.classList.toggle("is-flat", small.painted !== null && small.painted.flat);
        svg.style.display = small.painted ? "" : "none";
        if (small.painted) {
            paint(canvas, small.painted);
            ring(svg, small.painted);
        }
        words.replaceChildren(made("b", "", small.name), ...small.notes.map((note) => made("span", "", note)));
        if (small.painted === null) {
            const run = made("button", "run", "Run");
            run.setAttribute("aria-label", `Run ${small.name}`);
            run.onclick = () => setTriggerValue("run", small.name);
            words.append(run);
        }
    }

    const grid = parentElement.querySelector(".grid");
    grid.classList.toggle("smooth", data.smooth);
    const cells = new Map([...grid.children].map((cell) => [cell.dataset.name, cell]));
    data.maps.forEach((small, i) => {
        const cell = cells.get(small.name) ?? empty(small.name);
        cells.delete(small.name);
        fill(cell, small);
        if (grid.children[i] !== cell) grid.insertBefore(cell, grid.children[i] ?? null);
    });
    cells.forEach((cell) => cell.remove());
}
"""

_map_grid = component("map_grid", html='<div class="grid"></div>', css=CSS, js=JS)


@dataclass(frozen=True)
class SmallMap:
    """One cell: its `name` and `notes` below the map, `more` where the pointer rests, and the `place` that it has among the
    two shown large, if any. `laid` is where it lies on the photo, as `figures.methods` says it, `painted` the map as that
    paints it, None while it waits to be run.
    """

    name: str
    notes: tuple[str, ...]
    more: str
    place: str
    laid: dict
    painted: dict | None


def map_grid(
    maps: Sequence[SmallMap], behind: Backdrop, opacity: float, smooth: bool, key: str, opened: Callable[[str], None],
    run: Callable[[str], None],
) -> None:  # fmt: skip
    """Draws the maps over the photo; a click tells `opened`, or `run` where a map waits, its name."""
    colours = {small.painted["colours"] for small in maps if small.painted}
    data: dict[str, Any] = {
        "maps": [asdict(small) for small in maps], "opacity": opacity, "smooth": smooth,
        "photo": behind.uri, "ratio": behind.width / behind.height,
        "palettes": {name: encoded(palette(name)) for name in sorted(colours)},
    }  # fmt: skip
    _map_grid(
        key=key, data=data, on_opened_change=lambda: opened(st.session_state[key]["opened"]),
        on_run_change=lambda: run(st.session_state[key]["run"]),
    )  # fmt: skip
