// Charts can't be drawn anew for paper, so that print.css makes those smaller that are wider than their place on it. For that it
// has to know how wide they are on the screen.

function measured() {
    for (const chart of document.querySelectorAll(".stPlotlyChart")) {
        chart.style.setProperty("--on-screen", `${chart.querySelector(".main-svg")?.clientWidth ?? 0}px`);
    }
}

export default function () {
    addEventListener("beforeprint", measured);
    return () => removeEventListener("beforeprint", measured);
}
