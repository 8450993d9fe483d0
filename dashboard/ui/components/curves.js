// One small chart over depth for each metric. All mark the same depth, which follows the film without the server.

import { anew } from "./anew.js";
import { ask, standing } from "./asked.js";
import { made, SVG } from "./made.js";
import { inRows } from "./map_rows.js";

const NARROWEST = 150; // pixels: of a chart
const HEIGHT = 132; // pixels
const EDGE = { left: 40, right: 10, top: 8, bottom: 20 }; // pixels around the plot, for its ticks
const LABEL = { short: 12, long: 20 }; // pixels that a depth of one digit or of two takes below the plot

function drawn(tag, attributes, text = "") {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
}

// About three round numbers between these two, and never fewer than two.
function ticks(low, high) {
    const rough = (high - low) / 3;
    const power = 10 ** Math.floor(Math.log10(rough));
    const steps = [1, 2, 5, 10].map((factor) => factor * power);
    const larger = steps.findIndex((size) => size >= rough);
    const found = every(steps[larger], low, high);
    return found.length > 1 ? found : every(steps[larger - 1], low, high);
}

// The multiples of a step between these two.
function every(step, low, high) {
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) found.push(Number(at.toPrecision(6)));
    return found;
}

const known = (values) => values.filter((value) => value !== null);
const inWords = (value) => (value === null ? "none" : value.toFixed(2));

// Straight lines between neighbouring depths that both have a value.
function path(values, x, y) {
    return values
        .map((value, i) => (value === null ? "" : `${i && values[i - 1] !== null ? "L" : "M"}${x(i + 1)} ${y(value)}`))
        .join("");
}

function scales({ values, chance }, width) {
    const all = known([...values, ...chance]);
    const [low, high] = all.length ? [Math.min(...all), Math.max(...all)] : [0, 1];
    const room = (high - low || Math.abs(high) || 1) * 0.08;
    const [from, to] = [low - room, high + room];
    const span = { x: width - EDGE.left - EDGE.right, y: HEIGHT - EDGE.top - EDGE.bottom };
    const x = (depth) => EDGE.left + (span.x * (depth - 0.5)) / values.length;
    const y = (value) => EDGE.top + span.y * (1 - (value - from) / (to - from));
    return { x, y, step: span.x / values.length, ticks: ticks(from, to) };
}

function draw(figure, curve, choose) {
    const width = figure.clientWidth;
    if (!width) return;
    const { x, y, step, ticks } = scales(curve, width);
    const labelled = Math.ceil((curve.values.length > 9 ? LABEL.long : LABEL.short) / step);
    const svg = figure.querySelector("svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const parts = ticks.flatMap((at) => [
        drawn("line", { x1: EDGE.left, x2: width - EDGE.right, y1: y(at), y2: y(at), class: "tick" }),
        drawn("text", { x: EDGE.left - 6, y: y(at), class: "beside" }, `${at}`),
    ]);
    parts.push(drawn("path", { d: path(curve.chance, x, y), class: "chance" }), drawn("path", { d: path(curve.values, x, y) }));
    curve.values.forEach((value, i) => {
        const depth = i + 1;
        if (i % labelled === 0) parts.push(drawn("text", { x: x(depth), y: HEIGHT - 4, class: "below" }, `${depth}`));
        if (value !== null) parts.push(drawn("circle", { cx: x(depth), cy: y(value), r: 3.5, "data-depth": depth }));
        const hit = drawn("rect", { x: x(depth) - step / 2, y: 0, width: step, height: HEIGHT, "data-layer": depth });
        hit.append(drawn("title", {}, `layer ${depth}: ${curve.title} ${inWords(value)}`));
        hit.addEventListener("click", () => choose(depth));
        parts.push(hit);
    });
    svg.replaceChildren(...parts);
}

function mark(figure, curve, depth) {
    const value = curve.values[depth - 1] ?? null;
    for (const point of figure.querySelectorAll("circle")) {
        const here = Number(point.dataset.depth) === depth;
        point.classList.toggle("here", here);
        point.setAttribute("r", here ? 5.5 : 3.5);
    }
    figure.querySelector("output").textContent = inWords(value);
    const svg = figure.querySelector("svg");
    svg.setAttribute("aria-valuenow", depth);
    svg.setAttribute("aria-valuetext", `layer ${depth}: ${inWords(value)}`);
}

function empty({ title, term, values }) {
    const figure = made("figure");
    const words = made("figcaption");
    const name = term ? Object.assign(made("a", "", title), { href: `#${term}` }) : made("span", "", title);
    words.append(name, made("output"));
    const chart = {
        role: "slider",
        tabindex: 0,
        "aria-label": `${title} by depth`,
        "aria-valuemin": 1,
        "aria-valuemax": values.length,
    };
    figure.append(words, drawn("svg", chart));
    return figure;
}

// Called when the component comes, and with new data. `data` holds the curves, whose they are, the depth to mark, and by which
// name and up to which number that depth was asked for.
export default function ({ data, parentElement, setTriggerValue }) {
    return anew(parentElement, () => {
        const box = parentElement.querySelector(".curves");
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", data.alt);
        const titles = data.curves.map(({ title, values }) => `${title} ${values.length}`).join();
        if (box.dataset.titles !== titles) box.replaceChildren(...data.curves.map(empty)); // else the focus stays
        box.dataset.titles = titles;
        const figures = [...box.children];
        let depth = standing(data.asked, data.depth, data.answered);

        function show(now) {
            depth = now;
            figures.forEach((figure, i) => {
                mark(figure, data.curves[i], depth);
            });
        }

        function choose(wanted) {
            document.dispatchEvent(new CustomEvent("depth", { detail: { side: data.side, depth: wanted } }));
            setTriggerValue("chosen", ask(data.asked, wanted, data.answered));
        }

        function pressed(event) {
            const last = data.curves[0].values.length;
            const to = { ArrowLeft: depth - 1, ArrowRight: depth + 1, Home: 1, End: last }[event.key];
            if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
            event.preventDefault();
            if (to >= 1 && to <= last) choose(to);
        }

        function redraw() {
            const columns = inRows(figures.length, box.clientWidth, NARROWEST).columns;
            box.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
            figures.forEach((figure, i) => {
                draw(figure, data.curves[i], choose);
            });
            show(depth);
        }

        const follow = ({ detail }) => {
            if (detail.side === data.side) show(detail.depth);
        };
        redraw();
        const resized = new ResizeObserver(redraw);
        resized.observe(box);
        box.addEventListener("keydown", pressed);
        document.addEventListener("depth", follow);
        return () => {
            resized.disconnect();
            box.removeEventListener("keydown", pressed);
            document.removeEventListener("depth", follow);
        };
    });
}
