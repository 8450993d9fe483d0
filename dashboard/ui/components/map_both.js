// Both maps over one another: a divider between them that moves (swipe), or one after the other (blink).

import { made } from "./made.js";
import { gestures } from "./map_gestures.js";
import { Lens } from "./map_lens.js";
import { write } from "./map_pictures.js";
import { within } from "./map_zoom.js";

const SLOWEST = 350; // ms from one blink to the next, for people whom more than three flashes in a second make ill
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// What a side says, to stand above its map: its model with its answer, and in small what the map tells.
export function headOf(side) {
    const head = made("div", "linked-head");
    head.append(made("span"), made("b"), made("small"));
    fillHead(head, side);
    return head;
}

export function fillHead(head, { model, says, about }) {
    for (const [i, words] of [model, says, about].entries()) write(head.children[i], words);
}

// Both pictures with one surface over them, which takes the pointer for both.
function stacked(link, draggable) {
    const place = made("div", "linked-place");
    const lenses = link.data.sides.map(({ key }) => new Lens(key, "", link, { always: true, bare: true }));
    const surface = made("div", "linked-surface");
    gestures({ root: surface, placeAt: (at) => lenses[0].placeAt(at) }, link, draggable);
    place.append(...lenses.map(({ root }) => root).reverse(), surface); // the left one on top
    return { place, lenses, surface };
}

function dividerFor(left, surface) {
    const line = made("div", "linked-divider");
    const slider = Object.assign(made("input", "linked-slider"), { type: "range", min: 0, max: 100, value: 50 });
    slider.setAttribute("aria-label", "Divider between the left map and the right one");

    function draw() {
        left.root.style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`;
        line.style.left = `${slider.value}%`;
        slider.setAttribute("aria-valuetext", `left map on ${slider.value}% of the width`);
    }

    function moveTo(event) {
        const box = surface.getBoundingClientRect();
        slider.value = within((100 * (event.clientX - box.left)) / box.width, 0, 100);
        draw();
    }
    surface.addEventListener("pointerdown", (event) => {
        surface.setPointerCapture(event.pointerId);
        event.preventDefault(); // the slider gets the focus, for its arrow keys
        slider.focus({ preventScroll: true });
        moveTo(event);
    });
    surface.addEventListener("pointermove", (event) => {
        if (surface.hasPointerCapture(event.pointerId)) moveTo(event);
    });
    slider.addEventListener("input", draw);
    draw();
    return { line, slider };
}

function swipe(link) {
    const { place, lenses, surface } = stacked(link, false);
    const { line, slider } = dividerFor(lenses[0], surface);
    place.prepend(slider); // before the line, which shows that it has the focus
    place.append(line);
    return { place, lenses, focus: slider };
}

function blink(link, heads) {
    const { place, lenses, surface } = stacked(link, true);
    let last = Number.NEGATIVE_INFINITY;
    let shown = 1;

    function other(event) {
        if (event.timeStamp - last < SLOWEST || (event.repeat && calm.matches)) return;
        last = event.timeStamp;
        shown = 1 - shown;
        for (const [i, lens] of lenses.entries()) lens.root.style.visibility = i === shown ? "" : "hidden";
        for (const [i, head] of heads.entries()) head.classList.toggle("linked-dim", i !== shown);
        const { name, model, says } = link.data.sides[shown];
        surface.setAttribute("aria-label", `${name}, ${model} ${says}. Click, space or B shows the other map.`);
    }
    surface.tabIndex = 0;
    surface.setAttribute("role", "button");
    surface.addEventListener("click", other);
    surface.addEventListener("keydown", (event) => {
        if (![" ", "enter", "b"].includes(event.key.toLowerCase()) || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        event.stopPropagation();
        other(event);
    });
    other({ timeStamp: 0 }); // the left one first
    return { place, lenses, focus: surface };
}

// Both maps in one place, with what each side says above them. `focus` is what takes the keys.
export function bothFor(link, mode) {
    const root = made("div", `linked-both linked-${mode}`);
    const heads = link.data.sides.map(headOf);
    const { place, lenses, focus } = mode === "swipe" ? swipe(link) : blink(link, heads);
    const top = made("div", "linked-heads");
    top.append(...heads);
    const room = made("div", "linked-room");
    room.append(place);
    root.append(top, room);
    const update = () => {
        for (const [i, head] of heads.entries()) fillHead(head, link.data.sides[i]);
    };
    return { root, lenses, focus, update };
}
