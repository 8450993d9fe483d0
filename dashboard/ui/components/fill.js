// Fills what is gone of a small copy of a photo with what is around it: each pixel becomes the mean of its eight neighbours, those
// beside it counting twice. dashboard/numerics/filling.py does the same for what the models see.

const SWEEPS = 60;
const AHEAD = 1.9; // how far beyond the mean a pixel goes, so that the middle of a large hole is reached in few sweeps

// `known` holds `wide` x `tall` pixels in `channels` numbers each; `gone(x, y)` tells which are to be filled.
export function filled(known, wide, tall, channels, gone) {
    const values = Float32Array.from(known);
    const [inside, outside] = [[], []];
    for (let y = 0; y < tall; y++) for (let x = 0; x < wide; x++) (gone(x, y) ? inside : outside).push([x, y]);
    const at = (x, y) => (y * wide + x) * channels;
    for (let c = 0; c < channels; c++) {
        const from = outside.length ? outside : inside;
        const mean = from.reduce((sum, [x, y]) => sum + known[at(x, y) + c], 0) / from.length;
        for (const [x, y] of inside) values[at(x, y) + c] = mean;
    }
    if (!outside.length) return values;
    for (let sweep = 0; sweep < SWEEPS; sweep++) for (const [x, y] of inside) step(values, x, y);
    return values;

    function step(values, x, y) {
        for (let c = 0; c < channels; c++) {
            let [sum, weights] = [0, 0];
            for (let down = Math.max(y - 1, 0); down <= Math.min(y + 1, tall - 1); down++) {
                for (let across = Math.max(x - 1, 0); across <= Math.min(x + 1, wide - 1); across++) {
                    if (down === y && across === x) continue;
                    const weight = down === y || across === x ? 2 : 1;
                    sum += weight * values[at(across, down) + c];
                    weights += weight;
                }
            }
            const here = at(x, y) + c;
            values[here] += AHEAD * (sum / weights - values[here]);
        }
    }
}
