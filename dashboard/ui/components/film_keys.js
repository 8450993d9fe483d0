// Plotly draws the film's buttons and slider as shapes that the keyboard can't reach, and offers no call that moves them
// along with the film. So each key press becomes a mouse click on them. Names with an underscore are private to Plotly.

const mouse = (type, x, y) => new MouseEvent(type, { bubbles: true, clientX: x, clientY: y, view: window });
const INSET = 10; // pixels from the rail's ends to the first and the last mark

// Clicks the slider's rail at a layer's mark.
function go(plot, layer) {
    const { steps } = plot._fullLayout.sliders[0];
    const rail = plot.querySelector(".slider-rail-touch-rect");
    const { left, top, width, height } = rail.getBoundingClientRect();
    const x = left + INSET + ((width - 2 * INSET) * layer) / (steps.length - 1);
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
    const { active, steps } = plot._fullLayout.sliders[0];
    const to = { ArrowLeft: active - 1, ArrowRight: active + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (event.key === " ") playOrHalt(plot);
    else if (to === undefined) return;
    else if (to >= 0 && to < steps.length) go(plot, to);
    event.preventDefault(); // these keys would scroll the page
}

// `data` is the key of the film's chart.
export default function ({ data }) {
    const film = document.querySelector(`.st-key-${data}`);
    if (!film) return;
    film.tabIndex = 0;
    film.setAttribute("role", "group");
    film.setAttribute("aria-label", "Film of the layers: arrow keys step, space plays and halts");
    film.addEventListener("keydown", pressed);
    return () => film.removeEventListener("keydown", pressed);
}
