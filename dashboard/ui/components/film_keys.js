// The film by keyboard, and one depth for the film, the curves, the small maps and the slider. Plotly draws the film's buttons
// and slider as shapes that the keyboard can't reach, and offers no call that moves them along with the film. So each move
// becomes a mouse click on them. Names with an underscore are private to Plotly.

import { anew } from "./anew.js";
import { ask, standing } from "./asked.js";

const mouse = (type, x, y) => new MouseEvent(type, { bubbles: true, clientX: x, clientY: y, view: window });
const INSET = 10; // pixels from the rail's ends to the first and the last mark
const AT_REST_MS = 900; // the film shows each layer for 450 ms: after twice that it stands still

// By the film's key: the depth that the server knows of, the one that the film is to show, the one whose frame Plotly drew last,
// and a timer for when it is at rest.
const films = new Map();

// Clicks the slider's rail at a layer's mark. Plotly takes no click on the mark where its handle is already.
function go(plot, layer) {
    const { steps } = plot._fullLayout.sliders[0];
    const rail = plot.querySelector(".slider-rail-touch-rect");
    const { left, top, width, height } = rail.getBoundingClientRect();
    const x = left + INSET + ((width - 2 * INSET) * layer) / Math.max(steps.length - 1, 1);
    const y = top + height / 2;
    rail.dispatchEvent(mouse("mousedown", x, y));
    plot.dispatchEvent(mouse("mouseup", x, y));
}

// A slider's jump takes effect one or two screen frames later and would stop the film, so this waits for it before playing.
function playOrHalt(plot) {
    requestAnimationFrame(() => {
        const waiting = plot._transitionData._frameQueue ?? [];
        if (waiting.some(({ frameOpts }) => frameOpts.duration === 0)) {
            playOrHalt(plot);
            return;
        }
        const [play, halt] = plot.querySelectorAll(".updatemenu-button");
        (waiting.length ? halt : play).dispatchEvent(mouse("click", 0, 0));
    });
}

function pressed(event) {
    const plot = event.currentTarget.querySelector(".js-plotly-plot");
    const slider = plot?._fullLayout?.sliders?.[0];
    if (!slider || event.altKey || event.ctrlKey || event.metaKey) return;
    const { active, steps } = slider;
    const to = { ArrowLeft: active - 1, ArrowRight: active + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (event.key === " ") playOrHalt(plot);
    else if (to === undefined) return;
    else if (to >= 0 && to < steps.length) go(plot, to);
    event.preventDefault(); // these keys would scroll the page
}

// `data` holds the key of the film's chart, its side, the depth of a new chart, the side's depth, and by which name and up to
// which number that depth was asked for.
export default function ({ data, parentElement, setTriggerValue }) {
    return anew(parentElement, () => {
        const reel = document.querySelector(`.st-key-reel_${data.chart}`); // stays when Streamlit replaces the film in it
        if (!reel) return;
        const depth = standing(data.asked, data.depth, data.answered);
        if (films.get(data.chart)?.reel !== reel) {
            films.set(data.chart, { reel, known: depth, shown: depth, heard: new WeakSet() });
        }
        const state = films.get(data.chart);
        const plot = () => reel.querySelector(".js-plotly-plot");

        function show(depth) {
            const now = plot();
            const slider = now?._fullLayout?.sliders?.[0];
            if (!slider || (slider.active === depth - 1 && state.drawn === depth)) return;
            if (slider.active === depth - 1) go(now, depth > 1 ? depth - 2 : depth);
            go(now, depth - 1);
        }

        // While the film plays or is scrubbed the browser alone marks the depth; the server learns where it came to rest.
        function stepped({ name }) {
            state.shown = state.drawn = Number(name);
            document.dispatchEvent(new CustomEvent("depth", { detail: { side: data.side, depth: state.shown, film: true } }));
            clearTimeout(state.timer);
            state.timer = setTimeout(() => {
                if (state.shown === state.known || !reel.isConnected) return;
                state.known = state.shown;
                state.rested(state.shown);
            }, AT_REST_MS);
        }

        // If anything but the depth changes, the film starts anew at the depth at which it was made: in a new chart, or in the
        // old one with new data, whose slider may stand where it stood. Playing and scrubbing leave the data's list as it is.
        function renewed(now) {
            if (state.data === now.data) return;
            state.data = now.data;
            state.drawn = data.start;
            requestAnimationFrame(() => show(state.shown)); // the rail is drawn by then
        }

        let film = null;
        function reached() {
            const now = reel.querySelector(`.st-key-${data.chart}`);
            if (!now || now === film) return;
            film = now;
            film.tabIndex = 0;
            film.setAttribute("role", "group");
            film.setAttribute("aria-label", "Film of the layers: arrow keys step, space plays and halts");
            film.addEventListener("keydown", pressed); // the same function again is no second listener
        }

        function hear() {
            reached();
            const now = plot();
            if (!now?.on || !now._fullLayout?.sliders?.[0] || state.heard.has(now)) return;
            state.heard.add(now);
            now.on("plotly_animatingframe", (event) => state.stepped(event));
            now.on("plotly_afterplot", () => state.renewed(now));
            renewed(now);
        }

        function chosen({ detail }) {
            if (detail.side !== data.side || detail.film) return;
            state.known = detail.depth; // who chose it has told the server
            show(detail.depth);
        }

        const rested = (shown) => setTriggerValue("rested", ask(data.asked, shown, data.answered));
        Object.assign(state, { stepped, renewed, rested });
        if (depth !== state.known) {
            state.known = depth;
            state.shown = depth;
            show(depth);
        }
        hear();
        const drawn = new MutationObserver(hear);
        drawn.observe(reel, { childList: true, subtree: true });
        document.addEventListener("depth", chosen);
        return () => {
            drawn.disconnect();
            film?.removeEventListener("keydown", pressed);
            document.removeEventListener("depth", chosen);
            if (reel.isConnected) return;
            clearTimeout(state.timer);
            if (films.get(data.chart) === state) films.delete(data.chart);
        };
    });
}
