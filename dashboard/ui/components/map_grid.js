// Small maps over one photo, painted by the browser. Words from the server are inserted as text, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const made = (tag, name = "", text = "") => Object.assign(document.createElement(tag), { className: name, textContent: text });
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
function lines() {
    const svg = drawn("svg");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.append(drawn("path"), drawn("path"));
    return svg;
}

function empty(name) {
    const cell = made("figure");
    cell.dataset.name = name;
    const map = made("button", "map");
    map.type = "button";
    const layers = [made("canvas"), made("span", "flat"), lines(), made("span", "dark"), made("span", "place")];
    map.append(made("img"), ...layers);
    cell.append(map, made("figcaption"));
    return cell;
}

function fill(cell, small, data, palettes, setTriggerValue) {
    const { name, notes, more, place, painted } = small;
    const { box, unseen } = small.laid;
    const map = cell.querySelector(".map");
    const photo = map.querySelector("img");
    if (photo.getAttribute("src") !== data.photo) photo.src = data.photo; // setting the same photo again would blink
    photo.alt = "";
    map.style.aspectRatio = data.ratio;
    map.disabled = painted === null;
    map.title = more;
    map.setAttribute("aria-label", `${name}: ${notes.join(", ")}`);
    map.onclick = () => setTriggerValue("opened", name);
    map.querySelector(".dark").replaceChildren(...unseen.map((corners) => laid(made("i"), corners)));
    map.querySelector(".place").textContent = place;
    cell.className = place ? "chosen" : "";
    const canvas = laid(map.querySelector("canvas"), box);
    canvas.style.opacity = data.opacity;
    const svg = laid(map.querySelector("svg"), box);
    laid(map.querySelector(".flat"), box);
    map.classList.toggle("is-flat", painted?.flat ?? false);
    svg.style.display = painted ? "" : "none";
    if (painted) {
        paint(canvas, painted, palettes[painted.colours]);
        ring(svg, painted);
    }
    const words = cell.querySelector("figcaption");
    words.replaceChildren(made("b", "", name), ...notes.map((note) => made("span", "", note)));
    if (painted === null) {
        const run = made("button", "run", "Run");
        run.setAttribute("aria-label", `Run ${name}`);
        run.onclick = () => setTriggerValue("run", name);
        words.append(run);
    }
}

// Called for every run of the Python script. The cell of a method that is still shown is reused, so that it keeps the focus.
export default function ({ data, parentElement, setTriggerValue }) {
    const palettes = Object.fromEntries(Object.entries(data.palettes).map(([name, text]) => [name, bytes(text)]));
    const grid = parentElement.querySelector(".grid");
    grid.classList.toggle("smooth", data.smooth);
    const cells = new Map([...grid.children].map((cell) => [cell.dataset.name, cell]));
    data.maps.forEach((small, i) => {
        const cell = cells.get(small.name) ?? empty(small.name);
        cells.delete(small.name);
        fill(cell, small, data, palettes, setTriggerValue);
        if (grid.children[i] !== cell) grid.insertBefore(cell, grid.children[i] ?? null);
    });
    for (const gone of cells.values()) gone.remove();
}
