// A photo that loses, or gets back, the cells that a map marks, with what the models say of it and the curves of the score. All
// of it follows one slider in the browser, without the server.

import { anew } from "./anew.js";
import { filled } from "./fill.js";
import { made, SVG } from "./made.js";

const TALL = 150; // pixels of a chart
const AROUND = { left: 34, right: 8, top: 8, bottom: 18 }; // pixels around its plot, for the ticks
const LINES = ["random", "middle", "other", "own"]; // the last one is drawn above the others
const FINE = 4; // pixels of a cell's side in the copy of the photo that is filled from its neighbours
const WAYS = { deletion: "Take away", insertion: "Put back" };

function svg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
}

const isGone = (at, step, way) => (way === "deletion" ? at < step : at >= step);

// The outline of the cells that stand out after so many steps, in photo pixels.
function cellsGone({ box, rows, columns }, order, step, way) {
    const [left, top, width, height] = box;
    const [across, down] = [width / columns, height / rows];
    return order
        .map((at, i) => {
            if (!isGone(at, step, way)) return "";
            const [x, y] = [left + (i % columns) * across, top + Math.floor(i / columns) * down];
            return `M${x} ${y}h${across}v${down}h${-across}z`;
        })
        .join("");
}

// A small copy of the part of the photo that the cells cover, to be filled from what is around the cells that are gone.
async function smallCopy({ photo, box, rows, columns, width, height }) {
    const image = Object.assign(new Image(), { src: photo });
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: columns * FINE, height: rows * FINE });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const [across, down] = [image.naturalWidth / width, image.naturalHeight / height];
    const [left, top, wide, tall] = box;
    pen.drawImage(image, left * across, top * down, wide * across, tall * down, 0, 0, canvas.width, canvas.height);
    return { canvas, pen, pixels: pen.getImageData(0, 0, canvas.width, canvas.height) };
}

// The copy, filled where its cells are gone, as an address of a picture.
function filledCopy({ canvas, pen, pixels }, { columns }, order, step, way) {
    const gone = (x, y) => isGone(order[Math.floor(y / FINE) * columns + Math.floor(x / FINE)], step, way);
    const values = filled(pixels.data, canvas.width, canvas.height, 4, gone);
    pen.putImageData(new ImageData(Uint8ClampedArray.from(values), canvas.width), 0, 0);
    return canvas.toDataURL();
}

// What stands in the place of cells that are gone: the blurred photo, what fills them from around them, or one colour.
function inPlace({ photo, blur, colour, filled }, whole, frame, slot) {
    if (filled) return svg("image", { ...frame, preserveAspectRatio: "none" });
    return blur
        ? svg("image", { ...whole, href: photo, filter: `url(#blur-${slot})` })
        : svg("rect", { ...whole, fill: colour });
}

// The photo, and above it what stands in its place, seen through the cells that are gone.
function alteredPhoto(data, slot) {
    const { width, height, photo, blur, box } = data;
    const whole = { x: 0, y: 0, width, height, preserveAspectRatio: "none" };
    const path = svg("path", { "shape-rendering": "crispEdges" });
    const [x, y, w, h] = box;
    const frame = { x, y, width: w, height: h };
    const instead = inPlace(data, whole, frame, slot);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    picture.append(
        svg(
            "defs",
            {},
            svg("clipPath", { id: `gone-${slot}` }, path),
            svg(
                "filter",
                { id: `blur-${slot}`, x: 0, y: 0, width: 1, height: 1, "color-interpolation-filters": "sRGB" },
                svg("feGaussianBlur", { stdDeviation: blur, edgeMode: "duplicate" }),
            ),
        ),
        svg("image", { ...whole, href: photo }),
        svg("g", { "clip-path": `url(#gone-${slot})` }, instead),
        svg("rect", { ...frame, class: "shared" }),
    );
    return { picture, path, instead };
}

function limits(charts) {
    const all = charts.flatMap((chart) => [...LINES, "low", "high"].flatMap((line) => chart[line] ?? []));
    const [low, high] = [Math.min(...all), Math.max(...all)];
    return low >= -0.2 && high <= 1.2 ? [0, 1] : [low, high]; // values of a model without probabilities have no ends
}

function scaled([low, high], width, steps) {
    const room = (high - low) * 0.05 || 1;
    const [wide, tall] = [width - AROUND.left - AROUND.right, TALL - AROUND.top - AROUND.bottom];
    return {
        x: (step) => AROUND.left + (wide * step) / steps,
        y: (value) => AROUND.top + tall * (1 - (Math.max(value, low - room) - low + room) / (high - low + 2 * room)),
    };
}

const trace = (values, { x, y }) => values.map((value, i) => `${i ? "L" : "M"}${x(i)} ${y(value)}`).join("");

function drawChart(place, chart, ends, steps, go) {
    const width = place.clientWidth;
    if (!width) return;
    const scale = scaled(ends, width, steps);
    const { x, y } = scale;
    const drawing = place.querySelector("svg");
    drawing.setAttribute("viewBox", `0 0 ${width} ${TALL}`);
    const ticks = [ends[0], (ends[0] + ends[1]) / 2, ends[1]].flatMap((at) => [
        svg("line", { x1: AROUND.left, x2: width - AROUND.right, y1: y(at), y2: y(at), class: "tick" }),
        svg("text", { x: AROUND.left - 5, y: y(at), class: "beside" }, `${Number(at.toPrecision(2))}`),
    ]);
    const shares = [0, 0.5, 1].map((at) =>
        svg("text", { x: x(at * steps), y: TALL - 4, class: at === 1 ? "below last" : "below" }, `${100 * at}%`),
    );
    const back = [...chart.low].map((value, i) => `L${x(i)} ${y(value)}`).reverse();
    const band = svg("path", { d: `${trace(chart.high, scale)}${back.join("")}Z`, class: "band" });
    const lines = LINES.filter((line) => chart[line]).map((line) => svg("path", { d: trace(chart[line], scale), class: line }));
    const mark = svg("line", { y1: AROUND.top, y2: TALL - AROUND.bottom, class: "mark" });
    drawing.replaceChildren(...ticks, ...shares, band, ...lines, mark);
    drawing.onclick = ({ clientX }) => {
        const at = (clientX - drawing.getBoundingClientRect().left - AROUND.left) / (width - AROUND.left - AROUND.right);
        go(Math.round(Math.min(Math.max(at, 0), 1) * steps), chart.way);
    };
    place.scale = scale;
}

function chartPlace(chart, side) {
    const figure = made("figure", "chart");
    const words = made("figcaption");
    words.append(made("span", "", `${chart.title}: ${chart.says}`), made("output"));
    const label = `${side.name}, ${chart.title.toLowerCase()}: ${chart.says} by share of the cells, for ${side.map} and its controls`;
    figure.append(words, svg("svg", { role: "img", "aria-label": label }));
    return figure;
}

function answersPlace(side) {
    const box = made("div", "answers");
    for (const { model } of side.answers) {
        const list = made("ol");
        list.setAttribute("aria-label", `What ${model} says`);
        const part = made("div");
        part.append(made("p", "who", model), list);
        box.append(part);
    }
    return box;
}

function sidePlace(data, side, slot) {
    const place = made("section", "side");
    place.setAttribute("aria-label", side.name);
    const { picture, path, instead } = alteredPhoto(data, slot);
    const heading = made("p", "heading", `${side.name} · by ${side.map}`);
    const charts = side.charts.map((chart) => chartPlace(chart, side));
    const row = made("div", "charts");
    row.append(...charts);
    const seen = made("div", "seen");
    const answers = answersPlace(side);
    seen.append(picture, answers);
    place.append(heading, seen, row);
    return { place, picture, path, instead, answers, charts };
}

function legend(data) {
    const words = {
        own: "this map",
        other: "the other side's map",
        middle: "the middle",
        random: "random maps, mean and spread",
    };
    const box = made("p", "legend");
    for (const [line, text] of Object.entries(words)) {
        if (line === "other" && !data.sides.some((side) => side.charts[0].other)) continue;
        const sample = svg("svg", { viewBox: "0 0 26 10", "aria-hidden": "true" }, svg("path", { d: "M1 5H25", class: line }));
        const item = made("span");
        item.append(sample, text);
        box.append(item);
    }
    return box;
}

function controls(data) {
    const bar = made("div", "bar");
    const ways = made("fieldset");
    ways.append(made("legend", "hidden", "What happens to the cells"));
    const radios = Object.entries(WAYS).map(([way, text]) => {
        const label = made("label");
        const radio = Object.assign(document.createElement("input"), { type: "radio", name: "way", value: way });
        label.append(radio, text);
        ways.append(label);
        return radio;
    });
    const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: data.steps, step: 1 });
    range.setAttribute("aria-label", "Share of the cells, most relevant first");
    const told = made("output");
    bar.append(ways, range, told);
    return { bar, radios, range, told };
}

// `data` holds the photo, the cells, what stands in their place, and for each side the order of its cells, the curves and what
// the models say at each step.
export default function ({ data, parentElement }) {
    return anew(parentElement, () => {
        const box = parentElement.querySelector(".falls");
        const state = { step: Number(box.dataset.step ?? Math.round(data.steps / 4)), way: box.dataset.way ?? "deletion" };
        const { bar, radios, range, told } = controls(data);
        const sides = data.sides.map((side, i) => ({ side, ...sidePlace(data, side, i) }));
        const columns = made("div", "columns");
        columns.append(...sides.map(({ place }) => place));
        box.replaceChildren(bar, columns, legend(data));
        const ends = limits(data.sides.flatMap(({ charts }) => charts));
        let copy = null;

        function mark(each) {
            const { side, path, picture, instead, answers, charts } = each;
            path.setAttribute("d", cellsGone(data, side.order, state.step, state.way));
            if (copy) instead.setAttribute("href", filledCopy(copy, data, side.order, state.step, state.way));
            const share = Math.round((100 * state.step) / data.steps);
            const [verb, where] = state.way === "deletion" ? ["without", "cells"] : ["with only", "cells"];
            picture.setAttribute("aria-label", `The photo ${verb} the ${share}% most relevant ${where} of ${side.map}`);
            side.answers.forEach((said, i) => {
                const lines = said[state.way][state.step].map((text) => made("li", "", text));
                answers.querySelectorAll("ol")[i].replaceChildren(...lines);
            });
            charts.forEach((place, i) => {
                const chart = side.charts[i];
                const here = chart.way === state.way;
                place.classList.toggle("here", here);
                place.querySelector("output").textContent = here ? chart.own[state.step].toFixed(2) : "";
                const line = place.querySelector(".mark");
                if (!line || !place.scale) return;
                line.setAttribute("x1", place.scale.x(state.step));
                line.setAttribute("x2", place.scale.x(state.step));
                line.style.display = here ? "" : "none";
            });
        }

        function show() {
            Object.assign(box.dataset, state);
            range.value = state.step;
            const share = Math.round((100 * state.step) / data.steps);
            told.textContent = `${share}% ${state.way === "deletion" ? "taken away" : "put back"}`;
            range.setAttribute("aria-valuetext", told.textContent);
            for (const radio of radios) radio.checked = radio.value === state.way;
            sides.forEach(mark);
        }

        function go(step, way) {
            Object.assign(state, { step, way });
            show();
        }

        function redraw() {
            for (const { side, charts } of sides) {
                charts.forEach((place, i) => {
                    drawChart(place, side.charts[i], ends, data.steps, go);
                });
            }
            show();
        }

        range.addEventListener("input", () => go(Number(range.value), state.way));
        for (const radio of radios) radio.addEventListener("change", () => go(state.step, radio.value));
        redraw();
        if (data.filled)
            smallCopy(data).then((made) => {
                copy = made;
                show();
            });
        const resized = new ResizeObserver(redraw);
        resized.observe(box);
        return () => resized.disconnect();
    });
}
