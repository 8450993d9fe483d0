// How many small maps stand in a row, so that none is alone in the last one.

export const GAP = 12; // pixels between two maps
const SQUEEZED = { share: 0.7, least: 100 }; // of the width that a map needs, and pixels: no map is ever narrower

const fitting = (width, narrowest) => Math.max(1, Math.floor((width + GAP) / (narrowest + GAP)));
const even = (count, columns) => columns > 1 && count % columns !== 1;

// As many columns as fit, and no more than fill the rows evenly: 14 maps where 6 fit come as 5, 5 and 4. Where one would be left
// over with all of these, one more column than fits; where that is too narrow, the first map takes a row of its own (`lead`).
export function inRows(count, width, narrowest) {
    const most = fitting(width, narrowest);
    for (let rows = Math.ceil(count / most); rows < count; rows += 1) {
        const columns = Math.ceil(count / rows);
        if (even(count, columns)) return { columns, lead: false };
    }
    if (count === 1 || most === 1) return { columns: 1, lead: false };
    const squeezed = fitting(width, Math.max(SQUEEZED.share * narrowest, SQUEEZED.least)) > most;
    return squeezed && even(count, most + 1) ? { columns: most + 1, lead: false } : { columns: 2, lead: true };
}
