// Plotly draws the film's buttons and its slider as pictures that no key reaches, and has no calls that do what they do
// and leave them as they are then: so keys become the mouse's clicks. Names with an underscore are Plotly's own.

const mouse = (type, x, y) => new MouseEvent(type, { bubbles: true, clientX: x, clientY: y, view: window });
const INSET = 10; // pixels from the rail's ends to the first and the last mark

// Presses the slider's rail where a layer's mark is.
function go(plot, layer) {
    const { steps } = plot._fullLayout.sliders[0];
    const rail = plot.querySelector(".slider-rail-touch-rect");
    const { left, top, width, height } = rail.getBoundingClientRect();
    const x = left + INSET + ((width - 2 * INSET) * layer) / (steps.length - 1);
    const y = top + height / 2;
    rail.dispatchEvent(mouse("mousedown", x, y));
    plot.dispatchEvent(mouse("mouseup", x, y));
}

// The slider moves with the screen's next picture, or the one after it, and ends what plays: play comes after it.
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
    event.preventDefault(); // the page would scroll
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
