// A lens lies over a chart's photo, or shows a picture of it elsewhere: it takes pointer and keys, and draws the mark.

import { made } from "./made.js";
import { brightestIn, cellFrom, gridOf, isDrawn, middleOf, photoIn, plotOf } from "./map_charts.js";
import { gestures } from "./map_gestures.js";
import { clear, frame, lookAt, picture, withMap, write } from "./map_pictures.js";
import { enlarged, showing, WHOLE } from "./map_zoom.js";

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const LARGE = 4; // cells that a step with Shift covers
const CLOSER = 1.5;
const HELP =
    "Arrow keys mark a cell, with Shift four cells on, Home the brightest. Plus and minus zoom, 0 shows the whole photo, F fills the screen.";

function parts(key, name, bare) {
    const root = made("div", "linked-lens");
    const lens = { key, root, photo: frame() };
    for (const part of ["cell", "across", "down", "told"]) {
        lens[part] = made("div", `linked-${part}`);
        lens[part].hidden = true;
    }
    lens.told.append(...[0, 1, 2].map(() => made("span")));
    root.append(lens.photo, lens.cell, lens.across, lens.down, lens.told);
    if (bare) return lens;
    root.tabIndex = 0;
    root.setAttribute("role", "application");
    root.setAttribute("aria-roledescription", "map");
    root.setAttribute("aria-label", `${name}. ${HELP}`);
    return lens;
}

const sentence = ({ before, lines }) => before + lines.join(", ");

// What a lens tells: the one that the pointer is on tells all charts, the others their own cell.
const wordsFor = (key, mark, told) => (mark.key === key ? told : told.filter((each) => each.key === key)).map(sentence);

function drawing(lens, link) {
    const [width, height] = lens.extent;
    const perPixel = width * link.view.scale * (1 / link.size[0]);
    const x = (value) => (value - link.view.left) * perPixel;
    const y = (value) => ((value - link.view.top) * height * link.view.scale) / link.size[1];
    return { x, y, width, height };
}

function drawCell(lens, link, own) {
    lens.cell.hidden = !own?.cell;
    if (!own?.cell) return;
    const { left, top, dx, dy } = gridOf(own.plot);
    const { x, y } = drawing(lens, link);
    const [from, to] = [own.cell, { row: own.cell.row + 1, column: own.cell.column + 1 }];
    const [x0, y0] = [x(left + from.column * dx), y(top + from.row * dy)];
    lens.cell.style.transform = `translate(${x0}px, ${y0}px)`;
    lens.cell.style.width = `${x(left + to.column * dx) - x0}px`;
    lens.cell.style.height = `${y(top + to.row * dy) - y0}px`;
}

function drawMark(lens, link, mark, told) {
    for (const part of [lens.across, lens.down, lens.told]) part.hidden = mark === null;
    drawCell(lens, link, mark && told.find(({ key }) => key === lens.key));
    if (mark === null) return;
    const { x, y, height } = drawing(lens, link);
    const place = [x(mark.place[0]), y(mark.place[1])];
    lens.down.style.transform = `translateX(${place[0]}px)`;
    lens.across.style.transform = `translateY(${place[1]}px)`;
    lens.told.classList.toggle("linked-below", place[1] < height / 2); // away from the place, which it must not cover
    const words = wordsFor(lens.key, mark, told);
    for (const [i, line] of [...lens.told.children].entries()) write(line, words[i] ?? "");
}

// Marks a cell, brings it into view, and has it read out.
function toCell(lens, link, cell) {
    const { rows, columns } = gridOf(plotOf(lens.key));
    const place = middleOf(gridOf(plotOf(lens.key)), cell);
    if (link.view.scale > 1) link.look(showing(link.view, place, link.size));
    const told = link.point({ place, key: lens.key });
    link.say([`Row ${cell.row + 1} of ${rows}, column ${cell.column + 1} of ${columns}`, ...told.map(sentence)].join(". "));
}

const startOf = (link, plot) => link.mark?.place ?? middleOf(gridOf(plot), brightestIn(plot));

// What a key does on a lens; undefined for all keys that are not for it.
function meaning(lens, link, { key, shiftKey }) {
    const plot = plotOf(lens.key);
    const far = shiftKey ? LARGE : 1;
    if (STEPS[key]) {
        const step = STEPS[key].map((cells) => cells * far);
        return () => toCell(lens, link, cellFrom(gridOf(plot), startOf(link, plot), step));
    }
    const closer = (factor) => () => link.look(enlarged(link.view, factor, startOf(link, plot), link.size));
    return {
        Home: () => toCell(lens, link, brightestIn(plot)),
        "+": closer(CLOSER),
        "=": closer(CLOSER),
        "-": closer(1 / CLOSER),
        0: () => link.look(WHOLE),
        f: () => link.fill(lens.key),
        F: () => link.fill(lens.key), // with Caps Lock
        Enter: () => link.fill(lens.key),
    }[key];
}

function keys(lens, link, event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !isDrawn(plotOf(lens.key))) return;
    const act = meaning(lens, link, event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
}

function pointing(lens, link) {
    const { root } = lens;
    const here = (event) => link.point({ place: lens.placeAt([event.clientX, event.clientY]), key: lens.key });
    root.addEventListener("pointermove", (event) => {
        if (event.pointerType !== "touch") here(event); // a finger that moves scrolls or drags; a tap marks
    });
    root.addEventListener("click", here);
    root.addEventListener("pointerleave", (event) => {
        if (event.pointerType !== "touch" && document.activeElement !== root) link.point(null);
    });
    root.addEventListener("focus", () => {
        if (root.matches(":focus-visible"))
            toCell(lens, link, cellFrom(gridOf(plotOf(lens.key)), startOf(link, plotOf(lens.key)), [0, 0]));
    });
    root.addEventListener("blur", () => link.point(null));
    root.addEventListener("keydown", (event) => keys(lens, link, event));
}

// `always` shows the picture even where the view is the whole photo, as away from the chart; a `bare` lens shows it alone, without
// mark and keys.
export class Lens {
    constructor(key, name, link, { always = false, bare = false } = {}) {
        Object.assign(this, parts(key, name, bare), { link, always, bare });
        this.extent = [1, 1]; // CSS pixels, [width, height]
        this.overlay = true; // whether the map is shown over the photo
        this.copied = null; // the chart's own drawing, of which the picture is a copy
        this.sized = new ResizeObserver(() => this.measure());
        this.sized.observe(this.root);
        link.lenses.add(this);
        if (bare) return;
        gestures(this, link);
        pointing(this, link);
    }

    stop() {
        this.sized.disconnect();
        this.link.lenses.delete(this);
    }

    measure() {
        this.extent = [this.root.clientWidth || 1, this.root.clientHeight || 1];
    }

    // The place of the photo at a place on the screen.
    placeAt([x, y]) {
        const { view, size } = this.link;
        const box = this.root.getBoundingClientRect();
        const shares = [(x - box.left) / box.width, (y - box.top) / box.height];
        return shares.map((share, i) => [view.left, view.top][i] + (share * size[i]) / view.scale);
    }

    drawMark(mark, told) {
        if (!this.bare) drawMark(this, this.link, mark, told);
    }

    drawView() {
        const { root, photo, link } = this;
        const plot = plotOf(this.key);
        const shown = isDrawn(plot) && (this.always || link.view.scale > 1);
        root.classList.toggle("linked-closer", link.view.scale > 1);
        photo.hidden = !shown;
        if (!shown) return;
        if (this.copied !== plot) picture(photo, plot);
        this.copied = plot;
        withMap(photo, this.overlay);
        lookAt(photo, plot, link.view);
    }

    // After the chart was drawn anew.
    renew() {
        const plot = plotOf(this.key);
        this.copied = null;
        if (isDrawn(plot)) this.link.size = photoIn(plot).size;
        else clear(this.photo);
        this.measure();
        this.drawView();
    }
}
