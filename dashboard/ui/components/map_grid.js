// Small maps over one photo, painted by the browser. Words from the server are inserted as text, never as HTML.

import { anew } from "./anew.js";
import { ask, standing } from "./asked.js";
import { made, SVG } from "./made.js";
import { inRows } from "./map_rows.js";

const ROOMY = { share: 0.14, most: 180 }; // on wide screens a map has at least this share of the row, up to so many pixels
const LARGEST = { width: 420, height: 380 }; // pixels: a few maps alone in a row grow no further

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const drawn = (name) => document.createElementNS(SVG, name);

function laid(element, [left, top, width, height]) {
    Object.assign(element.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` });
    return element;
}

// One pixel for each cell of the map: CSS stretches the canvas over the photo, with sharp or smooth cells.
function paint(canvas, { rows, columns, shades }, palette) {
    const pixels = new ImageData(columns, rows);
    bytes(shades).forEach((shade, i) => {
        pixels.data.set([...palette.slice(3 * shade, 3 * shade + 3), 255], 4 * i);
    });
    Object.assign(canvas, { width: columns, height: rows });
    canvas.getContext("2d").putImageData(pixels, 0, 0);
}

function ring(svg, { rows, columns, ring }) {
    svg.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
    for (const path of svg.children) path.setAttribute("d", ring);
}

// Two paths with the same outline, which CSS draws as a light line on a dark one.
function lines(name) {
    const svg = drawn("svg");
    svg.classList.add(name);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.append(drawn("path"), drawn("path"));
    return svg;
}

// The value of the cell below the pointer, written into the map's lower corner.
function told(map, { rows, columns, values }) {
    const numbers = new Float32Array(bytes(values).buffer);
    const words = map.querySelector(".value");
    map.onpointermove = ({ clientX, clientY }) => {
        const { left, top, width, height } = map.querySelector("canvas").getBoundingClientRect();
        const [column, row] = [((clientX - left) / width) * columns, ((clientY - top) / height) * rows].map(Math.floor);
        const inside = column >= 0 && column < columns && row >= 0 && row < rows;
        words.textContent = inside ? `${Number(numbers[row * columns + column].toPrecision(3))}` : "";
    };
    map.onpointerleave = () => {
        words.textContent = "";
    };
}

function emptyMap() {
    const cell = made("figure");
    const map = made("button", "map");
    map.type = "button";
    const spans = ["flat", "dark", "place", "value"].map((name) => made("span", name));
    map.append(made("img"), made("canvas"), lines("ring"), ...spans);
    map.append(lines("truth"));
    cell.append(map, made("figcaption"));
    return cell;
}

function fillMap(cell, small, data, palettes, act) {
    const { name, notes, more, place, painted } = small;
    const map = cell.querySelector(".map");
    const photo = map.querySelector("img");
    const source = small.photo || data.photo;
    if (photo.getAttribute("src") !== source) photo.src = source; // setting the same photo again would blink
    photo.alt = "";
    map.style.aspectRatio = data.ratio;
    map.disabled = !data.opens;
    map.title = more;
    map.setAttribute("aria-label", [place, small.group, name, ...notes].filter(Boolean).join(", "));
    map.onclick = () => act("opened", small.value);
    map.querySelector(".dark").replaceChildren(...small.laid.unseen.map((corners) => laid(made("i"), corners)));
    map.querySelector(".place").textContent = place;
    const [canvas, svg] = ["canvas", ".ring", ".flat"].map((part) => laid(map.querySelector(part), small.laid.box));
    const truth = laid(map.querySelector(".truth"), [0, 0, 100, 100]);
    ring(truth, small.outlined ?? { columns: 1, rows: 1, ring: "" });
    map.classList.toggle("is-bare", !painted.shades);
    map.classList.toggle("is-flat", Boolean(painted.flat));
    if (painted.shades) {
        canvas.style.opacity = data.opacity;
        paint(canvas, painted, palettes[painted.colours]);
        ring(svg, painted);
        told(map, painted);
    }
    const words = cell.querySelector("figcaption");
    words.replaceChildren(made("b", "", name), ...notes.map((note) => made("span", "", note)));
}

// A method that waits to be run: its name, what it costs, and a button.
function fillWaiting(line, small, act) {
    const run = made("button", "run", "Run");
    run.type = "button";
    run.setAttribute("aria-label", [`Run ${small.name}`, small.place].filter(Boolean).join(", "));
    run.onclick = () => act("run", small.value);
    line.title = small.more;
    line.replaceChildren(made("b", "", small.name), ...small.notes.map((note) => made("span", "", note)), run);
}

// Puts these elements into the box, in order. One that is already in its place is not moved, so that it keeps the focus.
function put(box, elements) {
    elements.forEach((element, i) => {
        if (box.children[i] !== element) box.insertBefore(element, box.children[i] ?? null);
    });
    while (box.children.length > elements.length) box.lastChild.remove();
}

function arrange(grid, { maps, ratio, least }) {
    const width = grid.clientWidth;
    if (!width) return;
    const shown = maps.filter(({ painted }) => painted);
    const count = shown.filter(({ group }) => group === shown[0]?.group).length; // groups are of one size
    const narrowest = Math.max(least, Math.min(ROOMY.share * width, ROOMY.most)) * Math.max(1, ratio / 2);
    const widest = Math.min(LARGEST.width, LARGEST.height * ratio);
    const { columns, lead } = inRows(count || 1, width, Math.min(narrowest, width));
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${widest}px))`;
    grid.classList.toggle("lead", lead);
}

function chooses(cell, chosen) {
    cell.classList.toggle("chosen", chosen);
    cell.querySelector(".map").setAttribute("aria-current", chosen);
}

// Called when the component comes, and with new data. The cell of a map that is still shown is reused, so that it keeps the focus.
export default function ({ data, parentElement, setTriggerValue }) {
    return anew(parentElement, () => {
        const palettes = Object.fromEntries(Object.entries(data.palettes).map(([name, text]) => [name, bytes(text)]));
        const [grid, waiting] = [".grid", ".waiting"].map((name) => parentElement.querySelector(name));
        grid.classList.toggle("smooth", data.smooth);
        grid.setAttribute("role", "group");
        grid.setAttribute("aria-label", data.alt);
        grid.dataset.made = JSON.stringify(data.made);
        const before = new Map([...grid.children, ...waiting.children].map((cell) => [cell.dataset.key, cell]));
        const kept = (key, empty) => {
            const cell = before.get(key) ?? empty();
            cell.dataset.key = key;
            return cell;
        };
        // A depth that is clicked is shown by the film and the curves at once, and the server learns of it.
        const act = (what, value) => {
            if (data.depthOf)
                document.dispatchEvent(new CustomEvent("depth", { detail: { side: data.depthOf, depth: +value } }));
            setTriggerValue(what, data.depthOf ? ask(data.asked, +value, data.answered) : value);
        };
        const framed = data.maps.find(({ chosen }) => chosen)?.value;
        const depth = standing(data.asked, Number(framed), data.answered);
        const cells = [];
        const lines = [];
        let group = "";
        for (const small of data.maps) {
            if (small.painted === null) {
                const line = kept(`waits ${small.value}`, () => made("div"));
                line.dataset.name = small.name;
                fillWaiting(line, small, act);
                lines.push(line);
                continue;
            }
            if (small.group !== group) {
                group = small.group;
                const heading = kept(`group ${group}`, () => made("div", "group", group));
                cells.push(heading);
            }
            const cell = kept(`map ${small.value}`, emptyMap);
            cell.dataset.name = small.name;
            cell.dataset.value = small.value;
            fillMap(cell, small, data, palettes, act);
            chooses(cell, data.depthOf ? small.value === `${depth}` : small.chosen);
            cells.push(cell);
        }
        put(grid, cells);
        put(waiting, lines);
        arrange(grid, data);
        const resized = new ResizeObserver(() => arrange(grid, data));
        resized.observe(grid);
        const follow = ({ detail: { side, depth } }) => {
            if (side !== data.depthOf) return;
            for (const cell of grid.querySelectorAll("figure")) chooses(cell, cell.dataset.value === `${depth}`);
        };
        document.addEventListener("depth", follow);
        return () => {
            resized.disconnect();
            document.removeEventListener("depth", follow);
        };
    });
}
