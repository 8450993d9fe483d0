// What a chart of a map over the photo holds. Places are in photo pixels, which are the axes of all charts; where something is
// on the screen is in CSS pixels. Names with an underscore are private to Plotly, which has no others for where it draws.

import { within } from "./map_zoom.js";

const FIELD = /%\{(\w+)(?:\[(\d+)\])?(?::[^}]*)?\}/g; // of a hover template: %{z:.3g}, %{customdata[0]}
const OWN_LINES = 2; // of a map's hover template; the third tells the other map's value, which has a line of its own here

const heatmapOf = (plot) => plot?._fullData?.find(({ type }) => type === "heatmap");

export const plotOf = (key) => document.querySelector(`.st-key-${key} .js-plotly-plot`);

// Whether Plotly has laid the chart out, so that everything below can be asked.
export const isDrawn = (plot) =>
    Boolean(plot?._fullLayout?.xaxis?._length && heatmapOf(plot) && plot.querySelector(".main-svg"));

// Where the chart draws the photo, from the chart's corner; the photo's own `size` and the chart's are [width, height].
export function photoIn(plot) {
    const { xaxis, yaxis, width, height } = plot._fullLayout;
    const size = [xaxis.range[1], yaxis.range[0]];
    return {
        left: xaxis._offset,
        top: yaxis._offset,
        width: xaxis._length,
        height: yaxis._length,
        size,
        whole: [width, height],
    };
}

// The map's cells: how many, where the first begins, and how large each is.
export function gridOf(plot) {
    const { z, x0, dx, y0, dy } = heatmapOf(plot);
    return { rows: z.length, columns: z[0].length, left: x0 - dx / 2, top: y0 - dy / 2, dx, dy };
}

// The cell at a place, or null where the map has none.
export function cellAt({ rows, columns, left, top, dx, dy }, [x, y]) {
    const [row, column] = [Math.floor((y - top) / dy), Math.floor((x - left) / dx)];
    return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null;
}

// The cell some steps away from a place. From a place without a cell the first step leads to the nearest one.
export function cellFrom(grid, [x, y], [down, right]) {
    const at = cellAt(grid, [x, y]);
    const row = Math.floor((y - grid.top) / grid.dy) + (at ? down : 0);
    const column = Math.floor((x - grid.left) / grid.dx) + (at ? right : 0);
    return { row: within(row, 0, grid.rows - 1), column: within(column, 0, grid.columns - 1) };
}

export const middleOf = ({ left, top, dx, dy }, { row, column }) => [left + (column + 0.5) * dx, top + (row + 0.5) * dy];

// The cell with the largest value; values that are no numbers don't count.
export function brightestIn(plot) {
    const { z } = heatmapOf(plot);
    let best = { row: 0, column: 0, value: Number.NEGATIVE_INFINITY };
    for (let row = 0; row < z.length; row++)
        for (let column = 0; column < z[row].length; column++)
            if (z[row][column] > best.value) best = { row, column, value: z[row][column] };
    return best;
}

const shortly = (value) => (typeof value === "number" ? String(Number(value.toPrecision(3))).replace("-", "−") : String(value));

// What the chart's own hover text would tell of a cell, in lines.
export function toldOf(plot, { row, column }) {
    const { hovertemplate, z, customdata } = heatmapOf(plot);
    const fields = { z: z[row][column], customdata: customdata?.[row]?.[column] };
    const read = (_, name, index) => shortly(index === undefined ? fields[name] : fields[name]?.[index]);
    const lines = hovertemplate.split("<extra>")[0].split("<br>").slice(0, OWN_LINES);
    return lines.map((line) => line.replace(FIELD, read));
}
