// Wheel, pinch, drag and double click on a lens, which move the view of all charts.
//
// A wheel over a large map must not keep the page from being scrolled. So the wheel goes to the page
// - where it would make smaller what is whole already: scrolling down always works until a person has enlarged the maps;
// - where it goes on scrolling: the pointer has not moved since the page last scrolled, so the map came to the pointer.
// On touch screens one finger scrolls the page over a whole map, and moves an enlarged one; two fingers enlarge.

import { enlarged, moved, WHOLE } from "./map_zoom.js";

const STILL = 4; // CSS pixels that a pointer may tremble while it rests
const PER_LINE = 16; // CSS pixels of a wheel that counts in lines
const PER_PAGE = 400;
const SPEED = { wheel: 0.002, pinch: 0.01 }; // of the enlargement, per CSS pixel; a trackpad's pinch comes as small steps

const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const at = ({ clientX, clientY }) => [clientX, clientY];

let scrolledAt = null; // where the pointer was when a wheel last scrolled the page

export const rememberScrolling = (event) => {
    if (!event.defaultPrevented) scrolledAt = at(event);
};

const goesOnScrolling = (event) => scrolledAt !== null && apart(scrolledAt, at(event)) < STILL;

function wheel(lens, link, event) {
    const pinched = event.ctrlKey || event.metaKey;
    if (event.deltaY === 0) return;
    if (!pinched && (goesOnScrolling(event) || (event.deltaY > 0 && link.view.scale === 1))) return;
    event.preventDefault();
    scrolledAt = null;
    const pixels = event.deltaY * [1, PER_LINE, PER_PAGE][event.deltaMode];
    const factor = Math.exp(-pixels * (pinched ? SPEED.pinch : SPEED.wheel));
    link.look(enlarged(link.view, Math.min(Math.max(factor, 0.5), 2), lens.placeAt(at(event)), link.size));
}

// Moves the photo along with the pointer: what lay under `from` now lies under `to`.
function drag(lens, link, from, to) {
    const [a, b] = [lens.placeAt(from), lens.placeAt(to)];
    link.look(moved(link.view, [a[0] - b[0], a[1] - b[1]], link.size));
}

function dragByMouse(lens, link) {
    let last = null;
    const { root } = lens;
    root.addEventListener("pointerdown", (event) => {
        if (event.pointerType === "touch" || event.button !== 0 || link.view.scale === 1) return;
        last = at(event);
        root.setPointerCapture(event.pointerId);
    });
    root.addEventListener("pointermove", (event) => {
        if (last === null) return;
        drag(lens, link, last, at(event));
        last = at(event);
    });
    for (const end of ["pointerup", "pointercancel"])
        root.addEventListener(end, () => {
            last = null;
        });
}

const middle = (touches) => [0, 1].map((axis) => touches.reduce((sum, touch) => sum + touch[axis], 0) / touches.length);

function touched(lens, link, draggable) {
    let last = [];
    const begin = (event) => {
        last = [...event.touches].map(at);
        if (last.length === 2) event.preventDefault();
    };
    const move = (event) => {
        const now = [...event.touches].map(at);
        const pinching = now.length === 2 && last.length === 2;
        const dragging = draggable && now.length === 1 && last.length === 1 && link.view.scale > 1;
        if (!pinching && !dragging) return;
        event.preventDefault();
        drag(lens, link, middle(last), middle(now));
        if (pinching) {
            const factor = apart(...now) / Math.max(apart(...last), 1);
            link.look(enlarged(link.view, factor, lens.placeAt(middle(now)), link.size));
        }
        last = now;
    };
    lens.root.addEventListener("touchstart", begin, { passive: false });
    lens.root.addEventListener("touchmove", move, { passive: false });
    lens.root.addEventListener("touchend", begin, { passive: false });
}

// `lens` has an element `root` and a function `placeAt` from the screen to the photo. Only a `draggable` one is moved by a
// mouse or by one finger.
export function gestures(lens, link, draggable = true) {
    lens.root.addEventListener("wheel", (event) => wheel(lens, link, event), { passive: false });
    lens.root.addEventListener("dblclick", () => link.look(WHOLE));
    if (draggable) dragByMouse(lens, link);
    touched(lens, link, draggable);
}
