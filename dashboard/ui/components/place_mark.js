// A frame around a part of the photo on a chart, laid over it so that the chart itself stays as it is.

import { anew } from "./anew.js";
import { isDrawn, photoIn, plotOf } from "./map_charts.js";

function layOver(plot, mark, box) {
    const { left, top, width, height } = photoIn(plot);
    const place = {
        left: left + box.left * width,
        top: top + box.top * height,
        width: box.width * width,
        height: box.height * height,
    };
    for (const [name, pixels] of Object.entries(place)) mark.style[name] = `${pixels}px`;
    if (mark.parentElement !== plot) plot.append(mark);
}

// `data` holds the chart's key and the part of the photo, as shares of its width and height; no part for no frame.
export default function ({ data, parentElement }) {
    return anew(parentElement, () => {
        const mark = Object.assign(document.createElement("div"), { className: "place-mark" });
        let heard = null;

        function renew() {
            const plot = plotOf(data.chart);
            if (!data.box || !isDrawn(plot)) return;
            if (plot !== heard) {
                heard = plot;
                plot.on("plotly_afterplot", renew);
            }
            plot.style.position = "relative";
            layOver(plot, mark, data.box);
        }

        // Streamlit draws a new chart where the old one was if the map changes.
        const drawn = new MutationObserver(() => {
            if (!mark.isConnected) renew();
        });
        drawn.observe(document.body, { childList: true, subtree: true });
        renew();
        return () => {
            heard?.removeListener("plotly_afterplot", renew);
            drawn.disconnect();
            mark.remove();
        };
    });
}
