"""The film by keyboard: Plotly draws its buttons and its slider as pictures that no key reaches."""

from streamlit.components.v2 import component

JS = """
export default function ({ data }) {
    const mouse = (type, x, y) => new MouseEvent(type, { bubbles: true, clientX: x, clientY: y, view: window });

    // Presses the slider's rail where a layer's mark is.
    function go(plot, layer) {
        const { steps } = plot._fullLayout.sliders[0];
        const grip = plot.querySelector(".slider-rail-touch-rect").getBoundingClientRect();
        const x = grip.left + 10 + (grip.width - 20) * layer / (steps.length - 1), y = grip.top + grip.height / 2;
        plot.querySelector(".slider-rail-touch-rect").dispatchEvent(mouse("mousedown", x, y));
        plot.dispatchEvent(mouse("mouseup", x, y));
    }

    // The slider moves with the screen's next picture, or the one after it, and ends what plays: play comes after it.
    const playOrHalt = (plot) => requestAnimationFrame(() => {
        const waiting = plot._transitionData._frameQueue ?? [];
        if (waiting.some(({ frameOpts }) => frameOpts.duration === 0)) return playOrHalt(plot);
        const [play, halt] = plot.querySelectorAll(".updatemenu-button");
        (waiting.length ? halt : play).dispatchEvent(mouse("click", 0, 0));
    });

    function pressed(event) {
        const plot = event.currentTarget.querySelector(".js-plotly-plot");
        const { active, steps } = plot._fullLayout.sliders[0];
        const to = { ArrowLeft: active - 1, ArrowRight: active + 1, Home: 0, End: steps.length - 1 }[event.key];
        if (event.key === " ") playOrHalt(plot);
        else if (to === undefined) return;
        else if (to >= 0 && to < steps.length) go(plot, to);
        event.preventDefault();
    }

    const film = document.querySelector(`.st-key-${data}`);
    if (!film) return;
    film.tabIndex = 0;
    film.setAttribute("role", "group");
    film.setAttribute("aria-label", "Film of the layers: arrow keys step, space plays and halts");
    film.addEventListener("keydown", pressed);
    return () => film.removeEventListener("keydown", pressed);
}
"""

_film_keys = component("film_keys", html="", js=JS)


def film_keys(chart: str) -> None:
    """Lets arrow keys step through the film with the key `chart`; the space bar plays and halts it."""
    _film_keys(key=f"{chart}_keys", data=chart, height=1)
