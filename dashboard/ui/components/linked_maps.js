// Links the charts of maps over one photo: a mark at the same place of all, one zoom, and views that fill the screen.
// Nothing here sends a message to the server, except for the next photo.

import { isDrawn, photoIn, plotOf } from "./map_charts.js";
import { rememberScrolling } from "./map_gestures.js";
import { lensFor } from "./map_lens.js";
import { linkOf } from "./map_link.js";
import { made } from "./map_pictures.js";
import { WHOLE } from "./map_zoom.js";

// Puts a lens over a chart's photo. Streamlit replaces what is inside the chart's element, and leaves what was added to it.
function hostFor(container, { key, name }, link) {
    const host = made("div", "linked-host");
    const lens = lensFor(key, name, link);
    host.append(lens.root);
    container.append(host);
    return { container, host, lens, drawn: null };
}

function lay(over) {
    const plot = plotOf(over.lens.key);
    const { left, top, width, height } = photoIn(plot);
    const corner = over.host.getBoundingClientRect();
    const chart = plot.getBoundingClientRect();
    const style = { left: left + chart.left - corner.left, top: top + chart.top - corner.top, width, height };
    for (const [name, pixels] of Object.entries(style)) over.lens.root.style[name] = `${pixels}px`;
    over.lens.root.hidden = false;
}

function watching(link) {
    const overs = new Map();
    let asked = 0;

    function renew(over) {
        lay(over);
        for (const lens of link.lenses) if (lens.key === over.lens.key) lens.renew();
        link.point(link.mark); // the values there may be others now
    }

    // The lens over a chart's element, new if Streamlit has replaced the element; none while the page has no such chart.
    function overOf(chart) {
        const container = document.querySelector(`.st-key-${chart.key}`);
        const over = overs.get(chart.key);
        if (over?.container === container) return over;
        if (over) link.lenses.delete(over.lens);
        overs.delete(chart.key);
        if (container) overs.set(chart.key, hostFor(container, chart, link));
        return overs.get(chart.key);
    }

    function refreshed(chart) {
        const over = overOf(chart);
        const plot = plotOf(chart.key);
        if (!over) return;
        over.host.hidden = !isDrawn(plot);
        if (over.host.hidden || plot === over.drawn) return;
        over.drawn = plot;
        plot.on("plotly_afterplot", () => renew(over));
        renew(over);
    }

    // Before the browser paints, so that an enlarged map is never seen whole for a moment after its chart was drawn anew.
    function soon() {
        if (asked) return;
        asked = requestAnimationFrame(() => {
            asked = 0;
            for (const chart of link.data?.charts ?? []) refreshed(chart);
        });
    }

    const observer = new MutationObserver(soon);
    observer.observe(document.body, { childList: true, subtree: true });
    addEventListener("wheel", rememberScrolling, { passive: true });
    function stop() {
        observer.disconnect();
        removeEventListener("wheel", rememberScrolling);
        for (const { host } of overs.values()) host.remove();
    }
    return { soon, stop };
}

let link = null;
let watch = null;

// `data` holds the `charts` (key and name of each) and the photo's name `photo`, by which another photo is known.
export default function ({ data, parentElement }) {
    if (!link) {
        link = linkOf();
        link.fill = () => {};
        watch = watching(link);
    }
    if (link.data && link.data.photo !== data.photo) link.look(WHOLE);
    link.data = data;
    link.live = parentElement.querySelector(".linked-live");
    watch.soon();
    return () => {
        watch.stop();
        link = watch = null;
    };
}
