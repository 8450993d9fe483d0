// Links the charts of maps over one photo: a mark at the same place of all, one zoom, and views that fill the screen.
// Nothing here sends a message to the server, except for another photo.

import { made } from "./made.js";
import { bothFor } from "./map_both.js";
import { button, fillButton } from "./map_buttons.js";
import { isDrawn, photoIn, plotOf } from "./map_charts.js";
import { rememberScrolling } from "./map_gestures.js";
import { Lens } from "./map_lens.js";
import { linkOf } from "./map_link.js";
import { write } from "./map_pictures.js";
import { Stage } from "./map_stage.js";
import { WHOLE } from "./map_zoom.js";

const CALLED = { swipe: "Swipe", blink: "Blink" };

// Puts a lens over a chart's photo. Streamlit replaces what is inside the chart's element, and leaves what was added to it.
function hostFor(container, { key, name }, link) {
    const [host, place, corner] = ["host", "place", "corner"].map((part) => made("div", `linked-${part}`));
    const lens = new Lens(key, name, link);
    const reset = button("", "Whole photo (double click)", () => link.look(WHOLE));
    const draw = () => write(reset, link.view.scale > 1 ? "Whole photo" : "");
    draw();
    link.heard.add(draw);
    corner.append(
        reset,
        fillButton(`${name}: full screen`, () => link.stage.open("one", key)),
    );
    place.append(lens.root, corner);
    host.append(place);
    container.append(host);
    const stop = () => {
        lens.stop();
        link.heard.delete(draw);
        host.remove();
    };
    return { container, host, place, lens, stop, drawn: null, redrawn: false };
}

// Lays a lens exactly over the photo.
function lay({ host, place, lens }) {
    const plot = plotOf(lens.key);
    const { left, top, width, height } = photoIn(plot);
    const [corner, chart] = [host, plot].map((element) => element.getBoundingClientRect());
    const style = { left: left + chart.left - corner.left, top: top + chart.top - corner.top, width, height };
    for (const [name, pixels] of Object.entries(style)) place.style[name] = `${pixels}px`;
}

function renew(over, link) {
    lay(over);
    for (const lens of link.lenses) if (lens.key === over.lens.key) lens.renew();
    link.point(link.mark); // the values there may be others now
}

// The lens over a chart's element, new if Streamlit has replaced the element; none while the page has no such chart.
function overOf(overs, chart, link) {
    const container = document.querySelector(`.st-key-${chart.key}`);
    const over = overs.get(chart.key);
    if (over?.container === container) return over;
    over?.stop();
    overs.delete(chart.key);
    if (container) overs.set(chart.key, hostFor(container, chart, link));
    return overs.get(chart.key);
}

// Streamlit draws each new chart twice, and lenses take a while to lay out, so that they are laid once, after both: by `soon`.
function refresh(overs, chart, link, soon) {
    const over = overOf(overs, chart, link);
    const plot = plotOf(chart.key);
    if (!over) return;
    over.host.hidden = !isDrawn(plot);
    if (over.host.hidden || (plot === over.drawn && !over.redrawn)) return;
    if (plot !== over.drawn) {
        plot.on("plotly_afterplot", () => {
            over.redrawn = true;
            soon();
        });
    }
    over.drawn = plot;
    over.redrawn = false;
    renew(over, link);
}

// Follows the page's charts. It looks before the browser paints, so that an enlarged map is never seen whole for a moment
// after its chart was drawn anew.
function watching(link) {
    const overs = new Map();
    let asked = 0;
    function look() {
        asked = 0;
        for (const chart of link.data.charts) refresh(overs, chart, link, soon);
        link.stage.update();
        link.cover.update();
    }
    const soon = () => {
        asked ||= requestAnimationFrame(look);
    };
    const observer = new MutationObserver(soon);
    observer.observe(document.body, { childList: true, subtree: true });
    addEventListener("wheel", rememberScrolling, { passive: true });
    function stop() {
        observer.disconnect();
        cancelAnimationFrame(asked);
        removeEventListener("wheel", rememberScrolling);
        for (const over of overs.values()) over.stop();
        link.cover.close();
    }
    return { soon, stop };
}

// Both maps over one another, in the place of the two on the page. `changed` is told the mode, or null once it is closed.
class Cover {
    constructor(link, changed) {
        Object.assign(this, { link, changed, root: made("div", "linked-cover"), both: null, mode: null });
        this.root.addEventListener("keydown", (event) => {
            if (event.key !== "Escape") return;
            this.close();
            this.opener?.focus({ preventScroll: true });
        });
    }

    close() {
        for (const lens of this.both?.lenses ?? []) lens.stop();
        this.root.remove();
        this.both = this.mode = null;
        this.changed(null);
    }

    open(mode) {
        this.close();
        this.both = bothFor(this.link, mode);
        this.mode = mode;
        this.root.replaceChildren(this.both.root);
        this.update();
        for (const lens of this.both.lenses) lens.renew();
        this.both.focus.focus({ preventScroll: true });
        this.root.querySelector(".linked-place").scrollIntoView({ block: "nearest" });
        this.changed(mode);
    }

    toggle(mode, opener) {
        this.opener = opener;
        if (mode === this.mode) this.close();
        else this.open(mode);
    }

    // After the page was drawn anew.
    update() {
        if (this.both && !this.root.isConnected) document.querySelector(".st-key-maps")?.append(this.root);
        this.both?.update();
    }
}

// The buttons for both maps, in the page's toolbar; none where the charts are not of two sides.
function fillBar(bar, link) {
    bar.hidden = link.data.sides.length === 0;
    if (bar.hidden) return () => {};
    const modes = Object.keys(CALLED).map((mode) => {
        const one = button(CALLED[mode], `${CALLED[mode]}: both maps over one another`, () => link.cover.toggle(mode, one));
        one.dataset.mode = mode;
        return one;
    });
    bar.replaceChildren(
        button("Present", "Present: both maps fill the screen", () => link.stage.open("present")),
        ...modes,
    );
    return (shown) => {
        for (const one of modes) one.setAttribute("aria-pressed", one.dataset.mode === shown);
    };
}

function start(root, data) {
    const link = linkOf(data);
    const turn = (by) => {
        link.turned += by;
        link.trigger("turned", link.turned);
    };
    link.turned = data.turned;
    link.live = root.querySelector(".linked-live");
    link.stage = new Stage(root.querySelector("dialog"), link, turn);
    link.cover = new Cover(link, fillBar(root.querySelector(".linked-bar"), link));
    link.cover.close();
    return { root, link, watch: watching(link) };
}

let running = null;

// `data` holds the `charts` (key, name and what stands before its values), the `sides` (key, name, and what is said above its
// map; none on pages without views of both), the `photo`, by which another one is known, and how many photos the person has `turned` over.
export default function ({ data, parentElement, setTriggerValue }) {
    if (running?.root !== parentElement) {
        running?.watch.stop();
        running = start(parentElement, data);
    }
    const { link, watch } = running;
    const another = link.data.photo !== data.photo;
    if (data.turned < link.data.turned) link.turned = data.turned; // the server has begun a new session
    Object.assign(link, { data, trigger: setTriggerValue });
    if (another) {
        link.look(WHOLE);
        link.point(null);
    }
    if (link.turned === data.turned) link.stage.turned();
    watch.soon();
    return () => {
        if (running?.root !== parentElement) return;
        running.watch.stop();
        running = null;
    };
}
