// What all lenses over the charts share: the marked place of the photo, and the part of it that is shown.

import { cellAt, gridOf, isDrawn, plotOf, toldOf } from "./map_charts.js";
import { WHOLE } from "./map_zoom.js";

const PATIENCE = 200; // ms without another step after which a reader is told where a person is

export function linkOf(data) {
    const lenses = new Set();
    const heard = new Set(); // called when the view changes
    let waiting = 0;

    const link = { data, lenses, heard, live: null, view: WHOLE, mark: null, size: [1, 1] };

    // Marks a place on every lens; null removes the mark. `mark` is the place, [x, y], and the chart that it was chosen on.
    link.point = (mark) => {
        link.mark = mark;
        const told = mark ? wordsAt(link.data.charts, mark.place) : [];
        for (const lens of lenses) lens.drawMark(mark, told);
        return told;
    };

    link.look = (view) => {
        link.view = view;
        for (const lens of lenses) lens.drawView();
        for (const hear of heard) hear();
    };

    link.fill = (key) => link.stage.dialog.open || link.stage.open("one", key);

    link.say = (words) => {
        clearTimeout(waiting);
        waiting = setTimeout(() => {
            link.live.textContent = words;
        }, PATIENCE);
    };
    return link;
}

// For each chart the cell at a place, and its words as lines, to stand after the words `before`; `cell` is null where the chart has none.
function wordsAt(charts, place) {
    return charts.map(({ key, before }) => {
        const plot = plotOf(key);
        const cell = isDrawn(plot) ? cellAt(gridOf(plot), place) : null;
        return { key, before, cell, plot, lines: cell ? toldOf(plot, cell) : ["not seen"] };
    });
}
